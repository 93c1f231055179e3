// The bank's days: what opens to be filled in has the cursor in it.
document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("details.act") || !event.target.open) return;
  event.target.querySelector("input:not([type=hidden])")?.focus();
}, true);
