"""The agreement on paper: what the customer pays when, and what follows if it doesn't; as PDF, in the customer's language."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from arops.lib import pdf
from arops.lib.merging import amount_in, day_in, language_of, number_in, short_day_in
from collections_app.models import PaymentPlan
from collections_app.policy.plan_words import WORDS
from collections_app.services.plans.errors import PlanError
from collections_app.services.plans.rows import change, tell
from invoicing.services.paper import in_colour, look_of
from messaging.models import Message
from messaging.services.queueing import RESTS, Enclosed, queue_message
from org.actors import Actor, require
from workflow.models import StoredFile
from workflow.services.recording import store_file

CSS = Path(settings.BASE_DIR) / "static" / "css" / "letter.css"


def write_offer(*, actor: Actor, plan: PaymentPlan, day: date) -> StoredFile:
    """Write the agreement of a held plan and keep it: a PDF, or where this server makes none the same page as HTML."""
    look, printed = look_of(plan.company, language_of(plan.customer.language)), pdf.is_available()
    html = render_to_string("letters/plan.html", _page(plan, day) | look | {"printed": printed})
    css = in_colour(CSS.read_text(), look["accent"])
    if printed:
        name, content, sort = f"{plan.number}.pdf", pdf.from_html(html, css), "application/pdf"
    else:
        name, sort = f"{plan.number}.html", "text/html; charset=utf-8"
        content = html.replace("<!--style-->", f"<style>{css}</style>", 1).encode()
    stored, _ = store_file(actor=actor, name=name, content=content, content_type=sort)
    change(plan, offer=stored)
    return stored


def _page(plan: PaymentPlan, day: date) -> dict[str, Any]:
    language = language_of(plan.customer.language)
    words, cur = WORDS[language], plan.currency
    items: Any = plan.items.select_related("open_item")  # type: ignore[attr-defined]
    dues: Any = plan.instalments.all()  # type: ignore[attr-defined]
    interest = sum(due.interest for due in dues)
    pays = plan.total - plan.waived

    def amount(value: int) -> str:
        return amount_in(value, cur, language)

    settles = plan.kind == PaymentPlan.Kind.SETTLEMENT
    values = {
        "total": f"{amount(plan.total)} {cur}", "pays": f"{amount(pays)} {cur}", "waived": f"{amount(plan.waived)} {cur}",
        "rate": number_in(f"{plan.rate.normalize():f}", language), "days": str(plan.default_days),
        "until": day_in(plan.offer_until or day, language), "number": plan.number, "company": plan.company.name,
    }  # fmt: skip
    clauses = ["settles" if settles else "pays", *(["interest"] if interest else ["free"]), "default", "quote", "until"]
    return {
        "language": language, "words": words, "plan": plan, "company": plan.company, "customer": plan.customer, "currency": cur,
        "signature": words["signature"].format(customer=plan.customer.name), "day": day_in(day, language),
        "heading": words["settlement" if settles else "plan"].format(**values),
        "clauses": [words[name].format(**values) for name in clauses], "has_interest": bool(interest),
        "covered": [
            (i.open_item.number, short_day_in(i.open_item.document_date, language), short_day_in(i.open_item.due_date, language),
             amount(i.amount))
            for i in items
        ],
        "dues": [
            (f"{plan.number}/{d.ordinal}", short_day_in(d.due_on, language), amount(d.amount), amount(d.interest),
             amount(d.amount + d.interest))
            for d in dues
        ],
        "total": amount(plan.total), "pays": amount(pays), "interest": amount(interest), "all": amount(pays + interest),
    }  # fmt: skip


@transaction.atomic
def send_offer(*, actor: Actor, plan: PaymentPlan, to: str, now: datetime) -> Message:
    """Put the offer into the outbox, to one address; sent again after a change it is another mail. Raises PlanError, NotAllowed."""
    require(actor, "messages.send", plan.company_id)
    if plan.state != PaymentPlan.State.OFFERED or plan.offer is None:
        raise PlanError(f"{plan.number} is {plan.get_state_display()}: only an offer is sent")
    if not to.strip():
        raise PlanError("say to which address")
    language = language_of(plan.customer.language)
    words = WORDS[language]
    values = {
        "number": plan.number, "company": plan.company.name, "customer": plan.customer.name,
        "until": day_in(plan.offer_until or plan.made_on, language),
    }  # fmt: skip
    subject = words["settlement" if plan.waived else "plan"].format(**values)
    message, created = queue_message(
        actor=actor, company=plan.company, customer=plan.customer, kind="payment_plan", recipients=[to.strip()], subject=subject,
        dedupe_key=f"plan-offer:{plan.pk}:{plan.offer.sha256[:16]}:{to.strip().lower()}", body=words["mail"].format(**values),
        attachments=[Enclosed(plan.offer, plan.offer.name)], not_before=now + RESTS,
    )  # fmt: skip
    if created:
        tell(actor, plan, "sent", to=to.strip())
    return message
