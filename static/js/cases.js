// Cases: dialogs of choices, forms that open with the cursor where one writes, a thread that begins at its end.
const choices = (dialog) => [...dialog.querySelectorAll("[data-choice]")];

// A button that opens a dialog; its choices are numbered, and taken by their number.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-opens]");
  const dialog = button && document.getElementById(button.dataset.opens);
  if (!dialog) return;
  choices(dialog).forEach((choice, n) => (choice.querySelector("kbd").textContent = n + 1));
  dialog.showModal();
  choices(dialog)[0]?.focus();
});
// A choice that needs a word beside it asks for it first.
document.addEventListener("click", (event) => {
  const needed = document.getElementById(event.target.closest("[data-needs]")?.dataset.needs);
  if (!needed || needed.value) return;
  event.preventDefault();
  needed.focus();
});
document.addEventListener("keydown", (event) => {
  const dialog = event.target.closest?.("dialog[open]");
  if (!dialog || !choices(dialog).length || event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = choices(dialog);
  const at = all.indexOf(document.activeElement);
  if (event.key === "ArrowDown" || event.key === "j") all[Math.min(all.length - 1, at + 1)].focus();
  else if (event.key === "ArrowUp" || event.key === "k") all[Math.max(0, at - 1)].focus();
  else if (/^[1-9]$/.test(event.key) && all[event.key - 1]) all[event.key - 1].click();
  else return;
  event.preventDefault();
});

document.addEventListener("toggle", (event) => {
  const details = event.target;
  if (!details.matches?.("details[data-focus]") || !details.open) return;
  // One thing is written at a time: what was open beside it is folded, its words are kept.
  for (const other of details.closest(".compose")?.querySelectorAll("details.act[open]") || []) if (other !== details) other.open = false;
  (details.querySelector("textarea") || details.querySelector("input:not([type=hidden], [type=checkbox], [type=radio]), select"))?.focus();
  details.scrollIntoView({ block: "nearest" });
}, true);

for (const thread of document.querySelectorAll("[data-to-end]")) thread.scrollTop = thread.scrollHeight;
