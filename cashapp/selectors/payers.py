"""Who pays: the company's customers as the engine knows them, and groups of customers."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Q

from cashapp.engine import Payer, Policy
from cashapp.engine.payers import plain_account, plain_name
from cashapp.models import MatchPolicy, PayerAlias, PayerRelation
from cashapp.querysets import PayerAliasQuerySet, PayerRelationQuerySet
from customers.models import Customer
from ledger.models import OpenItem


def payers_of(company_id: int, today: date | None = None) -> list[Payer]:
    """Every customer of a company with the names and accounts it pays under and whom else it pays for, and payers who are no customers;
    in three queries. What counts is what counts on the day; without one, expiry is not looked at."""
    learnt: dict[int, list[Mark]] = defaultdict(list)
    for customer, *mark in counting_aliases(company_id, today).values_list("customer", "kind", "value", "scope", "confidence"):
        learnt[customer].append(Mark(*mark))
    agreed, outsiders = _relations(company_id, today)
    customers = Customer.objects.filter(company=company_id).values_list("pk", "name", "parent")
    return [_payer(pk, name, parent, learnt.get(pk, ()), agreed.get(pk, ())) for pk, name, parent in customers] + outsiders


class Mark(NamedTuple):
    """An alias as the engine needs it."""

    kind: str
    value: str
    scope: str
    confidence: int


def _payer(pk: int, name: str, parent: int | None, marks: Collection[Mark], pays_for: Collection[int]) -> Payer:
    if not marks and not pays_for:
        return Payer(pk, name, parent_id=parent)
    doubtful = {m.value: m.confidence for m in marks if m.confidence < 100}
    own_only = frozenset(m.value for m in marks if m.scope == PayerAlias.Scope.CUSTOMER)
    names = tuple(m.value for m in marks if m.kind == PayerAlias.Kind.NAME)
    accounts = tuple(m.value for m in marks if m.kind == PayerAlias.Kind.ACCOUNT)
    return Payer(pk, name, names, accounts, parent, tuple(pays_for), doubtful, own_only)


def counting_aliases(company_id: int, today: date | None = None) -> PayerAliasQuerySet:
    """Aliases that count: active, approved where the company wants it, and on the day neither expired nor out of use for too long."""
    found = PayerAlias.objects.filter(company=company_id, is_active=True)
    policy = MatchPolicy.objects.filter(company=company_id).values("alias_approval", "alias_months").first()
    if policy and policy["alias_approval"]:
        found = found.exclude(approved_at=None)
    if today is None:
        return found
    found = found.filter(Q(expires_on=None) | Q(expires_on__gte=today))
    months = policy["alias_months"] if policy else MatchPolicy._meta.get_field("alias_months").get_default()
    if not months:
        return found
    since = today - timedelta(days=round(months * 30.44))
    return found.filter(Q(last_used_on__gte=since) | Q(created_at__date__gte=since) | Q(approved_at__date__gte=since))


def active_relations(company_id: int, day: date | None = None) -> PayerRelationQuerySet:
    """Relations that were approved; in force on the day, where one is given."""
    found = PayerRelation.objects.filter(company=company_id, state=PayerRelation.State.ACTIVE)
    return found.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day) if day else found


def _relations(company_id: int, today: date | None) -> tuple[dict[int, list[int]], list[Payer]]:
    """Customer → those it pays for; and payers who are no customers, under negative numbers."""
    agreed: dict[int, list[int]] = defaultdict(list)
    strangers: dict[tuple[str, str], list[int]] = defaultdict(list)
    numbers: dict[tuple[str, str], int] = {}
    rows = active_relations(company_id, today).order_by("pk")
    for pk, payer, name, account, owner in rows.values_list("pk", "payer", "payer_name", "payer_account", "pays_for"):
        if payer is not None:
            agreed[payer].append(owner)
        else:
            strangers[name, account].append(owner)
            numbers.setdefault((name, account), -pk)
    outsiders = [
        Payer(numbers[key], key[0], (key[0],), (key[1],) if key[1] else (), pays_for=tuple(owners)) for key, owners in strangers.items()
    ]
    return agreed, outsiders


class KnownPayers:
    """Accounts and confirmed names that stand for one customer each."""

    def __init__(self, accounts: dict[str, set[int]], names: dict[str, set[int]]) -> None:
        self._accounts, self._names = accounts, names

    def certain(self, account: str, name: str) -> int | None:
        """The customer, when account or confirmed name leave no doubt."""
        by_account = self._accounts.get(plain_account(account), set()) if account else set()
        by_name = self._names.get(plain_name(name), set()) if name else set()
        found = by_account & by_name if by_account and by_name else by_account or by_name
        return next(iter(found)) if len(found) == 1 else None


def known_payers(company_id: int, today: date | None = None) -> KnownPayers:
    """What the company learnt about its payers, as far as it is to be trusted without looking at the amount."""
    accounts: dict[str, set[int]] = defaultdict(set)
    names: dict[str, set[int]] = defaultdict(set)
    trusted = counting_aliases(company_id, today).filter(confidence__gte=Policy().alias_confidence)
    for customer, kind, value in trusted.values_list("customer", "kind", "value"):
        (accounts if kind == PayerAlias.Kind.ACCOUNT else names)[value].add(customer)
    return KnownPayers(dict(accounts), dict(names))


def group_roots(customer_ids: Collection[int]) -> dict[int, int]:
    """Customer → the top of its group; a query a level, whatever the number of customers."""
    parents: dict[int, int | None] = {}
    wanted = set(customer_ids)
    while wanted:
        found = dict(Customer.objects.filter(pk__in=wanted).values_list("pk", "parent"))
        parents |= found
        wanted = {p for p in found.values() if p is not None and p not in parents}
    return {c: _root(c, parents) for c in customer_ids}


def _root(customer: int, parents: dict[int, int | None]) -> int:
    seen = {customer}
    while (above := parents.get(customer)) is not None and above not in seen:
        seen.add(above)
        customer = above
    return customer


def strangers_to(payer: int, owners: Collection[int], roots: Mapping[int, int], day: date) -> set[int]:
    """Owners whose items a customer may not pay: not of its group, and nothing agreed about them on the day. `roots` as `group_roots`."""
    found = {o for o in owners if roots[o] != roots.get(payer, payer)}
    if not found:
        return found
    company_id = Customer.objects.values_list("company", flat=True).get(pk=payer)
    return found - set(active_relations(company_id, day).filter(payer=payer, pays_for__in=found).values_list("pays_for", flat=True))


def owners_within(payer: int, item_ids: Collection[int], day: date) -> bool:
    """Whether every one of the items belongs to the payer's group, or to somebody it was agreed to pay for."""
    owners = set(OpenItem.objects.filter(pk__in=item_ids, customer__isnull=False).values_list("customer", flat=True))
    return not strangers_to(payer, owners, group_roots(owners | {payer}), day)
