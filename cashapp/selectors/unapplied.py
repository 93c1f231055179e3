"""Cash that isn't applied, and cash of nobody knows whom, as of a day: by owner and age, and the rows that each figure sums."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from cashapp.models import MatchPolicy, Receipt
from ledger.aging import Buckets
from ledger.asof import ItemBalance, Scope, item_balances
from org.actors import Actor, Reach
from org.models import Company, User

BUCKETS = Buckets((7, 14, 30, 60, 90))
KINDS = {"unapplied": "Unapplied", "unidentified": "Unidentified", "account": "On account"}
USUAL_DAYS = {"unapplied": 30, "unidentified": 10}
"""After how many days cash is called up where the company has set nothing."""


@dataclass(frozen=True, slots=True)
class Cash:
    """A receipt with what of it was open at the end of the day (minor units > 0), its age in days, its owner and whether it is too old."""

    receipt: Receipt
    kind: str
    amount: int
    days: int
    owner: User | None
    limit: int

    @property
    def late(self) -> bool:
        """Whether it is older than the company's alert says; what stays on account on purpose never is."""
        return self.kind in USUAL_DAYS and self.days > self.limit

    @property
    def bucket(self) -> int:
        """Which column of the table it is in."""
        return sum(self.days > bound for bound in BUCKETS.bounds)

    @property
    def owner_key(self) -> str:
        """The owner as it stands in addresses."""
        return str(self.owner.pk) if self.owner else "none"

    @property
    def currency(self) -> str:
        """The receipt's currency."""
        return self.receipt.currency


@dataclass
class Owned:
    """A row of the table: one owner's cash of one kind in one currency, by bucket."""

    owner: User | None
    kind: str
    currency: str
    buckets: list[int] = field(default_factory=lambda: [0] * len(BUCKETS.labels))
    count: int = 0
    late: int = 0

    @property
    def total(self) -> int:
        """The sum of its buckets."""
        return sum(self.buckets)


@dataclass(frozen=True, slots=True)
class Asked:
    """What of it is wanted: empty means all. `owner` is a key, or `none` for nobody's; `bucket` an index."""

    as_of: date
    company: str = ""
    currency: str = ""
    kind: str = ""
    owner: str = ""
    bucket: str = ""
    late: bool = False

    def takes(self, cash: Cash) -> bool:
        """Whether a row is one of those behind the figure."""
        return (
            (not self.currency or cash.currency == self.currency) and (not self.kind or cash.kind == self.kind)
            and (not self.owner or cash.owner_key == self.owner) and (not self.bucket or str(cash.bucket) == self.bucket)
            and (not self.late or cash.late)
        )  # fmt: skip


def alert_days(companies: Iterable[int]) -> dict[int, dict[str, int]]:
    """Company → after how many days its cash is called up."""
    given = dict(MatchPolicy.objects.filter(company__in=companies).values_list("company", "alert_days"))
    return {pk: USUAL_DAYS | {k: int(v) for k, v in (given.get(pk) or {}).items() if k in USUAL_DAYS} for pk in companies}


def open_cash(actor: Actor, as_of: date, company: str = "") -> list[Cash]:
    """Every receipt in sight that wasn't applied in full at the end of the day, the oldest first.

    Cash of unknown payers is shown as the workbench shows it: to everybody of the company, but for what seems to be another's customer's.
    """
    companies = Company.objects.visible_to(actor, "cash.view")
    chosen = {c.pk for c in (companies.filter(code=company) if company else companies)}
    balances = {b.item_id: b for b in _balances(actor.reach("cash.view"), chosen, as_of)}
    receipts = _receipts(actor, balances)
    limits = alert_days(chosen)
    found = [_cash(r, balances[item], as_of, limits[r.company_id]) for item, r in receipts.items()]
    return sorted(found, key=lambda c: (-c.days, -c.amount, c.receipt.pk))


def _balances(reach: Reach, companies: set[int], as_of: date) -> list[ItemBalance]:
    own = item_balances(as_of, Scope(reach, company_ids=companies, kinds=("receipt",), accounts=("receivable",)))
    whole = Reach(companies=frozenset(companies))
    return own + item_balances(as_of, Scope(whole, company_ids=companies, kinds=("receipt",), accounts=("unidentified",)))


def _receipts(actor: Actor, balances: dict[int, ItemBalance]) -> dict[int, Receipt]:
    """Item → its receipt, also where the receipt's money has moved on to another item since (its payer was named: `RC-1/U`, `RC-1`)."""
    seen = Receipt.objects.visible_to(actor, "cash.view").select_related("customer__collector", "assigned_to", "company", "bank_account")
    numbers = {(b.company_id, b.number.partition("/")[0]): item for item, b in balances.items()}
    found = seen.filter(company__in={c for c, _ in numbers}, number__in={n for _, n in numbers})
    return {numbers[r.company_id, r.number]: r for r in found if (r.company_id, r.number) in numbers}


def _cash(receipt: Receipt, balance: ItemBalance, as_of: date, limits: dict[str, int]) -> Cash:
    kind = "unidentified" if balance.customer_id is None else "account" if receipt.on_account else "unapplied"
    owner = receipt.assigned_to or (receipt.customer.collector if receipt.customer and balance.customer_id else None)
    return Cash(receipt, kind, -balance.balance, (as_of - receipt.value_date).days, owner, limits.get(kind, 0))


def by_owner(rows: Iterable[Cash]) -> list[Owned]:
    """The table: a row for each owner, kind and currency; nobody's comes first."""
    found: dict[tuple[str, str, str], Owned] = {}
    for cash in rows:
        owned = found.setdefault((cash.owner_key, cash.kind, cash.currency), Owned(cash.owner, cash.kind, cash.currency))
        owned.buckets[cash.bucket] += cash.amount
        owned.count += 1
        owned.late += cash.late
    kinds = list(KINDS)
    return sorted(found.values(), key=lambda o: (o.owner is not None, o.owner.name if o.owner else "", kinds.index(o.kind), o.currency))


def sums_of(rows: Iterable[Cash]) -> dict[str, int]:
    """Currency → what the rows come to."""
    sums: dict[str, int] = defaultdict(int)
    for cash in rows:
        sums[cash.currency] += cash.amount
    return dict(sums)
