"""Customers go from one collector to another: by hand, by rules, evenly. Every move is kept, with what the next should know."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from arops.lib.refusal import Refused
from collections_app.models import Assignment, PortfolioRule, WorkTask
from collections_app.policy.portfolios import Move
from collections_app.selectors.portfolios import assigns_all, away_on, collectors_of, moves_by_rules
from customers.models import Customer
from org.actors import Actor, require
from org.models import Company, User
from workflow.models import Event
from workflow.services import record, record_many


class PortfolioRefused(Refused):
    """A move or rule that can't be; the message says why."""


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule as a person types it; `minimum` is minor units of the company's currency."""

    name: str
    people: tuple[int, ...]
    segment: str = ""
    country: str = ""
    risks: str = ""
    name_from: str = ""
    name_to: str = ""
    minimum: int = 0
    is_active: bool = True


@transaction.atomic
def assign_customers(*, actor: Actor, customers: Sequence[Customer], to: User | None, today: date, note: str = "") -> int:
    """Give customers of one company to a person, or to nobody; rules leave them alone from then on. Returns how many moved.

    Raises PortfolioRefused, NotAllowed.
    """
    if not customers:
        raise PortfolioRefused("choose the customers that go to somebody else")
    company = customers[0].company
    if any(c.company_id != company.pk for c in customers):
        raise PortfolioRefused("these are customers of several companies: hand them over company by company")
    require(actor, "work.assign", company.pk)
    _may_collect(company, to, today)
    moves = {c.pk: to.pk if to else None for c in customers}
    kept = _kept_by_cover(company, moves, actor, today, note)
    return kept + move_customers(company, moves, actor, today, Assignment.How.HAND, note=note)


def _kept_by_cover(company: Company, moves: dict[int, int | None], actor: Actor, today: date, note: str) -> int:
    """Customers given to whoever has them for the time of an absence: nothing moves, but it is written down, and they stay when the absence
    ends. Returns how many."""
    there = Customer.objects.select_for_update().filter(pk__in=moves, company=company).order_by("pk")
    mine = [pk for pk, collector in there.values_list("pk", "collector") if collector is not None and collector == moves[pk]]
    last: dict[int, str] = dict(Assignment.objects.filter(customer__in=mine).order_by("pk").values_list("customer", "how"))
    lent = [pk for pk in mine if last.get(pk) == Assignment.How.COVER]
    _write_down(company, {pk: moves[pk] for pk in lent}, moves, actor, today, Assignment.How.HAND, note)
    return len(lent)


def _may_collect(company: Company, to: User | None, today: date) -> None:
    if to is None:
        return
    if not collectors_of(company).filter(pk=to.pk).exists():
        raise PortfolioRefused(f"{to.name} has no role in {company.code} that collects")
    if to.pk in away_on(company, today):
        raise PortfolioRefused(f"{to.name} is away: give them to somebody who is there")


def _require_whole(actor: Actor, company_id: int) -> None:
    """Rules decide over every customer: not for whoever sees a portfolio alone."""
    require(actor, "work.assign", company_id)
    if not assigns_all(actor, company_id):
        raise PortfolioRefused("this decides over all customers: somebody whose role is of the whole company does it")


@transaction.atomic
def apply_rules(*, actor: Actor, company: Company, today: date, even_out: bool = False, only: Collection[int] | None = None) -> int:
    """Move customers as the rules say, or (`even_out`) so that work is shared fairly; `only` those customers. Returns how many moved.

    Raises PortfolioRefused, NotAllowed.
    """
    _require_whole(actor, company.pk)
    moves = [m for m in moves_by_rules(company, today, even_out=even_out) if only is None or m.customer_id in only]
    return _by_rule(company, moves, actor, today)


def assign_new(*, actor: Actor, company: Company, today: date) -> int:
    """The night's part: customers that are nobody's go to whom the rules say. Returns how many."""
    moves = [m for m in moves_by_rules(company, today) if m.was is None]
    with transaction.atomic():
        return _by_rule(company, moves, actor, today)


def _by_rule(company: Company, moves: Sequence[Move], actor: Actor, today: date) -> int:
    rules = {m.customer_id: m.rule_id for m in moves}
    return move_customers(company, {m.customer_id: m.now for m in moves}, actor, today, Assignment.How.RULE, rules=rules)


def move_customers(
    company: Company, moves: dict[int, int | None], actor: Actor, today: date, how: str, *, note: str = "",
    rules: dict[int, int] | None = None, absence: int | None = None,
) -> int:  # fmt: skip
    """Write the moves (customer → collector) that change something: the customers, their tasks, the way they went, the trail. Returns how
    many did. The caller has judged whether they may."""
    rows = Customer.objects.select_for_update().filter(pk__in=moves, company=company).order_by("pk")
    was = {pk: collector for pk, collector in rows.values_list("pk", "collector") if collector != moves[pk]}
    by_person: dict[int | None, list[int]] = {}
    for pk in was:
        by_person.setdefault(moves[pk], []).append(pk)
    for person, keys in by_person.items():
        Customer.objects.filter(pk__in=keys).update(collector=person)
        WorkTask.objects.filter(customer__in=keys).update(owner=person)
    _write_down(company, was, moves, actor, today, how, note, rules, absence)
    return len(was)


def _write_down(
    company: Company, was: dict[int, int | None], moves: dict[int, int | None], actor: Actor, today: date, how: str, note: str,
    rules: dict[int, int] | None = None, absence: int | None = None,
) -> None:  # fmt: skip
    """The way of customers (`was`: from whom) and the trail."""
    Assignment.objects.bulk_create(
        Assignment(
            company=company, customer_id=pk, was_id=before, now_id=moves[pk], how=how, note=note.strip(), actor=actor.label, day=today,
            rule_id=(rules or {}).get(pk), absence_id=absence,
        )
        for pk, before in was.items()
    )  # fmt: skip
    record_many(
        Event(
            company_id=company.pk, type="customer.assigned", actor=actor.label, subject_type="customers.customer", subject_id=pk,
            customer_ref=pk, data={"was": before, "now": moves[pk], "how": how, "note": note.strip()},
        )
        for pk, before in was.items()
    )  # fmt: skip


@transaction.atomic
def mark_read(*, person: User, assignments: Collection[int], now: datetime) -> int:
    """The new collector has read what was handed over."""
    return Assignment.objects.filter(now=person, pk__in=assignments, read_at=None).update(read_at=now)


@transaction.atomic
def save_rule(*, actor: Actor, company: Company, draft: RuleDraft, rule: PortfolioRule | None = None) -> PortfolioRule:
    """Write a rule; a new one comes last. Raises PortfolioRefused, NotAllowed."""
    _require_whole(actor, company.pk)
    people = list(collectors_of(company).filter(pk__in=draft.people))
    if not draft.name.strip() or not people:
        raise PortfolioRefused("a rule has a name, and somebody to give customers to")
    if draft.name_to and draft.name_from.casefold() > draft.name_to.casefold():
        raise PortfolioRefused("names go from the earlier letter to the later")
    last = PortfolioRule.objects.filter(company=company).aggregate(last=Max("ordinal"))["last"] or 0
    row = rule or PortfolioRule(company=company, ordinal=last + 1)
    for name in ("name", "segment", "country", "risks", "name_from", "name_to", "minimum", "is_active"):
        setattr(row, name, getattr(draft, name))
    row.save()
    row.people.set(people)
    record(
        actor=actor, type="portfolio_rule.saved", company_id=company.pk, subject=row, name=row.name, people=[p.pk for p in people],
        active=row.is_active,
    )  # fmt: skip
    return row


@transaction.atomic
def move_rule(*, actor: Actor, rule: PortfolioRule, up: bool) -> None:
    """Try a rule one place earlier, or later. Raises PortfolioRefused, NotAllowed."""
    _require_whole(actor, rule.company_id)
    rows = list(PortfolioRule.objects.select_for_update().filter(company=rule.company).order_by("ordinal"))
    at = next(n for n, row in enumerate(rows) if row.pk == rule.pk)
    other = at - 1 if up else at + 1
    if 0 <= other < len(rows):
        rows[at].ordinal, rows[other].ordinal = rows[other].ordinal, rows[at].ordinal
        PortfolioRule.objects.bulk_update([rows[at], rows[other]], ["ordinal"])
        record(actor=actor, type="portfolio_rule.moved", company_id=rule.company_id, subject=rule, up=up)
