// The editor at /sparql: CodeMirror over the form's text field. The server makes the answers, see serve/editor.py.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentOnInput, LanguageSupport, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { styleTags, tags as t } from "@lezer/highlight";
import { SparqlLanguage } from "codemirror-lang-sparql";
import { completions } from "./completions.js";
import { ofRelease } from "./release.js";
import { forget, remember, remembered } from "./history.js";

const colours = HighlightStyle.define([
  { tag: [t.keyword, t.operatorKeyword], class: "tok-kw" },
  { tag: t.variableName, class: "tok-var" },
  { tag: t.string, class: "tok-str" },
  { tag: t.comment, class: "tok-com" },
  { tag: [t.namespace, t.propertyName, t.labelName], class: "tok-ns" },
  { tag: [t.number, t.atom], class: "tok-num" },
  { tag: t.function(t.variableName), class: "tok-fn" },
  { tag: t.url, class: "tok-iri" },
]);
// The grammar leaves prefixed names without a colour.
const language = SparqlLanguage.configure({ props: [styleTags({ "Pname_ln Pname_ns PrefixedName/...": t.propertyName })] });

const form = document.getElementById("editor");
const field = document.getElementById("query");
const result = document.getElementById("result");
const status = form.querySelector("[data-status]");
const stop = form.querySelector("[data-stop]");
const share = form.querySelector("[data-share]");
const past = document.getElementById("history");
let running = null;

// Chrome gives what is typed over a coloured selection the colour of it, as a style that the policy of the page refuses;
// so the editor replaces the selection itself.
function replaceSelection(event, view) {
  if (event.inputType !== "insertText" || !event.data || view.composing || view.state.selection.main.empty) return false;
  event.preventDefault();
  const { from, to } = view.state.selection.main;
  const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
  const isHandled = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, event.data, insert));
  if (!isHandled) view.dispatch(insert());
  return true;
}

const view = new EditorView({
  state: EditorState.create({
    doc: field.value,
    extensions: [
      EditorView.cspNonce.of(form.dataset.nonce),
      lineNumbers(), lintGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
      highlightActiveLine(), highlightSelectionMatches(), EditorView.lineWrapping,
      syntaxHighlighting(colours), new LanguageSupport(language),
      EditorView.domEventHandlers({ beforeinput: replaceSelection }),
      autocompletion({ override: [completions] }),
      EditorView.contentAttributes.of({ "aria-label": "SPARQL query" }),
      Prec.highest(keymap.of([{ key: "Mod-Enter", run: () => { run(addressOf()); return true; } }])),
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap]),
    ],
  }),
});
field.before(view.dom);
field.hidden = true;
// A hidden field that is required could stop the form without a word.
field.required = false;
document.getElementById("keys").hidden = false;

// A long query scrolls; the keyboard must reach what scrolls.
view.scrollDOM.tabIndex = 0;

const text = () => view.state.doc.toString();
const addressOf = () => ofRelease(`/sparql?query=${encodeURIComponent(text())}`);

function mark() {
  const problem = result.querySelector("[data-line]");
  if (!problem) return view.dispatch(setDiagnostics(view.state, []));
  const line = view.state.doc.line(Math.min(Math.max(Number(problem.dataset.line), 1), view.state.doc.lines));
  const at = Math.min(line.from + Math.max(Number(problem.dataset.column) - 1, 0), line.to);
  const from = at === line.to && at > line.from ? at - 1 : at;
  const message = problem.querySelector(".detail").textContent;
  view.dispatch(setDiagnostics(view.state, [{ from, to: Math.min(from + 1, line.to), severity: "error", message }]));
}

async function run(address) {
  if (!text().trim()) { status.textContent = "Write a query first."; return; }
  running?.abort();
  const mine = (running = new AbortController());
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  const clock = setInterval(() => { status.textContent = `Running, ${seconds()}`; }, 200);
  stop.hidden = false;
  result.classList.add("waiting");
  try {
    const answer = await fetch(`${address}&view=part`, { signal: mine.signal, headers: { Accept: "text/html" } });
    const body = await answer.text();
    if (running !== mine) return;
    // Written by our own server, which escapes what is in the data.
    result.innerHTML = body;
    mark();
    const heading = result.querySelector("h2"), time = result.querySelector("[data-time]");
    const isAnswer = answer.ok && !result.querySelector("[role=alert]");
    status.textContent = isAnswer ? `${heading?.textContent ?? "Done"} ${time?.textContent ?? ""}` : "The query did not run.";
    time?.remove();
    window.history.replaceState(null, "", address);
    remember(text());
    list();
  } catch (error) {
    if (running === mine) status.textContent = error.name === "AbortError" ? `Stopped after ${seconds()}.` : "The service cannot be reached.";
  } finally {
    clearInterval(clock);
    if (running === mine) {
      running = null;
      stop.hidden = true;
      result.classList.remove("waiting");
    }
  }
}

function list() {
  const kept = remembered();
  past.hidden = kept.length === 0;
  past.querySelector("ul").replaceChildren(...kept.slice(0, 8).map((query) => {
    const item = document.createElement("li"), link = document.createElement("a");
    const lines = query.split("\n").map((line) => line.trim()).filter((line) => line && !/^prefix\b/i.test(line));
    link.href = ofRelease(`/sparql?query=${encodeURIComponent(query)}`);
    link.className = "code";
    // A comment at the start is its title.
    const title = /^#+\s*(.+)/.exec(lines[0] ?? "")?.[1];
    link.textContent = (title ?? (lines.join(" ") || query)).slice(0, 70);
    link.title = query;
    item.append(link);
    return item;
  }));
}

form.addEventListener("submit", (event) => { event.preventDefault(); run(addressOf()); });
stop.addEventListener("click", () => running?.abort());
past.querySelector("[data-forget]").addEventListener("click", () => { forget(); list(); });
result.addEventListener("click", (event) => {
  const link = event.target.closest(".pager a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  run(link.getAttribute("href"));
});
if (navigator.clipboard) {
  share.hidden = false;
  share.addEventListener("click", async () => {
    await navigator.clipboard.writeText(new URL(addressOf(), location.href).href);
    share.textContent = "Copied";
    setTimeout(() => { share.textContent = "Copy link"; }, 1500);
  });
}
list();
mark();
