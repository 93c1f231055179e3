// Keys. Single letters work only outside inputs, and only when the person's preferences leave them on (WCAG 2.1.4).
import { toggleRail } from "./preferences.js";
import { undoLast } from "./toasts.js";

const typing = (el) => el?.matches?.("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");

export function startKeys({ palette, lists }) {
  const help = document.getElementById("help");
  const lettersOn = () => document.body.dataset.keys !== "off";
  let going = 0;

  const showHelp = () => {
    const body = document.getElementById("help-body");
    if (!body.querySelector(".facts")) {
      const facts = document.createElement("dl");
      facts.className = "facts";
      for (const span of document.querySelectorAll("footer.keys span")) {
        const term = document.createElement("dt");
        term.append(...[...span.querySelectorAll("kbd")].map((k) => k.cloneNode(true)));
        const what = document.createElement("dd");
        what.textContent = [...span.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent).join("").trim();
        facts.append(term, what);
      }
      for (const [keys, words] of [["Ctrl K", "commands and search"], ["/", "search"], ["g then a letter", "go to a page"], ["u", "undo"], ["[", "narrow the menu"]]) {
        const term = document.createElement("dt");
        const key = document.createElement("kbd");
        key.textContent = keys;
        term.append(key);
        const what = document.createElement("dd");
        what.textContent = words;
        facts.append(term, what);
      }
      body.append(facts);
    }
    help.showModal();
  };
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
    if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "k") {
      event.preventDefault();
      palette.open();
      return;
    }
    if (key === "Escape" && typing(target) && !target.closest("dialog")) return target.blur();
    if (event.ctrlKey && key === "a" && target.closest("[data-list]") && !typing(target)) {
      event.preventDefault();
      return lists.all();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(target) || target.closest("dialog[open]")) return;
    if (key.length === 1 && key !== " " && !lettersOn() && !target.closest("[data-list]")) return;
    if (Date.now() - going < 1200) {
      going = 0;
      const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
      if (link) return location.assign(link.href);
    }
    if (key === "g") return (going = Date.now());
    if (event.shiftKey && (key === "J" || key === "K")) {
      lists.select(lists.current(), true);
      lists.step(key === "J" ? 1 : -1);
      return lists.select(lists.current(), true);
    }
    const row = lists.current();
    const own = document.querySelector(`dialog[open] [data-key="${CSS.escape(key)}"]`) || row?.querySelector(`[data-key="${CSS.escape(key)}"]`) || document.querySelector(`main [data-key="${CSS.escape(key)}"]:not([data-list] *)`);
    if (own && !own.disabled) {
      event.preventDefault();
      if (own.matches("input, select, textarea")) own.focus();
      else own.click();
      return;
    }
    if (key === "Enter" && target.matches("tr, .item")) return row?.querySelector("a[href]")?.click();
    if (key === " " && target.matches("tr, .item") && row?.dataset.peek) {
      event.preventDefault();
      return htmx.ajax("GET", row.dataset.peek, { target: "#peek", swap: "innerHTML" });
    }
    const move = moves[key];
    if (move && !(target.matches("button, a, summary") && ["ArrowDown", "ArrowUp", "Home", "End"].includes(key) && !target.closest("[data-list]"))) {
      event.preventDefault();
      move();
    }
  });
}
