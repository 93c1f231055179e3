"""A bank account's day from the rows: the chain of its statements, the lines of both sides that aren't done with, what ties them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Max, Min, Q, QuerySet, Sum

from cashapp.engine import bank_day
from cashapp.engine.bank_day import BankLine, BookLine, Day, Link, Sheet, Tie
from cashapp.models import BankAccount, BankStatement, BankTie, DayReconciliation, Receipt, StatementLine
from ledger.models import Line
from org.actors import Actor

LINE_DAYS = """
    WITH spans AS (
        SELECT * FROM unnest(%(statements)s::bigint[], %(firsts)s::date[], %(lasts)s::date[]) AS s(id, first_day, last_day)
    ), bank AS (
        SELECT l.id, l.key, l.amount, l.treatment, l.returns_id, LEAST(GREATEST(l.booking_date, s.first_day), s.last_day) AS day,
            l.type_code, l.payer_name, l.text, l.bank_reference
        FROM cashapp_statementline l JOIN spans s ON s.id = l.statement_id
        WHERE l.currency = %(currency)s AND l.id <> ALL(%(bank_by_hand)s)
    ), books AS (
        SELECT b.id, b.amount, b.entry_id, e.effective_date AS day, e.kind, e.narrative, e.source, e.reverses_id
        FROM ledger_line b JOIN ledger_entry e ON e.id = b.entry_id
        WHERE b.account_id = %(cash)s AND e.currency = %(currency)s AND b.id <> ALL(%(books_by_hand)s)
    ), received AS (
        SELECT coalesce(l.id, n.twin) AS bank_id, r.id AS receipt_id, b.entry_id, b.id AS book_id, b.amount, b.day, b.kind, b.narrative
        FROM cashapp_receipt r
        JOIN books b ON b.source = 'receipt:' || r.company_id || ':' || r.number
        LEFT JOIN bank l ON l.id = r.statement_line_id
        LEFT JOIN (SELECT n.id, t.id AS twin FROM cashapp_statementline n JOIN bank t ON n.key = 'notification:' || t.key
                   WHERE t.treatment = 'announced') n ON n.id = r.statement_line_id
        WHERE r.bank_account_id = %(account)s
    ), pairs AS (
        SELECT DISTINCT ON (bank_id) * FROM (
            SELECT bank_id, book_id FROM received WHERE bank_id IS NOT NULL
            UNION ALL
            SELECT * FROM (
                SELECT DISTINCT ON (v.id) l.id AS bank_id, v.id AS book_id FROM bank l
                JOIN received r ON r.receipt_id = l.returns_id JOIN books v ON v.reverses_id = r.entry_id AND v.amount = l.amount
                WHERE l.treatment = 'return' ORDER BY v.id, l.day, l.id) returned
            UNION ALL
            SELECT l.id, b.id FROM books b JOIN bank l ON b.source = 'bank-line:' || l.id AND b.amount = l.amount
            UNION ALL
            SELECT l.id, b.id FROM books b JOIN bank l ON b.source = 'refund-paid:' || l.id AND b.amount = l.amount) found
        ORDER BY bank_id, book_id
    ), tied AS (
        SELECT p.bank_id, p.book_id, l.day AS bank_day, b.day AS book_day
        FROM pairs p JOIN bank l ON l.id = p.bank_id JOIN books b ON b.id = p.book_id AND b.amount = l.amount
    )"""
"""Lines on their days; a line of the bank is tied to the receipt it brought (or announced), to the reversal of the receipt it takes
back, or to the entry that names it in its source."""

LOOSE_BANK = f"""{LINE_DAYS}
    SELECT l.id, l.day, l.amount, l.treatment, l.type_code, l.payer_name, l.text, l.bank_reference, t.book_id
    FROM bank l LEFT JOIN tied t ON t.bank_id = l.id
    WHERE l.amount <> 0 AND (CASE WHEN t.book_id IS NULL THEN l.day <= %(near)s ELSE l.day <= %(day)s AND t.book_day > %(day)s END)
    ORDER BY l.day, l.id"""

LOOSE_BOOKS = f"""{LINE_DAYS}
    SELECT b.id, b.day, b.amount, b.kind, b.narrative, b.source, t.bank_id
    FROM books b LEFT JOIN tied t ON t.book_id = b.id
    WHERE b.amount <> 0 AND (CASE WHEN t.bank_id IS NULL THEN b.day <= %(near)s ELSE b.day <= %(day)s AND t.bank_day > %(day)s END)
    ORDER BY b.day, b.id"""

OF_DAY = f"""{LINE_DAYS}
    SELECT l.id, t.book_id, t.book_day FROM bank l JOIN tied t ON t.bank_id = l.id WHERE l.day = %(day)s"""


@dataclass
class Account:
    """A bank account with the chain of its statements, asked for days."""

    row: BankAccount
    links: list[Link] = field(init=False)

    def __post_init__(self) -> None:
        self.links = bank_day.chain(_sheets(self.row))

    @property
    def last_day(self) -> date | None:
        """The last day that the bank has told of."""
        return self.links[-1].last_day if self.links else None

    @cached_property
    def by_hand(self) -> list[BankTie]:
        """Ties that people made, and that stand."""
        return list(BankTie.objects.filter(bank_account=self.row, ended_at=None))

    def bank_balance(self, day: date) -> int:
        """The balance at the bank at the end of a day, in minor units."""
        return bank_day.bank_balance(self.links, day, self._within)

    @cached_property
    def signed(self) -> list[tuple[date, int, int]]:
        """Signed days with the books' balance that was signed and the last journal line there was then, the latest first: a sum of lines
        starts from one of them (what came later has a higher number, see `cashapp.services.reconciling.signing`)."""
        rows = DayReconciliation.objects.filter(bank_account=self.row, state=DayReconciliation.State.SIGNED).order_by("-day")
        return list(rows.values_list("day", "ledger_closing", "ledger_mark"))

    def ledger_balance(self, day: date) -> int:
        """The balance of the cash account at the end of a day: what was signed last, and all that is booked since or later than that."""
        lines = self.book_lines().filter(entry__effective_date__lte=day)
        known = next((s for s in self.signed if s[0] <= day), None)
        if known is None:
            return lines.aggregate(total=Sum("amount"))["total"] or 0
        signed_day, balance, mark = known
        later = lines.filter(entry__company=self.row.company_id, entry__effective_date__gt=signed_day).aggregate(total=Sum("amount"))
        return int(balance + (later["total"] or 0) + self.booked_after(signed_day, mark))

    def booked_after(self, day: date, line: int) -> int:
        """What was booked on or before a day by lines later than that one, in minor units."""
        lines = self.book_lines().filter(entry__effective_date__lte=day, pk__gt=line)
        return lines.aggregate(total=Sum("amount"))["total"] or 0

    def book_lines(self) -> QuerySet[Line]:
        """Lines of the cash account, in the account's currency."""
        return Line.objects.filter(account=self.row.ledger_account_id, entry__currency=self.row.currency)

    def day(self, day: date) -> Day:
        """The account on a day, from the rows as they stand."""
        bank, books, ties = self._loose(day)
        before = day - timedelta(days=1)
        bank_opening, bank_closing = self.bank_balance(before), self.bank_balance(day)
        opening, closing = self.ledger_balance(before), self.ledger_balance(day)
        items = bank_day.items_between(day, self.links, bank, books, bank_day.ties_of(bank, books, ties))
        return Day(day, bank_opening, bank_closing - bank_opening, bank_closing, opening, closing - opening, closing, items)

    def lines_of(self, day: date) -> QuerySet[StatementLine]:
        """The bank's booked lines that count on the day."""
        wanted = Q(pk__in=[])
        for link in self.links:
            if link.first_day <= day <= link.last_day:
                wanted |= self._counted(link, day)
        return StatementLine.objects.filter(wanted, currency=self.row.currency).exclude(amount=0).order_by("statement", "ordinal", "pk")

    def tied_on(self, day: date) -> dict[int, tuple[int, date]]:
        """Bank line of the day → the journal line it is tied to, and that one's day."""
        with connection.cursor() as cursor:
            cursor.execute(OF_DAY, self._given(day))
            return {bank: (book, on) for bank, book, on in cursor.fetchall()}

    def untied(self, day: date) -> tuple[list[BankLine], list[BookLine]]:
        """Lines of both sides up to the day that nothing ties, not even their amounts."""
        bank, books, known = self._loose(day)
        ties = bank_day.ties_of(bank, books, known)
        there = {pk for tie in ties for pk in tie.bank}, {pk for tie in ties for pk in tie.books}
        return (
            [b for b in bank if b.id not in there[0] and b.day <= day], [b for b in books if b.id not in there[1] and b.day <= day],
        )  # fmt: skip

    def _counted(self, link: Link, day: date) -> Q:
        """Lines of a statement that count on one of its days: those booked before or after its days count on the first or last."""
        found = Q(statement=link.sheet.id)
        if day > link.first_day:
            found &= Q(booking_date__gte=day)
        if day < link.last_day:
            found &= Q(booking_date__lte=day)
        return found

    def _within(self, link: Link, day: date) -> int:
        lines = StatementLine.objects.filter(statement=link.sheet.id, booking_date__lte=day, currency=self.row.currency)
        return lines.aggregate(total=Sum("amount"))["total"] or 0

    def _given(self, day: date) -> dict[str, Any]:
        return {
            "statements": [link.sheet.id for link in self.links], "firsts": [link.first_day for link in self.links],
            "lasts": [link.last_day for link in self.links], "currency": self.row.currency, "cash": self.row.ledger_account_id,
            "account": self.row.pk, "day": day, "near": day + bank_day.NEAR,
            "bank_by_hand": [pk for tie in self.by_hand for pk in tie.statement_lines],
            "books_by_hand": [pk for tie in self.by_hand for pk in tie.ledger_lines],
        }  # fmt: skip

    def _loose(self, day: date) -> tuple[list[BankLine], list[BookLine], list[Tie]]:
        with connection.cursor() as cursor:
            cursor.execute(LOOSE_BANK, self._given(day))
            bank_rows = cursor.fetchall()
            cursor.execute(LOOSE_BOOKS, self._given(day))
            book_rows = cursor.fetchall()
        bank = [_bank_line(row) for row in bank_rows]
        told = self._told_in(bank_rows, book_rows)
        books = [_book_line(row, told.get(row[5])) for row in book_rows]
        ties = [Tie((row[0],), (row[-1],), "its entry") for row in bank_rows if row[-1]]
        ties += [Tie((row[-1],), (row[0],), "its entry") for row in book_rows if row[-1]]
        ties += _came_again(book_rows)
        mine, theirs = self._laid_together()
        ties += [Tie(tuple(t.statement_lines), tuple(t.ledger_lines), "laid together by hand") for t in self.by_hand]
        return [*bank, *mine], [*books, *theirs], ties

    def _told_in(self, bank_rows: Iterable[tuple[Any, ...]], book_rows: Iterable[tuple[Any, ...]]) -> dict[str, int]:
        """Source of an entry → the notification, lockbox file or card list whose lines it booked; asked only where a sum waits for them."""
        if not any(row[3] == "announced" and row[-1] is None for row in bank_rows):
            return {}
        loose = [row[5] for row in book_rows if row[-1] is None]
        company = self.row.company_id
        received = {s.removeprefix(f"receipt:{company}:"): s for s in loose if s.startswith(f"receipt:{company}:")}
        charged = {int(s.removeprefix("bank-line:")): s for s in loose if s.startswith("bank-line:")}
        receipts = Receipt.objects.filter(company=company, number__in=received).exclude(statement_line=None)
        lines = StatementLine.objects.filter(pk__in=charged)
        found = {received[number]: statement for number, statement in receipts.values_list("number", "statement_line__statement")}
        return found | {charged[pk]: statement for pk, statement in lines.values_list("pk", "statement")}

    def _laid_together(self) -> tuple[list[BankLine], list[BookLine]]:
        """The lines that people tied, with their days."""
        if not self.by_hand:
            return [], []
        links = {link.sheet.id: link for link in self.links}
        lines = StatementLine.objects.filter(pk__in=[pk for tie in self.by_hand for pk in tie.statement_lines])
        bank = [
            BankLine(x.pk, links[x.statement_id].day_of(x.booking_date), x.amount, x.treatment, label_of(x.payer_name, x.text, ""))
            for x in lines
            if x.statement_id in links
        ]
        books = self.book_lines().filter(pk__in=[pk for tie in self.by_hand for pk in tie.ledger_lines]).select_related("entry")
        return bank, [BookLine(x.pk, x.entry.effective_date, x.amount, book_label(x.entry.kind, x.entry.narrative)) for x in books]


def _came_again(book_rows: Iterable[tuple[Any, ...]]) -> Iterable[Tie]:
    """Money that was said to be returned by mistake: what took it back and what has it again are nothing to the bank."""
    rows = {row[0]: row for row in book_rows if row[-1] is None}
    for pk, row in rows.items():
        before = row[5].removeprefix("receipt-again:")
        if before != row[5] and int(before) in rows:
            yield Tie((), (int(before), pk), "returned by mistake")


def _sheets(account: BankAccount) -> Iterable[Sheet]:
    own = Q(lines__currency=account.currency)
    found = BankStatement.objects.filter(bank_account=account, kind=BankStatement.Kind.BOOKED).annotate(
        total=Sum("lines__amount", filter=own), first=Min("lines__booking_date"), last=Max("lines__booking_date")
    )
    for row in found.order_by("pk"):
        last = row.closing_date or row.last or row.opening_date
        if last:
            first = min(row.opening_date or row.first or last, last)
            name = row.statement_id or f"of {last}"
            yield Sheet(row.pk, name, row.opening_balance, row.closing_balance, first, last, row.total or 0, row.gap_reason)


def _bank_line(row: tuple[Any, ...]) -> BankLine:
    pk, day, amount, treatment, code, payer, text, reference, _ = row
    ours = treatment in ("receipt", "return") or (treatment == "announced" and amount > 0)
    kind = treatment if ours else bank_day.class_of(amount, code, text)
    return BankLine(pk, day, amount, kind, label_of(payer, text, reference), ours)


def _book_line(row: tuple[Any, ...], told_in: int | None = None) -> BookLine:
    pk, day, amount, kind, narrative, _, _ = row
    return BookLine(pk, day, amount, book_label(kind, narrative), told_in)


def label_of(payer: str, text: str, reference: str) -> str:
    """A line of the bank in words: who, and what for."""
    return " · ".join(filter(None, [payer.strip(), " ".join(text.split()) or reference]))[:200] or "without text"


def book_label(kind: str, narrative: str) -> str:
    """A line of the books in words."""
    return " · ".join(filter(None, [kind.replace("_", " "), narrative.strip()]))[:200]


def accounts_in_sight(actor: Actor, permission: str = "cash.view") -> QuerySet[BankAccount]:
    """Bank accounts of companies that the actor sees whole: a day at the bank tells of everybody's money, so a portfolio is not enough."""
    reach = actor.reach(permission)
    found = BankAccount.objects.select_related("company", "ledger_account").order_by("company__code", "name")
    return found if reach.everything else found.filter(company__in=reach.companies)
