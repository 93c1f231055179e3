"""Causes that keep coming back at one source: found each night, offered as problems, put aside with a reason."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from django.db import transaction

from arops.lib.refusal import Refused
from customers.models import Customer
from disputes.models import Dimension, Problem, Repeat
from disputes.policy.repeating import Candidate, Rule, candidates, grew, is_repeat
from disputes.selectors.levels import policy_of
from disputes.selectors.rates import disputed_invoices, invoices_by_source, invoices_of_company
from invoicing.models import InvoiceLine
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

State = Repeat.State
Key = tuple[int, str, str]


class RepeatError(Refused):
    """A repeat that can't be decided so; the message says why."""


@transaction.atomic
def find_repeats(*, actor: Actor, company: Company, day: date) -> dict[str, int]:
    """Look for causes that came back at one source in the days up to `day`, by the company's own bounds; how many are offered, new and
    faded. Those below the bounds fade; one that was put aside is not offered again unless it grew; one that was raised is offered again
    only when its problem was closed before all of these days. Safe to repeat. Raises NotAllowed."""
    require(actor, "problems.work", company.pk)
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)  # two nights at once
    policy = policy_of(company.pk)
    rule, since = Rule(policy.repeat_cases, Fraction(policy.repeat_rate) / 100), day - timedelta(days=policy.repeat_days - 1)
    found = _above(company, candidates(disputed_invoices(company.pk, since, day), rule.cases), rule, since, day)
    there: dict[Key, Repeat] = {
        (r.cause_id, r.dimension, r.source): r for r in Repeat.objects.filter(company=company).select_related("problem")
    }
    fresh = [_filled(Repeat(company=company), c, numbers, since, day) for c, numbers in found if _key(c) not in there]
    _label(company, fresh, {_key(c): c.example for c, _ in found})
    Repeat.objects.bulk_create(fresh)
    again = [_again(there[_key(c)], c, numbers, rule, since, day) for c, numbers in found if _key(c) in there]
    keys = {_key(c) for c, _ in found}
    faded = [r for key, r in there.items() if key not in keys and r.state == State.OFFERED]
    for repeat in faded:
        repeat.state = State.FADED
    fields = ["cases", "invoices", "amount", "all_cases", "all_invoices", "since", "found_on", "state", "also", "problem"]
    Repeat.objects.bulk_update([*again, *faded], fields, batch_size=500)
    offered = Repeat.objects.filter(company=company, state=State.OFFERED).count()
    return {"offered": offered, "new": len(fresh), "faded": len(faded)}


Numbers = tuple[int, int]
"""Invoices of the source, invoices of the company."""


def _key(c: Candidate) -> Key:
    return c.cause, c.dimension, c.source


def _above(company: Company, found: Sequence[Candidate], rule: Rule, since: date, day: date) -> list[tuple[Candidate, Numbers]]:
    """Candidates whose rate is above the bounds: one count of invoices a dimension. Sources with fewer invoices than disputed ones are left
    out: their orders were given another name since, and what their rate is can't be told."""
    whole, counted = invoices_of_company(company.pk, since, day), dict[tuple[str, str], int]()
    by_dimension = defaultdict[str, set[str]](set)
    for c in found:
        by_dimension[c.dimension].add(c.source)
    for dimension, sources in by_dimension.items():
        numbers = invoices_by_source(company.pk, dimension, sorted(sources), since, day)
        counted |= {(dimension, source): n for source, n in numbers.items()}
    told = [(c, (counted.get((c.dimension, c.source), 0), whole)) for c in found]
    return [(c, n) for c, n in told if c.cases <= n[0] and is_repeat(c.cases, n[0], c.all_cases, n[1], rule)]


def _filled(repeat: Repeat, c: Candidate, numbers: Numbers, since: date, day: date) -> Repeat:
    repeat.cause_id, repeat.dimension, repeat.source = _key(c)
    repeat.cases, repeat.amount, repeat.also, repeat.all_cases = c.cases, c.amount, c.also, c.all_cases
    repeat.invoices, repeat.all_invoices = numbers
    repeat.since, repeat.found_on = since, day
    return repeat


def _again(repeat: Repeat, c: Candidate, numbers: Numbers, rule: Rule, since: date, day: date) -> Repeat:
    """A repeat that was known. One that was put aside keeps the figures of that day, so that it can be seen whether it grew."""
    if repeat.state == State.DISMISSED and not grew(repeat.cases, c.cases, rule):
        return repeat
    over = repeat.problem is not None and repeat.problem.closed_on is not None and repeat.problem.closed_on < since
    if repeat.state != State.RAISED or over:
        repeat.state, repeat.problem = State.OFFERED, None
    return _filled(repeat, c, numbers, since, day)


def _label(company: Company, fresh: Sequence[Repeat], examples: dict[Key, int]) -> None:
    """Name the sources as people call them: customers by name, products by the words of a line that was disputed."""
    names = dict(
        Customer.objects.filter(pk__in=[int(r.source) for r in fresh if r.dimension == Dimension.CUSTOMER]).values_list("pk", "name")
    )
    products = {r.source: examples[r.cause_id, r.dimension, r.source] for r in fresh if r.dimension == Dimension.PRODUCT}
    lines = InvoiceLine.objects.filter(invoice__in=set(products.values()), sku__in=set(products), invoice__company=company)
    words = {sku: text for sku, text in lines.order_by("-pk").values_list("sku", "description") if text}
    for repeat in fresh:
        if repeat.dimension == Dimension.CUSTOMER:
            repeat.source_label = names.get(int(repeat.source), repeat.source)
        elif repeat.dimension == Dimension.PRODUCT and words.get(repeat.source):
            repeat.source_label = f"{words[repeat.source]} ({repeat.source})"[:200]
        else:
            repeat.source_label = repeat.source


@transaction.atomic
def dismiss_repeat(*, actor: Actor, repeat: Repeat, reason: str) -> Repeat:
    """Put a repeat aside; it isn't offered again unless it grows. Raises RepeatError without a reason, NotAllowed."""
    require(actor, "problems.work", repeat.company_id)
    row = Repeat.objects.select_for_update(of=("self",), no_key=True).get(pk=repeat.pk)
    if row.state not in (State.OFFERED, State.FADED):
        raise RepeatError(f"this repeat is {row.get_state_display()} already")
    if not reason.strip():
        raise RepeatError("say why it is put aside")
    row.state, row.decided_by, row.decision_note = State.DISMISSED, actor.label, reason.strip()[:300]
    row.save(update_fields=["state", "decided_by", "decision_note"])
    record(actor=actor, type="repeat.dismissed", company_id=row.company_id, subject=row, reason=row.decision_note, source=row.source_label)
    return row


@transaction.atomic
def offer_again(*, actor: Actor, repeat: Repeat) -> Repeat:
    """Take back that a repeat was put aside. Raises RepeatError, NotAllowed."""
    require(actor, "problems.work", repeat.company_id)
    row = Repeat.objects.select_for_update(of=("self",), no_key=True).get(pk=repeat.pk)
    if row.state != State.DISMISSED:
        raise RepeatError(f"this repeat is {row.get_state_display()}")
    row.state, row.decided_by, row.decision_note = State.OFFERED, "", ""
    row.save(update_fields=["state", "decided_by", "decision_note"])
    record(actor=actor, type="repeat.offered_again", company_id=row.company_id, subject=row, source=row.source_label)
    return row


def link_repeats(problem: Problem) -> int:
    """Repeats of the problem's cause and source are raised by it."""
    found = Repeat.objects.filter(company=problem.company_id, cause=problem.cause_id, dimension=problem.dimension, source=problem.source)
    return found.update(state=State.RAISED, problem=problem)
