// Lines of an advice or a cheque's stub are summed while they are typed, and held against what was paid. Exact: minor units as BigInt.
// The server reads everything again; without this script the form lacks only its running sum.
const form = document.querySelector("form[data-reckon]");
const odd = JSON.parse(document.getElementById("odd-digits")?.textContent || "{}");

// Minor units of 1,234.50, 1 234.5 or (12.00); null for what is no number (yet) or has too many decimals.
function minor(text, digits) {
  let plain = text.trim().replace(/[,'\s]/g, "");
  if (/^\(.*\)$/.test(plain)) plain = `-${plain.slice(1, -1)}`;
  if (plain === "") return 0n;
  const found = /^([-−]?)(\d*)(?:\.(\d*))?$/.exec(plain);
  if (!found || !(found[2] || found[3]) || /[1-9]/.test((found[3] || "").slice(digits))) return null;
  const value = BigInt((found[2] || "0") + (found[3] || "").slice(0, digits).padEnd(digits, "0"));
  return found[1] ? -value : value;
}
function words(value, digits) {
  const body = String(value < 0n ? -value : value).padStart(digits + 1, "0");
  const whole = body.slice(0, body.length - digits).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return (value < 0n ? "−" : "") + (digits ? `${whole}.${body.slice(-digits)}` : whole);
}

function start() {
  const digits = () => odd[form.elements.currency?.value] ?? Number(form.dataset.digits);
  const show = () => {
    const n = digits();
    let sum = 0n;
    let unclear = false;
    for (const row of form.querySelectorAll("[data-line]")) {
      const value = minor(row.querySelector("[data-sum]").value, n);
      unclear ||= value === null;
      const credit = row.querySelector("select[name$=-kind]")?.value === "credit";
      sum += credit && value > 0n ? -(value ?? 0n) : (value ?? 0n);
    }
    const paid = minor(form.querySelector("[data-of-sum]").value, n);
    form.querySelector("[data-total]").textContent = unclear ? "?" : words(sum, n);
    const off = form.querySelector("[data-off]");
    const left = paid === null || unclear ? 0n : paid - sum;
    off.textContent = !paid || !left || !sum ? (paid && sum && !unclear ? "come to what was paid" : "") : `${words(left, n)} ${left > 0n ? "not in the lines" : "more in the lines"}`;
  };
  form.addEventListener("input", show);
  show();
}
if (form) start();
