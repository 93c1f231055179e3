"""The core rules of EN 16931 over an invoice as read from its XML: sums that hold, tax categories that agree with themselves.

Written from the standard's rule texts, and run always: the official Schematron says more, but may not be at hand. The names are the
standard's own, so that a refusal can be looked up.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

Data = dict[str, Any]
_ZERO = Decimal(0)
_NAMES = {"S": "S", "Z": "Z", "E": "E", "AE": "AE", "K": "IC", "G": "G", "O": "O"}
_REASONED = frozenset("E AE K G O".split())


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that doesn't hold, by its name in the standard."""

    rule: str
    words: str


def broken_rules(data: Data) -> list[Broken]:
    """Every rule that the invoice breaks; `data` is what `read` gives."""
    return [broken for rule in RULES for broken in rule(data)]


def _amount(data: Data, key: str) -> Decimal:
    try:
        return Decimal(str(data.get(key) or 0))
    except InvalidOperation:
        return _ZERO


def _sum(rows: Any, key: str) -> Decimal:
    return sum((_amount(row, key) for row in rows or ()), _ZERO)


def _equal(rule: str, left: Decimal, right: Decimal, words: str) -> Iterator[Broken]:
    if left != right:
        yield Broken(rule, f"{words}: {left} is not {right}")


def _totals(data: Data) -> Iterator[Broken]:
    """BR-CO-10 to BR-CO-16."""
    lines, net, tax = _amount(data, "BT-106"), _amount(data, "BT-109"), _amount(data, "BT-110")
    total, due = _amount(data, "BT-112"), _amount(data, "BT-115")
    off, on = _amount(data, "BT-107"), _amount(data, "BT-108")
    yield from _equal("BR-CO-10", lines, _sum(data.get("BG-25"), "BT-131"), "sum of lines against the lines themselves")
    yield from _equal("BR-CO-11", off, _sum(data.get("BG-20"), "amount"), "sum of allowances against the allowances")
    yield from _equal("BR-CO-12", on, _sum(data.get("BG-21"), "amount"), "sum of charges against the charges")
    yield from _equal("BR-CO-13", net, lines - off + on, "net against lines less allowances plus charges")
    yield from _equal("BR-CO-14", tax, _sum(data.get("BG-23"), "BT-117"), "tax against its breakdown")
    yield from _equal("BR-CO-15", total, net + tax, "total against net plus tax")
    paid, rounding = _amount(data, "BT-113"), _amount(data, "BT-114")
    yield from _equal("BR-CO-16", due, total - paid + rounding, "amount due against total less paid plus rounding")


def _breakdown(data: Data) -> Iterator[Broken]:
    """BR-CO-17, BR-CO-18, and per category the base (08), the tax (09), the rate (05) and the reason (10)."""
    rows = data.get("BG-23") or []
    if not rows:
        yield Broken("BR-CO-18", "there is no breakdown of the tax")
    for row in rows:
        category, base, tax = str(row.get("BT-118")), _amount(row, "BT-116"), _amount(row, "BT-117")
        name, percent = _NAMES.get(category, category), _amount(row, "BT-119")
        if abs(base * percent / 100 - tax) >= 1:
            yield Broken("BR-CO-17", f"{percent} % of {base} is not {tax}")
        yield from _equal(f"BR-{name}-08", base, _base(data, category, percent), "base of the tax against the lines of the category")
        if category == "S" and percent <= 0:
            yield Broken("BR-S-05", "the standard rate is above 0 %")
        if category != "S" and (tax or percent):
            yield Broken(f"BR-{name}-09", f"category {category} bears no tax")
        has_reason = bool(row.get("BT-120") or row.get("BT-121"))
        if category in _REASONED and not has_reason:
            yield Broken(f"BR-{name}-10", f"category {category} needs the reason of the exemption")
        if category in ("S", "Z") and has_reason:
            yield Broken(f"BR-{name}-10", f"category {category} has no reason of exemption")


def _base(data: Data, category: str, percent: Decimal) -> Decimal:
    """What the lines, charges and allowances of a category (and, for the standard rate, of the rate) sum to."""

    def of(row: Data, kind: str, rate: str) -> bool:
        return row.get(kind) == category and (category != "S" or _amount(row, rate) == percent)

    lines = _sum([x for x in data.get("BG-25") or () if of(x, "BT-151", "BT-152")], "BT-131")
    off = _sum([x for x in data.get("BG-20") or () if of(x, "vat_category_code", "vat_rate")], "amount")
    return lines - off + _sum([x for x in data.get("BG-21") or () if of(x, "vat_category_code", "vat_rate")], "amount")


def _lines(data: Data) -> Iterator[Broken]:
    """BR-16, BR-27, BR-CO-04: lines there are, with prices not below nought, each of a category that the breakdown knows."""
    known = {row.get("BT-118") for row in data.get("BG-23") or ()}
    if not data.get("BG-25"):
        yield Broken("BR-16", "there are no lines")
    for line in data.get("BG-25") or ():
        number = line.get("BT-126")
        if _amount(line, "BT-146") < 0:
            yield Broken("BR-27", f"line {number} has a negative price")
        if not line.get("BT-151"):
            yield Broken("BR-CO-04", f"line {number} has no tax category")
        elif line["BT-151"] not in known:
            yield Broken(f"BR-{_NAMES.get(line['BT-151'], line['BT-151'])}-01", f"line {number}: its category isn't in the breakdown")
    if "O" in known and len(known) > 1:
        yield Broken("BR-O-11", "what isn't subject to tax stands on an invoice of its own")


def _parties(data: Data) -> Iterator[Broken]:
    """BR-CO-09, BR-CO-26, and who must have which id for which category (02)."""
    seller, buyer = data.get("BG-4") or {}, data.get("BG-7") or {}
    categories = {row.get("BT-118") for row in data.get("BG-23") or ()}
    for party in (seller, buyer):
        vat = str(party.get("vat_identifier") or "")
        if vat and not vat[:2].isalpha():
            yield Broken("BR-CO-09", f"{vat} doesn't begin with a country")
    if not (seller.get("vat_identifier") or seller.get("legal_identifier") or seller.get("identifiers")):
        yield Broken("BR-CO-26", "nothing identifies the seller")
    represented = (data.get("BG-11") or {}).get("vat_identifier")
    for category in sorted(str(c) for c in categories if c in _NAMES and c != "O"):
        if not (seller.get("vat_identifier") or seller.get("tax_identifier") or represented):
            yield Broken(f"BR-{_NAMES[category]}-02", f"category {category} needs the seller's VAT id or tax number")
    if categories == {"O"} and (seller.get("vat_identifier") or buyer.get("vat_identifier")):
        yield Broken("BR-O-02", "what isn't subject to tax bears no VAT id")
    if "AE" in categories and not (buyer.get("vat_identifier") or buyer.get("legal_identifier")):
        yield Broken("BR-AE-02", "reverse charge needs the buyer's VAT id or registration")
    if "K" in categories and not buyer.get("vat_identifier"):
        yield Broken("BR-IC-02", "an intra-Community supply needs the buyer's VAT id")


def _payment(data: Data) -> Iterator[Broken]:
    """BR-CO-25, BR-61."""
    if _amount(data, "BT-115") > 0 and not (data.get("BT-9") or data.get("BT-20")) and data.get("BT-3") not in ("381", "396"):
        yield Broken("BR-CO-25", "an amount is due, but neither a day nor terms of payment are given")
    if data.get("BT-81") in ("30", "58") and not data.get("BT-84"):
        yield Broken("BR-61", "a transfer needs the account")


RULES: tuple[Callable[[Data], Iterator[Broken]], ...] = (_totals, _breakdown, _lines, _parties, _payment)
