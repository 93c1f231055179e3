// Tables of lines in a form: lines are added, and taken out by emptying them (the server drops what is empty). Without this script
// the blank lines of the page are there to be filled in.
const MANY = 300;

for (const table of document.querySelectorAll("[data-formset]")) {
  const template = table.querySelector("template");
  const body = table.querySelector("tbody");
  if (!template || !body) continue;
  const count = table.querySelector(`input[name="${table.dataset.formset}-TOTAL_FORMS"]`);
  const add = table.querySelector("[data-add]");
  const show = () => table.querySelectorAll("[data-drop]").forEach((button) => (button.hidden = false));
  add.hidden = false;
  show();
  add.addEventListener("click", () => {
    const n = Number(count.value);
    if (n >= MANY) return;
    const made = template.content.cloneNode(true);
    for (const el of made.querySelectorAll("[name], [id], [for]")) {
      for (const name of ["name", "id", "for"]) if (el.hasAttribute(name)) el.setAttribute(name, el.getAttribute(name).replace("__prefix__", n));
    }
    const number = made.querySelector("[data-number]");
    if (number) number.textContent = n + 1;
    const first = made.querySelector("td input, td select");
    body.append(made);
    count.value = n + 1;
    show();
    first.focus();
  });
  table.addEventListener("click", (event) => {
    const drop = event.target.closest("[data-drop]");
    if (!drop) return;
    const row = drop.closest("[data-line]");
    for (const field of row.querySelectorAll("input:not([type=hidden]), select, textarea")) {
      if (field.type === "checkbox") field.checked = false;
      else if (!field.matches("select")) field.value = "";
    }
    row.hidden = true;
    (row.nextElementSibling?.querySelector("input, select") || add).focus();
    drop.form?.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
