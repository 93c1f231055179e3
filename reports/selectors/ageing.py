"""Ageing by any dimension, with disputed amounts and the proof that it ties."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.db import connection
from django.db.models import Sum

from customers.models import Customer
from disputes.models import DisputeMovement
from ledger import asof, daybook
from ledger.aging import CREDIT_KINDS, RETAINED, Amounts
from ledger.asof import AgingRow, ItemBalance
from ledger.models import Account
from org.models import Company, User
from reports.selectors.question import Question

DIMENSIONS = {
    "company": "Company",
    "customer": "Customer",
    "parent": "Group",
    "collector": "Collector",
    "segment": "Segment",
    "currency": "Currency",
}
"""What ageing can be shown by → the head of its column."""


@dataclass(slots=True)
class AgeingLine:
    """One row: its keys, what they are called, and its amounts in its currency and in the company's."""

    keys: dict[str, Any]
    currency: str
    base_currency: str
    own: Amounts
    base: Amounts
    items: int = 0
    label: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Tie:
    """A total from the items beside the same total from the journal's lines, in a currency (minor units)."""

    currency: str
    items: int
    journal: int
    accounts: str = ""

    @property
    def difference(self) -> int:
        """Nought when it ties."""
        return self.items - self.journal


@dataclass(slots=True)
class AgeingReport:
    """Rows, their totals by currency and by company currency, and the ties of these totals."""

    question: Question
    by: tuple[str, ...]
    labels: tuple[str, ...]
    lines: list[AgeingLine]
    totals: dict[str, Amounts] = field(default_factory=dict)
    base_totals: dict[str, Amounts] = field(default_factory=dict)
    ties: list[Tie] = field(default_factory=list)

    @property
    def retained(self) -> list[tuple[str, int]]:
        """Currency and amount of the retainage that is still held."""
        return [(currency, amounts.retained) for currency, amounts in self.totals.items() if amounts.retained]

    @property
    def ties_all(self) -> bool:
        """Whether every total ties."""
        return not any(tie.difference for tie in self.ties)


@dataclass(frozen=True, slots=True)
class DisputedItem:
    """An open item and how much of its balance is disputed as of the day (minor units, own and company currency)."""

    item: ItemBalance
    amount: int
    base_amount: int


def ageing(question: Question, by: Sequence[str] = ("company",), *, tied: bool = True, named: bool = True) -> AgeingReport:
    """Balances as of the question's day by bucket, a row for each combination of `by` (see DIMENSIONS) and currency, largest first.

    The totals are held against the sums of the journal, unless the caller shows no tie (`tied` False) and saves the reading;
    and `named` False saves that of the names, which leaves rows of equal totals in no particular order.
    """
    unknown = [name for name in by if name not in DIMENSIONS]
    if unknown:
        raise ValueError(f"ageing is shown by {', '.join(DIMENSIONS)}, not by {', '.join(unknown)}")
    keys = tuple(name for name in by if name != "currency")
    bases = dict(Company.objects.values_list("pk", "base_currency"))
    rows = asof.aging(
        question.as_of, question.scope, by=("company", *(k for k in keys if k != "company"), "kind"),
        basis=question.basis, buckets=question.buckets, known_at=question.known_at,
    )  # fmt: skip
    lines = _fold(rows, keys, bases, question)
    _add_disputed(lines, keys, bases, question)
    report = AgeingReport(question, tuple(by), question.buckets.labels, list(lines.values()))
    if named:
        _name(report.lines, keys)
    report.lines.sort(key=lambda line: (-line.base.total, line.label))
    _sum(report)
    if tied:
        report.ties = ties(question, {currency: amounts.total for currency, amounts in report.totals.items()})
    return report


def _fold(rows: Iterable[AgingRow], keys: tuple[str, ...], bases: dict[int, str], question: Question) -> dict[tuple[Any, ...], AgeingLine]:
    width = len(question.buckets.labels)
    lines: dict[tuple[Any, ...], AgeingLine] = {}
    for row in rows:
        base = bases[row.keys["company"]]
        key = (*(row.keys[k] for k in keys), row.currency, base)
        line = lines.get(key)
        if line is None:
            named = {k: row.keys[k] for k in keys}
            line = lines[key] = AgeingLine(named, row.currency, base, Amounts([0] * width), Amounts([0] * width))
        kind = row.keys["kind"]
        line.own.add(_amounts(row.buckets, kind, question))
        line.base.add(_amounts(row.base_buckets, kind, question))
        line.items += row.items
    return lines


def _amounts(buckets: tuple[int, ...], kind: str, question: Question) -> Amounts:
    if question.credits_apart and kind in CREDIT_KINDS:
        return Amounts([0] * len(buckets), sum(buckets))
    return Amounts(list(buckets), retained=sum(buckets) if kind == RETAINED else 0)


def _add_disputed(lines: dict[tuple[Any, ...], AgeingLine], keys: tuple[str, ...], bases: dict[int, str], question: Question) -> None:
    found = disputed_items(question)
    wanted = {d.item.customer_id or 0 for d in found} if set(keys) - {"company", "customer"} else set()
    about = {c.pk: c for c in Customer.objects.filter(pk__in=wanted).only("pk", "collector_id", "segment", "parent_id")}
    for d in found:
        values = (_key_of(d.item, name, about) for name in keys)
        line = lines.get((*values, d.item.currency, bases[d.item.company_id]))
        if line is not None:
            line.own.disputed += d.amount
            line.base.disputed += d.base_amount


def _key_of(item: ItemBalance, name: str, about: dict[int, Customer]) -> Any:
    if name in ("company", "customer"):
        return item.company_id if name == "company" else item.customer_id
    customer = about[item.customer_id or 0]
    return {"collector": customer.collector_id, "segment": customer.segment, "parent": customer.parent_id or customer.pk}[name]


def disputed_items(question: Question) -> list[DisputedItem]:
    """Open items disputed as of the day, each for no more than its balance."""
    moved = DisputeMovement.objects.filter(day__lte=question.as_of)
    if question.scope.customer_ids is not None:
        moved = moved.filter(open_item__customer__in=question.scope.customer_ids)
    if question.scope.item_ids is not None:
        moved = moved.filter(open_item__in=question.scope.item_ids)
    if question.scope.kinds is not None:
        moved = moved.filter(open_item__kind__in=question.scope.kinds)
    sums = moved.order_by().values_list("open_item_id").annotate(total=Sum("delta")).filter(total__gt=0)
    held: dict[int, int] = dict(sums)
    if not held:
        return []
    open_then = asof.item_balances(question.as_of, question.within(item_ids=list(held)).scope, known_at=question.known_at)
    return [_disputed(item, min(held[item.item_id], item.balance)) for item in open_then if item.balance > 0]


def _disputed(item: ItemBalance, amount: int) -> DisputedItem:
    return DisputedItem(item, amount, round(Fraction(item.base_balance * amount, item.balance)))


def _name(lines: list[AgeingLine], keys: tuple[str, ...]) -> None:
    called: dict[str, dict[Any, tuple[str, str]]] = {
        name: _names_of(name, {line.keys[name] for line in lines}) for name in keys
    }  # fmt: skip
    for line in lines:
        parts = [called[name].get(line.keys[name], ("none", "")) for name in keys] or [(line.currency, "")]
        line.label = " · ".join(part[0] for part in parts)
        line.hint = parts[0][1]


def _names_of(dimension: str, values: set[Any]) -> dict[Any, tuple[str, str]]:
    if dimension == "company":
        return {pk: (name, code) for pk, name, code in Company.objects.filter(pk__in=values).values_list("pk", "name", "code")}
    if dimension in ("customer", "parent"):
        named = {pk: (name, number) for pk, name, number in Customer.objects.filter(pk__in=values).values_list("pk", "name", "number")}
        return named | {None: ("Unidentified", "")}
    if dimension == "collector":
        named = {pk: (name, "") for pk, name in User.objects.filter(pk__in=values).values_list("pk", "name")}
        return named | {None: ("No collector", "")}
    return {value: (value or "No segment", "") for value in values}


def _sum(report: AgeingReport) -> None:
    width = len(report.labels)
    for line in report.lines:
        report.totals.setdefault(line.currency, Amounts([0] * width)).add(line.own)
        report.base_totals.setdefault(line.base_currency, Amounts([0] * width)).add(line.base)


def ties(question: Question, totals: dict[str, int]) -> list[Tie]:
    """The totals by currency beside the sums of the journal's lines up to the day: forwards from lines, not backwards from balances."""
    journal = journal_totals(question)
    accounts = account_codes(question) if question.is_whole else ""
    return [Tie(c, totals.get(c, 0), journal.get(c, 0), accounts) for c in sorted(totals.keys() | journal.keys())]


def account_codes(question: Question) -> str:
    """The codes of the control accounts asked for, such as `1200, 1210`."""
    found = Account.objects.filter(kind__in=question.scope.accounts)
    if question.scope.company_ids is not None:
        found = found.filter(company__in=question.scope.company_ids)
    return ", ".join(sorted(set(found.values_list("code", flat=True))))


def journal_totals(question: Question) -> dict[str, int]:
    """Currency → sum of the lines on the question's items (or, for a whole account, on the account) up to its day, in minor units."""
    if daybook.covers(question.scope, question.known_at):
        where, params = daybook.conditions(question.scope)
        sql = "SELECT t.currency, sum(t.amount) FROM ledger_daytotal t WHERE t.effective_date <= %s"
    else:
        where, params = asof.scope_conditions(question.scope)
        known = " AND e.posted_at <= %s" if question.known_at else ""
        params = [*([question.known_at] if question.known_at else []), *params]
        sql = (
            "SELECT e.currency, sum(l.amount) FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id"
            f" JOIN ledger_openitem i ON i.id = l.open_item_id WHERE e.effective_date <= %s{known}"
        )
    with connection.cursor() as cursor:
        cursor.execute(f"{sql}{where} GROUP BY 1", [question.as_of, *params])
        return {currency: int(amount) for currency, amount in cursor.fetchall() if amount}
