// The rows of a payment plan: arrows and Enter move within a column, Enter on the last row adds one, Ctrl+. has the row take the
// difference, Ctrl+Delete takes it away. Sums and interest come from the server with every change.
let at = -1;
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[hx-target='#rows']:not([data-row-add])");
  const row = button?.closest("tr");
  if (button) at = row ? [...row.parentElement.rows].indexOf(row) : 0;
});
// Rows drawn anew: the cursor stays in its row, or in the one that took its place.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "rows" || at < 0) return;
  const rows = event.detail.target.querySelector("[data-plan-rows] tbody")?.rows || [];
  const row = rows[Math.min(at, rows.length - 1)];
  at = -1;
  const place = row?.querySelector("input[name=part]:not([type=hidden])") || row?.querySelector("input[name=day]") || document.getElementById("rows-open");
  place?.focus();
  place?.select?.();
});
document.addEventListener("keydown", (event) => {
  const input = event.target.closest?.("[data-plan-rows] input");
  if (!input || event.altKey || event.metaKey) return;
  const row = input.closest("tr");
  const step = { ArrowUp: -1, ArrowDown: 1, Enter: 1 }[event.key];
  if (event.ctrlKey) {
    const button = { ".": "[data-row-rest]", Delete: "[data-row-drop]" }[event.key];
    const found = button && row.querySelector(button);
    if (!found) return;
    found.click();
  } else if (step) {
    const rows = [...row.parentElement.rows];
    const next = rows[rows.indexOf(row) + step];
    const place = next && (next.querySelector(`input[name=${input.name}]:not([type=hidden])`) || next.querySelector("input[name=day]"));
    if (place) {
      place.focus();
      place.select();
    } else if (event.key === "Enter") document.getElementById("row-add")?.click();
  } else return;
  event.preventDefault();
});
