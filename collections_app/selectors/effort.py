"""What was done by whom, and what it brought: calls, mails and promises of a span, contact rate, promises kept, money after a contact.

Mails and letters count by the outbox (an answer, a statement, what was written from an account), beside those that were logged by hand;
those of a dunning run are the run's, nobody's work.

*What it brought* counts cash applied to a customer's items within `WITHIN` days after a contact, for whoever made the last contact before
it. That is what followed, no proof of what caused it: for that, a challenger is tried on customers drawn at random (see strategies).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from collections_app.models import Activity, Promise
from messaging.models import Message
from org.actors import Actor
from org.models import Company

WITHIN = 14
REACHED = tuple(o for o in Activity.Outcome.values if o not in ("", "no_answer", "wrong_contact"))
"""Outcomes of a call in which the right person was spoken to."""


@dataclass(frozen=True, slots=True)
class Span:
    """Whose work of which days, both included; `company` is the one whose currency counts."""

    company: Company
    first: date
    last: date


@dataclass(slots=True)
class Effort:
    """A person's work in a span. Amounts are minor units of the company's currency, `promised` and `kept` by the day of decision."""

    actor: str
    calls: int = 0
    reached: int = 0
    mails: int = 0
    letters: int = 0
    meetings: int = 0
    notes: int = 0
    minutes: int = 0
    taken: int = 0
    decided: int = 0
    kept: int = 0
    brought: int = 0
    payments: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    @property
    def contacts(self) -> int:
        """Everything but notes."""
        return self.calls + self.mails + self.letters + self.meetings

    @property
    def contact_rate(self) -> int | None:
        """Per cent of calls that reached the right person; None without calls."""
        return self.reached * 100 // self.calls if self.calls else None

    @property
    def kept_rate(self) -> int | None:
        """Per cent of promises decided in the span that were kept; None without any."""
        return self.kept * 100 // self.decided if self.decided else None

    @property
    def per_contact(self) -> int | None:
        """Money that followed, by contact, in minor units; None without contacts."""
        return self.brought // self.contacts if self.contacts else None


@dataclass(frozen=True, slots=True)
class Brought:
    """Cash that followed a contact: of which customer, on which day, minor units of the company's currency, whose contact and when."""

    customer_id: int
    customer: str
    day: date
    amount: int
    entry_id: int
    actor: str
    contacted_on: date
    kind: str


def activities_of(actor: Actor, span: Span) -> QuerySet[Activity]:
    """Activities in sight in the span."""
    rows = Activity.objects.visible_to(actor, "collections.view").filter(company=span.company)
    return rows.filter(happened_on__range=(span.first, span.last))


def messages_of(actor: Actor, span: Span) -> QuerySet[Message]:
    """Mails and letters in sight that people sent customers in the span; one that was taken back, or couldn't go, is none."""
    return _sent(actor, span).filter(created_at__date__range=(span.first, span.last))


def _sent(actor: Actor, span: Span) -> QuerySet[Message]:
    rows = Message.objects.visible_to(actor, "collections.view").filter(company=span.company, created_by__startswith="user:")
    return rows.went_to_customers().filter(dunning_letter=None).exclude(customer=None)


def effort(actor: Actor, span: Span) -> list[Effort]:
    """Everybody's work in the span, the busiest first; of customers in sight."""
    found: dict[str, Effort] = defaultdict(lambda: Effort(""))
    reached = Count("pk", filter=Q(outcome__in=REACHED))
    for row in activities_of(actor, span).order_by().values("actor", "kind").annotate(n=Count("pk"), s=Sum("seconds"), r=reached):
        one = _of(found, row["actor"])
        name = {"call": "calls", "email": "mails", "letter": "letters", "meeting": "meetings"}.get(row["kind"], "notes")
        setattr(one, name, getattr(one, name) + row["n"])
        one.minutes += (row["s"] or 0) // 60
        one.reached += row["r"] if row["kind"] == "call" else 0
    sent = messages_of(actor, span).order_by().values_list("created_by", "channel").annotate(n=Count("pk"))
    for who, channel, n in sent:
        one, name = _of(found, who), "letters" if channel == Message.Channel.LETTER else "mails"
        setattr(one, name, getattr(one, name) + n)
    calls = activities_of(actor, span).filter(kind="call").order_by()
    for who, outcome, n in calls.values_list("actor", "outcome").annotate(n=Count("pk")):
        _of(found, who).outcomes[outcome] = n
    promises = Promise.objects.visible_to(actor, "collections.view").filter(company=span.company).order_by()
    for row in promises.filter(given_on__range=(span.first, span.last)).values("taken_by").annotate(n=Count("pk")):
        _of(found, row["taken_by"]).taken = row["n"]
    decided = promises.filter(decided_on__range=(span.first, span.last), state__in=["kept", "partly", "broken"])
    for row in decided.values("taken_by").annotate(n=Count("pk"), k=Count("pk", filter=Q(state="kept"))):
        one = _of(found, row["taken_by"])
        one.decided, one.kept = row["n"], row["k"]
    for payment in brought(actor, span):
        one = _of(found, payment.actor)
        one.brought += payment.amount
        one.payments += 1
    people = [one for one in found.values() if one.actor.startswith("user:")]
    return sorted(people, key=lambda e: (-e.contacts, e.actor))


def _of(found: dict[str, Effort], actor: str) -> Effort:
    one = found[actor]
    one.actor = actor
    return one


def total_of(rows: list[Effort]) -> Effort:
    """The team's sums."""
    total = Effort("")
    for row in rows:
        for name in "calls reached mails letters meetings notes minutes taken decided kept brought payments".split():
            setattr(total, name, getattr(total, name) + getattr(row, name))
        for outcome, n in row.outcomes.items():
            total.outcomes[outcome] = total.outcomes.get(outcome, 0) + n
    return total


def brought(actor: Actor, span: Span, who: str = "") -> list[Brought]:
    """Cash applied in the span within `WITHIN` days after a contact, the largest first; `who` made the contact. Applications that were
    taken back by the end of the span don't count."""
    seen = list(activities_of_contact(actor, span).values_list("pk", flat=True))
    sent = list(_sent(actor, span).filter(created_at__date__range=_before(span)).values_list("pk", flat=True))
    if not seen and not sent:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH contact AS MATERIALIZED (SELECT id, customer_id, happened_on, actor, kind FROM collections_app_activity"
            "   WHERE id = ANY(%s) UNION ALL SELECT id, customer_id, created_at::date, created_by, channel FROM messaging_message"
            "   WHERE id = ANY(%s)),"
            " paid AS MATERIALIZED (SELECT o.customer_id, e.id, e.effective_date AS day, -sum(l.base_amount)::bigint AS amount"
            "   FROM ledger_entry e JOIN ledger_line l ON l.entry_id = e.id"
            "   JOIN ledger_openitem o ON o.id = l.open_item_id AND o.amount > 0"
            "   WHERE e.company_id = %s AND e.kind = 'application' AND e.effective_date BETWEEN %s AND %s AND l.amount < 0"
            "   AND o.customer_id IN (SELECT customer_id FROM contact)"
            "   AND EXISTS (SELECT FROM ledger_line c JOIN ledger_openitem i ON i.id = c.open_item_id AND i.kind = 'receipt'"
            "     WHERE c.entry_id = e.id)"
            "   AND NOT EXISTS (SELECT FROM ledger_entry r WHERE r.reverses_id = e.id AND r.effective_date <= %s) GROUP BY 1, 2, 3)"
            " SELECT p.customer_id, k.name, p.day, p.amount, p.id, c.actor, c.happened_on, c.kind FROM paid p"
            " JOIN customers_customer k ON k.id = p.customer_id CROSS JOIN LATERAL ("
            "   SELECT * FROM contact c WHERE c.customer_id = p.customer_id AND c.happened_on BETWEEN p.day - %s AND p.day"
            "   ORDER BY c.happened_on DESC, c.id DESC LIMIT 1) c ORDER BY p.amount DESC, p.id",
            [seen, sent, span.company.pk, span.first, span.last, span.last, WITHIN],
        )
        rows = [Brought(*row) for row in cursor.fetchall()]
    return [row for row in rows if not who or row.actor == who]


def activities_of_contact(actor: Actor, span: Span) -> QuerySet[Activity]:
    """Contacts in sight after which cash of the span may have come."""
    rows = Activity.objects.visible_to(actor, "collections.view").filter(company=span.company).exclude(kind="note")
    return rows.filter(happened_on__range=_before(span))


def _before(span: Span) -> tuple[date, date]:
    """The days of contacts after which cash of the span may have come."""
    return date.fromordinal(span.first.toordinal() - WITHIN), span.last
