// What a page can do without but is nicer with: the theme switch, suggestions in search fields, "copy link".
const root = document.documentElement;
// A page of an older release asks and leads to that release.
const release = new URLSearchParams(location.search).get("release");
const ofRelease = (address) => release ? `${address}${address.includes("?") ? "&" : "?"}release=${encodeURIComponent(release)}` : address;

function remembered() {
  try { return localStorage.getItem("kg-theme"); } catch { return null; }
}

const theme = remembered();
if (theme === "dark" || theme === "light") root.dataset.theme = theme;

const button = document.getElementById("theme");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme:dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    try { localStorage.setItem("kg-theme", root.dataset.theme); } catch { /* Without storage it holds for this page. */ }
  });
}

// ARIA 1.2 combobox with a list of options: the form still works as a plain search.
function suggest(input) {
  const list = document.createElement("ul");
  list.className = "suggest";
  list.id = `${input.id}-list`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  input.after(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false", autocomplete: "off" })) input.setAttribute(name, value);
  let chosen = -1, timer = 0, asked = 0;

  const close = () => { list.hidden = true; chosen = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const choose = (place) => {
    const options = [...list.children];
    chosen = options.length ? (place + options.length) % options.length : -1;
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === chosen)));
    if (chosen >= 0) input.setAttribute("aria-activedescendant", options[chosen].id);
  };
  const show = (hits) => {
    list.replaceChildren(...hits.map((hit, i) => {
      const option = document.createElement("li"), kind = document.createElement("span");
      option.id = `${list.id}-${i}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.href = ofRelease(hit.page);
      option.textContent = hit.matched && hit.matched !== hit.label ? `${hit.label} (${hit.matched})` : hit.label;
      kind.textContent = hit.type;
      option.append(kind);
      return option;
    }));
    list.hidden = hits.length === 0;
    input.setAttribute("aria-expanded", String(hits.length > 0));
    chosen = -1;
  };
  const ask = async () => {
    const text = input.value.trim(), number = ++asked;
    if (!text) return close();
    const answer = await fetch(ofRelease(`/search?limit=8&q=${encodeURIComponent(text)}`), { headers: { Accept: "application/json" } }).catch(() => null);
    // Only the newest question may be answered: earlier ones can arrive later.
    if (answer?.ok && number === asked && document.activeElement === input) show((await answer.json()).hits);
  };

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 90); });
  input.addEventListener("blur", () => setTimeout(close, 150));
  list.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.href);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); choose(chosen + (event.key === "ArrowDown" ? 1 : chosen < 0 ? 0 : -1)); }
    else if (event.key === "Escape") { event.preventDefault(); close(); }
    else if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); location.assign(list.children[chosen].dataset.href); }
  });
}
for (const input of document.querySelectorAll("input[data-suggest]")) suggest(input);

// <button data-copy="text" hidden>: without a clipboard it stays hidden.
if (navigator.clipboard) {
  for (const copy of document.querySelectorAll("button[data-copy]")) {
    copy.hidden = false;
    const words = copy.textContent;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(new URL(copy.dataset.copy, location.href).href);
      copy.textContent = "Copied";
      setTimeout(() => { copy.textContent = words; }, 1500);
    });
  }
}
