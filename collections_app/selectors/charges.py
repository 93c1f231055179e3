"""What there is to know for late charges of a period: policies and limits read once, balances by the day of many customers at once."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, Max, OuterRef, Q, Sum

from arops.lib.bulk import in_array
from collections_app.models import ChargedItem, ChargePolicy, ChargeRun, LegalLimit, PaymentPlan
from collections_app.policy.charges import FEE_EACH, Account, Assessment, Debit, Limit, Rules, Span, Steps, Tier, assess
from collections_app.policy.places import places_of
from collections_app.selectors.dunning import minimum_in
from collections_app.selectors.plan_items import offered_days
from customers.models import Customer
from disputes.models import DisputeMovement
from ledger.models import Line, OpenItem
from org.models import Company

BATCH = 500
ONE = timedelta(days=1)
Key = tuple[int, str]
Moves = dict[int, dict[date, int]]
"""Item → day → by how much it changed."""


@dataclass(frozen=True, slots=True)
class Period:
    """A month whose charges are assessed, both days included."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first:%B %Y}"


def month_of(day: date) -> Period:
    """The month a day lies in."""
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=32)).replace(day=1) - ONE)


def month_before(day: date) -> Period:
    """The last whole month before a day."""
    return month_of(day.replace(day=1) - ONE)


class ChargeBook:
    """The policies and limits of a company for a period, read once; rules of any customer in any currency."""

    def __init__(self, company: Company, period: Period) -> None:
        self.company, self.period = company, period
        found = ChargePolicy.objects.filter(company=company, valid_from__lte=period.last).prefetch_related("tiers").order_by("valid_from")
        self._policies: dict[str, list[ChargePolicy]] = defaultdict(list)
        for policy in found:
            self._policies[policy.segment].append(policy)
        limits = LegalLimit.objects.filter(company=company, valid_from__lte=period.last).exclude(valid_to__lt=period.last)
        self._limits = {limit.place: limit for limit in limits.order_by("valid_from")}
        self._rules: dict[tuple[str, str, str], Rules | None] = {}
        self._money: dict[tuple[int, str], int] = {}
        last = ChargeRun.objects.filter(company=company, period_to__lt=period.first, finished_at__isnull=False)
        self.judged_to: date | None = last.aggregate(day=Max("period_to"))["day"]

    @property
    def has_policy(self) -> bool:
        """Whether any policy is in force at the end of the period."""
        return any(self._in_force(segment) for segment in self._policies)

    @property
    def since(self) -> date:
        """The first day that any policy charges for and no finished run has judged: what was paid before is done with."""
        begins = min((p.valid_from for held in self._policies.values() for p in held), default=self.period.first)
        return max(begins, self.judged_to + ONE) if self.judged_to else begins

    def policy_of(self, customer: Customer) -> ChargePolicy | None:
        """The policy in force at the end of the period: the segment's, else that for all."""
        return self._in_force(customer.segment) or self._in_force("")

    def _in_force(self, segment: str) -> ChargePolicy | None:
        held = [p for p in self._policies.get(segment, ()) if p.valid_to is None or p.valid_to >= self.period.last]
        return held[-1] if held else None

    def limit_of(self, customer: Customer) -> LegalLimit | None:
        """The limit where the customer is, the most exact place first."""
        found = (self._limits.get(place) for place in places_of(customer.country, customer.address))
        return next((limit for limit in found if limit), None)

    def rules_of(self, customer: Customer, currency: str) -> Rules | None:
        """The customer's rules in a currency; None without a policy in force."""
        limit = self.limit_of(customer)
        key = (customer.segment, limit.place if limit else "", currency)
        if key not in self._rules:
            policy = self.policy_of(customer)
            self._rules[key] = self._made(policy, customer.segment, limit, currency) if policy else None
        return self._rules[key]

    def _made(self, policy: ChargePolicy, segment: str, limit: LegalLimit | None, currency: str) -> Rules:
        cap = None
        if limit:
            fee = None if limit.max_fee is None else self._in(limit.max_fee, currency)
            cap = Limit(limit.max_rate, fee, f"{limit.place}: {limit.source}")
        return Rules(
            policy.basis, policy.grace_days, self._spans(segment, policy.basis, currency), policy.charges_disputed, policy.nets_credits,
            self._in(policy.minimum_charge, currency), self._in(policy.minimum_due, currency), cap,
        )  # fmt: skip

    def _in(self, amount: int, currency: str) -> int:
        if amount and (amount, currency) not in self._money:
            self._money[amount, currency] = minimum_in(amount, self.company.base_currency, currency, self.period.last)
        return self._money.get((amount, currency), 0)

    def _spans(self, segment: str, basis: str, currency: str) -> tuple[Span, ...]:
        """Days by policy of one basis: the segment's own go before those for all (the later in the row wins)."""
        general = self._policies.get("", []) if segment else []
        return tuple(
            Span(p.valid_from, p.valid_to, self._tiers(p, currency) if p.basis == basis else ())
            for p in (*general, *self._policies.get(segment, []))
        )

    def _tiers(self, policy: ChargePolicy, currency: str) -> tuple[Tier, ...]:
        return tuple(Tier(t.from_days, t.rate, self._in(t.fee, currency)) for t in policy.tiers.all())


def candidates(book: ChargeBook) -> list[int]:
    """Keys of customers with something past due in the period, open still or paid since the last run, in their order."""
    late = OpenItem.objects.owed().exclude(kind=OpenItem.Kind.LATE_FEE).filter(company=book.company, due_date__lt=book.period.last)
    late = late.exclude(customer=None).order_by()
    still = late.exclude(balance=0).values_list("customer", flat=True)
    moved = Line.objects.filter(entry__company=book.company, entry__effective_date__gte=book.since, open_item__balance=0)
    moved = moved.filter(
        open_item__amount__gt=0, open_item__due_date__lt=book.period.last, open_item__customer__isnull=False,
    ).exclude(open_item__kind__in=[OpenItem.Kind.LATE_FEE, OpenItem.Kind.RETAINAGE])  # fmt: skip
    return sorted({*still.distinct(), *moved.order_by().values_list("open_item__customer", flat=True).distinct()})


@dataclass(frozen=True, slots=True)
class Assessed:
    """A customer's account with what it costs, and by which policy."""

    customer: Customer
    policy: ChargePolicy
    assessment: Assessment


def assessed(book: ChargeBook, customer_ids: Sequence[int]) -> Iterator[Assessed]:
    """What each of the customers costs for the period, an assessment a currency, without doing it."""
    for start in range(0, len(customer_ids), BATCH):
        customers = Customer.objects.select_related("company").in_bulk(customer_ids[start : start + BATCH])
        for account in accounts(customers, book):
            customer = customers[account.customer_id]
            policy, rules = book.policy_of(customer), book.rules_of(customer, account.currency)
            found = assess(account, rules, book.period.first, book.period.last) if rules else None
            if found and policy:
                yield Assessed(customer, policy, found)


def accounts(customers: Collection[int], book: ChargeBook) -> list[Account]:
    """Accounts of customers with their balances by the day: those of debits past due in the period, and of credits."""
    owed = list(_debits(customers, book))
    credits = list(_credits(customers, book))
    charged = _charged([row[0] for row in owed])
    since = _since(owed, charged, book)
    ids = [*(row[0] for row in owed), *(row[0] for row in credits)]
    moves, contested = _moves(ids, since), _contested([row[0] for row in owed], since)
    planned = set(PaymentPlan.objects.filter(customer__in=customers).values_list("customer", flat=True))
    offered = {item: _offered(spans) for item, spans in offered_days([row[0] for row in owed if row[1] in planned]).items()}
    grouped: dict[Key, list[Debit]] = defaultdict(list)
    for pk, customer, currency, number, due, balance in owed:
        day, fee = charged.get(pk, (None, False))
        steps = _steps(balance, moves.get(pk, {}))
        grouped[customer, currency].append(Debit(pk, number, due, steps, contested.get(pk, ()), day, fee, offered.get(pk, ())))
    held = _summed(credits, moves)
    return [Account(*key, tuple(debits), held.get(key, ())) for key, debits in sorted(grouped.items())]


def _debits(customers: Collection[int], book: ChargeBook) -> Iterator[tuple[int, int, str, str, date, int]]:
    owed = OpenItem.objects.owed().exclude(kind=OpenItem.Kind.LATE_FEE).filter(settlement=None)  # what is given up in the end costs nothing
    late = owed.filter(customer__in=customers, due_date__lt=book.period.last)
    touched = Line.objects.filter(open_item=OuterRef("pk"), entry__effective_date__gte=book.since)
    names = ("pk", "customer", "currency", "number", "due_date", "balance")
    yield from late.exclude(balance=0).order_by("pk").values_list(*names)
    yield from late.filter(balance=0).filter(Exists(touched)).order_by("pk").values_list(*names)


def _credits(customers: Collection[int], book: ChargeBook) -> Iterator[tuple[int, int, str, int]]:
    held = OpenItem.objects.credits().filter(customer__in=customers, document_date__lte=book.period.last)
    touched = Line.objects.filter(open_item=OuterRef("pk"), entry__effective_date__gte=book.since)
    names = ("pk", "customer", "currency", "balance")
    yield from held.exclude(balance=0).values_list(*names)
    yield from held.filter(balance=0).filter(Exists(touched)).values_list(*names)


def _charged(items: Sequence[int]) -> dict[int, tuple[date, bool]]:
    """Item → the last day that was judged, and whether it has borne a fee of its own."""
    fee = Sum("amount", filter=Q(charge__policy__basis=FEE_EACH), default=0)
    rows = ChargedItem.objects.filter(open_item__in=in_array(items)).order_by().values("open_item").annotate(day=Max("days_to"), fee=fee)
    return {row["open_item"]: (row["day"], row["fee"] > 0) for row in rows}


def _since(owed: Sequence[tuple[int, int, str, str, date, int]], charged: dict[int, tuple[date, bool]], book: ChargeBook) -> date:
    """The first day whose balance matters: that on which the first of the days looked at begins, or an item was due."""
    starts = [charged[row[0]][0] if row[0] in charged else row[4] for row in owed]
    return max(min(starts, default=book.period.first), book.since - timedelta(days=GRACE))


GRACE = 120
"""Days before the first that is charged for which balances are read, so that what was paid within grace is known."""


def _moves(items: Sequence[int], since: date) -> Moves:
    """Item → day → what moved it from `since` on. What a credit memo took off was never owed: it is given the day before all others."""
    memo = Line.objects.filter(entry=OuterRef("entry"), open_item__kind=OpenItem.Kind.CREDIT_MEMO)
    lines = Line.objects.filter(open_item__in=in_array(items), entry__effective_date__gte=since).order_by()
    found: Moves = defaultdict(lambda: defaultdict(int))
    rows = lines.annotate(credited=Exists(memo)).values_list(
        "open_item", "entry__effective_date", "amount", "credited", "open_item__amount"
    )
    for item, day, amount, credited, whole in rows:
        early = credited and (amount > 0) != (whole > 0)
        found[item][date.min if early else day] += amount
    return found


def _steps(balance: int, moves: dict[date, int]) -> Steps:
    """Balances at the end of days, worked backwards from today's; the first is that of all days before."""
    running = balance - sum(moves.values())
    steps = [(date.min, running)]
    early = moves.get(date.min, 0)
    for day in sorted(day for day in moves if day != date.min):
        running += moves[day]
        steps.append((day, running))
    return tuple((day, amount + early if amount else 0) for day, amount in steps)


def _contested(items: Sequence[int], since: date) -> dict[int, Steps]:
    """Item → what was in dispute of it at the end of days."""
    found: Moves = defaultdict(lambda: defaultdict(int))
    rows = DisputeMovement.objects.filter(open_item__in=in_array(items)).order_by("open_item", "day")
    for item, day, delta in rows.values_list("open_item", "day", "delta"):
        found[item][max(day, since)] += delta
    return {item: _running(moves) for item, moves in found.items()}


def _offered(spans: Sequence[tuple[date, date, int]]) -> Steps:
    """What of an item was in plans that waited for an answer, at the end of days."""
    changes: dict[date, int] = defaultdict(int)
    for first, last, amount in spans:
        changes[first] += amount
        changes[last + ONE] -= amount
    return _running(changes)


def _running(moves: dict[date, int]) -> Steps:
    total, steps = 0, []
    for day in sorted(moves):
        total += moves[day]
        steps.append((day, total))
    return tuple(steps)


def _summed(credits: Sequence[tuple[int, int, str, int]], moves: Moves) -> dict[Key, Steps]:
    """Customer and currency → what credits came to at the end of days, positive."""
    changes: dict[Key, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for pk, customer, currency, balance in credits:
        before = 0
        for day, amount in _steps(balance, moves.get(pk, {})):
            changes[customer, currency][day] += before - amount
            before = amount
    return {key: _running(found) for key, found in changes.items()}
