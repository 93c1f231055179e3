// The cash workbench: receipts by j and k, the running difference, drafts that keep themselves, keys that post.
const work = () => document.getElementById("work");
const form = () => document.getElementById("allocate");
const csrf = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
const send = (url, body) => fetch(url, { method: "POST", body, headers: { "X-CSRFToken": csrf(), "HX-Request": "true" } });
const say = (text, tone = "bad") => document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone } }));

// Amounts are BigInt minor units; null stands for what can't be read.
function minor(text, digits) {
  let plain = text.trim().replace(/[,\s]/g, "");
  if (/^\(.*\)$/.test(plain)) plain = `-${plain.slice(1, -1)}`;
  if (plain === "") return 0n;
  const found = /^(-?)(\d+)(?:\.(\d*))?$/.exec(plain);
  if (!found || /[1-9]/.test((found[3] || "").slice(digits))) return null;
  const value = BigInt(found[2] + (found[3] || "").slice(0, digits).padEnd(digits, "0"));
  return found[1] ? -value : value;
}
function words(value, digits, brackets = false) {
  const body = String(value < 0n ? -value : value).padStart(digits + 1, "0");
  const whole = body.slice(0, body.length - digits).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const text = digits ? `${whole}.${body.slice(-digits)}` : whole;
  if (value >= 0n) return text;
  return brackets ? `(${text})` : `−${text}`;
}

// What is given out, item by item, and what has no place yet.
function reckon() {
  const f = form();
  if (!f) return null;
  const digits = (f.dataset.unit.split(".")[1] || "").length;
  const state = { digits, open: BigInt(f.dataset.open), applied: 0n, rows: [], bad: false };
  const read = (name) => {
    const field = f.elements[name];
    if (!field) return 0n;
    const value = minor(field.value, digits);
    if (value === null) {
      state.bad = true;
      field.setAttribute("aria-invalid", "true");
      return 0n;
    }
    field.removeAttribute("aria-invalid");
    return value;
  };
  for (const row of f.querySelectorAll("tr[data-item]")) {
    const pk = row.dataset.item;
    const amount = read(`amount-${pk}`);
    const short = read(`short-${pk}`);
    const left = ["discount", "write_off", "charges", "withheld"].reduce((rest, part) => rest - read(`${part}-${pk}`), BigInt(row.dataset.balance) - amount);
    state.applied += amount;
    state.rows.push({ row, pk, left, short, over: BigInt(row.dataset.balance) > 0n ? left < short : left > 0n });
  }
  const free = state.open - state.applied;
  state.rest = f.elements.rest.checked && free > 0n ? free : 0n;
  state.difference = free - state.rest;
  return state;
}
function show() {
  const f = form();
  const state = reckon();
  if (!state) return;
  const { digits } = state;
  for (const { row, pk, left, short, over } of state.rows) {
    const cell = row.querySelector("[data-left]");
    cell.textContent = left === 0n ? "–" : words(left, digits, true);
    cell.classList.toggle("tone", over);
    cell.dataset.tone = over ? "bad" : "";
    const extra = f.querySelector(`tr[data-extra="${pk}"]`);
    if (extra && extra.hidden && (left !== 0n || short !== 0n)) extra.hidden = false;
    if (extra && !extra.contains(document.activeElement) && left === 0n && ![...extra.querySelectorAll("input")].some((i) => i.value)) extra.hidden = true;
  }
  const put = (name, value) => (f.querySelector(`[data-${name}]`).textContent = words(value, digits));
  put("applied", state.applied);
  put("rest", state.rest);
  put("difference", state.difference);
  const difference = f.querySelector("[data-difference]");
  difference.classList.toggle("tone", state.difference !== 0n);
  difference.dataset.tone = state.difference === 0n ? "" : "bad";
  const button = f.querySelector("[data-key=Enter]");
  if (button) button.disabled = state.difference !== 0n || state.bad || state.rows.some((r) => r.over) || (!state.rows.length && !state.rest);
}

// Half-done work is kept half a second after the last key.
let saving = 0;
function keep() {
  clearTimeout(saving);
  const f = form();
  if (!f || f.querySelector("fieldset").disabled) return;
  saving = setTimeout(async () => {
    const answer = await send(f.dataset.draft, new FormData(f));
    const place = document.getElementById("draft-state");
    if (answer.status === 204) {
      if (place) place.textContent = "kept";
    } else if (answer.status === 409 && f.isConnected) {
      work().innerHTML = await answer.text();
      htmx.process(work());
      settle();
    }
  }, 500);
}

// Deduct: what is left of an item becomes a deduction, of the row in which one is, else of the first with something left.
function deduct() {
  const state = reckon();
  if (!state?.rows.length) return say("Choose an item first", "warn");
  const here = document.activeElement?.closest("tr[data-item], tr[data-extra]");
  const pk = here?.dataset.item || here?.dataset.extra;
  const found = state.rows.find((r) => r.pk === pk && r.left > 0n) || state.rows.find((r) => r.left > 0n && r.left !== r.short);
  if (!found) return say("Nothing is left to deduct: Enter posts what stands here", "warn");
  const field = form().elements[`short-${found.pk}`];
  field.value = words(found.left, state.digits).replaceAll(",", "");
  show();
  form().querySelector(`tr[data-extra="${found.pk}"]`).hidden = false;
  form().elements[`reason-${found.pk}`].focus();
  keep();
}

// A reason that is no deduction takes the amount along, to bank charges or to tax withheld: once it is left, for letters and arrows only look.
document.addEventListener("focusout", (event) => {
  const chosen = event.target;
  if (!chosen.matches("#allocate select[name^=reason-]") || !["charges", "withheld"].includes(chosen.value)) return;
  const pk = chosen.name.slice("reason-".length);
  const [from, to] = [form().elements[`short-${pk}`], form().elements[`${chosen.value}-${pk}`]];
  const { digits } = reckon();
  const sum = (minor(from.value, digits) ?? 0n) + (minor(to.value, digits) ?? 0n);
  to.value = sum ? words(sum, digits).replaceAll(",", "") : "";
  from.value = "";
  chosen.selectedIndex = Math.max(0, [...chosen.options].findIndex((o) => o.defaultSelected));
  show();
  keep();
});

// Copied as tab-separated lines, amounts as plain numbers: by Ctrl C the list while a receipt of it has the focus, the allocation while anything of
// it has and no text is selected; the allocation by its button, too.
const plain = (text) => text.trim().replaceAll("\u2212", "-").replace(/[\t\r\n]+/g, " ");
function allocationLines() {
  const state = reckon();
  if (!state?.rows.length) return [];
  const value = (name) => plain(form().elements[name]?.value || "");
  const lines = state.rows.map(({ row, pk, left }) => {
    const chosen = form().elements[`reason-${pk}`];
    const reason = value(`short-${pk}`) ? chosen?.selectedOptions[0]?.textContent || "" : "";
    const money = [BigInt(row.dataset.balance), left].map((v) => words(v, state.digits).replaceAll(",", ""));
    const parts = ["amount", "discount", "write_off", "charges", "withheld", "short"].map((part) => value(`${part}-${pk}`).replaceAll(",", ""));
    return [value(`number-${pk}`), plain(money[0]), ...parts, reason, plain(money[1])];
  });
  return [["Item", "Open", "Apply", "Discount", "Write-off", "Bank charges", "Tax withheld", "Deduction", "Reason", "Left"], ...lines];
}
function listLines() {
  const items = [...document.querySelectorAll(".item[data-tsv]")];
  return items.length ? [["Receipt", "Date", "Payer", "Amount", "Currency", "Score", "State"], ...items.map((item) => item.dataset.tsv.split("\t").map(plain))] : [];
}
let copying = null;
function copy(lines, what) {
  if (!lines.length) return say(`There is no ${what} to copy`, "warn");
  copying = lines;
  document.execCommand("copy");
  say(`Copied ${lines.length - 1} ${lines.length === 2 ? "row" : "rows"}`, "ok");
}
document.addEventListener("copy", (event) => {
  const here = document.activeElement;
  const chosen = String(getSelection()) || (here?.matches("input, textarea") && here.selectionStart !== here.selectionEnd);
  const lines = copying || (chosen ? null : here?.matches(".item[data-tsv]") ? listLines() : here?.closest("#allocate") ? allocationLines() : null);
  copying = null;
  if (!lines?.length) return;
  event.preventDefault();
  event.stopPropagation();
  event.clipboardData.setData("text/plain", lines.map((line) => line.join("\t")).join("\n"));
}, true);

// The panes of a receipt; the next one's are fetched ahead.
const ahead = new Map();
function panes(address) {
  if (!ahead.has(address)) {
    ahead.set(address, fetch(address, { headers: { "HX-Request": "true" } }).then((answer) => (answer.ok ? answer.text() : "")));
    setTimeout(() => ahead.delete(address), 15000);
  }
  return ahead.get(address);
}
let wanted = "";
async function open(item) {
  wanted = item.id;
  mark(item);
  const html = await panes(item.dataset.panel);
  if (!html || wanted !== item.id) return;
  work().innerHTML = html;
  htmx.process(work());
  history.replaceState(null, "", item.getAttribute("href"));
  settle();
  const items = [...document.querySelectorAll(".item[data-panel]")];
  const next = items[items.indexOf(item) + 1];
  if (next) panes(next.dataset.panel);
  if (innerWidth < 640) work().firstElementChild?.scrollIntoView({ block: "start" });
}
function mark(item) {
  for (const other of document.querySelectorAll(".item[aria-current]")) other.removeAttribute("aria-current");
  item.setAttribute("aria-current", "true");
}
const current = () => document.querySelector(".item[aria-current]");

// Whoever stays on a receipt for a moment has it in hand.
let leasing = 0;
function settle() {
  clearTimeout(leasing);
  show();
  const place = work()?.querySelector("[data-lease]");
  if (place) leasing = setTimeout(() => place.isConnected && send(place.dataset.lease), 1500);
}

document.addEventListener("input", (event) => {
  if (event.target.form?.id !== "allocate") return;
  show();
  keep();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-act=deduct]")) return deduct();
  if (event.target.closest("[data-act=copy]")) return copy(allocationLines(), "allocation");
  const item = event.target.closest(".item[data-panel]");
  if (!item || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  item.focus({ preventScroll: true });
  if (wanted !== item.id) open(item);
});
document.addEventListener("focusin", (event) => {
  const item = event.target.closest?.(".item[data-panel]");
  if (item && item.getAttribute("aria-current") !== "true") open(item);
});
// What unfolds takes the next letter at once, however fast it is typed.
document.addEventListener("click", (event) => {
  const details = event.target.closest("details.act > summary")?.parentElement;
  if (!details) return;
  event.preventDefault();
  details.open = !details.open;
  if (details.open) details.querySelector("textarea, input:not([type=hidden])")?.focus();
});
// Enter adds the first thing found for what stands in the field: while the answer is on its way it waits, and never takes one to other words.
function addFirst(find) {
  if ("stale" in find.dataset) find.dataset.enter = "";
  else document.querySelector("#found [data-add]")?.click();
}
document.addEventListener("input", (event) => {
  if (event.target.id !== "find") return;
  event.target.dataset.stale = "";
  delete event.target.dataset.enter;
});
document.addEventListener("htmx:afterSettle", (event) => {
  const find = document.getElementById("find");
  if (event.detail.target?.id !== "found" || !find) return;
  if (new URL(event.detail.pathInfo.finalRequestPath, location).searchParams.get("q") !== find.value) return;
  delete find.dataset.stale;
  if (!("enter" in find.dataset)) return;
  delete find.dataset.enter;
  addFirst(find);
});
// Enter posts only from the list or the page itself: on a button or a link it means that button, and in the search the first thing found.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
  if (event.target.id === "find") {
    event.preventDefault();
    addFirst(event.target);
  } else if (event.target.matches(".item[data-panel]")) {
    const button = form()?.querySelector("[data-key=Enter]");
    if (!button || button.disabled) {
      event.preventDefault();
      event.stopPropagation();
      if (button) say("The difference is not zero, or nothing is chosen yet", "warn");
    }
  } else if (event.target.matches("button, a, summary, select")) {
    event.stopPropagation();
  }
}, true);
// From the list, down into what was found and back.
document.addEventListener("keydown", (event) => {
  const stops = [document.getElementById("find"), ...document.querySelectorAll("#found button")].filter(Boolean);
  const at = stops.indexOf(document.activeElement);
  if (at < 0 || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  stops[Math.max(0, Math.min(stops.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)))].focus();
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.closest?.("#work") && event.target.matches("input, select, textarea, button, summary")) {
    event.preventDefault();
    current()?.focus();
  }
}, true);

document.addEventListener("htmx:beforeSwap", (event) => {
  if ([403, 409].includes(event.detail.xhr.status) && event.detail.xhr.response && event.detail.xhr.getResponseHeader("HX-Retarget")) {
    event.detail.shouldSwap = true;
  }
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.verb !== "post") return;
  clearTimeout(saving);
  ahead.clear();
  // What was just used is about to be drawn anew: the receipt takes the keys meanwhile.
  if (document.activeElement?.closest("#allocation, #work form")) current()?.focus({ preventScroll: true });
});
document.addEventListener("htmx:afterSettle", (event) => {
  const { id } = event.detail.target;
  if (!work() || !["work", "allocation"].includes(id)) return;
  settle();
  // Enter must post again after an item was added or an answer taken, and the list must listen to j and k after a posting.
  if (!document.activeElement || document.activeElement === document.body) current()?.focus({ preventScroll: true });
  if (id === "allocation") return;
  wanted = current()?.id || "";
  current()?.scrollIntoView({ block: "nearest" });
});

// A file dropped on the form is chosen and sent.
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    const zone = event.target.closest?.("[data-drop]");
    if (!zone) return;
    event.preventDefault();
    zone.toggleAttribute("data-over", name === "dragover");
    if (name !== "drop" || !event.dataTransfer.files.length) return;
    zone.querySelector("input[type=file]").files = event.dataTransfer.files;
    zone.requestSubmit();
  });
}

current()?.focus({ preventScroll: true });
settle();
