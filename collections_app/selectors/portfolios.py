"""Portfolios as they are: who has how much to do, which rules there are, what they would move, who is away."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Sum

from collections_app.models import Absence, Assignment, PortfolioRule, WorkTask
from collections_app.policy.portfolios import Account, Move, Rule, balance, plan
from customers.models import Customer
from ledger.models import OpenItem
from org.actors import Actor
from org.models import Company, User
from org.selectors import people_with


@dataclass(frozen=True, slots=True)
class Workload:
    """What a person has: customers, of those with something past due, tasks and their minutes, minor units past due in the company's
    currency, and until when they are away."""

    person: User | None
    customers: int
    late: int
    tasks: int
    minutes: int
    past_due: int
    away_until: date | None = None
    cover: User | None = None


def collectors_of(company: Company) -> QuerySet[User]:
    """Who may work on customers of the company."""
    return people_with([company.pk], "collections.work")


def assigns_all(actor: Actor, company_id: int) -> bool:
    """Whether the actor assigns work over the whole company: rules, and absences of others, move customers that a portfolio doesn't see."""
    reach = actor.reach("work.assign")
    return reach.everything or company_id in reach.companies


def workload(company: Company, today: date) -> list[Workload]:
    """Everybody who may have customers there, the busiest first; customers of nobody stand last, under None."""
    customers = Customer.objects.filter(company=company, is_active=True).order_by()
    counts = dict(customers.values_list("collector").annotate(n=Count("pk")))
    late = OpenItem.objects.past_due(today).filter(company=company, customer__is_active=True).order_by().values("customer__collector")
    owed = {r["customer__collector"]: r for r in late.annotate(n=Count("customer", distinct=True), total=Sum("base_balance"))}
    tasks = WorkTask.objects.filter(company=company).order_by().values("owner").annotate(n=Count("pk"), total=Sum("minutes"))
    work = {r["owner"]: r for r in tasks}
    away = {a.person_id: a for a in Absence.objects.filter(company=company, state="running").select_related("cover")}
    people: list[User | None] = [*collectors_of(company)]
    known = {p.pk for p in people if p}
    people += list(User.objects.filter(pk__in=[pk for pk in counts if pk and pk not in known]))
    rows = [
        Workload(
            person, counts.get(pk, 0), owed.get(pk, {}).get("n", 0), work.get(pk, {}).get("n", 0), work.get(pk, {}).get("total") or 0,
            owed.get(pk, {}).get("total") or 0, away[pk].last if pk in away else None, away[pk].cover if pk in away else None,
        )
        for person, pk in [(p, p.pk if p else None) for p in [*people, None]]
    ]  # fmt: skip
    busy = sorted((r for r in rows if r.person), key=lambda r: (-r.minutes, str(r.person)))
    return busy + [r for r in rows if not r.person and r.customers]


def rules_of(company: Company) -> list[Rule]:
    """The company's rules in force, in their order."""
    rows = PortfolioRule.objects.filter(company=company, is_active=True).prefetch_related(
        Prefetch("people", User.objects.order_by("name", "pk"))
    )
    able = {p.pk for p in collectors_of(company)}
    return [
        Rule(
            r.pk, tuple(p.pk for p in r.people.all() if p.pk in able), r.segment, r.country, r.risks, r.name_from,
            r.name_to, r.minimum,
        )
        for r in rows.order_by("ordinal")
    ]  # fmt: skip


def accounts_of(company: Company, customers: Collection[int] | None = None) -> list[Account]:
    """Customers as rules see them; those given to somebody by hand, and those of somebody who is away, are left out."""
    rows = Customer.objects.filter(company=company, is_active=True)
    rows = rows if customers is None else rows.filter(pk__in=customers)
    kept = _kept_by_hand(company)
    among = {} if customers is None else {"customer__in": list(customers)}
    owed = OpenItem.objects.open().filter(company=company, **among).order_by().values_list("customer").annotate(total=Sum("base_balance"))
    sums = dict(owed)
    tasks = WorkTask.objects.filter(company=company, **among).order_by()
    minutes = dict(tasks.values_list("customer").annotate(total=Sum("minutes")))
    fields = rows.values_list("pk", "name", "segment", "country", "risk", "collector").order_by("pk")
    return [
        Account(pk, name, segment, country, risk, sums.get(pk) or 0, minutes.get(pk) or 0, collector)
        for pk, name, segment, country, risk, collector in fields
        if pk not in kept
    ]


def _kept_by_hand(company: Company) -> set[int]:
    """Customers whose last assignment was by hand or for an absence that runs."""
    later = Assignment.objects.filter(company=company, customer=OuterRef("customer"), pk__gt=OuterRef("pk"))
    kept = Assignment.objects.filter(company=company, how__in=[Assignment.How.HAND, Assignment.How.COVER])
    return set(kept.filter(~Exists(later)).order_by().values_list("customer", flat=True))


def away_on(company: Company, day: date) -> set[int]:
    """Who is away on a day."""
    absences = Absence.objects.filter(company=company, first__lte=day, last__gte=day).exclude(state__in=["cancelled", "ended"])
    return set(absences.values_list("person", flat=True))


def moves_by_rules(company: Company, today: date, *, even_out: bool = False) -> list[Move]:
    """What the rules would move today; with `even_out`, what would be moved between the people of a rule to share work fairly."""
    find, rules = (balance if even_out else plan), rules_of(company)
    return find(accounts_of(company), rules, away_on(company, today)) if rules else []


def moves_ahead(company: Company, today: date) -> tuple[int, int]:
    """How many customers the rules would move today, and how many to share work fairly; the customers are read once for both."""
    rules = rules_of(company)
    if not rules:
        return 0, 0
    accounts, away = accounts_of(company), away_on(company, today)
    return len(plan(accounts, rules, away)), len(balance(accounts, rules, away))


def handed_to(person: User, *, unread: bool = True) -> QuerySet[Assignment]:
    """Customers handed to a person with a note, the latest first; those that went on to somebody else are left out."""
    rows = Assignment.objects.filter(now=person, customer__collector=person).exclude(note="").select_related("customer", "was")
    return rows.filter(read_at=None) if unread else rows


def loads_after(company: Company, moves: Collection[Move]) -> dict[int, tuple[int, int]]:
    """Person → expected minutes now and after the moves."""
    minutes = {a.customer_id: a.minutes for a in accounts_of(company)}
    now: dict[int, int] = defaultdict(int)
    owned = WorkTask.objects.filter(company=company).exclude(owner=None).order_by()
    for owner, total in owned.values_list("owner").annotate(s=Sum("minutes")):
        now[owner] = total or 0
    after = dict(now)
    for move in moves:
        if move.was is not None:
            after[move.was] = after.get(move.was, 0) - minutes.get(move.customer_id, 0)
        after[move.now] = after.get(move.now, 0) + minutes.get(move.customer_id, 0)
    return {person: (now.get(person, 0), after[person]) for person in after}


def absences_in_sight(actor: User, company: Company) -> QuerySet[Absence]:
    """Absences that run or come; of everybody for who assigns work, else one's own and those one covers."""
    rows = Absence.objects.filter(company=company, state__in=["planned", "running"]).select_related("person", "cover").order_by("first")
    return rows if assigns_all(actor, company.pk) else rows.filter(Q(person=actor) | Q(cover=actor))
