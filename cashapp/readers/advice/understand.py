"""Rows as advices, by a mapping: one for each payment that they speak of. Nothing is made to tie; what doesn't is noted.

What an invoice row says must make sense by itself: gross − discount + adjustment = paid. Senders write a deduction as 25.00 or as -25.00;
where only one of the two makes the row tie, that is what was meant.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from arops.lib import money
from arops.lib.reading import ReadError, values
from arops.lib.reading.headings import flat
from arops.lib.reading.table import SheetRow

from .grid import Grid, is_total
from .layout import COLUMNS, AdviceMapping, role_of, settled
from .model import Advice, AdviceFile, AdviceLine, Kind

_CREDITS = ("credit", "cm", "cn", "gutschrift", "avoir", "abono", "nota di credito", "creditnota", "kredit")
_ADJUSTMENTS = ("adjust", "deduct", "chargeback", "claim", "debit", "abzug", "fee", "penalt", "allowance", "freight")
_MAX_LINES = 50_000
_HELD_BACK = ("deduct", "short", "withheld", "chargeback", "abzug", "abzuge", "kurzung", "retenue", "ritenuta", "inhouding", "trattenuta")


@dataclass
class _Payment:
    """What rows of one payment say of it."""

    currency: str
    trace: str = ""
    reference: str = ""
    payer: str = ""
    account: str = ""
    day: date | None = None
    total: int | None = None
    lines: list[AdviceLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def advices_of(grid: Grid, mapping: AdviceMapping) -> AdviceFile:
    """Every payment of the rows. ReadError with the line for a cell that isn't what its column holds, or a column that is missing."""
    missing = [label for name, label in COLUMNS if getattr(mapping, name) and getattr(mapping, name) not in grid.headings]
    if missing:
        raise ReadError(None, f"the file has no column for {missing[0].lower()}: its headings are {', '.join(grid.headings)[:300]}")
    if not mapping.reference:
        raise ReadError(None, "nothing says which column holds the invoice numbers: choose it")
    if len(grid.rows) > _MAX_LINES:
        raise ReadError(None, f"{len(grid.rows):,} rows are more than one advice may have ({_MAX_LINES:,})")
    return _Reader(grid, settled(grid, mapping)).file()


class _Reader:
    def __init__(self, grid: Grid, mapping: AdviceMapping) -> None:
        self.grid, self.mapping = grid, mapping
        self.places = {name: grid.headings.index(heading) for name, _ in COLUMNS if (heading := getattr(mapping, name))}
        self.payments: dict[tuple[str, ...], _Payment] = {}
        self.key: tuple[str, ...] = ("", "", "", "", "")
        self.notes = list(grid.notes)
        held = flat(mapping.adjustment)
        self.held_back = any(word in held for word in _HELD_BACK)

    def file(self) -> AdviceFile:
        for row in self.grid.rows:
            self._take(row)
        found = list(self.payments.values())
        if not found:
            raise ReadError(None, "there are headings, but no invoice below them")
        if len(found) == 1:
            self._from_around(found[0])
        text = "\n".join(" ".join(c for c in cells if c) for cells in self.grid.above)[:2000]
        return AdviceFile(self.grid.format, tuple(_advice(p, text if len(found) == 1 else "") for p in found), tuple(self.notes))

    def _take(self, row: SheetRow) -> None:
        if is_total(row.cells):
            return self._sum_row(row)
        if not self._text(row, "reference") and not any(self._text(row, name) for name in ("paid", "gross", "adjustment")):
            if any(row.cells):
                self.notes.append(f"line {row.line} was passed over: {' '.join(c for c in row.cells if c)[:80]}")
            return None
        payment = self._payment(row)
        payment.lines.append(self._line(row, payment))
        return None

    def _sum_row(self, row: SheetRow) -> None:
        """A total closes the payment above it; it is the payment's, not one more line."""
        if not self.payments:
            return
        payment = list(self.payments.values())[-1]
        name = "paid" if "paid" in self.places else "gross"
        said = self._amount(row, name, payment.currency) if name in self.places else None
        if said is None:
            cells = [cell for cell in row.cells[1:] if cell]
            said = self._number(cells[-1], payment.currency, row.line) if len(cells) == 1 else None
        if said is not None and payment.total is None:
            payment.total = said

    def _payment(self, row: SheetRow) -> _Payment:
        """The payment of a row; a cell left empty means the same as in the row above."""
        names = ("trace", "payment_reference", "payer_name", "payment_date", "currency_column")
        self.key = tuple(self._text(row, name) or before for name, before in zip(names, self.key, strict=True))
        payment = self.payments.get(self.key)
        if payment is None:
            payment = self.payments[self.key] = self._new(row)
        if payment.total is None:
            payment.total = self._amount(row, "total", payment.currency)
        return payment

    def _new(self, row: SheetRow) -> _Payment:
        trace, reference, payer, day, currency = self.key
        code = self._currency(currency or self.mapping.currency, row.line)
        return _Payment(
            code, trace, reference, payer, "".join(self._text(row, "payer_account").split()), self._day(day, row.line) if day else None
        )

    def _currency(self, said: str, line: int) -> str:
        code = said.strip().upper()
        try:
            money.exponent(code)
        except money.MoneyError:
            raise ReadError(line, f"{said[:20]!r} is no currency" if said else "nothing says the currency: choose one") from None
        return code

    def _line(self, row: SheetRow, payment: _Payment) -> AdviceLine:
        gross, paid = (self._amount(row, name, payment.currency) for name in ("gross", "paid"))
        discount, adjustment = (self._amount(row, name, payment.currency) or None for name in ("discount", "adjustment"))
        discount = _like(discount, gross if gross is not None else paid)
        adjustment, ties = self._held(gross, discount, adjustment, paid)
        if not ties:
            payment.notes.append(f"line {row.line}: invoice amount, discount and deduction don't make what was paid")
        reference = self._text(row, "reference")
        kind = _kind(self._text(row, "kind"), reference, paid if paid is not None else gross)
        line = AdviceLine(
            reference, kind, gross, discount, adjustment, paid, self._text(row, "code")[:40], self._text(row, "text")[:500],
            self._text(row, "po_number")[:60],
        )  # fmt: skip
        if kind == "adjustment" and adjustment is None:
            line = replace(line, adjustment=paid if paid is not None else gross, paid=None, gross=None)
        return line

    def _held(self, gross: int | None, discount: int | None, adjustment: int | None, paid: int | None) -> tuple[int | None, bool]:
        """The deduction with its sign, and whether the row ties (True where it can't be told)."""
        if adjustment is not None and self.held_back:
            adjustment = -abs(adjustment) if (gross or paid or 0) >= 0 else abs(adjustment)
        if gross is None or paid is None:
            return adjustment, True
        rest = paid - gross + (discount or 0)
        if rest == (adjustment or 0):
            return adjustment, True
        if adjustment is not None and rest == -adjustment:
            return -adjustment, True
        return adjustment, adjustment is None and discount is None  # less paid than owed, and no column says why: a short payment

    def _from_around(self, payment: _Payment) -> None:
        """What stands above and below the only payment, where its rows don't say it."""
        for label, value in self.grid.said():
            role = role_of(label)
            if role == "trace":
                payment.trace = payment.trace or value
            elif role == "payment_reference":
                payment.reference = payment.reference or value
            elif role == "payer_name":
                payment.payer = payment.payer or value
            elif role == "payer_account":
                payment.account = payment.account or "".join(value.split())
            elif role == "payment_date" and payment.day is None:
                payment.day = self._day(value, 1)
            elif role in ("total", "paid") and payment.total is None:
                payment.total = self._number(value, payment.currency, 1)

    def _text(self, row: SheetRow, name: str) -> str:
        place = self.places.get(name)
        return "" if place is None else " ".join(row.cells[place].split())

    def _day(self, said: str, line: int) -> date:
        try:
            return values.day(said, self.mapping.date_order)
        except values.Unclear as error:
            raise ReadError(line, str(error)) from None

    def _amount(self, row: SheetRow, name: str, currency: str) -> int | None:
        said = self._text(row, name)
        if not said or said in "-–—":
            return None
        typed = row.typed >> self.places[name] & 1
        return self._number(said, currency, row.line, "." if typed else "")

    def _number(self, said: str, currency: str, line: int, mark: values.DecimalMark = "") -> int:
        bare = said.replace("$", " ").strip()
        bare = f"-{bare[1:].strip()}" if bare[:1] in "-\u2212" and bare[1:2] == " " else bare
        try:
            return money.parse(values.number(bare, mark or self.mapping.decimal_mark or "."), currency)
        except (values.Unclear, money.MoneyError) as error:
            raise ReadError(line, str(error)) from None


def _like(amount: int | None, other: int | None) -> int | None:
    """A discount with the sign of what it was taken off: senders write 2.00 and -2.00 for the same."""
    if amount is None or other is None or not other:
        return amount
    return abs(amount) if other > 0 else -abs(amount)


def _kind(said: str, reference: str, amount: int | None) -> Kind:
    word = flat(said)
    if any(word.startswith(c) or f" {c}" in word for c in _CREDITS):
        return "credit"
    if any(a in word for a in _ADJUSTMENTS) or not reference:
        return "adjustment"
    return "credit" if amount is not None and amount < 0 else "invoice"


def _advice(payment: _Payment, text: str) -> Advice:
    advice = Advice(
        payment.currency, payment.total, tuple(payment.lines), payment.day, payment.payer[:200], payment.account[:80], payment.trace[:140],
        payment.reference[:140], text,
    )  # fmt: skip
    return replace(advice, notes=(*_unique(payment.notes), *_difference(advice)))


def _difference(advice: Advice) -> Sequence[str]:
    lines = advice.sum_of_lines
    if advice.total is None or lines is None or lines == advice.total:
        return ()
    said = (money.to_text(amount, advice.currency) for amount in (advice.total, lines))
    return (" {} is said to be paid, the lines make {}".format(*said).strip(),)


def _unique(notes: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(notes))[:20]
