"""Receipts as rows from another system: read, looked up, recorded once; an outcome for each row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from arops.lib.refusal import Refused
from arops.lib.rows import Problem
from cashapp.models import BankAccount, Receipt
from cashapp.payload import ReceiptRow, read_receipt
from cashapp.services.recording import NewReceipt, record_receipts
from customers.models import Customer
from customers.services import find_customer
from ledger.errors import MissingRate, PeriodNotOpen
from org.actors import Actor

_AS_RECEIVED = "a receipt stays as it came in: take it back and record it again under a new id"


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a row: created, unchanged (said before), or rejected with its problems."""

    index: int
    external_id: str | None
    outcome: str
    pk: int | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ready:
    """A row with all it refers to found."""

    index: int
    row: ReceiptRow
    account: BankAccount
    customer: Customer | None


class _Undo(Exception):
    """Rolls a dry run or a broken atomic call back."""


def receive_rows(rows: Sequence[Any], *, actor: Actor, source_system: str, atomic: bool = False, dry_run: bool = False) -> list[Received]:
    """Record receipts as another system sends them; one outcome a row, in order.

    Good rows are recorded and bad ones rejected; with `atomic` one bad row rejects all. The same row again (known by its external
    id) is `unchanged`. `dry_run` says what would happen and changes nothing.
    """
    read = [read_receipt(row, source_system=source_system) for row in rows]
    return in_one_go(lambda: _receive(read, actor), atomic=atomic, dry_run=dry_run)


def in_one_go(receive: Callable[[], list[Received]], *, atomic: bool, dry_run: bool) -> list[Received]:
    """Outcomes of rows that `receive` takes: rolled back for a dry run, and where one of an `atomic` call is bad; done again when someone
    sent the same id meanwhile, so that what stands now is judged."""
    for attempt in (1, 2):
        try:
            with transaction.atomic():
                outcomes = receive()
                if dry_run or (atomic and any(o.outcome == "rejected" for o in outcomes)):
                    raise _Undo
        except _Undo:
            return outcomes if dry_run else [_not_applied(o) for o in outcomes]
        except IntegrityError:
            if attempt == 2:
                raise
            continue
        return outcomes
    raise AssertionError("unreachable")


def _not_applied(outcome: Received) -> Received:
    if outcome.outcome != "created":
        return outcome
    problem = Problem("", "not_applied", "the row is good, but another row of this atomic call is not")
    return Received(outcome.index, outcome.external_id, "rejected", None, (problem,))


def _receive(read: Sequence[ReceiptRow | list[Problem]], actor: Actor) -> list[Received]:
    accounts = list(BankAccount.objects.visible_to(actor, "cash.import").filter(is_active=True).select_related("company", "ledger_account"))
    outcomes: dict[int, Received] = {}
    ready: list[_Ready] = []
    for index, row in enumerate(read):
        if isinstance(row, ReceiptRow):
            judged = _judge(index, row, accounts, actor)
            if isinstance(judged, _Ready):
                ready.append(judged)
            else:
                outcomes[index] = judged
        else:
            outcomes[index] = Received(index, None, "rejected", None, tuple(row))
    fresh = _new_ones(ready, outcomes)
    for account_id in sorted({r.account.pk for r in fresh}):
        _record([r for r in fresh if r.account.pk == account_id], actor, outcomes)
    return [_told(outcomes[index], outcomes) for index in range(len(read))]


def _judge(index: int, row: ReceiptRow, accounts: Sequence[BankAccount], actor: Actor) -> _Ready | Received:
    found = [a for a in accounts if row.bank_account in (a.name, f"bnk_{a.pk}") and row.company in ("", a.company.code)]
    if len(found) != 1:
        said = "is the name of several: give its id, or the company" if found else "is no bank account that you may record for"
        return _rejected(index, row, Problem("/bank_account", "missing_reference", f"{row.bank_account} {said}"))
    account = found[0]
    if row.currency != account.currency:
        return _rejected(index, row, Problem("/currency", "invalid", f"{account.name} is kept in {account.currency}"))
    customer = None
    if row.customer is not None:
        mine = Customer.objects.visible_to(actor, "cash.import").filter(company=account.company_id)
        customer = find_customer(row.customer, mine, row.source_system)
        if customer is None:
            return _rejected(index, row, Problem("/customer", "missing_reference", f"there is no such customer in {account.company.code}"))
    elif actor.reach("cash.import").customers is not None:
        return _rejected(index, row, Problem("/customer", "required", "this key is limited to chosen customers: name one"))
    return _Ready(index, row, account, customer)


def _rejected(index: int, row: ReceiptRow, *problems: Problem, pk: int | None = None) -> Received:
    return Received(index, row.external_id, "rejected", pk, problems)


def _new_ones(ready: Sequence[_Ready], outcomes: dict[int, Received]) -> list[_Ready]:
    """Those that weren't recorded before; a repeat within the call points at its first by a negative key: -(index + 1)."""
    wanted = {r.row.external_id for r in ready if r.row.external_id}
    companies = {r.account.company_id for r in ready}
    known = {
        (r.company_id, r.source_system, r.external_id): r for r in Receipt.objects.filter(company__in=companies, external_id__in=wanted)
    }
    seen: dict[tuple[int, str, str | None], _Ready] = {}
    fresh = []
    for item in ready:
        key = (item.account.company_id, item.row.source_system, item.row.external_id)
        if item.row.external_id and (before := known.get(key)):
            outcomes[item.index] = _said_before(item, before.pk, same=_is_same(item, before))
        elif item.row.external_id and (first := seen.get(key)):
            same = (first.row, first.account.pk) == (item.row, item.account.pk)
            outcomes[item.index] = _said_before(item, -first.index - 1, same=same)
        else:
            seen[key] = item
            fresh.append(item)
    return fresh


def _is_same(item: _Ready, before: Receipt) -> bool:
    row = item.row
    said = (item.account.pk, row.amount, row.value_date, row.payer_name, row.payer_account, row.payer_bank, row.text, list(row.structured))
    kept = (
        before.bank_account_id, before.amount, before.value_date, before.payer_name, before.payer_account, before.payer_bank, before.text,
        before.structured,
    )  # fmt: skip
    return said == kept and (item.customer is None or item.customer.pk == before.customer_id)


def _said_before(item: _Ready, pk: int, *, same: bool) -> Received:
    if same:
        return Received(item.index, item.row.external_id, "unchanged", pk)
    return _rejected(item.index, item.row, Problem("/external_id", "issued", _AS_RECEIVED), pk=pk if pk > 0 else None)


def _record(items: Sequence[_Ready], actor: Actor, outcomes: dict[int, Received]) -> None:
    """Record the rows of one account together; where the books refuse that, one by one, so that a bad row doesn't take others along."""
    try:
        with transaction.atomic():
            made = record_receipts(actor=actor, bank_account=items[0].account, rows=[_new(item) for item in items])
    except Refused as refusal:
        if len(items) > 1:
            for item in items:
                _record([item], actor, outcomes)
            return
        pointer = "/value_date" if isinstance(refusal, PeriodNotOpen) else "/currency" if isinstance(refusal, MissingRate) else ""
        code = "period_closed" if pointer == "/value_date" else "missing_rate" if pointer else "refused"
        outcomes[items[0].index] = _rejected(items[0].index, items[0].row, Problem(pointer, code, str(refusal)))
        return
    for item, receipt in zip(items, made, strict=True):
        outcomes[item.index] = Received(item.index, item.row.external_id, "created", receipt.pk)


def _new(item: _Ready) -> NewReceipt:
    row = item.row
    return NewReceipt(
        row.amount, row.value_date, row.payer_name, row.payer_account, row.payer_bank, row.text, row.structured, row.channel, item.customer,
        external_id=row.external_id, source_system=row.source_system,
    )  # fmt: skip


def _told(outcome: Received, outcomes: dict[int, Received]) -> Received:
    """A row that repeats an earlier one of the same call gets that one's key, or its refusal."""
    if outcome.pk is None or outcome.pk > 0:
        return outcome
    first = outcomes[-outcome.pk - 1]
    if first.outcome == "rejected":
        return Received(outcome.index, outcome.external_id, "rejected", None, first.problems)
    return Received(outcome.index, outcome.external_id, outcome.outcome, first.pk, outcome.problems)
