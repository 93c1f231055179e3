"""Words of an answer: the company's templates, filled in for an inquiry, and which of them fits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Sum

from arops.lib.merging import day_in, language_of, merge, one_line, sum_in
from arops.lib.words import by_language
from collections_app.models import AnswerTemplate, Inquiry, Promise, Suggestion
from collections_app.policy.answers import listed, said_of
from collections_app.policy.mail.senders import topic_of
from collections_app.selectors.inquiries.suggested import items_for
from ledger.models import OpenItem


@dataclass(frozen=True, slots=True)
class Words:
    """A mail as it is to be said: one line, and plain text."""

    subject: str
    body: str


def filled_with(subject: str, body: str, values: Mapping[str, str]) -> Words:
    """Texts filled in with given values, without the gaps that empty fields leave."""
    text = re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]{2,}", " ", merge(body, values).replace("\r\n", "\n")))
    return Words(one_line(merge(subject, values))[:250], re.sub(r" +([,.?!])", r"\1", text).strip())


def filled(template: AnswerTemplate, inquiry: Inquiry, owner: str, today: date) -> Words:
    """A template filled in for an inquiry, in the template's language."""
    return filled_with(template.subject, template.body, values_of(inquiry, language_of(template.language), owner, today))


def values_of(inquiry: Inquiry, language: str, owner: str, today: date) -> dict[str, str]:
    """What the merge fields stand for. Names are single lines, whatever they hold. Amounts are of the inquiry's own customer alone."""
    customer, company = inquiry.customer, inquiry.company
    items = [i.open_item for i in inquiry.items.select_related("open_item").order_by("open_item__due_date", "pk")]
    items = [item for item in items if item.customer_id == inquiry.customer_id]
    account = OpenItem.objects.open().owed().filter(customer=customer) if customer else OpenItem.objects.none()
    said = {
        "contact": inquiry.contact.name if inquiry.contact else customer.name if customer else "",
        "customer": customer.name if customer else "", "number": customer.number if customer else "", "company": company.name,
        "inquiry": inquiry.number, "subject": f"Re: {original(inquiry)}", "invoices": listed([i.number for i in items], language),
        "open": _sums(OpenItem.objects.filter(pk__in=[i.pk for i in items]), language) or _nothing(language),
        "balance": _sums(account, language) or _nothing(language), "said": _said(inquiry, language), "day": day_in(today, language),
        "owner": owner, "answer_to": company.email or settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].rstrip(">"),
    }  # fmt: skip
    return {name: one_line(value) for name, value in said.items()}


def original(inquiry: Inquiry) -> str:
    """The subject of an inquiry without what programs put before it."""
    topic = topic_of(inquiry.subject)
    at = inquiry.subject.lower().rfind(topic) if topic else -1
    return inquiry.subject[at:] if at >= 0 else inquiry.subject


def _sums(items: object, language: str) -> str:
    rows = items.order_by().values_list("currency").annotate(total=Sum("balance")).order_by("currency")  # type: ignore[attr-defined]
    return ", ".join(sum_in(total, currency, language) for currency, total in rows if total)


def _nothing(language: str) -> str:
    return by_language("speech")[language]["nothing"]


def _said(inquiry: Inquiry, language: str) -> str:
    """Amount and day of what was recognised last of payments and promises; a promise that names no amount is for what its items owe."""
    rows = Suggestion.objects.filter(entry__inquiry=inquiry, kind__in=[Inquiry.Kind.PAID, Inquiry.Kind.PROMISE])
    last = rows.exclude(state=Suggestion.State.DISMISSED).order_by("-pk").first()
    if last is None:
        return ""
    amount, currency, day = _promised(last) or (last.amount, last.currency, last.day)
    if amount is None and last.kind == Inquiry.Kind.PROMISE:
        items = items_for(inquiry, last)
        amount, currency = sum(item.balance for item in items), items[0].currency if items else ""
    words = sum_in(amount, currency, language) if amount and currency else ""
    return said_of(words, day_in(day, language) if day else "", language)


def _promised(said: Suggestion) -> tuple[int, str, date] | None:
    """Amount, currency and day of the promise that was taken from it, as a person may have corrected them."""
    kind, _, key = said.result.partition(":")
    found = Promise.objects.filter(pk=key).first() if kind == "promise" and key.isdigit() else None
    return (found.amount, found.currency, found.due_on) if found else None


def templates_for(inquiry: Inquiry) -> list[AnswerTemplate]:
    """Templates to choose from: those of the inquiry's kind first, in the customer's language; of others those that there are in no such
    language."""
    customer = inquiry.customer
    language = language_of((inquiry.contact.language if inquiry.contact else "") or (customer.language if customer else "en"))
    found = list(AnswerTemplate.objects.filter(company=inquiry.company_id, is_active=True))
    own = {t.name for t in found if t.language == language}
    offered = [t for t in found if t.language == language or (t.name not in own and t.language == "en")]
    return sorted(offered, key=lambda t: (t.kind != wanted_kind(inquiry), t.kind == Inquiry.Kind.OTHER, t.name, t.language))


def wanted_kind(inquiry: Inquiry) -> str:
    """What an answer is about: what was recognised and stands open, else the inquiry's own kind."""
    rows = Suggestion.objects.filter(entry__inquiry=inquiry, state=Suggestion.State.PROPOSED)
    asked = rows.filter(kind__in=[Inquiry.Kind.COPY, Inquiry.Kind.STATEMENT, Inquiry.Kind.DOCUMENT]).order_by("-pk").first()
    return str(asked.kind) if asked else str(inquiry.kind)
