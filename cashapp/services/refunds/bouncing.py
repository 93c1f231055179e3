"""Money that was paid back, and then taken back by the bank: what isn't handed over is cancelled, what is, the customer owes us."""

from collections.abc import Mapping, Sequence
from datetime import date

from cashapp.models import Receipt, Refund
from cashapp.selectors.settlement import Days
from cashapp.services.refunds.asking import _record
from ledger import posting
from ledger.drafts import EntryDraft, LineDraft, NewItem
from ledger.models import Account, Entry, Line, OpenItem
from org.actors import Actor

State = Refund.State


def refunds_of(entries: Sequence[Entry]) -> list[Refund]:
    """Refunds that these entries booked and that stand, held to the end of the transaction."""
    rows = Refund.objects.select_for_update(of=("self",), no_key=True).filter(
        entry__in=entries, state__in=[State.APPROVED, State.EXPORTED, State.PAID]
    )
    return list(rows.select_related("company", "entry", "payout_account").order_by("pk"))


def claim_back(refunds: Sequence[Refund], *, receipt: Receipt, reversals: Mapping[int, int], day: date, actor: Actor) -> None:
    """What becomes of refunds of a receipt that the bank took back. `reversals`: entry → the one that took it back just now.

    Refunds payable owe the money to the bank on as before; against it stands a debit memo of the customer. Raises LedgerError.
    """
    for refund in refunds:
        before, why = refund.entry_id or 0, f"the bank took {receipt.number} back"
        if refund.state == State.APPROVED:
            refund.state, refund.reversal_id, refund.ended_reason = State.CANCELLED, reversals[before], why
        else:
            refund.entry_id = _claim(refund, receipt, before, day, actor)
        refund.version += 1
        refund.save(update_fields=["state", "reversal", "entry", "ended_reason", "version"])
        _record(actor, "refund.cancelled" if refund.state == State.CANCELLED else "refund.claimed_back", refund, reason=why)


def _claim(refund: Refund, receipt: Receipt, before: int, day: date, actor: Actor) -> int:
    """The customer owes what was paid out, in the books at what it was booked with; the entry takes the place of the refund's first."""
    booked = Line.objects.get(entry=before, account__kind=Account.Kind.REFUNDS)
    on, number = Days().open_day(refund.company_id, day), f"{refund.number}/{receipt.number}"
    item = NewItem(refund.customer_id, OpenItem.Kind.DEBIT_MEMO, number, on, on, refund.amount, -booked.base_amount)
    lines = (LineDraft(item.account, item.amount, item.base_amount, item), LineDraft("refunds", booked.amount, booked.base_amount))
    words = f"{refund.number} was paid out of {receipt.number}, which the bank took back"
    draft = EntryDraft(
        refund.company_id,
        Entry.Kind.DEBIT_MEMO,
        refund.currency,
        on,
        f"refund-claim:{refund.pk}:{refund.version}",
        lines,
        words,
        opens=item,
    )
    return posting.post_one(draft, actor=actor).entry_id
