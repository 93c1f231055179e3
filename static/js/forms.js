// Forms: Ctrl+Enter and Ctrl+S send them, a half-typed one isn't left without a word, a select that filters sends at once.
let dirty = false;
export function startForms() {
  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-guard]")) dirty = true;
  });
  document.addEventListener("submit", (event) => {
    dirty = false;
    tidy(event.target);
  });
  addEventListener("beforeunload", (event) => dirty && event.preventDefault());
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosend]");
    if (form && event.target.type !== "search") form.requestSubmit();
  });
  document.addEventListener("input", (event) => {
    const typed = event.target.closest("[data-type-to-confirm]");
    if (typed) typed.form.querySelector("[type=submit], button:not([type])").disabled = typed.value.trim() !== typed.dataset.typeToConfirm;
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    const form = document.activeElement?.closest?.("form[data-main], form:not([role=search])") || document.querySelector("form[data-main]");
    if (!form) return;
    if (event.key === "Enter") {
      event.preventDefault();
      // Else by its first main button, whose value may say what is wanted.
      form.requestSubmit(form.querySelector("[data-next]") || form.querySelector("button.primary:not([type=button], :disabled)") || undefined);
    } else if (event.key === "s" && form.matches("[data-main]")) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-stay]") || undefined);
    }
  });
  // What is shown while one types (a GET) leaves the cursor alone.
  document.addEventListener("htmx:afterSettle", (event) => event.detail.requestConfig?.verb !== "get" && toFirstWrong(event.detail.elt));
  startShowing();
  startTimers();
  toFirstWrong(document);
}

// A form sent back: on in the first field that is wrong, opened where it was folded away, its name and what is wrong said aloud. Where no
// field is at fault, what was refused is read first.
function toFirstWrong(part) {
  const wrong = [...part.querySelectorAll("main :is(input, select, textarea)[aria-invalid=true]")].find((el) => el.type !== "hidden" && !el.disabled);
  for (let fold = wrong?.closest("details:not([open])"); fold; fold = fold.parentElement.closest("details:not([open])")) fold.open = true;
  if (wrong) {
    wrong.focus();
    wrong.select?.();
    const words = [wrong.labels?.[0], ...(wrong.getAttribute("aria-describedby") || "").split(" ").filter(Boolean).map((id) => document.getElementById(id))];
    document.getElementById("live").textContent = words.filter(Boolean).map((el) => el.textContent.trim()).join(": ");
    return;
  }
  const refused = part.querySelector("main form [role=alert]");
  if (!refused) return;
  refused.tabIndex = -1;
  refused.focus();
}

// An address without the filters nobody set: what isn't filled isn't sent.
function tidy(form) {
  if (form.method !== "get") return;
  const empty = [...form.elements].filter((el) => el.name && !el.value && !el.disabled);
  for (const el of empty) el.disabled = true;
  setTimeout(() => empty.forEach((el) => (el.disabled = false)));
}

// Fields that belong to one choice: data-when="outcome:promise,dispute" is shown while one of these is chosen.
function startShowing() {
  const show = (form) => {
    for (const part of form.querySelectorAll("[data-when]")) {
      const [name, values] = part.dataset.when.split(":");
      part.hidden = !values.split(",").includes(new FormData(form).get(name) || "");
    }
  };
  for (const form of document.querySelectorAll("form")) if (form.querySelector("[data-when]")) show(form);
  const chosen = (event) => {
    if (event.target.form?.querySelector("[data-when]")) {
      show(event.target.form);
      if (event.target.type === "radio") [...event.target.form.querySelectorAll("[data-when]:not([hidden]) :is(input, select):not([type=hidden])")].find((el) => !el.value)?.focus();
    }
  };
  document.addEventListener("change", chosen);
  // What is chosen already is chosen again: on with its fields.
  document.addEventListener("click", (event) => event.target.matches?.("input[type=radio]") && chosen(event));
}

// How long a call has taken: shown, and sent with the form.
function startTimers() {
  for (const clock of document.querySelectorAll("[data-timer]")) {
    const field = document.querySelector(clock.dataset.timer);
    const begun = Date.now() - 1000 * Number(field?.value || 0);
    setInterval(() => {
      const seconds = Math.round((Date.now() - begun) / 1000);
      if (field) field.value = seconds;
      clock.textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
    }, 1000);
  }
}
