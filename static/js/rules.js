// The matrix as a grid: arrows move from score to score, Delete brings the published one back, bands and changes show while typing.
const grid = document.querySelector("[data-grid]");
if (grid) {
  const rows = [...grid.querySelectorAll("tr")].map((row) => [...row.querySelectorAll("td[data-published] input")]).filter((row) => row.length);
  const place = (input) => {
    const y = rows.findIndex((row) => row.includes(input));
    return [y, rows[y]?.indexOf(input)];
  };
  const bound = (name) => Number(grid.querySelector(`[name=${name}]`)?.value || grid.dataset[name]);
  const paint = (input) => {
    const cell = input.closest("td");
    const score = Number(input.value);
    cell.dataset.band = score >= bound("post") ? "post" : score >= bound("propose") ? "propose" : "ask";
    cell.toggleAttribute("data-changed", input.value.trim() !== cell.dataset.published);
  };
  const go = (y, x) => {
    const row = rows[Math.max(0, Math.min(y, rows.length - 1))];
    const next = row[Math.max(0, Math.min(x, row.length - 1))];
    next.focus();
    next.select();
  };
  grid.addEventListener("input", (event) => {
    if (event.target.matches("[name=post], [name=propose]")) rows.flat().forEach(paint);
    else if (event.target.closest("td[data-published]")) paint(event.target);
  });
  grid.addEventListener("focusin", (event) => event.target.closest("td[data-published]") && event.target.select());
  grid.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!input.closest("td[data-published]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const [y, x] = place(input);
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (event.key === "Delete") {
      input.value = input.closest("td").dataset.published;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.select();
    } else if (moves[event.key]) {
      go(y + moves[event.key][0], x + moves[event.key][1]);
    } else return;
    event.preventDefault();
  });
}
