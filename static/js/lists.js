// Lists: one row has the focus; rows are selected, summed and copied; a side panel follows. Works on any table marked data-list.
const rowsOf = (list) => [...list.querySelectorAll("tbody tr[id]:not(.group), .item[id]")];

export function startLists() {
  const active = () => document.activeElement?.closest?.("[data-list]") || document.querySelector("[data-list]");
  const current = () => {
    const list = active();
    if (!list) return null;
    return list.querySelector("tr.focus, .item.focus") || rowsOf(list)[0] || null;
  };
  const focus = (row) => {
    if (!row) return;
    mark(row);
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    peek(row);
  };
  const mark = (row) => {
    const list = row.closest("[data-list]");
    for (const other of list.querySelectorAll(".focus, [tabindex='0'][id]")) {
      other.classList.remove("focus");
      if (other.matches("tr, .item")) other.tabIndex = -1;
    }
    row.classList.add("focus");
    row.tabIndex = 0;
  };
  const step = (by) => {
    const list = active();
    if (!list) return;
    const rows = rowsOf(list);
    const started = list.contains(document.activeElement) || list.querySelector(".focus");
    const at = rows.indexOf(current());
    focus(rows[Math.max(0, Math.min(rows.length - 1, started ? at + by : 0))]);
  };
  const boxOf = (row) => row?.querySelector("input[type=checkbox][data-select]");
  const select = (row, on) => {
    const box = boxOf(row);
    if (!box) return;
    mark(row);
    box.checked = on ?? !box.checked;
    sum(row.closest("[data-list]"));
  };
  const sum = (list) => {
    const chosen = rowsOf(list).filter((row) => boxOf(row)?.checked);
    for (const row of rowsOf(list)) if (boxOf(row)) row.setAttribute("aria-selected", String(chosen.includes(row)));
    const every = list.querySelector("[data-select-all]");
    if (every) {
      every.checked = chosen.length > 0 && chosen.length === rowsOf(list).length;
      every.indeterminate = chosen.length > 0 && !every.checked;
    }
    const bar = document.querySelector(".bulk");
    if (bar) bar.hidden = !chosen.length;
    const totals = {};
    for (const row of chosen) {
      const cell = row.querySelector("[data-sum-by], .strong[data-v], [data-v]");
      totals[row.dataset.currency || ""] = addMinor(totals[row.dataset.currency || ""], cell?.dataset.v || "0");
    }
    const text = Object.entries(totals).map(([currency, amount]) => `${group(amount)} ${currency}`).join(" · ");
    for (const words of document.querySelectorAll("[data-sum]")) words.textContent = words.dataset.sum === "amount" ? text || "0" : `${chosen.length} selected · ${text}`;
    for (const words of document.querySelectorAll("[data-chosen]")) words.textContent = chosen.length;
  };
  document.addEventListener("change", (event) => {
    const list = event.target.closest("[data-list]");
    if (!list) return;
    if (event.target.matches("[data-select]")) sum(list);
    if (event.target.matches("[data-select-all]")) {
      for (const row of rowsOf(list)) if (boxOf(row)) boxOf(row).checked = event.target.checked;
      sum(list);
    }
  });
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-list] tbody tr[id], [data-list] .item[id]");
    if (row && !event.target.closest("a, button, input, label, select, summary")) focus(row);
    // A row with a panel beside it opens there; the link itself is for phones, new tabs and readers without scripts.
    const link = event.target.closest("[data-peek] a[data-peeks]");
    if (link && panel()?.checkVisibility() && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      focus(link.closest("[data-peek]"));
    }
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-list] tr[id], [data-list] .item[id]")) return mark(event.target);
    // A row's link or box has the focus: the panel and the keys are about that row, never about another.
    const row = event.target.matches("a, input[type=checkbox]") && event.target.closest("[data-list] [data-peek][id]");
    if (!row || row.classList.contains("focus")) return;
    mark(row);
    peek(row);
  });
  document.addEventListener("copy", (event) => {
    const list = document.activeElement?.closest?.("table[data-list]");
    if (!list || String(getSelection())) return;
    const chosen = rowsOf(list).filter((row) => boxOf(row)?.checked);
    const rows = chosen.length ? chosen : [current()].filter(Boolean);
    event.clipboardData.setData("text/plain", rows.map((row) => cellsOf(row).join("\t")).join("\n"));
    event.clipboardData.setData("text/html", `<table>${rows.map((row) => `<tr>${cellsOf(row).map((text) => `<td>${escape(text)}</td>`).join("")}</tr>`).join("")}</table>`);
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: `Copied ${rows.length} row${rows.length === 1 ? "" : "s"}` } }));
  });
  // A row that leaves hands the focus to the next one.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const row = event.detail.target;
    if (!row?.matches?.("[data-list] tr[id], [data-list] .item[id]")) return;
    const list = row.closest("[data-list]");
    const rows = rowsOf(list);
    const at = rows.indexOf(row);
    const next = rows[at + 1] || rows[at - 1];
    setTimeout(() => {
      if (row.isConnected) return;
      fetched.clear();
      sum(list);
      if (next?.isConnected) focus(next);
      else panel()?.replaceChildren();
    });
  });
  // A list drawn anew keeps the focus where it was.
  let place = -1;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const list = event.detail.target?.querySelector?.("[data-list]");
    place = list ? rowsOf(list).indexOf(list.querySelector(".focus")) : -1;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const list = event.detail.target?.querySelector?.("[data-list]");
    if (!list) return;
    fetched.clear();
    begin(list);
    const rows = rowsOf(list);
    if (place >= 0 && rows.length) focus(rows[Math.min(place, rows.length - 1)]);
  });
  // Back on a list that was left by one of its rows, within minutes: the cursor is on that row, or on what took its place.
  const leaving = (event) => {
    const row = event.target.closest?.("[data-list] tr[id], [data-list] .item[id]");
    if (row && (event.type === "submit" || event.target.closest("a[href]"))) remember(row);
  };
  document.addEventListener("submit", leaving);
  document.addEventListener("click", leaving);
  const begin = (list) => {
    if (list.querySelector("[data-select]")) sum(list);
    const left = remembered(rowsOf(list));
    if (left) return focus(left);
    const first = list.querySelector("tr.focus[data-peek]") || rowsOf(list)[0];
    if (!first || list !== document.querySelector("main [data-list]")) return;
    mark(first); // one row of the page is current on arrival: Enter opens it, keys are about it
    if (first.dataset.peek && panel()?.checkVisibility()) peek(first);
  };
  for (const list of document.querySelectorAll("[data-list]")) begin(list);
  const ends = (pick) => focus(pick(rowsOf(active() || document)));
  return { step, focus, select, current, peek, first: () => ends((rows) => rows[0]), last: () => ends((rows) => rows.pop()), all: () => allOf(active(), sum) };
}

const PLACE = "arops_row";
const MINUTES = 10;
function remember(row) {
  const at = rowsOf(row.closest("[data-list]")).indexOf(row);
  sessionStorage.setItem(PLACE, JSON.stringify({ path: location.pathname, id: row.id, at, when: Date.now() }));
}
function remembered(rows) {
  const left = JSON.parse(sessionStorage.getItem(PLACE) || "{}");
  if (left.path !== location.pathname || !rows.length) return null;
  sessionStorage.removeItem(PLACE);
  if (Date.now() - left.when > MINUTES * 60000) return null;
  return rows.find((row) => row.id === left.id) || rows[Math.min(left.at, rows.length - 1)];
}

function allOf(list, sum) {
  for (const box of list.querySelectorAll("[data-select]")) box.checked = true;
  sum(list);
}

// The panel beside a list. The next row's panel is fetched ahead, so that moving down shows it at once.
const panel = () => document.getElementById("peek");
const fetched = new Map();
function fetchPanel(address) {
  if (!fetched.has(address)) {
    fetched.set(address, fetch(address, { headers: { "HX-Request": "true" } }).then((answer) => (answer.ok ? answer.text() : "")));
    setTimeout(() => fetched.delete(address), 20000);
  }
  return fetched.get(address);
}
let turn = 0;
async function peek(row) {
  const aside = panel();
  const address = row?.dataset.peek;
  if (!address || !aside?.checkVisibility()) return;
  aside.dataset.of = row.id;
  const mine = ++turn; // of two that ask at once the last one draws: drawing twice would close what was opened in between
  aside.dataset.coming = ""; // until it is drawn, keys wait: the panel still shows another row
  const html = await fetchPanel(address).catch(() => "");
  if (mine !== turn) return;
  aside.innerHTML = html || '<div class="empty"><p>This could not be read. <a class="link" href="">Load the page again</a></p></div>';
  htmx.process(aside);
  delete aside.dataset.coming;
  document.dispatchEvent(new CustomEvent("panel"));
  if (!html) return;
  const rows = rowsOf(row.closest("[data-list]"));
  const next = rows[rows.indexOf(row) + 1];
  if (next?.dataset.peek) fetchPanel(next.dataset.peek);
}

const cellsOf = (row) => [...row.cells].map((cell) => cell.dataset.v ?? cell.innerText.trim().replace(/\s+/g, " "));
const escape = (text) => text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]);

// Exact sums of decimals as text: minor units as BigInt, so that a long selection never shows a wrong cent.
function addMinor(total, text) {
  const [digits, scale] = minor(text);
  if (!total) return { digits, scale };
  const wide = Math.max(total.scale, scale);
  return { digits: total.digits * 10n ** BigInt(wide - total.scale) + digits * 10n ** BigInt(wide - scale), scale: wide };
}
function minor(text) {
  const [whole, fraction = ""] = text.split(".");
  return [BigInt(whole + fraction), fraction.length];
}
function group({ digits, scale }) {
  const sign = digits < 0n ? "-" : "";
  const body = String(digits < 0n ? -digits : digits).padStart(scale + 1, "0");
  const whole = body.slice(0, body.length - scale).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return `${sign}${whole}${scale ? `.${body.slice(-scale)}` : ""}`;
}
