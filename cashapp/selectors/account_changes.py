"""Accounts that known payers suddenly pay from: what waits to be asked about, and which receipts must not be posted alone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Max, Min, QuerySet, Sum
from django.db.models.functions import Abs

from cashapp.engine.payers import plain_account
from cashapp.models import PayerAccountChange, Receipt
from messaging.models import Message
from org.actors import Actor

State = PayerAccountChange.State
SUSPECT = "its account was marked as suspicious"


def cautions_of(receipts: Collection[Receipt]) -> dict[int, str]:
    """Receipt → why it must not be posted alone, for those from an account that somebody marked as suspicious, whoever's name it bears."""
    companies = {r.company_id for r in receipts}
    rows = PayerAccountChange.objects.filter(company__in=companies, state=State.SUSPICIOUS).order_by()
    marked = set(rows.values_list("company", "account").distinct()) if companies else set()
    found = [r for r in receipts if (r.company_id, plain_account(r.payer_account)[:80]) in marked] if marked else []
    return dict.fromkeys((r.pk for r in found), SUSPECT)


def changes_of(actor: Actor, *, state: str = "", text: str = "") -> QuerySet[PayerAccountChange]:
    """Changes in sight, newest first, narrowed to a state and to a customer, receipt or account."""
    found = PayerAccountChange.objects.visible_to(actor, "cash.view").select_related("customer", "receipt__open_item", "company")
    if state:
        found = found.filter(state=state)
    if text:
        found = (
            found.filter(customer__name__icontains=text)
            | found.filter(receipt__number__iexact=text)
            | found.filter(account__icontains=text)
        )
    return found


@dataclass(frozen=True, slots=True)
class Sums:
    """What came from one account for one customer: receipts, days of the first and last, minor units by currency."""

    count: int
    first: object
    last: object
    amounts: Mapping[str, int]


def sums_of(change: PayerAccountChange) -> Sums:
    """Everything of the customer that came from the account of a change."""
    rows = Receipt.objects.filter(account_change__customer=change.customer_id, account_change__account=change.account)
    whole = rows.aggregate(first=Min("value_date"), last=Max("value_date"))
    amounts = dict(rows.order_by().values_list("currency").annotate(total=Sum(Abs("amount"))).order_by("currency"))
    return Sums(rows.count(), whole["first"], whole["last"], amounts)


def key_of(change: PayerAccountChange) -> str:
    """The name of the message that tells the customer: one for an account."""
    return f"account_change:{change.customer_id}:{change.account}"[:120]


def told_about(changes: Collection[PayerAccountChange]) -> dict[str, Message]:
    """The messages to customers about changes, by their names."""
    return {m.dedupe_key: m for m in Message.objects.filter(dedupe_key__in={key_of(c) for c in changes})}
