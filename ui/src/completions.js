// Prefixes, classes and properties from /vocab.json, variables of the query, and things by their label from /search.
import { ofRelease } from "./release.js";

let vocabulary = null;

function load() {
  // Asked for at the first key, and again after a failure.
  vocabulary ??= fetch(ofRelease("/vocab.json")).then((answer) => {
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  }).catch(() => { vocabulary = null; return { prefixes: {}, classes: [], properties: [] }; });
  return vocabulary;
}

function term(kind, boost) {
  return ({ name, label, comment, count }) => ({
    // Of words that fit equally, the one used more comes first.
    label: name, type: kind, boost: boost + Math.min(20, Math.round(4 * Math.log10(count + 1))),
    detail: `${label ?? ""} ${count.toLocaleString("en")}`.trim(),
    info: comment ?? undefined,
    apply: withPrefix(name.slice(0, name.indexOf(":"))),
  });
}

// Writes the PREFIX line as well where the query has none.
function withPrefix(prefix) {
  return async (view, completion, from, to) => {
    const insert = completion.insert ?? completion.label;
    const changes = [{ from, to, insert }];
    const iri = (await load()).prefixes[prefix];
    const isKnown = new RegExp(`prefix\\s+${prefix}:`, "i").test(view.state.doc.toString());
    const head = iri && !isKnown ? `PREFIX ${prefix}: <${iri}>\n` : "";
    if (head) changes.unshift({ from: 0, insert: head });
    view.dispatch({ changes, selection: { anchor: from + insert.length + head.length } });
  };
}

async function things(text, signal) {
  const answer = await fetch(ofRelease(`/search?limit=8&q=${encodeURIComponent(text)}`), { headers: { Accept: "application/json" }, signal });
  if (!answer.ok) return [];
  return (await answer.json()).hits.map((hit) => {
    // /page/<kind>/<slug> names the same thing as <kind>:<slug>.
    const [, , kind, slug] = hit.page.split("/");
    return { label: hit.label, type: "constant", detail: hit.type, boost: -10, insert: `${kind}:${slug}`, apply: withPrefix(kind) };
  });
}

export async function completions(context) {
  const variable = context.matchBefore(/[?$]\w*/);
  if (variable) {
    const names = new Set(context.state.doc.toString().match(/[?$]\w+/g) ?? []);
    names.delete(variable.text);
    return { from: variable.from, options: [...names].map((label) => ({ label, type: "variable" })), validFor: /^[?$]\w*$/ };
  }
  const word = context.matchBefore(/[\p{L}\w-]*:?[\p{L}\w-]*/u);
  if (!word || (word.from === word.to && !context.explicit)) return null;
  // Nothing in comments.
  const line = context.state.doc.lineAt(context.pos);
  if (/^\s*#/.test(line.text)) return null;
  const { prefixes, classes, properties } = await load();
  const before = line.text.slice(0, word.from - line.from);
  const options = [
    ...classes.map(term("class", /\ba\s+$/.test(before) ? 50 : 0)),
    ...properties.map(term("property", 10)),
    ...Object.entries(prefixes).map(([name, iri]) => ({ label: `${name}:`, type: "namespace", detail: iri,
      insert: /prefix\s+$/i.test(before) ? `${name}: <${iri}>` : `${name}:`,
      apply: /prefix\s+$/i.test(before) ? `${name}: <${iri}>` : withPrefix(name) })),
  ];
  const asked = word.text;
  if (asked.length >= 3 && !asked.includes(":")) {
    const gone = new AbortController();
    context.addEventListener("abort", () => gone.abort());
    const found = await things(asked, gone.signal).catch(() => []);
    // Hits may carry other words than those written (an alias, a typing error), so they are not filtered here.
    if (found.length) {
      const low = asked.toLowerCase();
      const fitting = options.filter((each) => `${each.label} ${each.detail}`.toLowerCase().includes(low)).slice(0, 20);
      return { from: word.from, options: [...fitting, ...found], filter: false };
    }
  }
  return { from: word.from, options, validFor: /^[\w-]{0,2}$|^[\w-]*:[\w-]*$/ };
}
