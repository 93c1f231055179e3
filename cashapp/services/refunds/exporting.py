"""Approved refunds handed to payables as one file, once: CSV, or ISO 20022 pain.001. The file is kept and had again, never made anew."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from arops.lib import money
from arops.lib.sheets import to_csv
from arops.lib.tables import Column, Table
from cashapp.models import BankAccount, PayoutAccount, Refund, RefundExport
from cashapp.selectors.refunds import unpayable
from cashapp.services.refunds import pain
from cashapp.services.refunds.errors import RefundRefused
from ledger.services import next_numbers
from org.actors import Actor, require
from org.models import Company
from workflow.services import record
from workflow.services.recording import store_file

State = Refund.State
MOST = 2_000
"""Refunds in one file."""


@transaction.atomic
def export_refunds(
    *, actor: Actor, company: Company, refunds: Sequence[int], format: str, execution_date: date, bank_account: BankAccount | None,
    today: date, now: datetime,
) -> RefundExport:  # fmt: skip
    """Hand refunds (their keys) over: one currency, all approved, to accounts that are approved and have rested until the day of payment,
    by somebody who asked for none of them. `bank_account` is ours that pays, with an IBAN for pain.001.

    Raises RefundRefused naming the refund that can't go, NotAllowed.
    """
    require(actor, "refunds.export", company.pk)
    rows = _held(company, refunds)
    _check(rows, actor, execution_date, today)
    if format == RefundExport.Format.PAIN and not (bank_account and bank_account.company_id == company.pk and pain.iban_of(bank_account)):
        raise RefundRefused("choose the account that pays: pain.001 needs one of ours with an IBAN")
    (number,) = next_numbers(company=company, kind="refund_export", prefix="RX-")
    content = (
        pain.write(number, company.name, bank_account, rows, execution_date, now) if format == "pain.001" and bank_account else _csv(rows)
    )
    ending = "xml" if format == RefundExport.Format.PAIN else "csv"
    file, _ = store_file(actor=actor, name=f"{company.code}-{number}.{ending}", content=content, content_type=f"text/{ending}")
    export = RefundExport.objects.create(
        company=company, number=number, format=format, currency=rows[0].currency, count=len(rows), total=sum(r.amount for r in rows),
        execution_date=execution_date, stored_file=file, made_by=actor.label,
    )  # fmt: skip
    Refund.objects.filter(pk__in=[r.pk for r in rows]).update(state=State.EXPORTED, export=export)
    _record(actor, export, rows)
    return export


def _held(company: Company, refunds: Sequence[int]) -> list[Refund]:
    wanted = sorted(set(refunds))[: MOST + 1]
    if not wanted:
        raise RefundRefused("choose the refunds to hand over")
    if len(wanted) > MOST:
        raise RefundRefused(f"hand over at most {MOST} at a time")
    held = Refund.objects.select_for_update(of=("self",), no_key=True).filter(company=company, pk__in=wanted).order_by("pk")
    rows = list(held.select_related("customer", "open_item"))
    accounts = PayoutAccount.objects.select_for_update(no_key=True).in_bulk([r.payout_account_id for r in rows])
    for row in rows:
        row.payout_account = accounts[row.payout_account_id]
    if len(rows) != len(wanted):
        raise RefundRefused("a refund of another company is among them")
    return rows


def _check(rows: Sequence[Refund], actor: Actor, execution_date: date, today: date) -> None:
    if execution_date < today:
        raise RefundRefused("the day of payment is past")
    if len({row.currency for row in rows}) != 1:
        raise RefundRefused("one file holds one currency")
    for row in rows:
        if row.state != State.APPROVED:
            raise RefundRefused(f"{row.number} is {row.get_state_display()}")
        if row.created_by == actor.label:
            raise RefundRefused(f"you asked for {row.number}: somebody else hands it over")
        if why := unpayable(row.payout_account, execution_date):
            raise RefundRefused(f"{row.number}: {why}")


def _csv(rows: Sequence[Refund]) -> bytes:
    columns = [
        Column("refund", "refund", lambda r: r.number), Column("customer", "customer_number", lambda r: r.customer.number),
        Column("name", "customer_name", lambda r: r.customer.name), Column("holder", "account_holder", lambda r: r.payout_account.holder),
        Column("account", "account", lambda r: r.payout_account.account), Column("bank", "bank", lambda r: r.payout_account.bank),
        Column("country", "country", lambda r: r.payout_account.country),
        Column("amount", "amount", lambda r: money.to_text(r.amount, r.currency)), Column("currency", "currency", lambda r: r.currency),
        Column("credit", "credit", lambda r: r.open_item.number), Column("reason", "reason", lambda r: r.reason),
    ]  # fmt: skip
    return to_csv(Table(columns, rows)).encode()


def _record(actor: Actor, export: RefundExport, rows: Sequence[Refund]) -> None:
    record(
        actor=actor, type="refunds.exported", company_id=export.company_id, subject=export, number=export.number, count=export.count,
        total=export.total, currency=export.currency, refunds=[r.number for r in rows][:200], sha256=export.stored_file.sha256,
    )  # fmt: skip
