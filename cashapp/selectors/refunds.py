"""Refunds and the accounts they go to, as lists and one by one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from cashapp.models import BankAccount, PayoutAccount, Refund, RefundExport, StatementLine
from customers.models import Customer
from ledger.models import OpenItem
from org.actors import Actor
from workflow.models import Event

VIEWS = (("pay", "To pay"), ("waiting", "Waiting"), ("exported", "Handed over"), ("paid", "Paid"), ("ended", "Not paid"), ("all", "All"))
STATES = {
    "pay": ["approved"], "waiting": ["waiting"], "exported": ["exported"], "paid": ["paid"], "ended": ["refused", "cancelled", "returned"],
}  # fmt: skip
CREDITS = ("credit_memo", "receipt")


def refunds(actor: Actor, view: str, text: str = "", company: int = 0) -> QuerySet[Refund]:
    """Refunds in sight, the latest first; those to pay the oldest first."""
    found: Any = Refund.objects.visible_to(actor, "cash.view").select_related(
        "company", "customer", "payout_account", "open_item", "export"
    )
    if view in STATES:
        found = found.filter(state__in=STATES[view])
    if company:
        found = found.filter(company=company)
    if text:
        found = found.filter(
            Q(number__iexact=text)
            | Q(customer__name__icontains=text)
            | Q(customer__number__iexact=text)
            | Q(open_item__number__iexact=text)
        )
    return found.order_by("pk" if view == "pay" else "-pk")


def counts(actor: Actor) -> dict[str, int]:
    """How many refunds each view of work holds."""
    seen: Any = Refund.objects.visible_to(actor, "cash.view")
    found = dict(seen.order_by().values_list("state").annotate(n=Count("pk")))
    return {view: sum(found.get(state, 0) for state in STATES[view]) for view in ("pay", "waiting", "exported")}


def totals(found: QuerySet[Refund]) -> list[tuple[str, int, int]]:
    """By currency: (currency, how many, minor units)."""
    return list(found.order_by().values_list("currency").annotate(n=Count("pk"), s=Sum("amount")).order_by("currency"))


@dataclass(frozen=True, slots=True)
class ToPay:
    """A refund with why it can't be handed over today; empty where it can."""

    refund: Refund
    why: str


def with_reasons(actor: Actor, rows: Iterable[Refund], today: date) -> list[ToPay]:
    """Refunds with what keeps them from being handed over by this person today."""
    return [ToPay(row, _why(actor, row, today)) for row in rows]


def _why(actor: Actor, row: Refund, today: date) -> str:
    if row.state != Refund.State.APPROVED:
        return ""
    return "you asked for it: somebody else hands it over" if row.created_by == actor.label else unpayable(row.payout_account, today)


def unpayable(account: PayoutAccount, day: date) -> str:
    """Why nothing can be paid to the account on a day; empty where it can."""
    if account.state != PayoutAccount.State.ACTIVE:
        return f"its bank details are {account.get_state_display()}"
    if account.usable_from and day < account.usable_from:
        return f"its bank details are new and rest until {account.usable_from.isoformat()}"
    return ""


def credit_in_sight(actor: Actor, pk: int) -> OpenItem | None:
    """A credit of a customer that may be paid back by this person."""
    seen: Any = OpenItem.objects.visible_to(actor, "refunds.request")
    found = seen.filter(kind__in=CREDITS, balance__lt=0, customer__isnull=False).exclude(receipt__returned_on__isnull=False)
    return found.select_related("customer", "company").filter(pk=pk).first()


def accounts_for(item: OpenItem) -> QuerySet[PayoutAccount]:
    """Bank details that a credit may be paid to: of its customer, in its currency, in use or waiting for approval."""
    found = PayoutAccount.objects.filter(customer=item.customer_id, currency=item.currency, state__in=["active", "proposed"])
    return found.order_by("state", "-pk")


def payouts(actor: Actor, view: str, text: str = "") -> QuerySet[PayoutAccount]:
    """Bank details in sight: `waiting`, `active` or all, by customer."""
    found: Any = PayoutAccount.objects.visible_to(actor, "cash.view").select_related("customer__company")
    if view != "all":
        found = found.filter(state="proposed" if view == "waiting" else "active")
    if text:
        found = found.filter(Q(customer__name__icontains=text) | Q(customer__number__iexact=text) | Q(holder__icontains=text))
    return found.order_by("customer__name", "-pk")


def others_with(actor: Actor, payout: PayoutAccount) -> list[Customer]:
    """Other customers in sight who are, or were to be, paid back to the same account: a sign to look twice."""
    same = PayoutAccount.objects.filter(account=payout.account, bank=payout.bank).exclude(customer=payout.customer_id)
    seen: Any = Customer.objects.visible_to(actor, "cash.view")
    return list(seen.filter(pk__in=same.values("customer"), company=payout.customer.company_id))


def waiting_for(payout: PayoutAccount) -> int:
    """Refunds to these details that aren't paid yet."""
    return Refund.objects.filter(payout_account=payout, state__in=["waiting", "approved", "exported"]).count()


def lines_for(refund: Refund) -> list[StatementLine]:
    """Debits of the bank that may be this refund: its amount and currency, after it was handed over, and not another's."""
    if refund.state != Refund.State.EXPORTED or refund.export is None:
        return []
    found = StatementLine.objects.filter(
        statement__bank_account__company=refund.company_id, amount=-refund.amount, currency=refund.currency, treatment="not_receivable",
        refund=None, booking_date__gte=refund.export.made_at.date(),
    )  # fmt: skip
    return list(found.select_related("statement__bank_account").order_by("booking_date", "pk")[:20])


def paying_accounts(company_id: int, currency: str) -> QuerySet[BankAccount]:
    """Our accounts that a refund may be paid from."""
    return BankAccount.objects.filter(company=company_id, currency=currency, is_active=True).order_by("name")


def history_of(subject: Refund | PayoutAccount) -> QuerySet[Event]:
    """What was done with it, the latest first."""
    return Event.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk).order_by("-pk")


def exports(actor: Actor) -> QuerySet[RefundExport]:
    """Files that were handed to payables."""
    seen: QuerySet[RefundExport] = RefundExport.objects.visible_to(actor, "refunds.export").select_related("company", "stored_file")
    return seen
