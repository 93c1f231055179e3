// The form of a document: lines added, amounts worked out and summed while they are typed. Exact: decimals as BigInt, no floats.
// The server works everything out again; without this script the form lacks only its running total.
const form = document.querySelector("form[data-document]");
const MANY = 100;

// [digits, scale] of 1,234.50; null for what is no number (yet).
function read(text) {
  const plain = text.trim().replace(/[,' ]/g, "");
  const found = /^(-?)(\d*)(?:\.(\d*))?$/.exec(plain);
  if (!found || !(found[2] || found[3])) return null;
  const digits = BigInt((found[2] || "0") + (found[3] || ""));
  return [found[1] ? -digits : digits, (found[3] || "").length];
}
// To a scale, halves to the even digit, as the books do.
function round([digits, scale], wanted) {
  if (scale <= wanted) return digits * 10n ** BigInt(wanted - scale);
  const by = 10n ** BigInt(scale - wanted);
  const size = digits < 0n ? -digits : digits;
  let whole = size / by;
  const rest = (size % by) * 2n;
  if (rest > by || (rest === by && whole % 2n)) whole += 1n;
  return digits < 0n ? -whole : whole;
}
const times = (a, b) => [a[0] * b[0], a[1] + b[1]];
function shown(minor, scale) {
  const size = String(minor < 0n ? -minor : minor).padStart(scale + 1, "0");
  const whole = size.slice(0, size.length - scale).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const text = scale ? `${whole}.${size.slice(-scale)}` : whole;
  return minor < 0n ? `(${text})` : text;
}

function start() {
  const odd = JSON.parse(document.getElementById("odd-digits")?.textContent || "{}");
  const digits = () => odd[form.elements.currency?.value] ?? (form.elements.currency ? 2 : Number(form.dataset.digits));
  const field = (row, name) => row.querySelector(`input[name$="-${name}"], input[name^="${name}_"]`);

  const work = () => {
    const scale = digits();
    let net = 0n;
    let tax = 0n;
    for (const row of form.querySelectorAll("[data-line]")) {
      const amount = field(row, "amount") || field(row, "net");
      const quantity = read(field(row, "quantity")?.value || "");
      const price = read(field(row, "unit_price")?.value || "");
      const product = quantity && price ? round(times(quantity, price), scale) : null;
      if (amount && product !== null) amount.placeholder = shown(product, scale);
      else if (amount) amount.placeholder = "";
      const typed = read(amount?.value || "");
      net += typed ? round(typed, scale) : product ?? 0n;
      const due = read((field(row, "tax_amount") || field(row, "tax"))?.value || "");
      tax += due ? round(due, scale) : 0n;
    }
    form.querySelector("[data-total]").textContent = shown(net + tax, scale);
    form.querySelector("[data-parts]").textContent = tax ? `net ${shown(net, scale)}, tax ${shown(tax, scale)}` : "";
  };
  form.addEventListener("input", work);

  const add = form.querySelector("[data-add-line]");
  if (add) {
    add.hidden = false;
    add.addEventListener("click", () => {
      const count = form.elements["line-TOTAL_FORMS"];
      const n = Number(count.value);
      if (n >= MANY) return;
      const made = document.getElementById("line-template").content.cloneNode(true);
      for (const el of made.querySelectorAll("[name], [id], [for]")) {
        for (const name of ["name", "id", "for"]) if (el.hasAttribute(name)) el.setAttribute(name, el.getAttribute(name).replace("__prefix__", n));
      }
      made.querySelector("[data-number]").textContent = n + 1;
      const first = made.querySelector("input");
      document.getElementById("lines").append(made);
      count.value = n + 1;
      first.focus();
    });
  }
  work();
}
if (form) start();
