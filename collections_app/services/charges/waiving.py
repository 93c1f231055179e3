"""A late charge taken back: asked for by one, allowed by another within limits, then undone in the books.

A charge that is open whole and waived whole is reversed: the mirror of its entry. Else the part is taken out of what the charge was posted
to, tax included, in the shares in which it was; what was paid stays paid, what isn't waived stays owed. The days stay judged, so the next
month doesn't charge them again. Until somebody decides, whoever asked takes the request back (`workflow.services.approvals.withdraw`).
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from arops.lib import money
from arops.lib.http import address
from collections_app.models import Charge, PaymentPlan
from collections_app.services.charges.errors import ChargeError
from ledger import drafts, posting
from ledger.drafts import Part
from ledger.models import Entry, OpenItem
from ledger.selectors import books_of, first_open_day, item_state, lock_items
from ledger.services import reverse_entries
from org.actors import Actor, require
from workflow.models import Approval
from workflow.services import record
from workflow.services.approvals import ask, register_approval
from workflow.services.authority import Fact
from workflow.services.following import Affair

State = Charge.State


@transaction.atomic
def request_waiver(
    *, actor: Actor, charge: Charge, reason: str, token: str, today: date, now: datetime, amount: int | None = None,
    items: Sequence[int] = (),
) -> Approval:  # fmt: skip
    """Ask to take back what is open of a charge, or a part of it: `amount` minor units, or what `items` (keys of what was late) were
    charged, as far as that is open. Within one's limit it is done at once.

    Raises ChargeError for one that is paid, waived or asked about, ApprovalRefused, NotAllowed.
    """
    require(actor, "charges.waive", charge.company_id)
    if not reason.strip():
        raise ChargeError("say why the charge is waived")
    charge = Charge.objects.select_for_update(of=("self",), no_key=True).get(pk=charge.pk)
    left, of_items = part_of(charge, amount, items)
    number = charge.open_item.number if charge.open_item else ""
    approval = ask(
        actor=actor, company=charge.company, kind="charge_waiver", amount=left, currency=charge.currency,
        title=f"Waive {number}, {charge.customer.name}", reason=reason,
        payload={"charge": charge.pk, "amount": left, "day": today.isoformat()} | ({"items": of_items} if of_items else {}),
        customer_id=charge.customer_id, subject=charge, token=token, today=today, now=now,
    )  # fmt: skip
    if approval.state == Approval.State.WAITING:
        _change(charge, state=State.WAIVER_ASKED, approval=approval)
    return approval


def open_of(charge: Charge) -> int:
    """What of a charge can be waived, minor units. Raises ChargeError."""
    if charge.state == State.WAIVER_ASKED:
        raise ChargeError("its waiver is asked for already: see Approvals")
    open_again = charge.state == State.WAIVED and charge.open_item and charge.open_item.balance > 0  # a payment of a part was returned
    if (charge.state != State.POSTED and not open_again) or charge.open_item is None:
        raise ChargeError(f"this was {charge.get_state_display()}: nothing to waive")
    if charge.open_item.balance <= 0:
        held = PaymentPlan.objects.filter(items__open_item=charge.open_item, state=PaymentPlan.State.ACTIVE).first()
        if held is not None:
            raise ChargeError(f"{charge.open_item.number} stands in the instalments of {held.number}: end that plan first")
        raise ChargeError(f"{charge.open_item.number} is paid: give it back by a credit memo")
    return charge.open_item.balance


def part_of(charge: Charge, amount: int | None, items: Sequence[int]) -> tuple[int, dict[str, int]]:
    """What is to be waived of a charge, in minor units: so much, or the lines of these items as far as they weren't waived before and are
    open (with how much of which: key of an item → minor units); without either all that is open. Raises ChargeError."""
    left = open_of(charge)
    if items and amount is not None:
        raise ChargeError("say an amount, or choose items: not both")
    if items:
        of_items = _of_items(charge, set(items), left)
        if not of_items:
            raise ChargeError("what these items were charged is waived already: choose others, or say an amount")
        return sum(of_items.values()), of_items
    if amount is None:
        return left, {}
    if not 0 < amount <= left:
        raise ChargeError(f"{money.format(left, charge.currency)} {charge.currency} are open: waive that or less, and more than nothing")
    return amount, {}


def _of_items(charge: Charge, items: set[int], left: int) -> dict[str, int]:
    """Key of an item → what of its line is waived now, all of them no more than is left."""
    known = {line["item"]: line["amount"] for line in charge.lines}
    if items - set(known):
        raise ChargeError("choose among the items of this charge")
    before: Counter[str] = Counter()
    done = Approval.objects.filter(
        kind="charge_waiver", customer_ref=charge.customer_id, payload__charge=charge.pk, state__in=("alone", "approved")
    )  # fmt: skip
    for payload in done.values_list("payload", flat=True):
        before.update(payload.get("items", {}))
    found = {}
    for item in sorted(items):
        share = min(left, known[item] - before[str(item)])
        if share > 0:
            found[str(item)], left = share, left - share
    return found


def _facts(approval: Approval) -> list[Fact]:
    charge = Charge.objects.select_related("customer", "run", "open_item").filter(pk=approval.payload["charge"]).first()
    if charge is None or charge.open_item is None:
        return []
    item, cur = charge.open_item, charge.currency
    return [
        Fact("Customer", charge.customer.name, address("customers:detail", charge.customer_id)),
        Fact("Charge", f"{item.number} for {charge.run.period_from:%B %Y}", address("collections:charge", charge.pk)),
        Fact("Open", f"{money.format(item.balance, cur)} of {money.format(item.amount, cur)}"),
        Fact("Waived of it", money.format(approval.amount, cur), is_amount=True),
        Fact("Posts to", "late-fee income"),
    ]


@register_approval("charge_waiver", label="Late charge waived", request="charges.waive", approve="charges.approve", draw=_facts)
def waive(approval: Approval, actor: Actor) -> Entry:
    """Post what was approved. Raises ChargeError when something was paid meanwhile, LedgerError."""
    charge = (
        Charge.objects.select_for_update(of=("self",), no_key=True)
        .select_related("open_item__opened_by")
        .get(pk=approval.payload["charge"])
    )
    if charge.open_item is None:
        raise ChargeError("there is no charge to waive")
    item, wanted = lock_items([charge.open_item.pk])[charge.open_item.pk], approval.payload["amount"]
    if item.balance < wanted:
        left = f"{money.format(item.balance, charge.currency)} {charge.currency}"
        raise ChargeError(f"{left} of {item.number} are open by now: ask again")
    day = first_open_day(charge.company_id, date.fromisoformat(approval.payload["day"]))
    if day is None:
        raise ChargeError("no accounting period is open: open one first")
    if wanted == item.balance == item.amount:
        (posted,) = reverse_entries(entries=[item.opened_by], day=day, actor=actor, reason=f"waived: {approval.reason}")
    else:
        draft = drafts.application(
            books_of(charge.company, charge.currency, day), parts=[Part(item_state(item), wanted)], day=day,
            source=f"charge_waiver:approval:{approval.pk}", others=_posted_to(item, wanted), kind="late_fee",
            narrative=approval.reason[:300],
        )  # fmt: skip
        posted = posting.post_one(draft, actor=actor)
    state = State.WAIVED if wanted == item.balance else State.POSTED
    because = f"{'' if state == State.WAIVED else 'in part '}waived: {approval.reason}"[:200]
    _change(charge, state=state, approval=approval, because=because, waived=charge.waived + wanted)
    record(
        actor=actor, type="charge.waived", company_id=charge.company_id, subject=charge, customer_id=charge.customer_id, number=item.number,
        amount=wanted, currency=charge.currency, approval=approval.pk,
    )  # fmt: skip
    return Entry.objects.get(pk=posted.entry_id)


def _posted_to(item: OpenItem, amount: int) -> list[tuple[str, int]]:
    """The accounts that a part is taken out of: those that the charge was posted to, income and tax, in their shares; to the cent."""
    lines = item.opened_by.lines.filter(open_item=None).exclude(amount=0).order_by("pk")
    posted = [(kind, -value) for kind, value in lines.values_list("account__kind", "amount")] or [("late_fees", item.amount)]
    shares = money.split(amount, [value for _, value in posted]) if len(posted) > 1 else [amount]
    return [(kind, share) for (kind, _), share in zip(posted, shares, strict=True) if share]


def follow(approval: Approval, actor: Actor, now: datetime, today: date) -> None:
    """A waiver that was not allowed leaves the charge as it was."""
    if approval.kind == "charge_waiver" and approval.state != Approval.State.APPROVED:
        found = Charge.objects.filter(pk=approval.payload["charge"], state=State.WAIVER_ASKED).first()
        if found:
            _change(found, state=State.POSTED, approval=approval)


def behind(approval: Approval, actor: Actor) -> Affair | None:
    """The charge that a request is about, for somebody who reads the request and sees the charge."""
    if approval.kind != "charge_waiver":
        return None
    found = Charge.objects.visible_to(actor, "collections.view").filter(pk=approval.payload["charge"]).select_related("open_item").first()
    if found is None or found.open_item is None:
        return None
    return Affair("Late charge", found.open_item.number, found.get_state_display(), address("collections:charge", found.pk))


def _change(charge: Charge, **fields: object) -> None:
    for name, value in fields.items():
        setattr(charge, name, value)
    charge.version += 1
    charge.save(update_fields=[*fields, "version"])
