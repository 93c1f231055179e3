"""A day is prepared: both sides' figures, what stands between them with an age, an owner and a word, and who says that it is right."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from cashapp.engine.bank_day import Day, Item
from cashapp.models import BankAccount, DayReconciliation, ReconcilingItem
from cashapp.selectors.bank_day import Account
from cashapp.services.errors import CashError, StaleReceipt
from org.actors import Actor, require
from org.models import Company, User
from org.selectors import people_with
from workflow.services import record

State = DayReconciliation.State
FIGURES = ("bank_opening", "bank_movements", "bank_closing", "ledger_opening", "ledger_movements", "ledger_closing", "explained")
UNMATCHED = (ReconcilingItem.Kind.BANK_ONLY, ReconcilingItem.Kind.LEDGER_ONLY)


class DayRefused(CashError):
    """The day isn't in a state for that, or lacks something; the message says which and what to do."""


class DayChanged(StaleReceipt):
    """Somebody, or a posting, changed the day meanwhile: look at it again. Answers as 409."""


def hold_account(account: BankAccount) -> BankAccount:
    """The account locked until the transaction ends: no file of it comes in, and nobody else works on its days."""
    held = BankAccount.objects.select_for_update(of=("self",), no_key=True).select_related("company", "ledger_account")
    return held.get(pk=account.pk)


def hold_day(account: BankAccount, day: date, version: int | None) -> DayReconciliation:
    """The day's row, made where there is none, of the version that was looked at. Raises DayChanged."""
    row, _ = DayReconciliation.objects.get_or_create(bank_account=account, day=day)
    row = DayReconciliation.objects.select_for_update(of=("self",)).select_related("bank_account__company").get(pk=row.pk)
    if version is not None and version != row.version:
        raise DayChanged(f"{account.name}, {day}: it was changed meanwhile, look at it again")
    return row


@transaction.atomic
def refresh_day(*, actor: Actor, account: BankAccount, day: date) -> DayReconciliation:
    """Reckon an open day anew and keep it; one that is prepared or signed stays as it is. Raises NotAllowed."""
    require(actor, "reconciliation.prepare", account.company_id)
    held = hold_account(account)
    row = hold_day(held, day, None)
    if row.state == State.OPEN:
        _write(row, Account(held).day(day))
    return row


def _write(row: DayReconciliation, found: Day) -> None:
    """Figures and items of an open day; words and owners stay with what they were said of, from earlier days too."""
    for name in FIGURES:
        setattr(row, name, getattr(found, name))
    row.save(update_fields=list(FIGURES))
    known = _words(row, found.items)
    row.items.all().delete()  # type: ignore[attr-defined]
    ReconcilingItem.objects.bulk_create([_item(row, item, known.get(item.key)) for item in found.items], batch_size=2000)


def _words(row: DayReconciliation, items: Iterable[Item]) -> dict[str, ReconcilingItem]:
    """Key → the row that last said something of it, on this day or one before."""
    wanted = ReconcilingItem.objects.filter(
        reconciliation__bank_account=row.bank_account_id, reconciliation__day__lte=row.day, key__in=[item.key for item in items]
    )
    return {item.key: item for item in wanted.order_by("reconciliation__day")}


def _item(row: DayReconciliation, item: Item, known: ReconcilingItem | None) -> ReconcilingItem:
    said = known if known and (known.amount == item.amount or not item.blocks) else None  # a gap that became another one is explained anew
    return ReconcilingItem(
        reconciliation=row, key=item.key, kind=item.kind, amount=item.amount, since=item.since, label=item.label[:200],
        statement_line_id=item.bank_line, ledger_line_ref=item.book_line, blocks=item.blocks,
        owner_id=said.owner_id if said else None, explanation=said.explanation if said else "",
    )  # fmt: skip


@transaction.atomic
def explain_item(
    *, actor: Actor, account: BankAccount, day: date, key: str, explanation: str, owner: User | None, version: int | None = None
) -> ReconcilingItem:
    """Say what an item is, and whose it is to clear. A day that was prepared is open again after it. Raises DayRefused, DayChanged,
    NotAllowed."""
    require(actor, "reconciliation.prepare", account.company_id)
    held = hold_account(account)
    row = hold_day(held, day, version)
    if row.state == State.SIGNED:
        raise DayRefused(f"{held.name}, {day} is signed off: open it again with a reason first")
    if owner is not None and not people_with([held.company_id], "reconciliation.prepare").filter(pk=owner.pk).exists():
        raise DayRefused(f"{owner.name} has no part in the reconciliations of {held.company.code}")
    _write(row, Account(held).day(day))
    item = row.items.filter(key=key).first()  # type: ignore[attr-defined]
    if item is None:
        raise DayChanged("this doesn't stand between bank and books any more")
    item.explanation, item.owner = explanation.strip()[:300], owner
    item.save(update_fields=["explanation", "owner"])
    _move(row, state=State.OPEN, prepared_by="", prepared_at=None)
    record(
        actor=actor, type="bank_day.explained", company_id=held.company_id, subject=row, day=day.isoformat(), item=item.label,
        amount=item.amount, currency=held.currency, explanation=item.explanation, owner=owner.label if owner else "",
    )  # fmt: skip
    return item  # type: ignore[no-any-return]


def _move(row: DayReconciliation, **fields: object) -> None:
    DayReconciliation.objects.filter(pk=row.pk).update(version=F("version") + 1, **fields)
    for name, value in fields.items():
        setattr(row, name, value)
    row.version += 1


@transaction.atomic
def prepare_day(
    *, actor: Actor, account: BankAccount, day: date, now: datetime, note: str = "", version: int | None = None
) -> DayReconciliation:
    """Say that a day is right as it stands; somebody else signs it off. What is unmatched and nobody's becomes the preparer's.

    Raises DayRefused (no statement reaches the day, a gap isn't explained, it is signed), DayChanged, NotAllowed.
    """
    require(actor, "reconciliation.prepare", account.company_id)
    held = hold_account(account)
    row = hold_day(held, day, version)
    if row.state == State.SIGNED:
        raise DayRefused(f"{held.name}, {day} is signed off already")
    found = Account(held)
    if found.last_day is None or found.last_day < day:
        raise DayRefused(f"no statement of {held.name} reaches {day}: import it first")
    _write(row, found.day(day))
    check_explained(row)
    mine = actor.reach().person_id
    if mine:
        row.items.filter(kind__in=UNMATCHED, owner=None).update(owner=mine)  # type: ignore[attr-defined]
    _move(row, state=State.PREPARED, prepared_by=actor.label, prepared_at=now, note=note.strip()[:500])
    record(
        actor=actor, type="bank_day.prepared", company_id=held.company_id, subject=row, day=day.isoformat(), account=held.name,
        bank=row.bank_closing, books=row.ledger_closing, currency=held.currency,
    )  # fmt: skip
    return row


def check_explained(row: DayReconciliation) -> None:
    """Raise DayRefused while a gap, or a statement taken in for a reason, has no explanation."""
    silent = row.items.filter(blocks=True, explanation="").first()  # type: ignore[attr-defined]
    if silent:
        raise DayRefused(f"{silent.label}. Import what is missing, or explain it")


def prepare_accounts(*, actor: Actor, company: Company, day: date) -> dict[str, int]:
    """The night's part: the figures of a day for every account of a company that anything happened on. People look at them, explain
    what is left, and put their names to it. Counts accounts, items nobody has explained, gaps. Raises NotAllowed."""
    counts = {"accounts": 0, "unmatched": 0, "gaps": 0}
    for account in BankAccount.objects.filter(company=company, is_active=True).order_by("pk"):
        if not account.statements.exists():  # type: ignore[attr-defined]
            continue
        row = refresh_day(actor=actor, account=account, day=day)
        items = row.items.all()  # type: ignore[attr-defined]
        counts["accounts"] += 1
        counts["unmatched"] += items.filter(kind__in=UNMATCHED, blocks=False).count()
        counts["gaps"] += items.filter(blocks=True, explanation="").count()
    return counts
