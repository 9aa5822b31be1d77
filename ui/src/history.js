// The last queries, in this browser only.
const KEY = "kg-queries";
const MOST = 30;
const MOST_CHARACTERS = 20_000;

export function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((query) => typeof query === "string") : [];
  } catch { return []; }
}

export function remember(query) {
  if (query.length > MOST_CHARACTERS) return;
  const kept = [query, ...remembered().filter((each) => each !== query)].slice(0, MOST);
  try { localStorage.setItem(KEY, JSON.stringify(kept)); } catch { /* Without storage nothing is kept. */ }
}

export function forget() {
  try { localStorage.removeItem(KEY); } catch { /* Nothing was kept. */ }
}
