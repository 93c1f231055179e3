"""Parts that lives are put together from: customer, contract, purchase order, order, lines, earlier invoices."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from invoicing.checks.lives.model import (
    Life,
    Maker,
    Row,
    iso,
    money,
    ref,
    text,
    total_up,
)  # fmt: skip

FOUR = Decimal("0.0001")
ADDRESSES = (
    "1200 Commerce St\nDallas, TX 75202", "233 S Wacker Dr\nChicago, IL 60606",
    "55 Water St\nNew York, NY 10041", "900 SW 5th Ave\nPortland, OR 97204",
)  # fmt: skip
NAMES = "Alder Birch Cedar Dogwood Elm Fir Gorse Hazel Ivy Juniper Larch Maple Oak Pine Rowan Spruce Teak Willow Yew".split()
TRADES = "Hospital Mills Schools Logistics Foods Energy Properties Water Textiles Foundry".split()


def finish(life: Life) -> None:
    """Add the invoice up, and keep back what its contract says."""
    total_up(life.invoice, exempt=life.exempt, rounding=life.meta.get("rounding", "half_up"))
    life.invoice.pop("retainage", None)
    if percent := life.meta.get("retainage"):
        kept = (Decimal(life.invoice["subtotal"]) * Decimal(percent) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        life.invoice["retainage"] = money(kept)


def start(m: Maker, kind: str) -> Life:
    """The customer, and an invoice without lines."""
    d = m.dice
    code = d.choice(("TX-DAL", "TX-DAL", "IL-CHI", "NY-NYC", "OR-ZERO"))
    number = m.number("C")
    terms = d.choice(("net 30", "net 45", "net 60", "2/10 net 30"))
    customer: Row = {
        "source_system": "lives", "external_id": number, "company": m.company, "number": number,
        "name": f"{d.choice(NAMES)} {d.choice(TRADES)} {m.key}", "currency": m.currency, "payment_terms": terms,
        "address": f"{d.choice(ADDRESSES)}", "tax_code": code, "delivery": "email", "country": "US",
    }  # fmt: skip
    customer |= {k: v for k, v in (m.customer or {}).items() if v}
    terms, code = customer["payment_terms"], customer["tax_code"]
    day = m.last_day - timedelta(days=d.randint(0, 60))
    invoice = m.header(m.number("INV"), kind="invoice", document_date=iso(day), payment_terms=terms, lines=[])
    life = Life(m.key, kind, customer, invoice)
    life.meta |= {"rounding": d.choice(("half_up", "half_even", "document")), "terms": terms, "code": code}
    if not m.customer and m.chance(0.12):
        _exempt(m, life)
    return life


def _exempt(m: Maker, life: Life) -> None:
    life.meta["exempt"] = True
    if m.chance(0.5):
        life.customer["tax_code"] = life.meta["code"] = "US-EX"
    elif life.meta["code"] == PERCENTLESS:
        life.customer["tax_code"] = life.meta["code"] = "TX-DAL"
    life.documents.append({
        "kind": "exemption", "state": "received", "jurisdiction": "", "reference": m.number("EX"),
        "valid_from": iso(life.day - timedelta(days=300)), "expires_on": iso(life.day + timedelta(days=200)),
    })  # fmt: skip


PERCENTLESS = "OR-ZERO"


def with_contract(m: Maker, life: Life, articles: list[tuple[str, str, str, Decimal]], day: date, **version: object) -> dict[str, Decimal]:
    """A contract with a price list; answers the prices that hold on the day. Amendments and escalations lie months away from it."""
    d = m.dice
    style = d.choice(("one", "one", "amended", "amended", "later", "escalated"))
    listed = {sku: (unit, _priced(d.uniform(0.9, 1.15), base)) for sku, _, unit, base in articles}
    common: Row = {"payment_terms": life.meta["terms"], "freight": "billed"} | version
    if m.chance(0.5) and not life.exempt:
        common["tax_code"] = life.meta["code"]
    long_ago = day - timedelta(days=d.randint(420, 560))
    versions: list[Row] = []
    if style == "amended":
        old = _version(1, long_ago, listed, Decimal(str(d.choice((0.94, 0.96, 1.05)))), common)
        versions = [old, _version(2, day - timedelta(days=d.randint(90, 200)), listed, Decimal(1), common)]
    elif style == "later":
        versions = [_version(1, long_ago, listed, Decimal(1), common)]
        versions.append(_version(2, day + timedelta(days=d.randint(90, 200)), listed, Decimal("1.04"), common))
    elif style == "escalated":
        common |= {"escalator_percent": "3", "escalator_months": 12}
        versions = [_version(1, day - timedelta(days=d.choice((150, 500, 520, 860))), listed, Decimal(1), common)]
    else:
        versions = [_version(1, long_ago, listed, Decimal(1), common)]
    number = m.number("CT")
    right = 0 if style == "later" else len(versions) - 1
    times = _spans(date.fromisoformat(versions[0]["valid_from"]), day) if style == "escalated" else 0
    life.contracts.append(m.header(number, title="Frame agreement", signed_on=iso(long_ago), versions=versions))
    life.meta |= {"style": style, "right": right, "times": times, "tiers": {}}
    prices = {sku: escalate(price, times) for sku, (_, price) in listed.items()}
    if style == "one" and m.chance(0.4):
        _tier(life, versions[0], prices)
    return prices


def escalate(price: Decimal, times: int) -> Decimal:
    """A price after so many rises of 3 %."""
    return (price * Decimal("1.03") ** times).quantize(FOUR, ROUND_HALF_UP) if times else price


def _tier(life: Life, version: Row, prices: dict[str, Decimal]) -> None:
    """From 50 on, the first article costs a tenth less; lives order either side of it."""
    first = version["prices"][0]
    less = (Decimal(first["unit_price"]) * Decimal("0.9")).quantize(Decimal("0.01"))
    version["prices"].append(first | {"number": len(version["prices"]) + 1, "unit_price": text(less), "from_quantity": "50"})
    life.meta["tiers"][first["sku"]] = (Decimal(50), less)


def _priced(share: float, base: Decimal) -> Decimal:
    return max((base * Decimal(str(round(share, 3)))).quantize(Decimal("0.01")), Decimal("0.50"))


def _version(number: int, start_: date, listed: dict[str, tuple[str, Decimal]], times: Decimal, common: Row) -> Row:
    prices = [
        {"number": n, "sku": sku, "unit": unit, "unit_price": text((price * times).quantize(Decimal("0.01")))}
        for n, (sku, (unit, price)) in enumerate(listed.items(), 1)
    ]
    return {"number": number, "valid_from": iso(start_), "prices": prices} | common


def _spans(first: date, day: date) -> int:
    return max(((day.year - first.year) * 12 + day.month - first.month - (day.day < first.day)) // 12, 0)


def add_line(life: Life, sku: str, said: str, unit: str, quantity: Decimal, price: Decimal, **fields: object) -> Row:
    """A line of the invoice."""
    line: Row = {
        "number": len(life.lines) + 1, "sku": sku, "description": said, "quantity": text(quantity), "unit": unit, "unit_price": text(price),
        "tax_code": life.meta["code"],
    } | fields  # fmt: skip
    life.lines.append(line)
    return line


def add_po(m: Maker, life: Life, lines: list[Row], day: date, **fields: object) -> Row:
    """A purchase order; its terms and address are spelled as customers do."""
    d, terms = m.dice, life.meta["terms"]
    row = m.header(
        m.number("PO"), issued_on=iso(day), lines=lines,
        payment_terms=d.choice(("", terms, terms.upper())),
        bill_to=d.choice(("", life.customer["address"], life.customer["address"].upper().replace("\n", ", "))),
    ) | fields  # fmt: skip
    if life.contracts:
        row["contract"] = ref(life.contracts[0]["number"])
    if m.chance(0.4):
        row["expires_on"] = iso(life.day + timedelta(days=d.randint(0, 120)))
    life.purchase_orders.append(row)
    life.invoice["po_number"] = row["number"]
    return row


def add_order(m: Maker, life: Life, lines: list[Row], day: date, part: int = 0, **fields: object) -> Row:
    """A sales order on the purchase order and contract."""
    row = m.header(m.number("SO", part), ordered_on=iso(day), entered_by=m.dice.choice(("D. Ruiz", "K. Adeyemi")), lines=lines) | fields
    if life.purchase_orders:
        row |= {"purchase_order": ref(life.purchase_orders[0]["number"]), "po_number": life.purchase_orders[0]["number"]}
    if life.contracts:
        row["contract"] = ref(life.contracts[0]["number"])
    if m.chance(0.3):
        row["payment_terms"] = life.meta["terms"]
    life.orders.append(row)
    return row


def earlier_invoice(m: Maker, life: Life, lines: list[Row], day: date, part: int) -> Row:
    """An invoice issued before."""
    row = m.header(m.number("INV", part), kind="invoice", document_date=iso(day), payment_terms=life.meta["terms"], lines=[])
    for key in ("po_number", "order"):
        if key in life.invoice:
            row[key] = life.invoice[key]
    row["lines"] = [dict(x) | {"number": n} for n, x in enumerate(lines, 1)]
    total_up(row, exempt=life.exempt, rounding=life.meta["rounding"])
    life.earlier.append(row)
    return row
