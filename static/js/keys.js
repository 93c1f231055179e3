// Keys. Single letters work only outside inputs, and only when the person's preferences leave them on (WCAG 2.1.4).
import { lettersOn, toggleRail } from "./preferences.js";
import { undoLast } from "./toasts.js";

const typing = (el) => el?.matches?.("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
const EVERYWHERE = [["Ctrl K", "commands and search"], ["/", "search"], ["u", "undo"], ["[", "narrow or widen the menu"], ["Esc", "back one layer"]];
const TABBED = [["{ }", "tab before, tab after"], ["g 1…9", "tab by its place"]];

export function startKeys({ palette, lists }) {
  let going = 0;
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help]")) showHelp();
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  });

  const moves = {
    j: () => lists.step(1), k: () => lists.step(-1), ArrowDown: () => lists.step(1), ArrowUp: () => lists.step(-1),
    Home: () => lists.first(), End: () => lists.last(), x: () => lists.select(lists.current()), "?": showHelp, u: undoLast, "[": toggleRail,
    "/": () => document.getElementById("search")?.focus(),
  };

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.defaultPrevented) return;
    if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "k") {
      event.preventDefault();
      palette.open();
      return;
    }
    if (key === "Escape" && closeTop(target)) return;
    if (event.ctrlKey && key === "a" && target.closest("[data-list]") && !typing(target)) {
      event.preventDefault();
      return lists.all();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(target) || target.closest("dialog[open]")) return;
    if (key.length === 1 && key !== " " && !lettersOn() && !target.closest("[data-list]")) return;
    if (keeps(event, moves)) return event.preventDefault();
    if (Date.now() - going < 1200) {
      going = 0;
      const link = /^[1-9]$/.test(key) ? tabs()[key - 1] : document.querySelector(`[data-go="${CSS.escape(key)}"]`);
      if (link) return location.assign(link.href);
    }
    if (key === "g") return (going = Date.now());
    if (event.shiftKey && (key === "J" || key === "K")) {
      lists.select(lists.current(), true);
      lists.step(key === "J" ? 1 : -1);
      return lists.select(lists.current(), true);
    }
    if ((key === "ArrowDown" || key === "ArrowUp") && alongMenu(target, key)) return event.preventDefault();
    const row = lists.current();
    const own = controlFor(key, row);
    if (own) {
      event.preventDefault();
      if (own.matches("input:not([type=radio], [type=checkbox]), select, textarea")) own.focus();
      else if (!own.matches("summary:not(:focus)") || !own.parentElement.open) own.click(); // what is open is gone into, not closed
      if (own.matches("summary")) intoOpened(own);
      return;
    }
    if (key === "{" || key === "}" || key === "Escape") return betweenTabs(key);
    if (key === "Enter" && (target.matches("tr, .item") || (target === document.body && row?.matches(".focus")))) return (row?.querySelector("a[data-open]") || row?.querySelector("a[href]"))?.click();
    if (key === " " && target.matches("tr, .item") && row?.dataset.peek) {
      event.preventDefault();
      return lists.peek(row);
    }
    const move = moves[key];
    if (move && !(target.matches("button, a, summary, input") && ["ArrowDown", "ArrowUp", "Home", "End"].includes(key) && !target.closest("[data-list]"))) {
      event.preventDefault();
      move();
    }
  });
}

// What a key means here: in the bar of the selection first, then in the row, then on the page. What isn't shown isn't meant.
function controlFor(key, row) {
  const of = (scope) => [...scope.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
  const bars = [...document.querySelectorAll("main .bulk:not([hidden])")];
  const found = [...bars.flatMap(of), ...(row ? of(row) : []), ...of(document).filter((el) => el.matches("main [data-key]") && !el.closest("[data-list]"))];
  const shown = (el) => !el.closest("[hidden], dialog") && (el.checkVisibility() || el.closest("details.menu")?.checkVisibility());
  return found.find((el) => !el.disabled && shown(el));
}

// What a key opened is gone on in: the cursor goes into its first field, of a menu to its first choice, unless the page has put it somewhere.
function intoOpened(summary) {
  const opened = summary.parentElement;
  const at = document.activeElement; // on the summary itself the cursor is after Esc: then, too, it goes on in what was opened
  if (at !== summary && opened.contains(at)) return;
  const fields = opened.open ? [...opened.querySelectorAll(opened.matches(".menu") && !opened.querySelector("[data-form]") ? "a, button, input[type=text], textarea" : "input:not([type=hidden]), select, textarea")] : [];
  (fields.find((el) => !el.disabled && el.checkVisibility()) || summary).focus();
}

// Arrows go along the choices of an open menu.
function alongMenu(target, key) {
  const menu = target.closest("details.menu[open]");
  if (!menu) return false;
  const choices = [...menu.querySelectorAll(".menu-body :is(a, button, input:not([type=hidden]))")].filter((el) => !el.disabled && el.checkVisibility());
  choices[Math.max(0, Math.min(choices.length - 1, choices.indexOf(target) + (key === "ArrowDown" ? 1 : -1)))]?.focus();
  return true;
}

// While the panel of another row is on its way, or an answer is being put on the page, a key would be meant for what is about to go: it is
// kept with those after it, and all are given to what has come. What is typed into a field that such a key opens goes into it, too.
const changing = () => document.querySelector("#peek[data-coming], main :is(.htmx-request, .htmx-swapping, .htmx-settling)");
const PATIENCE = 5000;
let kept = [];
let since = 0;
let giving = false;
function keeps({ key }, moves) {
  if (giving || !(kept.length || (key.length === 1 && !moves[key] && !" g{}".includes(key)))) return false;
  if (kept.length && Date.now() - since > PATIENCE) kept = []; // nothing came: old keys aren't given to something else
  if (!kept.length && !changing()) return false;
  if (!kept.length) since = Date.now();
  if (key.length === 1 || /^(Enter|Backspace|Escape|Arrow.*|Home|End)$/.test(key)) kept.push(key);
  return true;
}
function giveKept() {
  if (Date.now() - since > PATIENCE) kept = [];
  giving = true;
  while (kept.length && !changing()) give(kept.shift());
  giving = false;
}
function give(key) {
  const at = document.activeElement || document.body;
  const typed = typing(at) && !at.matches("select");
  if (typed && key.length === 1) return document.execCommand("insertText", false, key);
  if (typed && key === "Backspace") return document.execCommand("delete");
  if (typed && key === "Enter") return at.form?.querySelector("button:not([type=button], :disabled)")?.click();
  if (key === "Enter" && at.matches("button, a, summary")) return at.click();
  at.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey: key.length === 1 && key !== key.toLowerCase(), bubbles: true, cancelable: true }));
}
for (const name of ["panel", "htmx:afterSettle", "htmx:afterRequest"]) document.addEventListener(name, () => setTimeout(giveKept));

// The tabs of the page: those of its work, before any that only narrow the list.
export const tabs = () => [...(document.querySelector("main nav.tabs")?.querySelectorAll("a[href]") || [])];

// To the tab beside the one that the page belongs to, round the ends; from a page behind a tab, Escape goes back to the tab.
function betweenTabs(key) {
  const all = tabs();
  const at = all.findIndex((tab) => tab.hasAttribute("aria-current"));
  if (key !== "Escape") return all.length && location.assign(all[(at + (key === "}" ? 1 : -1) + all.length) % all.length].href);
  if (all[at] && new URL(all[at].href).pathname !== location.pathname) location.assign(all[at].href);
}

// Escape leaves the innermost thing: an input, an open menu; else it is the page's own way back.
function closeTop(target) {
  if (target.closest("dialog[open]")) return true;
  if (typing(target)) {
    target.blur();
    return true;
  }
  const menu = document.querySelector("details.menu[open], details.help-pop[open]");
  if (!menu) return false;
  menu.open = false;
  menu.querySelector("summary").focus();
  return true;
}

function showHelp() {
  const help = document.getElementById("help");
  const body = document.getElementById("help-body");
  if (!body.querySelector(".facts")) {
    const facts = document.createElement("dl");
    const told = new Set();
    facts.className = "facts keys-list";
    for (const span of document.querySelectorAll("footer.keys > span")) {
      const words = [...span.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent).join("").trim();
      const keys = [...span.querySelectorAll("kbd")].map((k) => k.textContent);
      if (!keys.length || keys.includes("?")) continue;
      told.add(keys.join(" "));
      facts.append(...entry(keys, words));
    }
    for (const [keys, words] of tabs().length ? [...EVERYWHERE, ...TABBED] : EVERYWHERE) if (!told.has(keys)) facts.append(...entry([keys], words));
    for (const link of document.querySelectorAll("[data-go]")) if (link.dataset.go) facts.append(...entry(["g", link.dataset.go], link.title));
    body.append(facts);
  }
  help.showModal();
}

function entry(keys, words) {
  const term = document.createElement("dt");
  for (const text of keys) {
    const key = document.createElement("kbd");
    key.textContent = text;
    term.append(key, " ");
  }
  const what = document.createElement("dd");
  what.textContent = words;
  return [term, what];
}
