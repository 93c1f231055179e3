"""The subledger beside its control accounts: items, backwards from today's balances, against the journal's lines, forwards, as of a day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import connection

from ledger import asof
from ledger.asof import Scope
from ledger.models import Account
from org.actors import Reach
from org.models import Company


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A control account in a currency: what its open items sum to, and what its lines do (signed minor units, own and base)."""

    company: Company
    account: Account
    currency: str
    subledger: int
    control: int
    base_subledger: int
    base_control: int

    @property
    def ties(self) -> bool:
        """Whether both agree in both currencies."""
        return (self.subledger, self.base_subledger) == (self.control, self.base_control)


def reconcile(companies: Collection[Company], as_of: date) -> list[Reconciled]:
    """Every control account of these companies, by company, account and currency; accounts without a balance are left out."""
    by_id = {c.pk: c for c in companies}
    accounts = {a.pk: a for a in Account.objects.filter(company__in=by_id, is_control=True)}
    items = _items(list(by_id), as_of, {(a.company_id, a.kind): a.pk for a in accounts.values()})
    lines = _lines(list(by_id), as_of)
    found = [
        Reconciled(by_id[accounts[pk].company_id], accounts[pk], currency, *_pair(items, lines, (pk, currency)))
        for pk, currency in items.keys() | lines.keys()
    ]
    return sorted(found, key=lambda r: (r.company.code, r.account.code, r.currency))


Sums = dict[tuple[int, str], tuple[int, int]]


def _pair(items: Sums, lines: Sums, key: tuple[int, str]) -> tuple[int, int, int, int]:
    (own, base), (control, base_control) = items.get(key, (0, 0)), lines.get(key, (0, 0))
    return own, control, base, base_control


def _items(company_ids: list[int], as_of: date, accounts: dict[tuple[int, str], int]) -> Sums:
    found: Sums = {}
    for kind in Account.CONTROL_KINDS:
        scope = Scope(Reach(everything=True), company_ids=company_ids, accounts=(str(kind),))
        for row in asof.aging(as_of, scope, by=("company",)):
            if row.total or row.base_total:
                found[accounts[row.keys["company"], str(kind)], row.currency] = (row.total, row.base_total)
    return found


def _lines(company_ids: list[int], as_of: date) -> Sums:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.account_id, e.currency, sum(l.amount), sum(l.base_amount) FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id"
            " JOIN ledger_account a ON a.id = l.account_id"
            " WHERE a.is_control AND e.company_id = ANY(%s) AND e.effective_date <= %s GROUP BY 1, 2",
            [company_ids, as_of],
        )
        return {(account, currency): (int(a), int(b)) for account, currency, a, b in cursor.fetchall() if a or b}
