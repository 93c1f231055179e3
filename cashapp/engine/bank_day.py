"""A bank account's day beside the day in the books. Pure.

Signs: money to us > 0, minor units of the account's currency. Statements make a chain of balances; every line of the bank lies on one
day of its statement; lines of both sides that are one movement are tied. What isn't tied by the end of a day stands between the two
balances, so that always

    balance at the bank = balance in the books + the sum of what stands between them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

NEAR = timedelta(days=7)
"""How far apart two movements of one amount may lie and still be taken for one: a week covers cheques and weekends."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A statement: what it says of the balance (None where it says nothing), the sum of its lines, the days it tells of, and the reason
    for which it was taken in although it doesn't foot or chain."""

    id: int
    name: str
    opening: int | None
    closing: int | None
    first_day: date
    last_day: date
    total: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A statement in the chain: its days, the balance before and after it, and what is missing to get from one to the other."""

    sheet: Sheet
    first_day: date
    before: int
    after: int
    missing: int

    @property
    def last_day(self) -> date:
        """The day it closes on."""
        return self.sheet.last_day

    @property
    def blocks(self) -> bool:
        """Whether somebody has to explain it: it doesn't follow from the one before, or was taken in for a reason."""
        return bool(self.missing or self.sheet.reason)

    def day_of(self, booked: date) -> date:
        """The day on which a line of it counts: the bank's, within the days of the statement."""
        return min(max(booked, self.first_day), self.last_day)


@dataclass(frozen=True, slots=True)
class BankLine:
    """A booked movement at the bank, on the day it counts. `kind` is receipt, return, announced, or a class of what is none of ours."""

    id: int
    day: date
    amount: int
    kind: str
    label: str
    ours: bool = True


@dataclass(frozen=True, slots=True)
class BookLine:
    """A line on the cash account of the books; `told_in` is the notification, lockbox file or card list that brought it."""

    id: int
    day: date
    amount: int
    label: str
    told_in: int | None = None


@dataclass(frozen=True, slots=True)
class Tie:
    """Lines that are one movement, by key, and what says so."""

    bank: tuple[int, ...]
    books: tuple[int, ...]
    how: str


@dataclass(frozen=True, slots=True)
class Item:
    """What stands between bank and books: `amount` > 0 means that the bank has more. `key` names it on every day it stands there."""

    key: str
    kind: str
    amount: int
    since: date
    label: str
    bank_line: int | None = None
    book_line: int | None = None
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """The account on one day: both sides' balances, and the items between them."""

    day: date
    bank_opening: int
    bank_movements: int
    bank_closing: int
    ledger_opening: int
    ledger_movements: int
    ledger_closing: int
    items: tuple[Item, ...] = field(default=())

    @property
    def explained(self) -> int:
        """The sum of its items."""
        return sum(item.amount for item in self.items)

    @property
    def unexplained(self) -> int:
        """What is left when the items are told: nothing, or there is a mistake in what was loaded."""
        return self.bank_closing - self.ledger_closing - self.explained


def chain(sheets: Iterable[Sheet]) -> list[Link]:
    """Statements one after the other. Those of one day follow as their balances do; one without balances goes on from the one before."""
    links: list[Link] = []
    by_day: dict[date, list[Sheet]] = defaultdict(list)
    for sheet in sheets:
        by_day[sheet.last_day].append(sheet)
    for day in sorted(by_day):
        waiting = sorted(by_day[day], key=lambda s: s.id)
        while waiting:
            running = links[-1].after if links else None
            following = next((s for s in waiting if s.opening == running), waiting[0])
            waiting.remove(following)
            links.append(_link(following, links[-1] if links else None))
    return links


def _link(sheet: Sheet, last: Link | None) -> Link:
    begins = sheet.opening if sheet.opening is not None else (sheet.closing - sheet.total if sheet.closing is not None else 0)
    before = last.after if last else begins
    after = sheet.closing if sheet.closing is not None else before + sheet.total + (begins - before if sheet.opening is not None else 0)
    first_day = last.last_day + timedelta(days=1) if last else sheet.first_day
    return Link(sheet, min(first_day, sheet.last_day), before, after, after - before - sheet.total)


def bank_balance(links: Sequence[Link], day: date, within: Callable[[Link, date], int]) -> int:
    """The balance at the end of a day. `within(link, day)` sums the lines of a statement up to a day in the midst of it."""
    balance = links[0].before if links else 0
    for link in links:
        if link.last_day <= day:
            balance = link.after
        elif link.first_day <= day:
            return link.before + link.missing + within(link, day)
    return balance


def tie_by_amount(bank: Sequence[BankLine], books: Sequence[BookLine]) -> list[Tie]:
    """Lines of one amount within a week of each other, the oldest first: only among those that nothing else ties."""
    free: dict[int, list[BookLine]] = defaultdict(list)
    for book in sorted(books, key=lambda b: (b.day, b.id)):
        free[book.amount].append(book)
    found = []
    for line in sorted(bank, key=lambda b: (b.day, b.id)):
        near = next((b for b in free.get(line.amount, ()) if abs(b.day - line.day) <= NEAR), None)
        if near:
            free[line.amount].remove(near)
            found.append(Tie((line.id,), (near.id,), "same amount, days apart at most a week"))
    return found


def tie_by_sum(bank: Sequence[BankLine], books: Sequence[BookLine]) -> list[Tie]:
    """A booking of several announced payments at once: it sums to all that one file told of, or else to all that the books have of one
    day, at most three days before or after."""
    found: list[Tie] = []
    for how, of in (("the sum of its file", _told_in), ("the sum of the day", _day_of)):
        bound = {pk for tie in found for pk in tie.bank}, {pk for tie in found for pk in tie.books}
        groups: dict[object, list[BookLine]] = defaultdict(list)
        for book in books:
            if book.id not in bound[1] and (group := of(book)) is not None:
                groups[group].append(book)
        for line in (b for b in bank if b.kind == "announced" and b.id not in bound[0]):
            if (group := _adds_up(line, groups)) is not None:
                found.append(Tie((line.id,), tuple(b.id for b in groups.pop(group)), how))
    return found


def _told_in(book: BookLine) -> object:
    return book.told_in


def _day_of(book: BookLine) -> object:
    return book.day


def _adds_up(line: BankLine, groups: dict[object, list[BookLine]]) -> object:
    """The group nearest to the line that sums to it."""
    near = [(abs(lines[0].day - line.day), n, group) for n, (group, lines) in enumerate(groups.items())]
    fits = (group for away, _, group in sorted(near) if away <= timedelta(days=3) and sum(b.amount for b in groups[group]) == line.amount)
    return next(fits, None)


def ties_of(bank: Sequence[BankLine], books: Sequence[BookLine], known: Sequence[Tie]) -> list[Tie]:
    """The ties that are known, and those that amounts make among the rest."""
    ties = list(known)
    for way in (tie_by_sum, tie_by_amount):
        there = {pk for tie in ties for pk in tie.bank}, {pk for tie in ties for pk in tie.books}
        ties += way([b for b in bank if b.id not in there[0]], [b for b in books if b.id not in there[1]])
    return ties


def items_between(
    day: date, links: Sequence[Link], bank: Sequence[BankLine], books: Sequence[BookLine], ties: Sequence[Tie]
) -> tuple[Item, ...]:
    """All that stands between the balances at the end of a day. `bank` and `books` are the lines that aren't done with by then: tied ones
    with a side on a later day, and those without a tie. What is none of ours is told line by line on its day, and in sums before."""
    tied_bank = {pk: tie for tie in ties for pk in tie.bank}
    tied_books = {pk: tie for tie in ties for pk in tie.books}
    days = {("bank", line.id): line.day for line in bank} | {("book", line.id): line.day for line in books}
    done = {id(tie) for tie in ties if _is_done(tie, days, day)}
    begun = links[0].first_day if links else date.min
    older = [b for b in books if b.day < begun and b.day <= day and b.id not in tied_books]
    items = [*_breaks(day, links), *_opening(day, links, older)]
    earlier: dict[str, list[BankLine]] = defaultdict(list)
    for line in bank:
        tie = tied_bank.get(line.id)
        if line.day > day or not line.amount or (tie and id(tie) in done):
            continue
        if tie is None and not line.ours and line.day < day:
            earlier[line.kind].append(line)
        else:
            items.append(_of_bank(line, tie))
    items += [_class_before(kind, lines) for kind, lines in earlier.items()]
    for book in books:
        tie = tied_books.get(book.id)
        if book.day > day or not book.amount or (tie and id(tie) in done) or (tie is None and book.day < begun):
            continue
        kind = "timing" if tie else "ledger_only"
        items.append(Item(f"book:{book.id}", kind, -book.amount, book.day, book.label, book_line=book.id))
    return tuple(items)


def _is_done(tie: Tie, days: dict[tuple[str, int], date], day: date) -> bool:
    return all(days.get(("bank", pk), date.max) <= day for pk in tie.bank) and all(
        days.get(("book", pk), date.max) <= day for pk in tie.books
    )


def _of_bank(line: BankLine, tie: Tie | None) -> Item:
    kind = "timing" if tie else "bank_only" if line.ours else "not_receivable"
    return Item(f"bank:{line.id}", kind, line.amount, line.day, line.label, bank_line=line.id)


def _class_before(kind: str, lines: Sequence[BankLine]) -> Item:
    total, count = sum(line.amount for line in lines), len(lines)
    label = f"{kind}, {count} line{'s' * (count > 1)} before this day"
    return Item(f"class:{kind}", "not_receivable", total, min(line.day for line in lines), label)


def _breaks(day: date, links: Sequence[Link]) -> list[Item]:
    return [
        Item(f"gap:{link.sheet.id}", "bank_only", link.missing, link.first_day, _words(link), blocks=True)
        for link in links
        if link.blocks and link.first_day <= day
    ]  # fmt: skip


def _words(link: Link) -> str:
    told = "does not follow from the one before, or does not foot" if link.missing else "was accepted although it was held"
    return f"Statement {link.sheet.name} {told}" + (f": {link.sheet.reason}" if link.sheet.reason else "")


def _opening(day: date, links: Sequence[Link], older: Sequence[BookLine]) -> list[Item]:
    """What the bank had before its first statement, less what the books had moved by then."""
    amount = (links[0].before if links else 0) - sum(line.amount for line in older)
    since = min([line.day for line in older] + [links[0].first_day if links else day])
    return [Item("opening", "opening", amount, since, "Balances before the first statement")] if amount else []


CLASSES = (
    ("Bank charges", ("CHRG", "COMM", "FEES"), ("fee", "charge", "commission", "entgelt", "gebühr", "gebuehr"), (621, 631, 632, 698)),
    ("Interest", ("INTR",), ("interest", "zinsen"), (354, 654)),
    ("Tax", ("TAXE",), ("withholding tax", "steuer"), (380,)),
    ("Own transfers", ("XICT", "SWEP", "ZABA", "TOPG"), ("own transfer", "zero balance", "sweep", "umbuchung"), (275, 277, 575, 577)),
)  # fmt: skip
"""Class of what is none of ours: ISO 20022 families and sub-families, words of the text, BAI2 type codes."""


def class_of(amount: int, type_code: str, text: str) -> str:
    """What a movement is that has nothing to do with receivables, for a sum of its own."""
    codes, words = set(type_code.upper().split("/")), text.casefold()
    for name, families, said, numbers in CLASSES:
        if codes & {*families, *map(str, numbers)} or any(word in words for word in said):
            return name
    return "Other money in" if amount > 0 else "Payments out"
