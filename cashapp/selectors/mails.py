"""Mails with advices: which are in sight, and what became of them."""

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from cashapp.models import Remittance
from messaging.models import InboundMail, Mailbox
from org.actors import Actor
from workflow.models import Event

STEPS = {
    "mail.received": "Came in", "mail.read": "Read", "mail.set_aside": "Set aside", "mail.again": "Asked to be read again",
}  # fmt: skip


def mails_in_sight(actor: Actor, permission: str = "cash.view") -> QuerySet[InboundMail]:
    """Mails of whole companies. Where a portfolio is the limit: those one brought oneself, and those whose every advice is in sight; a mail
    of which nobody knows whose it is may name anybody."""
    reach = actor.reach(permission)
    found: QuerySet[InboundMail] = InboundMail.objects.filter(purpose=Mailbox.Purpose.REMITTANCES).select_related("company", "mailbox")
    if reach.everything:
        return found
    seen = Q(company_id__in=reach.companies)
    if reach.portfolios:
        advices = Remittance.objects.filter(mail=OuterRef("pk"))
        mine = Remittance.objects.visible_to(actor, permission).filter(customer__isnull=False)
        all_mine = Exists(advices) & ~Exists(advices.exclude(pk__in=mine.values("pk")))
        seen |= Q(company_id__in=reach.portfolios) & (Q(received_by=actor.label) | all_mine)
    return found.filter(seen)


def mail_list(actor: Actor, *, state: str = "", text: str = "", company: int | None = None) -> QuerySet[InboundMail]:
    """The list, latest first, with how many files and advices each brought."""
    found = mails_in_sight(actor)
    if state:
        found = found.filter(state=state)
    if company:
        found = found.filter(company=company)
    if text:
        found = found.filter(Q(sender__icontains=text) | Q(subject__icontains=text))
    advices = Remittance.objects.filter(mail=OuterRef("pk")).order_by().values("mail").annotate(n=Count("pk")).values("n")
    files = Count("parts", distinct=True)
    return found.annotate(advices=Coalesce(Subquery(advices, output_field=IntegerField()), 0), files=files).order_by("-pk")


def counts_by_state(actor: Actor) -> dict[str, int]:
    """State → how many of the mails in sight are in it."""
    return dict(mails_in_sight(actor).order_by().values_list("state").annotate(n=Count("pk")))


def advices_of(actor: Actor, mail: InboundMail) -> QuerySet[Remittance]:
    """The advices that the mail brought first, those in sight."""
    found: QuerySet[Remittance] = Remittance.objects.visible_to(actor, "cash.view").filter(mail=mail)
    return found.select_related("customer").prefetch_related("joins__receipt").order_by("pk")


def history_of(mail: InboundMail) -> list[tuple[Event, str]]:
    """What happened to the mail, in its order, each step with its words."""
    events = Event.objects.filter(subject_type="messaging.inboundmail", subject_id=mail.pk).order_by("pk")
    return [(event, STEPS.get(event.type, event.type)) for event in events]
