"""Where an advice and its receipt disagree, line by line and in their sums, and the allocation that keeps to the advice as far as it goes.

Nothing is made to tie here: every difference is said in words with its amount, and it is decided by a person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from arops.lib import money
from cashapp.engine.advised import Told
from cashapp.engine.references import key

Tone = Literal["", "ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Document:
    """The open item that a line names. `discount` is what may still be taken today; `is_ours` says that it is of the payer's group,
    `is_here` that the receipt in hand has paid of it already."""

    item_id: int
    number: str
    balance: int
    discount: int = 0
    is_ours: bool = True
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """A line beside its document: what is to be said of it in a few words, and how bad that is."""

    told: Told
    document: Document | None
    words: str
    tone: Tone
    code: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that doesn't agree: a sentence, and minor units where there is an amount to be worked."""

    kind: str
    words: str
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Advice:
    """An advice with its lines judged. `total` is what it says was paid; None: not said."""

    total: int | None
    lines: tuple[Judged, ...]

    @property
    def of_lines(self) -> int | None:
        """What its lines sum to; None where one of them says nothing."""
        said = [line.told.amount for line in self.lines]
        return None if not said or None in said else sum(a for a in said if a is not None)

    @property
    def amount(self) -> int | None:
        """What it says was paid, by its total or by its lines."""
        return self.of_lines if self.total is None else self.total


@dataclass(frozen=True, slots=True)
class Part:
    """What an item gets, as the workbench keeps it."""

    item: int
    amount: int
    discount: int = 0
    short: int = 0
    reason: str = "short_payment"


def judge(told: Told, document: Document | None, currency: str, code: str = "") -> Judged:
    """What is to be said of a line."""
    amount = told.amount
    if document is None:
        if told.is_adjustment and told.reason:
            return Judged(told, None, "deduction", "ok", code)
        if told.is_adjustment:
            return Judged(told, None, f"reason {code} is not mapped" if code else "no reason is given", "warn", code)
        return Judged(told, None, "not among our documents" if told.named else "names no document", "bad", code)
    words, tone = _of_document(told, document, amount, currency)
    return Judged(told, document, words, tone, code)


def _of_document(told: Told, document: Document, amount: int | None, currency: str) -> tuple[str, Tone]:
    if document.is_here:
        return "paid by this receipt", "ok"
    if not document.balance:
        return "paid before", "bad"
    if not document.is_ours:
        return "of a customer outside the payer's group", "bad"
    if amount is None:
        return f"{money.format(document.balance, currency)} open", ""
    if told.discount and told.discount > document.discount:
        over = money.format(told.discount - document.discount, currency)
        return (f"{over} discount too much" if document.discount else f"{over} discount, none may be taken"), "warn"
    left = document.balance - amount - (told.discount or 0)
    if document.balance > 0 > left or document.balance < 0 < left:
        return f"only {money.format(abs(document.balance), currency)} open", "bad"
    if told.adjustment and told.adjustment < 0 and not told.reason:
        return f"{money.format(-told.adjustment, currency)} held back", "warn"
    return ("in full", "ok") if not left else (f"leaves {money.format(abs(left), currency)} open", "")


def differences(advices: Sequence[Advice], received: int, elsewhere: int, by_bank: Iterable[str], currency: str) -> list[Difference]:
    """What doesn't agree between the advices of a receipt and what was `received`; `elsewhere` is what other receipts of the same
    advices brought. `by_bank` are the documents that the bank's own file named for the payment."""
    found = _of_sums(advices, received, elsewhere, currency)
    for kind, one, many in _LINE_KINDS:
        lines = [line for a in advices for line in a.lines if _kind(line) == kind]
        if lines:
            amount = sum(line.told.amount or 0 for line in lines)
            found.append(Difference(kind, one.format(lines[0].told.named) if len(lines) == 1 else many.format(len(lines)), amount))
    named = {key(line.told.named) for a in advices for line in a.lines}
    other = [n for n in by_bank if key(n) not in named]
    if advices and other:
        more = f" and {len(other) - 1} more" if len(other) > 1 else ""
        found.append(Difference("bank", f"the bank's file names {other[0]}{more}, the advice doesn't"))
    return found


_LINE_KINDS = (
    ("unknown", "{} is not among our documents", "{} lines name documents that we don't have"),
    ("paid", "{} was paid before", "{} lines name documents that were paid before"),
    ("stranger", "{} belongs to a customer outside the payer's group", "{} lines name documents of customers outside the payer's group"),
    ("over", "{} is paid with more than is open", "{} lines pay more than is open"),
    ("discount", "more discount is taken of {} than may be", "{} lines take more discount than may be taken"),
    ("unmapped", "a deduction has a reason that nobody mapped yet", "{} deductions have reasons that nobody mapped yet"),
)


def _kind(line: Judged) -> str:
    """The sort of difference that a line is."""
    if line.document is None:
        return "unmapped" if line.told.is_adjustment and line.tone == "warn" else "unknown" if line.tone == "bad" else ""
    if line.tone == "bad":
        return "paid" if not line.document.balance else "stranger" if not line.document.is_ours else "over"
    return ("unmapped" if "held back" in line.words else "discount") if line.tone == "warn" else ""


def _of_sums(advices: Sequence[Advice], received: int, elsewhere: int, currency: str) -> list[Difference]:
    found = []
    for advice in advices:
        if advice.total is not None and advice.of_lines is not None and advice.of_lines != advice.total:
            lines, total = money.format(advice.of_lines, currency), money.format(advice.total, currency)
            found.append(Difference("lines", f"its lines make {lines}, its total says {total}", advice.of_lines - advice.total))
    said = [a.amount for a in advices]
    if said and None not in said:
        missing = sum(a for a in said if a is not None) - received - elsewhere
        if missing > 0:
            found.append(Difference("less", f"{money.format(missing, currency)} less came than is advised", missing))
        elif missing < 0:
            found.append(Difference("more", f"{money.format(-missing, currency)} more came than is advised", missing))
    return found


def as_advised(lines: Iterable[Judged], unapplied: int) -> tuple[list[Part], int]:
    """The allocation that keeps to the lines as far as the items can take it, and what of the money is left over.

    Where less came than is advised the largest payment is cut, and the rest of that item stays open. A deduction that names no document is
    taken from the largest item that can bear it.
    """
    parts: dict[int, Part] = {}
    balances: dict[int, int] = {}
    loose: list[Told] = []
    for line in lines:
        if line.document is None:
            loose += [line.told] if line.told.is_adjustment and (line.told.adjustment or 0) < 0 else []
        elif line.document.balance and line.document.is_ours:
            balances[line.document.item_id] = line.document.balance
            _give(parts, line.told, line.document)
    for told in loose:
        _deduct(parts, -(told.adjustment or 0), told.reason)
    kept = {pk: part for pk, part in parts.items() if part.amount}
    left = unapplied - sum(p.amount for p in kept.values())
    if left < 0:
        left = _cut(kept, -left)
    return list(kept.values()), max(0, left)


def _give(parts: dict[int, Part], told: Told, document: Document) -> None:
    """The line's share, on top of what earlier lines gave to the same item; never more than is open."""
    known = parts.get(document.item_id, Part(document.item_id, 0))
    wanted = document.balance if told.amount is None else told.amount
    if document.balance < 0:
        parts[document.item_id] = replace(known, amount=max(document.balance, min(0, known.amount + wanted)))
        return
    amount = max(0, min(document.balance, known.amount + wanted))
    discount = min(known.discount + max(0, min(told.discount or 0, document.discount)), document.balance - amount)
    held = max(0, -(told.adjustment or 0)) if not told.is_adjustment or amount < known.amount else 0
    short = min(known.short + held, document.balance - amount - discount)
    parts[document.item_id] = Part(document.item_id, amount, discount, max(0, short), told.reason or known.reason)


def _deduct(parts: dict[int, Part], amount: int, reason: str) -> None:
    """A deduction that names no document: from the largest item that can bear it whole."""
    able = [p for p in parts.values() if p.amount > amount and not p.short]
    if able:
        part = max(able, key=lambda p: (p.amount, -p.item))
        parts[part.item] = replace(part, amount=part.amount - amount, short=amount, reason=reason or part.reason)


def _cut(parts: dict[int, Part], missing: int) -> int:
    """Less came: the largest payments are cut by what is missing; what could not be cut is left missing (below zero)."""
    for part in sorted(parts.values(), key=lambda p: (-p.amount, p.item)):
        taken = min(missing, max(0, part.amount))
        missing -= taken
        if taken == part.amount:
            del parts[part.item]
        else:
            parts[part.item] = replace(part, amount=part.amount - taken)
        if not missing:
            return 0
    return -missing
