"""A step's words as a customer would read them."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from collections_app.models import StrategyStep, StrategyVersion
from collections_app.policy.dunning import Account, Rules, decide
from collections_app.selectors.dunning import Case, accounts
from customers.models import Customer
from ledger.models import OpenItem

TRIED = 20
"""Customers that are looked at to find one with something to ask for."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A case to preview by, with the customer as if it spoke the language."""

    case: Case
    customer: Customer


def sample_of(seen: Any, version: StrategyVersion, step: StrategyStep, language: str, day: date) -> Sample | None:
    """A customer in sight whom the step could be about; None where nobody owes anything."""
    open_items = OpenItem.objects.open().owed().filter(customer__in=seen, company=version.strategy.company_id)
    wanted = open_items.filter(due_date__gte=day) if step.is_early else open_items.filter(due_date__lt=day)
    ids = list(dict.fromkeys(wanted.order_by("due_date").values_list("customer", flat=True)[: TRIED * 5]))[:TRIED]
    customers: dict[int, Customer] = Customer.objects.select_related("company", "collector").in_bulk(ids)
    for account in accounts(customers, day):
        found = decide(_free(account), Rules((1,), early_days=60 if step.is_early else None), day)
        if found and found.is_letter:
            customer = customers[account.customer_id]
            customer.language = language
            return Sample(Case(customer, found, step, ()), customer)
    return None


def _free(account: Account) -> Account:
    """The account without what would keep it from being written to today."""
    debits = tuple(replace(debit, given=0, reminded=False) for debit in account.debits)
    return replace(account, debits=debits, is_held=False, paid_today=0, last_contact=None, facts=frozenset())
