"""Postings taken back: a new entry undoes them, the invoices open again, nothing is erased."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction

from arops.lib.refusal import Refused
from cashapp.models import Match, Receipt
from cashapp.selectors.settlement import Days
from cashapp.services.converting import CONVERSION, converted_by, take_conversion_back
from cashapp.services.errors import NothingToUndo
from cashapp.services.holding import hold, touch
from cashapp.services.learning import forget_payer
from cashapp.services.matching import refresh_proposals
from cashapp.services.splitting import SPLIT
from cashapp.services.transferring import TRANSFER, take_transfer_back
from disputes.models import Dispute
from disputes.services import close_dispute
from ledger.models import Entry, OpenItem
from ledger.services import reverse_entries
from org.actors import Actor, NotAllowed, SystemActor, require
from workflow.services import record

OWN_WINDOW = timedelta(minutes=30)
"""How long people may take back their own postings without the right to reverse."""


@transaction.atomic
def reverse_match(*, actor: Actor, match: Match, reason: str, today: date, now: datetime) -> Receipt:
    """Take a posting back: items open again, disputes it opened are withdrawn if nobody worked on them, a payer it named is unnamed. With a
    conversion goes what its money paid in the other currency.

    One's own posting of the last half hour needs cash.apply and never happened (same effective day); any other needs cash.reverse,
    a reason, and takes effect today. Raises NothingToUndo, StaleReceipt, LedgerError, NotAllowed.
    """
    quick = match.actor == actor.label and now - match.at <= OWN_WINDOW
    require(actor, "cash.apply" if quick else "cash.reverse", match.receipt.company_id)
    held = hold(match.receipt, actor=actor, now=now)
    match = Match.objects.select_related("entry", "identification").get(pk=match.pk)
    if match.reversed_by_id:
        raise NothingToUndo("this was taken back already")
    if not quick and not reason.strip():
        raise NothingToUndo("say why it is taken back")
    part = _part_of(match, held) if match.rule == SPLIT else None
    if match.rule == TRANSFER:
        part = take_transfer_back(actor=actor, match=match, receipt=held, today=today, reason=reason.strip())
    if match.rule == CONVERSION:
        for later in converted_by(match).matches.filter(reversed_by=None).select_related("receipt").order_by("-pk"):
            reverse_match(actor=actor, match=later, reason=reason, today=today, now=now)
        part = take_conversion_back(actor=actor, match=match, day=None if quick else today, reason=reason.strip())
    entries, before = _entries(match, held)
    latest = max(e.effective_date for e in entries)
    day = Days().open_day(held.company_id, latest if quick else max(today, latest))
    posted = reverse_entries(entries=entries, day=day, actor=actor, reason=reason.strip() or "undone")
    newest = sorted(entries, key=lambda e: -e.pk)
    reversal = dict(zip([e.pk for e in newest], [p.entry_id for p in posted], strict=True))[match.entry_id]
    Match.objects.filter(pk=match.pk).update(reversed_by=reversal)
    withdraw_disputes([match], actor=actor, today=today)
    _restore(held, before, part)
    record(
        actor=actor, type="match.reversed", company_id=held.company_id, subject=held, customer_id=held.customer_id, receipt=held.number,
        match=match.pk, amount=match.amount, currency=held.currency, reason=reason,
    )  # fmt: skip
    refresh_proposals(held, today=today)
    return held


def reverse_run(*, actor: Actor, matches: Iterable[Match], today: date, now: datetime) -> tuple[int, list[str]]:
    """Take back what was posted at once, each by itself: how many, and why others were not."""
    done, refused = 0, []
    for match in matches:
        try:
            reverse_match(actor=actor, match=match, reason="", today=today, now=now)
            done += 1
        except (Refused, NotAllowed) as error:
            refused.append(f"{match.receipt.number}: {error}")
    return done, refused


def _entries(match: Match, receipt: Receipt) -> tuple[list[Entry], OpenItem | None]:
    """What to reverse, and the item that stands for the receipt afterwards when its payer is unnamed with it."""
    whole = receipt.open_item.balance - match.amount == receipt.open_item.amount
    naming = match.identification
    if naming is None or not whole or receipt.open_item.opened_by_id != naming.pk:
        return [match.entry], None
    return [match.entry, naming], OpenItem.objects.exclude(pk=receipt.open_item_id).get(lines__entry=naming)


def _part_of(match: Match, receipt: Receipt) -> Receipt:
    """The part that a split made, untouched since. Raises NothingToUndo."""
    part = receipt.parts.select_related("open_item").filter(joined_back=False, open_item__lines__entry=match.entry_id).first()
    if part is None or part.open_item.balance != part.open_item.amount or part.returned_on:
        raise NothingToUndo("take back what was done with the part first")
    return part


def _restore(receipt: Receipt, before: OpenItem | None, part: Receipt | None) -> None:
    if part:
        touch(part, joined_back=True, on_account=False)
        part.proposals.all().delete()
    fields = {"customer_id": before.customer_id, "open_item_id": before.pk} if before else {}
    touch(receipt, on_account=False, **fields)
    if before:
        forget_payer(receipt)
    receipt.open_item = OpenItem.objects.get(pk=receipt.open_item_id)


def withdraw_disputes(matches: Iterable[Match], *, actor: Actor, today: date) -> None:
    """Disputes that these matches opened and nobody touched are withdrawn, for what they were about never happened."""
    undoer = SystemActor("undo")
    for match in matches:
        opened = Dispute.objects.filter(source__startswith=f"short_pay:{match.pk}:", version=0, state=Dispute.State.OPEN)
        for dispute in opened:
            note = f"The application that opened this was taken back by {actor.label}."
            close_dispute(actor=undoer, dispute=dispute, resolution=Dispute.Resolution.WITHDRAWN, agreed=0, today=today, note=note)
