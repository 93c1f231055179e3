"""One payment of two payers: a part of a receipt becomes a receipt of its own, by an entry that can be taken back like any other."""

from datetime import date, datetime

from django.db import transaction

from arops.lib import money
from cashapp.models import Match, Receipt
from cashapp.selectors.settlement import Days, floors
from cashapp.services.errors import AllocationError
from cashapp.services.holding import hold, touch
from cashapp.services.judging import payer_for
from cashapp.services.matching import refresh_proposals
from customers.models import Customer
from ledger import posting
from ledger.drafts import EntryDraft, ItemState, LineDraft, NewItem
from ledger.models import OpenItem
from ledger.selectors import item_state, lock_items
from org.actors import Actor, require
from workflow.services import record

SPLIT = "split"


@transaction.atomic
def split_receipt(
    *, actor: Actor, receipt: Receipt, version: int, amount: int, today: date, now: datetime, customer: Customer | None = None
) -> Receipt:
    """Take `amount` (minor units) off a receipt as a receipt of `customer`, or of a payer not known yet; answers with the part.

    Raises StaleReceipt, AllocationError, NotAllowed.
    """
    require(actor, "cash.apply", receipt.company_id)
    held = hold(receipt, actor=actor, version=version, now=now)
    if not 0 < amount < held.unapplied:
        left = money.format(held.unapplied, held.currency)
        raise AllocationError(f"split off more than nothing and less than the {left} that are left of {held.number}")
    plain = Receipt(company_id=held.company_id)
    owner = payer_for(plain, {customer.pk}, actor=actor, payer_id=customer.pk) if customer else None
    own = lock_items([held.open_item_id])[held.open_item_id]
    number = f"{held.number}-{held.parts.count() + 2}"
    posted = posting.post_one(_draft(held, own, amount, owner, number), actor=actor)
    part = _part(held, amount, owner, number, posted.item_id or 0, actor)
    words = f"{money.to_text(amount, held.currency)} {held.currency} split off as {number}"
    Match.objects.create(receipt=held, entry_id=posted.entry_id, rule=SPLIT, reasons=[words], amount=amount, actor=actor.label)
    touch(held, on_account=False)
    record(actor=actor, type="receipt.split", company_id=held.company_id, subject=held, receipt=held.number, part=number, amount=amount)
    held.open_item.refresh_from_db()
    refresh_proposals(held, part, today=today)
    return part


def _draft(receipt: Receipt, own: OpenItem, amount: int, owner: int | None, number: str) -> EntryDraft:
    low = floors([own.pk]).get(own.pk, receipt.value_date)
    day = Days().open_day(receipt.company_id, max(receipt.value_date, own.document_date, low))
    state: ItemState = item_state(own)
    base = state.base_of(-amount)
    item = NewItem(
        owner, "receipt", number if owner else f"{number}/U", day, day, -amount, base, account="receivable" if owner else "unidentified"
    )
    lines = (LineDraft(own.account_id, amount, -base, state), LineDraft(item.account, -amount, base, item))
    source = f"split:{receipt.pk}:{receipt.version}"
    return EntryDraft(receipt.company_id, "transfer", receipt.currency, day, source, lines, f"{receipt.number} split", opens=item)


def _part(whole: Receipt, amount: int, owner: int | None, number: str, item_id: int, actor: Actor) -> Receipt:
    return Receipt.objects.create(
        company_id=whole.company_id, bank_account_id=whole.bank_account_id, number=number, amount=amount, currency=whole.currency,
        value_date=whole.value_date, payer_name=whole.payer_name, payer_account=whole.payer_account, payer_bank=whole.payer_bank,
        text=whole.text, structured=whole.structured, channel=whole.channel, customer_id=owner, open_item_id=item_id,
        split_from=whole, created_by=actor.label,
    )  # fmt: skip
