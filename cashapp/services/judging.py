"""Whether a person's allocation may be posted: it adds up, the items can take it, the limits are kept, the payer's group is not left."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from django.db import connection

from arops.lib import money
from cashapp.engine.model import Policy
from cashapp.models import MatchPolicy, Receipt
from cashapp.selectors.budgets import Budgets, has_budget
from cashapp.selectors.engine_input import policy_of
from cashapp.selectors.payers import group_roots, strangers_to
from cashapp.selectors.settlement import given_up, items_of_payment
from cashapp.services.errors import AllocationError, OutsideGroup, OverLimit
from cashapp.services.settling import Share
from customers.models import Customer
from ledger.models import Account, OpenItem
from ledger.selectors import lock_items
from org.actors import Actor

CHARGES_MOST = {"USD": 50_00, "EUR": 50_00, "GBP": 50_00, "CHF": 50_00}
"""What banks on the way may have kept of one payment, in minor units: the sender's, ours and one or two between them."""
WITHHELD_MOST = 35
"""Percent of an item that tax withheld at the source may be: the highest rates of the kind."""


def judge(receipt: Receipt, shares: Sequence[Share], *, actor: Actor, rest: bool, payer_id: int | None, ruled: bool = False) -> int:
    """The customer on whose account the receipt belongs, when all is well.

    Raises AllocationError (naming the item and the amounts), OverLimit, OutsideGroup.
    """
    _lock_for_limits(receipt, shares)
    items = items_of(receipt, shares, actor=actor)
    for share in shares:
        _check_share(share, items[share.item_id], receipt.currency)
    _check_sum(receipt, shares, rest)
    _check_limits(receipt, shares, items, actor)
    if not ruled:
        _check_charges(receipt, shares, actor)
        _check_withheld(receipt, shares, items, actor)
    return payer_for(receipt, {i.customer_id for i in items.values() if i.customer_id}, actor=actor, payer_id=payer_id)


def take_turns(company_id: int, shares: Iterable[Share]) -> None:
    """Where tolerances have a budget, whoever spends of it waits for others who do, to the end of their transactions. Call it before
    anything is held."""
    if any(share.write_off for share in shares) and has_budget(policy_of(company_id)):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0)) IS NOT NULL", [f"tolerances:{company_id}"])


def _lock_for_limits(receipt: Receipt, shares: Sequence[Share]) -> None:
    """Whoever gives something up waits for others who do so on the same payment or the same items: limits are judged by what stands."""
    if any(share.settled != share.amount for share in shares):
        lock_items(items_of_payment(receipt) | {share.item_id for share in shares})


def items_of(receipt: Receipt, shares: Sequence[Share], *, actor: Actor) -> dict[int, OpenItem]:
    """The items by key: of the receipt's company and currency, in the actor's sight, each named once."""
    ids = [s.item_id for s in shares]
    if len(set(ids)) != len(ids):
        raise AllocationError("an item stands in the allocation twice")
    found = OpenItem.objects.visible_to(actor, "cash.apply").filter(pk__in=ids, company=receipt.company_id, customer__isnull=False)
    items = {i.pk: i for i in found.select_related("receipt", "customer")}
    if len(items) != len(ids) or receipt.open_item_id in items:
        raise AllocationError("an item of the allocation is not among those you can apply cash to")
    for item in items.values():
        if item.currency != receipt.currency:
            raise AllocationError(f"{item.number} is in {item.currency}, the receipt in {receipt.currency}")
        if item.kind == OpenItem.Kind.RECEIPT and not item.receipt.on_account:
            raise AllocationError(f"{item.number} waits itself: leave it on account first")
    return items


def _check_share(share: Share, item: OpenItem, currency: str) -> None:
    if item.balance < 0:
        if share.settled != share.amount or share.short or not item.balance <= share.amount < 0:
            raise AllocationError(f"{item.number} is a credit: use up to {money.format(-item.balance, currency)} of it")
        return
    if min(share.amount, share.discount, share.write_off, share.short, share.charges, share.withheld) < 0 or not share.settled:
        raise AllocationError(f"{item.number}: give an amount above zero, or leave it out")
    if share.settled + share.short > item.balance:
        over, left = money.format(share.settled + share.short, currency), money.format(item.balance, currency)
        raise AllocationError(f"{item.number}: {over} is more than the {left} that are open")


def _check_sum(receipt: Receipt, shares: Sequence[Share], rest: bool) -> None:
    used = sum(s.amount for s in shares)
    left = receipt.unapplied - used
    if used <= 0:
        raise AllocationError("the credits take up the whole receipt: nothing would be applied")
    if left < 0:
        raise AllocationError(f"{money.format(-left, receipt.currency)} more is given out than is left of {receipt.number}")
    if left and not rest:
        raise AllocationError(f"{money.format(left, receipt.currency)} is left over: apply it, or leave the rest on account")


def _check_limits(receipt: Receipt, shares: Sequence[Share], items: Mapping[int, OpenItem], actor: Actor) -> None:
    policy = policy_of(receipt.company_id)
    limit = write_off_limit(policy, receipt.currency, actor)
    written = sum(s.write_off for s in shares)
    # Small amounts one after the other are one large one: what was written off before counts, of the payment and of its items.
    written += _written_before(receipt, shares) if written else 0
    if written > limit:
        raise OverLimit(
            f"you may write off {money.to_text(limit, receipt.currency)} {receipt.currency} on a receipt, "
            f"not {money.to_text(written, receipt.currency)}: take it as a deduction, or ask for a write-off on the page of its open item"
        )
    if written and not actor.can("writeoffs.approve", receipt.company_id):
        customer = receipt.customer_id or next((i.customer_id for i in items.values()), 0) or 0
        fresh = sum(s.write_off for s in shares)
        if why := Budgets(policy).of(receipt).refusal(customer, receipt.currency, fresh):
            raise OverLimit(f"{why}: take it as a deduction, or ask somebody who approves write-offs")
    for share in shares:
        if share.discount:
            _check_discount(receipt, share, items[share.item_id], policy, actor)


def _check_charges(receipt: Receipt, shares: Sequence[Share], actor: Actor) -> None:
    """What banks kept stays below what several banks on the way take; with what was booked before on the payment."""
    charged = sum(s.charges for s in shares)
    if not charged:
        return
    limit = charges_limit(policy_of(receipt.company_id), receipt.currency, actor)
    charged += given_up(Account.Kind.BANK_CHARGES, items_of_payment(receipt))
    if charged > limit:
        raise OverLimit(
            f"you may book {money.to_text(limit, receipt.currency)} {receipt.currency} of bank charges on a receipt, "
            f"not {money.to_text(charged, receipt.currency)}: take it as a deduction"
        )


def _check_withheld(receipt: Receipt, shares: Sequence[Share], items: Mapping[int, OpenItem], actor: Actor) -> None:
    """No law known to us has more of a bill withheld than `WITHHELD_MOST` percent; who approves write-offs judges what is odd."""
    for share in (s for s in shares if s.withheld and not actor.can("writeoffs.approve", receipt.company_id)):
        item = items[share.item_id]
        most, withheld = item.amount * WITHHELD_MOST // 100, share.withheld + given_up(Account.Kind.WITHHELD, [item.pk])
        if withheld > most:
            said, limit = money.to_text(withheld, receipt.currency), money.to_text(most, receipt.currency)
            raise OverLimit(
                f"{item.number}: {said} is more tax than the {WITHHELD_MOST} % ({limit}) that you may take as withheld: deduct it instead"
            )


def _written_before(receipt: Receipt, shares: Sequence[Share]) -> int:
    of_payment = given_up(Account.Kind.ROUNDING, items_of_payment(receipt))
    return max([of_payment, *(given_up(Account.Kind.ROUNDING, [s.item_id]) for s in shares if s.write_off)])


def _check_discount(receipt: Receipt, share: Share, item: OpenItem, policy: MatchPolicy, actor: Actor) -> None:
    if share.discount > item.discount_amount:
        offered = money.format(item.discount_amount, receipt.currency)
        raise OverLimit(f"{item.number} offers {offered} discount, not {money.format(share.discount, receipt.currency)}")
    may_more = actor.can("writeoffs.approve", receipt.company_id)
    taken = 0 if may_more else given_up(Account.Kind.DISCOUNT, [item.pk])
    if share.discount + taken > item.discount_amount and not may_more:
        offered, said = money.format(item.discount_amount, receipt.currency), money.format(taken, receipt.currency)
        raise OverLimit(f"{item.number} offers {offered} discount, and {said} was given already: take it as a deduction")
    late = item.discount_until and receipt.value_date > item.discount_until + timedelta(days=policy.discount_grace_days)
    if late and not may_more:
        raise OverLimit(f"the discount of {item.number} ended on {item.discount_until}: take it as a deduction")


def charges_limit(policy: MatchPolicy, currency: str, actor: Actor) -> int:
    """What the actor may book as bank charges on one receipt, in minor units: what banks keep, or what he may write off if that is more."""
    return max(CHARGES_MOST.get(currency, 0), write_off_limit(policy, currency, actor))


def write_off_limit(policy: MatchPolicy, currency: str, actor: Actor) -> int:
    """What the actor may write off on one receipt alone, in minor units: the tolerance, or more for those who approve write-offs."""
    tolerance = int((policy.tolerances or Policy().tolerance_fixed).get(currency, 0))
    if actor.can("writeoffs.approve", policy.company_id):
        return max(tolerance, int(policy.approver_limits.get(currency, 0)))
    return tolerance


def payer_for(receipt: Receipt, owners: set[int], *, actor: Actor, payer_id: int | None = None) -> int:
    """Whose the receipt is: as named before, as told now, the one owner of the items, or the head of their group. Raises OutsideGroup."""
    wanted = receipt.customer_id or payer_id
    roots = group_roots(owners | ({wanted} if wanted else set()))
    if wanted is None and len(owners) == 1:
        wanted = next(iter(owners))
    if wanted is None and len(set(roots.values())) == 1:
        wanted = next(iter(roots.values()))
    if wanted is None:
        raise OutsideGroup("the items belong to customers of different groups: name the payer, or split the receipt")
    strangers = strangers_to(wanted, owners, roots, receipt.value_date)
    payer = Customer.objects.visible_to(actor, "cash.apply").filter(pk=wanted, company=receipt.company_id).first()
    if payer is None:
        raise AllocationError("the payer is not among the customers you work on")
    if strangers:
        names = ", ".join(Customer.objects.filter(pk__in=strangers).values_list("name", flat=True)[:3])
        raise OutsideGroup(
            f"{names} is outside the group of {payer.name}: change the payer, split the receipt, or have it approved that {payer.name} "
            "pays for them"
        )
    return payer.pk
