// Lists: one row has the focus; rows are selected, summed and copied. Works on any table marked data-list.
const rowsOf = (list) => [...list.querySelectorAll("tbody tr[id]:not(.group), .item[id]")];

export function startLists() {
  const active = () => document.activeElement?.closest?.("[data-list]") || document.querySelector("[data-list]");
  const current = () => {
    const list = active();
    if (!list) return null;
    return list.querySelector("tr.focus, .item.focus") || rowsOf(list)[0] || null;
  };
  const focus = (row, { peek = true } = {}) => {
    if (!row) return;
    for (const other of row.closest("[data-list]").querySelectorAll(".focus")) {
      other.classList.remove("focus");
      other.tabIndex = -1;
    }
    row.classList.add("focus");
    row.tabIndex = 0;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    if (peek && row.dataset.peek && document.querySelector("#peek")?.dataset.open !== "no") htmx.ajax("GET", row.dataset.peek, { target: "#peek", swap: "innerHTML" });
  };
  const step = (by) => {
    const list = active();
    if (!list) return;
    const rows = rowsOf(list);
    const at = rows.indexOf(current());
    const started = list.contains(document.activeElement) || list.querySelector(".focus");
    focus(rows[Math.max(0, Math.min(rows.length - 1, started ? at + by : 0))]);
  };
  const boxOf = (row) => row?.querySelector("input[type=checkbox][data-select]");
  const select = (row, on) => {
    const box = boxOf(row);
    if (!box) return;
    box.checked = on ?? !box.checked;
    sum(row.closest("[data-list]"));
  };
  const sum = (list) => {
    const chosen = rowsOf(list).filter((row) => boxOf(row)?.checked);
    for (const row of rowsOf(list)) row.setAttribute("aria-selected", String(chosen.includes(row)));
    const bar = document.querySelector(".bulk");
    if (!bar) return;
    bar.hidden = !chosen.length;
    const totals = {};
    for (const row of chosen) {
      const cell = row.querySelector("[data-v]");
      const currency = row.dataset.currency || "";
      totals[currency] = addMinor(totals[currency], cell?.dataset.v || "0");
    }
    const text = Object.entries(totals).map(([currency, amount]) => `${group(amount)} ${currency}`).join(" · ");
    const words = bar.querySelector("[data-sum]");
    if (words) words.textContent = `${chosen.length} selected · ${text}`;
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select]")) sum(event.target.closest("[data-list]"));
    if (event.target.matches("[data-select-all]")) {
      for (const row of rowsOf(event.target.closest("[data-list]"))) select(row, event.target.checked);
    }
  });
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-list] tbody tr[id], [data-list] .item[id]");
    if (row && !event.target.closest("a, button, input, label, select, summary")) focus(row);
  });
  document.addEventListener("copy", (event) => {
    const list = document.activeElement?.closest?.("table[data-list]");
    if (!list || String(getSelection())) return;
    const chosen = rowsOf(list).filter((row) => boxOf(row)?.checked);
    const rows = chosen.length ? chosen : [current()].filter(Boolean);
    event.clipboardData.setData("text/plain", rows.map(line).join("\n"));
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: `Copied ${rows.length} rows` } }));
  });
  return { step, focus, select, current, first: () => focus(rowsOf(active() || document)[0]), last: () => focus(rowsOf(active() || document).pop()), all: () => rowsOf(active()).forEach((row) => select(row, true)) };
}

const line = (row) => [...row.cells].map((cell) => cell.dataset.v ?? cell.innerText.trim().replace(/\s+/g, " ")).join("\t");

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
