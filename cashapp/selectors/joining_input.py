"""What joining is given: advices that wait for receipts, and receipts that no advice explains yet. Six queries, however many of each."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, TypeVar

from django.db.models import BigIntegerField, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from cashapp.engine.joining import Advised, Received
from cashapp.engine.likeness import tokens
from cashapp.engine.references import MIN_KEY, key
from cashapp.models import Receipt, Remittance, RemittanceJoin, RemittanceLine
from cashapp.selectors.payers import group_roots

WINDOW = timedelta(days=120)
"""How far back receipts are looked at that were applied already: an advice may come weeks after its money."""

PATIENCE = timedelta(days=180)
"""How long an advice waits for money by itself; later only a person joins it."""

_LIVE = Q(joins__isnull=False, joins__ended_at=None)
_REFERENCES = ("statement_line__bank_reference", "statement_line__customer_reference", "statement_line__end_to_end_id")

_COLUMNS = [*"pk currency amount told value_date text structured customer payer_account payer_name".split(), *_REFERENCES]


def waiting_advices(company_id: int, today: date) -> QuerySet[Remittance]:
    """Advices that have no receipt, or not all of what they say, each with `joined`: the sum of the receipts it has."""
    found = Remittance.objects.filter(company=company_id, set_aside="", created_at__date__gte=today - PATIENCE)
    found = found.annotate(joined=Sum("joins__receipt__amount", filter=_LIVE)).order_by("pk")
    return found.filter(Q(joined=None) | Q(total__gt=F("joined")))


def unexplained_receipts(company_id: int, today: date, totals: Iterable[int]) -> QuerySet[Receipt]:
    """Receipts that wait, and those applied lately of one of these amounts; each with `told`: what its advices say in all."""
    found = Receipt.objects.filter(company=company_id, returned_on=None, joined_back=False, split_from=None)
    lately = Q(value_date__gte=today - WINDOW, amount__in=set(totals))
    # An advice that says no amount explains all of its receipt.
    says = Sum(Coalesce("joins__remittance__total", "amount"), filter=_LIVE)
    told = Coalesce(says, 0, output_field=BigIntegerField())
    return found.filter(Q(open_item__balance__lt=0) | lately).annotate(told=told).filter(told__lt=F("amount")).order_by("pk")


Input = tuple[list[Advised], list[Received], set[tuple[int, int]]]


def joining_input(company_id: int, today: date, advices: Iterable[Remittance] | None = None, receipt: Receipt | None = None) -> Input:
    """Advices (those given, or all that wait), receipts (or this one), and pairs that a person took apart, as joining wants them."""
    waiting = list(waiting_advices(company_id, today) if advices is None else advices)
    if not waiting:
        return [], [], set()
    lines = _lines_of(waiting)
    advised = [_advised(a, lines.get(a.pk, [])) for a in waiting]
    rows = unexplained_receipts(company_id, today, [a.total for a in advised if a.total is not None])
    rows = rows.filter(pk=receipt.pk) if receipt else rows
    known = frozenset(n for a in advised for n in a.numbers)
    received = [_received(row, known) for row in rows.values(*_COLUMNS)]
    roots = group_roots({c for c in (*(a.customer_id for a in advised), *(r.customer_id for r in received)) if c is not None})
    apart = RemittanceJoin.objects.filter(remittance__in=[a.pk for a in waiting]).exclude(ended_at=None).order_by()
    pairs = set(apart.values_list("remittance", "receipt"))
    return [_rooted(a, roots) for a in advised], [_rooted(r, roots) for r in received], pairs


def _lines_of(advices: Iterable[Remittance]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    rows = RemittanceLine.objects.filter(remittance__in=[a.pk for a in advices]).order_by()
    for row in rows.values_list("remittance", "reference", "po_number", "paid", "adjustment"):
        found[row[0]].append(row[1:])
    return found


def _advised(advice: Remittance, lines: list[Any]) -> Advised:
    said = [paid if paid is not None else adjustment for _, _, paid, adjustment in lines]
    total = advice.total if advice.total is not None else sum(said) if said and None not in said else None
    joined = getattr(advice, "joined", None)
    numbers = frozenset(k for line in lines for n in line[:2] if len(k := key(n)) >= MIN_KEY)
    left = total - (joined or 0) if total is not None else None
    return Advised(
        advice.pk, advice.currency, left if left is None or left > 0 else None, tuple(t for t in (advice.trace, advice.reference) if t),
        numbers, advice.customer_id, advice.payer_account, advice.payer_name, advice.payment_date,
    )  # fmt: skip


def _received(row: dict[str, Any], known: frozenset[str]) -> Received:
    words = " ".join([row["text"], *(row[name] or "" for name in _REFERENCES)])
    named = {key(str(part.get("number", ""))) for part in row["structured"]} | tokens(words)
    return Received(
        row["pk"], row["currency"], row["amount"] - row["told"], row["value_date"], words, frozenset(named & known), row["customer"],
        row["payer_account"], row["payer_name"],
    )  # fmt: skip


T = TypeVar("T", Advised, Received)


def _rooted(one: T, roots: dict[int, int]) -> T:
    """With the head of the customer's group for the customer."""
    return replace(one, customer_id=roots[one.customer_id]) if one.customer_id is not None else one
