"""Receipts into the books: cash against the payer's unapplied receipt, or against unidentified cash."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction

from cashapp.models import BankAccount, Receipt, StatementLine
from cashapp.selectors.payers import known_payers
from cashapp.services.errors import CashError
from customers.models import Customer
from ledger import drafts, posting
from ledger.drafts import Books, EntryDraft, NewItem
from ledger.errors import PeriodNotOpen
from ledger.selectors import books_of, first_open_day
from ledger.services import next_numbers
from org.actors import Actor, require
from workflow.services import record


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """Money to record: minor units above zero, in the bank account's currency."""

    amount: int
    value_date: date
    payer_name: str = ""
    payer_account: str = ""
    payer_bank: str = ""
    text: str = ""
    structured: tuple[dict[str, object], ...] = ()
    channel: str = "other"
    customer: Customer | None = None
    line: StatementLine | None = field(default=None, compare=False)
    external_id: str | None = None
    source_system: str = "arops"


class ReceiptRefused(CashError):
    """A receipt that can't be recorded; the message says which and why."""


@transaction.atomic
def record_receipts(*, actor: Actor, bank_account: BankAccount, rows: Sequence[NewReceipt]) -> list[Receipt]:
    """Record money at the bank, all or nothing, in a handful of statements however many there are.

    The payer is looked up by account, alias and name only where it is certain (account or confirmed alias); the rest is unidentified
    cash until matched. Raises ReceiptRefused, PeriodNotOpen (no open period on or after the value date), MissingRate, NotAllowed.
    """
    require(actor, "cash.import", bank_account.company_id)
    _check(rows, bank_account)
    if not rows:
        return []
    owners = [row.customer.pk if row.customer else None for row in rows]
    if any(owner is None for owner in owners):
        known = known_payers(bank_account.company_id, max(row.value_date for row in rows))
        owners = [owner or known.certain(row.payer_account, row.payer_name) for owner, row in zip(owners, rows, strict=True)]
    days = effective_days(bank_account, {row.value_date for row in rows})
    books = {day: books_of(bank_account.company, bank_account.currency, day) for day in set(days.values())}
    numbers = next_numbers(company=bank_account.company, kind="receipt", prefix="RC-", count=len(rows))
    entries = [
        _draft(books[days[row.value_date]], bank_account, row, days[row.value_date], owner, number)
        for row, owner, number in zip(rows, owners, numbers, strict=True)
    ]
    posted = posting.post(entries, actor=actor)
    made = [
        _receipt(bank_account, row, owner, number, p.item_id, actor)
        for row, owner, number, p in zip(rows, owners, numbers, posted, strict=True)
    ]
    Receipt.objects.bulk_create(made, batch_size=2000)
    record(
        actor=actor,
        type="receipts.recorded",
        company_id=bank_account.company_id,
        subject=bank_account,
        count=len(made),
        first=numbers[0],
        last=numbers[-1],
    )
    return made


def _check(rows: Sequence[NewReceipt], account: BankAccount) -> None:
    for row in rows:
        if row.amount <= 0:
            raise ReceiptRefused(f"a receipt is more than nothing: {row.amount} of {row.payer_name or 'unknown payer'}")
        if row.customer and row.customer.company_id != account.company_id:
            raise ReceiptRefused(f"{row.customer} is a customer of another company than {account.name}")


def effective_days(account: BankAccount, wanted: set[date]) -> dict[date, date]:
    """Value date → the day it is booked: itself, or the first open day after it."""
    found = {}
    for day in wanted:
        open_day = first_open_day(account.company_id, day)
        if open_day is None:
            raise PeriodNotOpen(f"there is no open period on or after {day}: open one first")
        found[day] = open_day
    return found


def _draft(books: Books, account: BankAccount, row: NewReceipt, day: date, owner: int | None, number: str) -> EntryDraft:
    item = NewItem(
        owner, "receipt", number if owner else f"{number}/U", day, day, -row.amount, -books.base(row.amount),
        account="receivable" if owner else "unidentified",
    )  # fmt: skip
    source = f"receipt:{account.company_id}:{number}"
    return drafts.receipt(books, item=item, cash_account_id=account.ledger_account_id, source=source, narrative=row.payer_name[:200])


def _receipt(account: BankAccount, row: NewReceipt, owner: int | None, number: str, item_id: int | None, actor: Actor) -> Receipt:
    return Receipt(
        company_id=account.company_id,
        bank_account=account,
        statement_line=row.line,
        number=number,
        amount=row.amount,
        currency=account.currency,
        value_date=row.value_date,
        payer_name=row.payer_name,
        payer_account=row.payer_account,
        payer_bank=row.payer_bank,
        text=row.text,
        structured=list(row.structured),
        channel=row.channel,
        customer_id=owner,
        open_item_id=item_id or 0,
        created_by=actor.label,
        external_id=row.external_id,
        source_system=row.source_system,
    )
