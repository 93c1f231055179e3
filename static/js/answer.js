// The address of a link to a question carries its code behind a #, which browsers send to nobody. It is posted in the body of the form, and
// taken out of the address and the history before.
const form = document.getElementById("open-code");
const isCode = /^\d+-/;

function open() {
  const code = location.hash.slice(1);
  if (!form || !isCode.test(code)) return;
  history.replaceState(null, "", location.pathname);
  form.elements.code.value = code;
  form.submit();
}

window.addEventListener("hashchange", open);
open();

// Ctrl Enter in the answer sends it, as everywhere else.
document.getElementById("answer")?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  event.target.form.requestSubmit(event.target.form.querySelector("[name=way][value=answer]"));
});
