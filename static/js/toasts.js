// Toasts: what happened, with a way back for ten seconds. The server sends them by the HX-Trigger header or in the page.
const box = () => document.getElementById("toasts");
const csrf = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";

export function say(text, { tone = "ok", undo = "", links = [] } = {}) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.tone = tone;
  const words = document.createElement("span");
  words.textContent = text;
  for (const [address, name] of links) {
    const link = document.createElement("a");
    link.className = "link";
    link.href = address;
    link.textContent = name;
    words.append(" ", link);
  }
  toast.append(words);
  if (undo) {
    const button = document.createElement("button");
    button.className = "btn";
    button.type = "button";
    button.dataset.undo = undo;
    button.innerHTML = '<svg class="icon" aria-hidden="true"><use href="#i-undo"/></svg>Undo <kbd>u</kbd>';
    toast.append(button);
  }
  box()?.append(toast);
  leave(toast, undo || links.length ? 10000 : 6000);
}

const leave = (toast, after) => setTimeout(() => toast.remove(), after);

export async function undoLast() {
  const button = [...document.querySelectorAll("[data-undo]")].pop();
  if (!button) return false;
  button.disabled = true;
  const answer = await fetch(button.dataset.undo, { method: "POST", headers: { "X-CSRFToken": csrf(), "HX-Request": "true" } });
  const target = answer.headers.get("HX-Redirect");
  if (target) location.assign(target);
  else if (answer.ok) location.reload();
  else say(`This could not be undone (${answer.status})`, { tone: "bad" });
  return true;
}

export function startToasts() {
  for (const toast of document.querySelectorAll(".toast")) leave(toast, toast.querySelector("[data-undo], a") ? 10000 : 6000);
  document.addEventListener("click", (event) => event.target.closest("[data-undo]") && undoLast());
  document.addEventListener("toast", (event) => say(event.detail.text, event.detail));
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    if (xhr.getResponseHeader("HX-Trigger")) return;
    const id = xhr.getResponseHeader("X-Request-Id") || "";
    say(xhr.status === 403 ? "This is not for your role" : `That did not work (${xhr.status}). Nothing was changed. ${id && `Request ${id}`}`, { tone: "bad" });
  });
  document.addEventListener("htmx:sendError", () => say("The server can't be reached. Nothing was changed.", { tone: "bad" }));
  document.addEventListener("htmx:beforeSwap", (event) => {
    // A form sent back with errors is shown, not swallowed.
    if (event.detail.xhr.status === 422 && event.detail.xhr.response) event.detail.shouldSwap = true;
  });
}
