"""Who pays: the company's customers as the engine knows them, and groups of customers."""

from collections import defaultdict
from collections.abc import Collection

from cashapp.engine import Payer
from cashapp.engine.payers import plain_account, plain_name
from cashapp.models import PayerAlias
from customers.models import Customer
from ledger.models import OpenItem


def payers_of(company_id: int) -> list[Payer]:
    """Every customer of a company with the names and accounts it pays under, in two queries."""
    learnt: dict[int, dict[str, list[str]]] = defaultdict(lambda: {"account": [], "name": []})
    for customer, kind, value in PayerAlias.objects.filter(company=company_id, is_active=True).values_list("customer", "kind", "value"):
        learnt[customer][kind].append(value)
    return [
        Payer(pk, name, tuple(learnt[pk]["name"]) if pk in learnt else (), tuple(learnt[pk]["account"]) if pk in learnt else (), parent)
        for pk, name, parent in Customer.objects.filter(company=company_id).values_list("pk", "name", "parent")
    ]


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


def known_payers(company_id: int) -> KnownPayers:
    """What the company learnt about its payers."""
    accounts: dict[str, set[int]] = defaultdict(set)
    names: dict[str, set[int]] = defaultdict(set)
    for customer, kind, value in PayerAlias.objects.filter(company=company_id, is_active=True).values_list("customer", "kind", "value"):
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


def owners_within(payer: int, item_ids: Collection[int]) -> bool:
    """Whether every one of the items belongs to the payer's group."""
    owners = set(OpenItem.objects.filter(pk__in=item_ids, customer__isnull=False).values_list("customer", flat=True))
    roots = group_roots(owners | {payer})
    return all(roots[o] == roots[payer] for o in owners)
