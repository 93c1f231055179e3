// Exceptions and investigations: the next difference by money, and forms that open with the cursor where one writes.
document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("details[data-focus]") || !event.target.open) return;
  event.target.querySelector("textarea, input:not([type=hidden]), select")?.focus();
}, true);

// Differences are numbered by what they come to: from the one in focus to the next dearer, and round.
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-next-difference]")) return;
  const rows = [...document.querySelectorAll("tr[data-rank]")].sort((a, b) => a.dataset.rank - b.dataset.rank);
  if (!rows.length) return;
  const here = rows.findIndex((row) => row.classList.contains("focus"));
  rows[(here + 1) % rows.length].click();
});

// What was opened from the page is ticked as looked at, and sent as opened.
const opened = document.querySelector("[data-opened]");
const note = (event) => {
  const link = opened && event.target.closest("main a[target=_blank]");
  if (!link) return;
  const address = link.getAttribute("href");
  const boxes = [...document.querySelectorAll("input[name=look]")].filter((box) => box.dataset.url === address);
  // A record may stand there more than once, by its lines: the one whose words were clicked is meant.
  const meant = boxes.filter((box) => box.closest("li").contains(link) || box.closest("label").innerText.startsWith(link.innerText.trim()));
  const taken = (meant.length ? meant : boxes).slice(0, 1);
  for (const box of taken) box.checked = true;
  opened.value = [...new Set([...opened.value.split("\n"), ...taken.map((box) => box.value)])].filter(Boolean).join("\n");
};
document.addEventListener("click", note);
document.addEventListener("auxclick", note);
