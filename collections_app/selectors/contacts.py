"""The contacts and notes behind the figures of a span's work: what was logged, and what went out by mail and letter, the latest first."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Left, TruncDate

from collections_app.models import Activity
from collections_app.selectors.effort import REACHED, Span, activities_of, messages_of
from org.actors import Actor
from org.selectors import actor_names

BODY = 200
"""Letters of a note that a list shows."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of whom, of which kind (several by a comma), with which outcome (`reached`: any that spoke to the right person); empty: all."""

    who: str = ""
    kind: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact or note; `kind` is one of Activity.Kind, `outcome` in words."""

    customer_id: int
    customer: str
    day: date
    kind: str
    outcome: str
    actor: str
    minutes: int
    body: str


def contacts(actor: Actor, span: Span, wanted: Wanted, most: int | None) -> tuple[list[Contact], int, dict[str, str]]:
    """The rows (the first `most`), how many there are in all, and everybody's name who did any of them."""
    logged, sent = activities_of(actor, span), messages_of(actor, span)
    if wanted.who:
        logged, sent = logged.filter(actor=wanted.who), sent.filter(created_by=wanted.who)
    kinds = [kind for kind in wanted.kind.split(",") if kind in Activity.Kind.values]
    if kinds:
        logged, sent = logged.filter(kind__in=kinds), sent.filter(channel__in=kinds)
    if wanted.outcome:
        logged = logged.filter(outcome__in=REACHED if wanted.outcome == "reached" else [wanted.outcome])
        sent = sent.none()
    both: Any = _of_activities(logged).union(_of_messages(sent), all=True).order_by("-on", "-made", "-key")
    words = dict(Activity.Outcome.choices)
    rows = [
        Contact(
            r["customer"], r["name"], r["on"], r["what"], words.get(r["came"], "") if r["came"] else "", r["by"], r["took"] // 60, r["said"]
        )
        for r in (both if most is None else both[:most])
    ]  # fmt: skip
    people = set(logged.order_by().values_list("actor", flat=True).distinct())
    people |= set(sent.order_by().values_list("created_by", flat=True).distinct())
    return rows, logged.count() + sent.count(), actor_names(people)


def _of_activities(rows: QuerySet[Activity]) -> Any:
    return rows.order_by().values(
        "customer", name=F("customer__name"), on=F("happened_on"), what=F("kind"), came=F("outcome"), by=F("actor"), took=F("seconds"),
        said=Left("body", BODY), made=F("at"), key=F("pk"),
    )  # fmt: skip


def _of_messages(rows: QuerySet[Any]) -> Any:
    return rows.order_by().values(
        "customer", name=F("customer__name"), on=TruncDate("created_at"), what=F("channel"), came=Value(""), by=F("created_by"),
        took=Value(0), said=Left("subject", BODY), made=F("created_at"), key=F("pk"),
    )  # fmt: skip
