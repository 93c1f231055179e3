"""Notices of late charges: what was charged for which days of which items, by which rule and law, in the customer's language. Each goes out
once, by the outbox or the print batch, and its PDF is kept with the message."""

import logging
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from arops.lib import pdf
from arops.lib.merging import amount_in, day_in, language_of, merge, number_in, one_line, short_day_in, sum_in
from arops.lib.words import by_language
from collections_app.models import Charge, ChargePolicy
from collections_app.selectors.charges import ChargeBook, Period
from collections_app.services.charges.errors import ChargeError
from invoicing.services.paper import in_colour, look_of
from messaging.models import Message
from messaging.selectors import reach_one
from messaging.services import RESTS, Enclosed, queue_message
from org.actors import Actor, require
from org.models import Company
from workflow.services import record, store_file

CSS = Path(settings.BASE_DIR) / "static" / "css" / "letter.css"
WORDS = by_language("charge")
LISTED = 400
"""Spans of days that a notice lists; of more it says how many."""
MADE_GOOD = timedelta(days=40)
"""How far back a notice that wasn't written is made good for."""

log = logging.getLogger(__name__)


class Notice(NamedTuple):
    """A notice as a file, with the subject and text of its mail."""

    subject: str
    body: str
    name: str
    content: bytes
    content_type: str


def write_notice(charge: Charge) -> Notice:
    """The notice of a charge as it stands: a PDF, or where this server makes none the same page as HTML. Raises ChargeError for a charge of
    nothing."""
    if charge.open_item is None:
        raise ChargeError("nothing was charged: there is nothing to tell")
    language = language_of(charge.customer.language)
    words, values = WORDS[language], _values(charge, language)
    look, printed = look_of(charge.company, language), pdf.is_available()
    html = render_to_string("letters/charge.html", _page(charge, language, values) | look | {"printed": printed})
    css = in_colour(CSS.read_text(), look["accent"])
    name = re.sub(r"[^\w.-]+", "-", f"{words['file']}-{charge.open_item.number}")
    body = f"{words['dear']}\n\n{merge(words['body'], values)}\n\n{words['regards']}\n{charge.company.name}\n"
    subject = one_line(merge(words["subject"], values))[:250]
    if printed:
        return Notice(subject, body, f"{name}.pdf", pdf.from_html(html, css), "application/pdf")
    styled = html.replace("<!--style-->", f"<style>{css}</style>", 1)
    return Notice(subject, body, f"{name}.html", styled.encode(), "text/html; charset=utf-8")


def _values(charge: Charge, language: str) -> dict[str, str]:
    item: Any = charge.open_item
    period = f"{short_day_in(charge.run.period_from, language)}–{short_day_in(charge.run.period_to, language)}"
    sender = charge.company.email or settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].rstrip(">")
    return {
        "number": item.number, "company": charge.company.name, "customer": charge.customer.name, "period": period, "answer_to": sender,
        "amount": sum_in(charge.amount - charge.waived, charge.currency, language),
        "due": day_in(item.due_date, language), "day": day_in(item.document_date, language),
    }  # fmt: skip


def _page(charge: Charge, language: str, values: dict[str, str]) -> dict[str, Any]:
    words, rows = WORDS[language], _rows(charge, language)
    return {
        "language": language, "words": words, "customer": charge.customer, "company": charge.company, "currency": charge.currency,
        "heading": merge(words["title"], values), "opening": merge(words["opening"], values), "closing": merge(words["closing"], values),
        "day": values["day"], "period": values["period"], "rows": rows[:LISTED], "rules": _rules(charge, language),
        "more": words["more"].format(n=len(rows) - LISTED) if len(rows) > LISTED else "",
        "total": amount_in(charge.amount, charge.currency, language),
        "waived": amount_in(-charge.waived, charge.currency, language) if charge.waived else "",
        "left": amount_in(charge.amount - charge.waived, charge.currency, language),
    }  # fmt: skip


def _rows(charge: Charge, language: str) -> list[dict[str, str]]:
    """A row for each span of days with one rate, of items that cost something; the item's amount stands in its last."""
    words, rows = WORDS[language], []
    for line in charge.lines:
        parts = [part for part in line["parts"] if part["base"] > 0] if line["amount"] else []
        for n, part in enumerate(parts):
            last = n == len(parts) - 1
            rows.append({
                "number": line["number"] if n == 0 else "", "due": _day(line["due"], language) if n == 0 else "",
                "from": _day(part["from"], language), "to": _day(part["to"], language), "days": str(part["days"]),
                "base": amount_in(part["base"], charge.currency, language),
                "rate": words["fee"] if line["fee"] else number_in(f"{float(part['rate']):g}", language),
                "amount": amount_in(line["amount"], charge.currency, language) if last else "",
            })  # fmt: skip
    return rows


def _day(text: str, language: str) -> str:
    return short_day_in(date.fromisoformat(text), language)


def _rules(charge: Charge, language: str) -> list[str]:
    """By what it was charged: the policy's basis and grace, what was left out, and the law that bounds it."""
    words, policy = WORDS[language], charge.policy
    said = []
    if policy:
        said = [words[f"{policy.basis}_basis"], words["grace"].format(n=policy.grace_days)]
        said += [] if policy.charges_disputed else [words["disputed"]]
        said += [words["credits"]] if policy.nets_credits else []
    limit = ChargeBook(charge.company, Period(charge.run.period_from, charge.run.period_to)).limit_of(charge.customer)
    said.append(f"{words['source']}: {limit.source} ({limit.place})" if limit else words["no_limit"])
    capped = sorted({c for line in charge.lines for c in (line["capped"], *(p["capped"] for p in line["parts"])) if c})
    return [one[:1].upper() + one[1:] for one in (*said, *(words["capped"].format(source=one) for one in capped))]


@transaction.atomic
def send_notice(*, actor: Actor, charge: Charge, now: datetime, on_paper: bool = False) -> Message:
    """Tell the customer of a charge, once: by mail to those who get letters, on paper where there is no address or `on_paper`. The same
    charge again is the same message. Raises ChargeError for a charge that was waived or paid, NotAllowed."""
    require(actor, "messages.send", charge.company_id)
    rows = Charge.objects.select_for_update(of=("self",)).select_related("customer", "company", "run", "policy", "open_item", "notice")
    row = rows.get(pk=charge.pk)
    if row.notice:
        return row.notice
    if row.state not in (Charge.State.POSTED, Charge.State.WAIVER_ASKED) or row.open_item is None or row.open_item.balance <= 0:
        raise ChargeError("the charge is settled, waived, or was never made: there is nothing to tell")
    to = () if on_paper else reach_one(row.customer, "charge").to
    made = write_notice(row)
    file, _ = store_file(actor=actor, name=made.name, content=made.content, content_type=made.content_type)
    row.notice, _ = queue_message(
        actor=actor, company=row.company, customer=row.customer, kind="late_charge", dedupe_key=f"charge:{row.pk}", recipients=to,
        subject=made.subject, body=made.body, attachments=[Enclosed(file, made.name)], not_before=now + RESTS,
        channel=Message.Channel.EMAIL if to else Message.Channel.LETTER,
    )  # fmt: skip
    row.save(update_fields=["notice"])
    record(
        actor=actor, type="charge.told", company_id=row.company_id, subject=row, customer_id=row.customer_id,
        number=row.open_item.number, sha256=file.sha256,
    )  # fmt: skip
    return row.notice


def send_notices(*, company: Company, day: date, actor: Actor, now: datetime) -> dict[str, int]:
    """Tell of every charge that its policy wants told and that wasn't yet, one by one; safe to repeat, and to kill."""
    found = Charge.objects.filter(
        company=company, state=Charge.State.POSTED, notice=None, open_item__balance__gt=0, run__finished_at__isnull=False,
        open_item__document_date__gt=day - MADE_GOOD,
    ).exclude(policy=None).exclude(policy__notice=ChargePolicy.Notice.NONE)  # fmt: skip
    told = 0
    for charge in found.select_related("policy", "company").order_by("pk"):
        on_paper = charge.policy is not None and charge.policy.notice == ChargePolicy.Notice.PRINT
        try:
            send_notice(actor=actor, charge=charge, now=now, on_paper=on_paper)
            told += 1
        except Exception:
            log.exception("notice of charge %s", charge.pk)
    return {"told": told} if told else {}
