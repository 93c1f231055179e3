// Theme, density, the width of the menu, single-letter keys: kept in a cookie, so that the server draws the page right the first time.
const root = document.documentElement;
const keep = (name, value) => {
  document.cookie = `arops_${name}=${value}; path=/; max-age=31536000; samesite=lax`;
};
export const toggle = (name, values) => {
  const next = root.dataset[name] === values[0] ? values[1] : values[0];
  if (next) root.dataset[name] = next;
  else delete root.dataset[name];
  keep(name, next);
};
export const toggleRail = () => toggle("rail", ["slim", ""]);
export const lettersOn = () => document.body.dataset.keys !== "off";

function toggleLetters() {
  document.body.dataset.keys = lettersOn() ? "off" : "on";
  keep("keys", document.body.dataset.keys);
  tellLetters();
  document.dispatchEvent(new CustomEvent("toast", { detail: { text: `Single-letter keys are ${document.body.dataset.keys}` } }));
}
function tellLetters() {
  for (const button of document.querySelectorAll("[data-keys-toggle]")) button.setAttribute("aria-pressed", String(lettersOn()));
}

export function startPreferences() {
  tellLetters();
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) {
      if (!root.dataset.theme) root.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      toggle("theme", ["dark", "light"]);
    }
    if (event.target.closest("[data-density-toggle]")) toggle("density", ["compact", "comfortable"]);
    if (event.target.closest("[data-rail-toggle]")) toggleRail();
    if (event.target.closest("[data-keys-toggle]")) toggleLetters();
    if (event.target.closest("[data-print]")) print();
    for (const menu of document.querySelectorAll("details.menu[open], details.help-pop[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
}
