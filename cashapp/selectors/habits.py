"""What people did by hand with the receipts of the last year, as `cashapp.engine.habits` reads it."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, Sum

from cashapp.engine.habits import Short, Work
from cashapp.engine.payers import plain_account, plain_name
from cashapp.models import Match, PayerAlias, Receipt
from cashapp.selectors.history import settled_receipts
from customers.models import Customer
from disputes.models import Dispute
from ledger.models import Account, Entry, Line

LOOKED_AT = 365
UNSAID = ("", "short_payment", "other")
"""Reasons that say nothing."""
CHARGES = (Account.Kind.BANK_CHARGES, Account.Kind.ROUNDING)


def works_of(company_id: int, today: date) -> list[Work]:
    """Every receipt of the last year that people settled by hand, or left on account; a handful of queries."""
    rows = settled_receipts(company_id, today - timedelta(days=LOOKED_AT), today).filter(customer__isnull=False)
    matched: dict[int, list[Match]] = defaultdict(list)
    for match in Match.objects.filter(receipt__in=rows.order_by().values("pk"), reversed_by=None).order_by("pk"):
        matched[match.receipt_id].append(match)
    by_hand = {m.pk: m for found in matched.values() for m in found if m.actor.startswith("user:")}
    shorts, booked = _shorts(company_id, set(by_hand)), _booked({m.entry_id for m in by_hand.values()})
    known = _known(company_id)
    found = []
    for receipt in rows.select_related("open_item__opened_by").order_by("pk"):
        mine = matched[receipt.pk]
        if not mine or all(m.pk in by_hand for m in mine):
            found.append(_work(receipt, mine, shorts, booked, known))
    return found


def _work(
    receipt: Receipt, matches: list[Match], shorts: dict[int, list[tuple[int, int, str]]], booked: dict[int, dict[str, int]],
    known: set[tuple[int, str]],
) -> Work:  # fmt: skip
    kinds: dict[str, int] = defaultdict(int)
    for match in matches:
        for kind, amount in booked.get(match.entry_id, {}).items():
            kinds[kind] += amount
    short = tuple(Short(amount, owed, reason) for m in matches for amount, owed, reason in shorts.get(m.pk, ()))
    gave_up = sum(kinds.values())
    return Work(
        receipt.pk, receipt.customer_id or 0, receipt.currency, _named_by_hand(receipt, known), on_account=not matches,
        charges=sum(kinds[k] for k in CHARGES), withheld=kinds[Account.Kind.WITHHELD],
        owed=sum(m.amount for m in matches) + gave_up + sum(s.amount for s in short), shorts=short,
    )  # fmt: skip


def _named_by_hand(receipt: Receipt, known: set[tuple[int, str]]) -> tuple[str, str]:
    """The account, else the name, under which a payer shows himself whom a person named, and whom no alias names yet."""
    opened = receipt.open_item.opened_by
    if opened.kind != Entry.Kind.IDENTIFICATION or not opened.actor.startswith("user:"):
        return ("", "")
    account, name = plain_account(receipt.payer_account), plain_name(receipt.payer_name)
    key = ("payer_account", account) if account else ("payer_name", name)
    return ("", "") if not key[1] or (receipt.customer_id or 0, key[1]) in known else key


def _known(company_id: int) -> set[tuple[int, str]]:
    """(customer, account or name) that an alias in force, or the customer's own name, says already."""
    aliases = PayerAlias.objects.filter(company=company_id, is_active=True).values_list("customer", "value")
    return {*aliases, *((pk, plain_name(name)) for pk, name in Customer.objects.filter(company=company_id).values_list("pk", "name"))}


def _shorts(company_id: int, matches: set[int]) -> dict[int, list[tuple[int, int, str]]]:
    """Match → (short, what was owed of the item before, reason) of the cases that it opened."""
    rows = Dispute.objects.filter(company=company_id, source__startswith="short_pay:")
    found: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    wanted = [(int(source.split(":")[1]), item, claimed, reason) for source, item, claimed, reason in
              rows.values_list("source", "open_item", "claimed", "reason") if source.split(":")[1].isdecimal()]  # fmt: skip
    wanted = [w for w in wanted if w[0] in matches]
    paid = _paid({m for m, *_ in wanted})
    for match, item, claimed, reason in wanted:
        found[match].append((claimed, paid.get((match, item), 0) + claimed, "" if reason in UNSAID else reason))
    return found


def _paid(matches: set[int]) -> dict[tuple[int, int], int]:
    lines = Line.objects.filter(entry__match__in=matches, open_item__isnull=False).order_by()
    rows = lines.values_list("entry__match", "open_item").annotate(total=Sum("amount"))
    return {(match, item): -int(total) for match, item, total in rows}


def _booked(entries: set[int]) -> dict[int, dict[str, int]]:
    """Entry → what it gave up, by kind of account: charges and small differences, tax."""
    lines: Any = Line.objects.filter(entry__in=entries).filter(Q(account__kind__in=CHARGES) | Q(account__kind=Account.Kind.WITHHELD))
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for entry, kind, total in lines.order_by().values_list("entry", "account__kind").annotate(total=Sum("amount")):
        found[entry][kind] = int(total)
    return found
