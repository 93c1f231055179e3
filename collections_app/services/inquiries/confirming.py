"""What a mail was taken to mean, confirmed by a person or not. Confirming does what follows, by the service that does it anywhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction

from arops.lib import money
from collections_app.models import Inquiry, Suggestion
from collections_app.selectors.inquiries.suggested import about_of, items_for, reason_of, receipts_for
from collections_app.selectors.plan_items import free_of
from collections_app.services.activities import log_activity
from collections_app.services.inquiries.errors import InquiryRefused
from collections_app.services.inquiries.moving import WORK
from collections_app.services.promises import give_promise
from customers.models import Customer
from disputes.models import Dispute
from disputes.services import NewDispute, open_disputes
from ledger.models import OpenItem
from org.actors import Actor, require
from workflow.services import record

Kind = Inquiry.Kind
ASKED = (Kind.COPY, Kind.STATEMENT, Kind.DOCUMENT)
"""Kinds that are confirmed by answering them."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a person puts right before confirming; what is left out stands as it was recognised."""

    items: Sequence[OpenItem] = ()
    amount: int | None = None
    day: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Deed:
    actor: Actor
    suggestion: Suggestion
    inquiry: Inquiry
    customer: Customer
    today: date
    given: Given = field(default_factory=Given)

    @property
    def items(self) -> list[OpenItem]:
        """The items it is about."""
        return list(self.given.items) or items_for(self.inquiry, self.suggestion)


@transaction.atomic
def confirm_suggestion(*, actor: Actor, suggestion: Suggestion, today: date, given: Given | None = None) -> Suggestion:
    """It means that: a promise is taken, a case opened, what they say they paid noted and looked for, an absence written down. What is
    asked for is done by answering. Raises InquiryRefused, PromiseError, DisputeError, NotAllowed."""
    require(actor, WORK, suggestion.entry.inquiry.company_id)
    row = Suggestion.objects.select_for_update(of=("self",)).select_related("entry__inquiry__customer__company").get(pk=suggestion.pk)
    if row.state != Suggestion.State.PROPOSED:
        raise InquiryRefused(f"it was {row.get_state_display()} already")
    inquiry = row.entry.inquiry
    if inquiry.customer is None:
        raise InquiryRefused("say whose inquiry it is first")
    deed = _Deed(actor, row, inquiry, inquiry.customer, today, given or Given())
    row.result = _DEEDS[Kind(row.kind)](deed)[:120]
    return _decided(actor, row, Suggestion.State.CONFIRMED)


@transaction.atomic
def dismiss_suggestion(*, actor: Actor, suggestion: Suggestion) -> Suggestion:
    """It means something else. Raises InquiryRefused, NotAllowed."""
    require(actor, WORK, suggestion.entry.inquiry.company_id)
    row = Suggestion.objects.select_for_update(of=("self",)).select_related("entry__inquiry").get(pk=suggestion.pk)
    if row.state != Suggestion.State.PROPOSED:
        raise InquiryRefused(f"it was {row.get_state_display()} already")
    return _decided(actor, row, Suggestion.State.DISMISSED)


def _decided(actor: Actor, row: Suggestion, state: Suggestion.State) -> Suggestion:
    row.state, row.decided_by = state, actor.label
    row.save(update_fields=["state", "decided_by", "result"])
    inquiry = row.entry.inquiry
    if state == Suggestion.State.CONFIRMED and inquiry.kind == Kind.OTHER:
        Inquiry.objects.filter(pk=inquiry.pk).update(kind=row.kind)
    record(
        actor=actor, type=f"inquiry.suggestion_{state}", company_id=inquiry.company_id, subject=inquiry, customer_id=inquiry.customer_id,
        kind=str(row.kind), rule=row.rule, result=row.result,
    )  # fmt: skip
    return row


def _promise(deed: _Deed) -> str:
    items, said = deed.items, deed.suggestion
    amount, due_on = deed.given.amount or said.amount, deed.given.day or said.day
    if due_on is None:
        raise InquiryRefused("say until when they promise to pay")
    if not items:
        raise InquiryRefused("choose what the promise is for: nothing is open that it names")
    if said.amount and not deed.given.amount and said.currency != items[0].currency:
        raise InquiryRefused(f"they name {said.currency}, and {items[0].number} is in {items[0].currency}: enter the amount")
    promise = give_promise(
        actor=deed.actor, customer=deed.customer, items=items, amount=amount or sum(free_of(items).values()), due_on=due_on,
        today=deed.today, contact=deed.inquiry.contact, note=said.quote,
    )  # fmt: skip
    return f"promise:{promise.pk}"


def _dispute(deed: _Deed) -> str:
    items, said = deed.items, deed.suggestion
    if not items:
        raise InquiryRefused("choose the invoices that they dispute")
    amount = deed.given.amount
    if amount is not None and len(items) > 1:
        raise InquiryRefused("an amount is disputed on one invoice: choose one, or leave the amount out")
    free = {pk: rest for pk, rest in free_of(items).items() if rest}
    if not free:
        raise InquiryRefused("all that is open of these is in dispute already")
    reason = deed.given.reason or reason_of(said)
    wanted = [
        NewDispute(
            item, amount if amount is not None else free[item.pk], reason, f"inquiry:{said.pk}:{item.pk}", said.quote,
            kind=Dispute.Kind.AMOUNT if amount is not None else Dispute.Kind.INVOICE,
        )
        for item in items if item.pk in free
    ]  # fmt: skip
    opened = open_disputes(actor=deed.actor, wanted=wanted, today=deed.today)
    return f"dispute:{opened[0].pk}" if len(opened) == 1 else f"disputes:{','.join(str(d.pk) for d in opened)}"


def _paid(deed: _Deed) -> str:
    said = deed.suggestion
    amount, day = deed.given.amount or said.amount, deed.given.day or said.day
    told = [f"{money.format(amount, said.currency or deed.customer.currency)} {said.currency or deed.customer.currency}"] if amount else []
    told += [f"on {day:%-d %b %Y}"] if day else []
    _log(deed, f"Says it is paid{': ' if told else ''}{' '.join(told)}. “{said.quote}”")
    receipts = receipts_for(deed.customer, amount, day or deed.inquiry.asked_on)
    exact = [r for r in receipts if amount and r.amount == -amount]
    return f"receipt:{(exact or receipts)[0].pk}" if exact or receipts else "no receipt"


def _away(deed: _Deed) -> str:
    until = deed.given.day or deed.suggestion.day
    gone = about_of(deed.suggestion) == "gone"
    words = "Has left" if gone else f"Away until {until:%-d %b %Y}" if until else "Away"
    _log(deed, f"{words}. “{deed.suggestion.quote}”")
    return "gone" if gone else f"away until {until}" if until else "away"


def _bank(deed: _Deed) -> str:
    _log(deed, f"Told other bank details: nothing was changed. To be confirmed by calling a number known before. “{deed.suggestion.quote}”")
    return "to be confirmed by telephone"


def _noted(deed: _Deed) -> str:
    return "answered" if deed.suggestion.kind in ASKED else "noted"


def _log(deed: _Deed, words: str) -> None:
    log_activity(
        actor=deed.actor, customer=deed.customer, kind="note", today=deed.today, body=words[:4000], contact=deed.inquiry.contact,
        source=f"suggestion:{deed.suggestion.pk}",
    )  # fmt: skip


_DEEDS: dict[Kind, Callable[[_Deed], str]] = {
    Kind.PROMISE: _promise, Kind.DISPUTE: _dispute, Kind.PAID: _paid, Kind.AWAY: _away, Kind.BANK: _bank,
    **dict.fromkeys((*ASKED, Kind.BOUNCE, Kind.OTHER), _noted),
}  # fmt: skip
"""Kind → what confirming it does; answers with what came of it."""
