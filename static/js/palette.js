import { tabs } from "./keys.js";

// The command palette: this page's commands, places to go, and what the search finds.
export function startPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return { open() {} };
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("ul");
  let timer = 0;
  let asked = 0;

  const commands = () => [
    ...[...document.querySelectorAll("main [data-command]"), ...document.querySelectorAll("body > :not(main) [data-command]")].filter((el) => !el.closest("[hidden]") && !el.disabled).map((el) => ({ label: el.dataset.command, hint: el.dataset.key || placeOf(el), run: () => el.click(), group: "On this page" })),
    ...[...document.querySelectorAll("[data-go]")].map((el) => ({ label: el.title, hint: `g ${el.dataset.go}`, url: el.href, group: "Go to" })),
    ...[...document.querySelectorAll("[data-place]")].filter((el) => !document.querySelector(`main a[data-command][href="${el.getAttribute("href")}"]`)).map((el) => ({ label: el.dataset.place, hint: "", url: el.href, group: "Go to" })),
  ];
  const placeOf = (el) => {
    const at = tabs().indexOf(el) + 1;
    return at && at < 10 ? `g ${at}` : "";
  };
  const show = (found) => {
    list.replaceChildren();
    let group = "";
    for (const entry of found) {
      if (entry.group !== group) {
        group = entry.group;
        const head = document.createElement("li");
        head.setAttribute("role", "presentation");
        head.innerHTML = "<h3></h3>";
        head.firstChild.textContent = group;
        list.append(head);
      }
      const option = document.createElement("li");
      option.setAttribute("role", "option");
      option.className = "option";
      const name = document.createElement("span");
      name.textContent = entry.label;
      const hint = document.createElement("small");
      hint.textContent = entry.hint || "";
      option.append(name, hint);
      option.addEventListener("click", () => choose(entry));
      option.entry = entry;
      list.append(option);
    }
    mark(0);
  };
  const options = () => [...list.querySelectorAll("[role=option]")];
  const mark = (at) => {
    const all = options();
    all.forEach((option, n) => option.setAttribute("aria-selected", String(n === at)));
    all.forEach((option, n) => (option.id = `palette-${n}`));
    if (all[at]) input.setAttribute("aria-activedescendant", all[at].id);
    else input.removeAttribute("aria-activedescendant");
    all[at]?.scrollIntoView({ block: "nearest" });
  };
  const choose = (entry) => {
    dialog.close();
    if (entry.run) entry.run();
    else location.assign(entry.url);
  };
  const search = () => {
    const words = input.value.trim().toLowerCase();
    const local = commands().filter((c) => c.label.toLowerCase().includes(words));
    show(local);
    clearTimeout(timer);
    if (words.length < 2) return;
    timer = setTimeout(async () => {
      const mine = ++asked;
      const answer = await fetch(`/search/?q=${encodeURIComponent(words)}&format=json`, { headers: { Accept: "application/json" } });
      if (!answer.ok || mine !== asked) return;
      const { results } = await answer.json();
      show([...local, ...results.map((r) => ({ ...r, group: "Found" }))]);
    }, 120);
  };
  input.addEventListener("input", search);
  dialog.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((o) => o.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") mark(Math.min(all.length - 1, at + 1));
    else if (event.key === "ArrowUp") mark(Math.max(0, at - 1));
    else if (event.key === "Enter") all[at] && choose(all[at].entry);
    else return;
    event.preventDefault();
  });
  const open = () => {
    input.value = "";
    show(commands());
    dialog.showModal();
    input.focus();
  };
  document.addEventListener("click", (event) => event.target.closest("[data-palette]") && open());
  return { open };
}
