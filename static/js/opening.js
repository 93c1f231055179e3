// Lines of a case to be opened: an amount that is typed ticks its line, and the sum follows.
const minor = (typed, digits) => {
  const [whole, cents = ""] = typed.replace(/[, \u00a0]/g, "").split(".");
  return /^\d+$/.test(whole || "0") && /^\d*$/.test(cents) && cents.length <= digits ? `${whole || "0"}${digits ? `.${cents.padEnd(digits, "0")}` : ""}` : "0";
};
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-contested]")) return;
  const row = event.target.closest("tr");
  const box = row.querySelector("[data-select]");
  event.target.closest("[data-v]").dataset.v = minor(event.target.value, Number(row.closest("[data-digits]").dataset.digits));
  box.checked = event.target.value.trim() !== "";
  box.dispatchEvent(new Event("change", { bubbles: true }));
});
