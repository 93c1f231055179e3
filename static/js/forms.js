// Forms: Ctrl+Enter and Ctrl+S send them, a half-typed one isn't left without a word, a select that filters sends at once.
let dirty = false;
export function startForms() {
  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-guard]")) dirty = true;
  });
  document.addEventListener("submit", () => (dirty = false));
  addEventListener("beforeunload", (event) => dirty && event.preventDefault());
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosend]");
    if (form) form.requestSubmit();
    const confirm = event.target.closest("[data-type-to-confirm]");
    if (confirm) confirm.form.querySelector("[type=submit]").disabled = confirm.value !== confirm.dataset.typeToConfirm;
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    const form = document.activeElement?.closest?.("form") || document.querySelector("form[data-main]");
    if (!form) return;
    if (event.key === "Enter") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-next]") || undefined);
    } else if (event.key === "s" && form.matches("[data-main]")) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-stay]") || undefined);
    }
  });
}
