// The editor of an older release asks that release: `?release=` in the address of the page.
const release = new URLSearchParams(location.search).get("release");

export function ofRelease(address) {
  return release ? `${address}${address.includes("?") ? "&" : "?"}release=${encodeURIComponent(release)}` : address;
}
