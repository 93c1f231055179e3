"""Mail about plans to those whose customers they are: one in default, an instalment missed, an offer that nobody signed. In the app they
stand in the work list of the same people. Each is told once (see `workflow.services.notices`)."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime

from django.urls import reverse

from arops.lib import money
from collections_app.models import Instalment, PaymentPlan
from org.models import User
from workflow.models import Event
from workflow.services.authority import person_id_of
from workflow.services.notices import SPAN, Notice, register_notices, wants_mail

MANY = 500
NEWS = {
    "plan.defaulted": ("In default", "What isn’t paid went back to its items, with their old due dates."),
    "plan.lapsed": ("Not signed in time", "What it covers may be asked for and charged again: make a new plan, or collect."),
}
"""Event → the verb of its mail, and what follows."""


@register_notices("plans")
def plan_notices(now: datetime, today: date) -> Iterable[Notice]:
    """What is new about plans, to the collector and the account manager where they are known; an offer's maker is told that it lapsed."""
    events = list(Event.objects.filter(type__in=list(NEWS), at__gte=now - SPAN).order_by("-id")[:MANY])
    missed = list(_missed(today))
    ids = {e.subject_id for e in events if e.subject_id} | {part.plan_id for part in missed}
    plans = PaymentPlan.objects.select_related("customer__collector", "company").in_bulk(ids)
    managers = managers_of(plans.values())
    for event in events:
        if plan := plans.get(event.subject_id or 0):
            verb, words = NEWS[event.type]
            more = _makers(plan) if event.type == "plan.lapsed" else []
            yield from _to(plan, f"{event.type}:{event.pk}", verb, words, [*_people(plan, managers), *more])
    for part in missed:
        plan = plans[part.plan_id]
        words = f"Instalment {part.ordinal} was due on {part.due_on:%-d %b %Y} and isn’t paid. {_ends(plan, part)}"
        yield from _to(plan, f"missed:{part.pk}", "Instalment missed", words, _people(plan, managers))


def _missed(today: date) -> Iterator[Instalment]:
    """Instalments of running plans that lately became late, as the night judged them."""
    rows = Instalment.objects.filter(
        plan__state=PaymentPlan.State.ACTIVE, state=Instalment.State.MISSED, due_on__range=(today - SPAN, today), open_item__balance__gt=0
    )
    yield from rows.order_by("pk")[:MANY]


def _ends(plan: PaymentPlan, part: Instalment) -> str:
    days = f"{plan.default_days} day{'' if plan.default_days == 1 else 's'}"
    return f"The plan ends when it is more than {days} late."


def managers_of(plans: Collection[PaymentPlan]) -> dict[int, list[User]]:
    """Customer → account managers, where a person of the company bears the name that the customer's master data gives as its
    representative, alone."""
    names = {plan.customer_id: (plan.company_id, plan.customer.sales_representative.strip().casefold()) for plan in plans}
    wanted = {company for company, name in names.values() if name}
    people: dict[tuple[int, str], list[User]] = {}
    if wanted:
        for person in User.objects.filter(memberships__company__in=wanted, is_active=True).distinct().prefetch_related("memberships"):
            for company in {m.company_id for m in person.memberships.all()} & wanted:
                people.setdefault((company, person.name.strip().casefold()), []).append(person)
    return {customer: found for customer, key in names.items() if key[1] and len(found := people.get(key, [])) == 1}


def _people(plan: PaymentPlan, managers: dict[int, list[User]]) -> list[User]:
    collector = plan.customer.collector
    return [*([collector] if collector else []), *managers.get(plan.customer_id, [])]


def _makers(plan: PaymentPlan) -> list[User]:
    return list(User.objects.filter(pk=person_id_of(plan.made_by) or 0))


def _to(plan: PaymentPlan, key: str, verb: str, words: str, people: Iterable[User]) -> Iterator[Notice]:
    """One mail a person who wants them and still sees the plan."""
    line = f"{plan.number}, {plan.customer.name}, {money.format(plan.total, plan.currency)} {plan.currency}"
    for person in {p.pk: p for p in people}.values():
        if wants_mail(person) and PaymentPlan.objects.visible_to(person, "collections.view").filter(pk=plan.pk).exists():
            subject = " ".join(f"{verb}: {line}".split())[:200]
            path = reverse("collections:plan", args=[plan.pk])
            yield Notice(f"plan:{plan.pk}:{key}:{person.pk}", plan.company_id, (person.email,), subject, f"{line}\n\n{words}\n", path)
