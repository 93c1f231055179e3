"""Answering: the form with its templates and enclosures, its preview, sending; what was recognised confirmed or not."""

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, money
from arops.lib.http import address, page, redirect_htmx, toast
from arops.lib.merging import language_of, merge
from arops.lib.refusal import Refused
from arops.lib.words import by_language
from collections_app.forms.inquiries import AnswerForm, ConfirmForm, people_choices
from collections_app.models import AnswerTemplate, Inquiry, Suggestion
from collections_app.models.inquiry import AnswerDraft
from collections_app.selectors.inquiries.enclosures import COPIES, STATEMENT, enclosures_for
from collections_app.selectors.inquiries.suggested import about_of
from collections_app.selectors.inquiries.thread import Reading, reading_of
from collections_app.selectors.inquiries.words import Words, filled, original, templates_for
from collections_app.services.inquiries.answering import answer_inquiry, is_known, take_back_answer
from collections_app.services.inquiries.confirming import ASKED, confirm_suggestion, dismiss_suggestion
from collections_app.services.inquiries.drafting import drop_draft
from collections_app.views.inquiries.shared import WORK, act, inquiry_in_sight, inquiry_url, person, suggestion_in_sight, version_of
from ledger.models import OpenItem
from messaging.models import Message
from messaging.selectors import writable
from org.access import allowed
from org.actors import NotAllowed


def panel(user: Any, inquiry: Inquiry, form: AnswerForm | None = None, template: AnswerTemplate | None = None) -> dict[str, Any]:
    """What the form of an answer needs."""
    templates = templates_for(inquiry)
    company = inquiry.company_id
    chosen = template or (templates[0] if templates else None)
    made = form or answer_form(user, inquiry, template=chosen)
    return {
        "may": user.can(WORK, company) and user.can("messages.send", company), "form": made, "templates": templates,
        "token": secrets.token_hex(16), "begun": AnswerDraft.objects.filter(inquiry=inquiry, author=user).first(),
        "chosen": chosen.pk if chosen and form is None else 0, "people": made.people, "missing": _missing(inquiry),
        "strange": _is_strange(inquiry),
        "templates_url": address("collections:templates") if user.can("templates.edit", company) else "",
        "contact_url": _contact_url(user, inquiry),
    }  # fmt: skip


def _is_strange(inquiry: Inquiry) -> bool:
    """Whether who wrote isn't known at the customer."""
    sender = sender_of(inquiry)
    return bool(inquiry.customer and sender and not is_known(inquiry, sender))


def _contact_url(user: Any, inquiry: Inquiry) -> str:
    may = inquiry.customer_id and user.can("customers.edit", inquiry.company_id)
    return address("customers:contact-new", inquiry.customer_id) if may else ""


def answer_form(user: Any, inquiry: Inquiry, data: Any = None, template: AnswerTemplate | None = None) -> AnswerForm:
    """The form: to whom it goes where nobody chose, in the template's words, with what was asked for ticked."""
    sender = sender_of(inquiry)
    known = bool(sender) and is_known(inquiry, sender)
    contacts = writable(inquiry.customer) if inquiry.customer else []
    begun = AnswerDraft.objects.filter(inquiry=inquiry, author=user).first()
    offered = enclosures_for(inquiry, clock.today())
    first = _words(user, inquiry, template)
    to = [sender] if known and sender else [c.email for c in contacts[:1]]
    canonical = {address.lower(): address for address, _ in people_choices(contacts, sender, known)}
    initial = {
        "to": [canonical.get(a.lower(), a) for a in to], "subject": first.subject, "body": first.body,
        "encloses": [e.code for e in offered if e.code in _ticked(inquiry, template)],
    }  # fmt: skip
    if begun:
        initial |= {"subject": begun.subject, "body": begun.body, "to": begun.to or initial["to"], "encloses": begun.encloses}
    return AnswerForm(data, people=people_choices(contacts, sender, known), enclosures=offered, initial=initial)


def sender_of(inquiry: Inquiry) -> str:
    """Who wrote last, by hand."""
    last = inquiry.entries.filter(mail__isnull=False, mail__automatic__in=["", "generated"]).select_related("mail").order_by("-pk").first()
    return last.mail.sender if last and last.mail else ""


def _words(user: Any, inquiry: Inquiry, template: AnswerTemplate | None) -> Words:
    if template:
        return filled(template, inquiry, user.name, clock.today())
    spoken = (inquiry.contact.language if inquiry.contact else "") or (inquiry.customer.language if inquiry.customer else "en")
    words = by_language("answers")[language_of(spoken)]
    name = inquiry.contact.name if inquiry.contact else inquiry.customer.name if inquiry.customer else ""
    values = {"contact": name, "owner": user.name, "company": inquiry.company.name}
    return Words(f"Re: {original(inquiry)}"[:220], merge(words["dear"] + "\n\n" + words["regards"].lstrip("\n"), values))


def _ticked(inquiry: Inquiry, template: AnswerTemplate | None) -> set[str]:
    """What goes along where nobody chose: what was recognised as asked for, else what the template encloses."""
    rows = Suggestion.objects.filter(entry__inquiry=inquiry, state=Suggestion.State.PROPOSED, kind__in=ASKED)
    asked = {_code_of(row) for row in rows}
    return asked or set(template.encloses if template else ())


def _code_of(row: Suggestion) -> str:
    kinds = Inquiry.Kind
    return COPIES if row.kind == kinds.COPY else STATEMENT if row.kind == kinds.STATEMENT else about_of(row)


def _missing(inquiry: Inquiry) -> list[str]:
    """Papers that are asked for and that aren't kept."""
    offered = {e.code for e in enclosures_for(inquiry, clock.today())}
    rows = Suggestion.objects.filter(entry__inquiry=inquiry, state=Suggestion.State.PROPOSED, kind=Inquiry.Kind.DOCUMENT)
    return sorted({about_of(row).replace("_", " ") for row in rows if about_of(row) and about_of(row) not in offered})


@allowed(WORK)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of an answer, and its sending. Without `wait` the inquiry is done with it."""
    inquiry, user = inquiry_in_sight(request, pk, WORK), person(request)
    if request.method != "POST":
        return _page(request, inquiry, None)
    form = answer_form(user, inquiry, request.POST)
    if not form.is_valid():
        return _page(request, inquiry, form)
    data = form.cleaned_data
    try:
        message = answer_inquiry(
            actor=user, inquiry=inquiry, recipients=data["to"], subject=data["subject"], body=data["body"], codes=data["encloses"],
            token=request.POST.get("token", "")[:40] or secrets.token_hex(16), close=not data["wait"], sure=data["sure"], now=clock.now(),
            today=clock.today(), version=version_of(request),
        )  # fmt: skip
    except (Refused, NotAllowed) as refusal:
        form.add_error(None, str(refusal))
        return _page(request, inquiry, form)
    drop_draft(actor=user, inquiry=inquiry)
    there = reverse("collections:inquiry-next", args=[pk]) if request.POST.get("then") == "next" else inquiry_url(inquiry)
    said = f"Answer to {', '.join(message.recipients)} goes out in ten seconds"
    return toast(request, redirect_htmx(request, there), said, undo_url=address("collections:inquiry-unsend", pk, message.pk))


def _page(request: HttpRequest, inquiry: Inquiry, form: AnswerForm | None, fragment: str | None = None, **more: Any) -> HttpResponse:
    shown = panel(person(request), inquiry, form, more.pop("template", None))
    if request.method == "POST":
        shown["token"] = request.POST.get("token", "")[:40] or shown["token"]
    status = 422 if form and form.errors and not fragment else 200
    context = {"inquiry": inquiry, "reply": shown, "back": inquiry_url(inquiry)} | more
    return page(request, "collections_app/inbox/answer.html", context, fragment=fragment, status=status)


@allowed(WORK)
def words(request: HttpRequest, pk: int) -> HttpResponse:
    """Subject, text and enclosures by a chosen template, filled in for the inquiry."""
    inquiry, chosen = inquiry_in_sight(request, pk, WORK), request.GET.get("template", "")
    key = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 18 else 0
    template = get_object_or_404(AnswerTemplate, pk=key, company=inquiry.company_id, is_active=True) if key else None
    form = answer_form(person(request), inquiry, template=template)
    chosen_words = _words(person(request), inquiry, template)
    form.initial["subject"], form.initial["body"] = chosen_words.subject, chosen_words.body  # chosen by hand: not the draft's
    if template and template.encloses:
        offered = [code for code, _ in form.enclosed]
        form.initial["encloses"] = [code for code in template.encloses if code in offered]
    return _page(request, inquiry, form, fragment="words")


@require_POST
@allowed(WORK)
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail as it would go out; nothing is kept, no file is made."""
    inquiry = inquiry_in_sight(request, pk, WORK)
    form = answer_form(person(request), inquiry, request.POST)
    form.is_valid()
    labels = dict(form.enclosed)
    files = [labels[code] for code in form.cleaned_data.get("encloses", []) if code in labels]
    return _page(request, inquiry, form, fragment="preview", mail=form.cleaned_data, files=files)


@require_POST
@allowed("messages.send")
def unsend(request: HttpRequest, pk: int, message_pk: int) -> HttpResponse:
    """Take an answer back while it rests in the outbox."""
    inquiry = inquiry_in_sight(request, pk, WORK)
    message = get_object_or_404(Message.objects.filter(inquiry_entry__inquiry=inquiry), pk=message_pk)

    def do(user: Any) -> str:
        take_back_answer(actor=user, inquiry=inquiry, message=message, now=clock.now())
        return "Taken back: nothing went out"

    return act(request, inquiry, do)


@allowed(WORK)
def suggestion(request: HttpRequest, pk: int) -> HttpResponse:
    """What was recognised, to be put right and done."""
    found, user = suggestion_in_sight(request, pk), person(request)
    inquiry = found.entry.inquiry
    reading = reading_of(inquiry, found, clock.today(), with_receipts=user.can("cash.view", inquiry.company_id))
    form = _confirm_form(request, reading)
    if request.method == "POST" and form.is_valid():
        try:
            confirm_suggestion(actor=user, suggestion=found, today=clock.today(), given=form.given())
        except (Refused, NotAllowed) as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, redirect_htmx(request, inquiry_url(inquiry)), DONE.get(found.kind, "Confirmed"))
    context = {"inquiry": inquiry, "s": found, "reading": reading, "form": form, "items": _choosable(inquiry), "back": inquiry_url(inquiry),
               "chosen": _chosen(request, reading), "needs_items": found.kind in ("promise", "dispute")}  # fmt: skip
    return page(request, "collections_app/inbox/suggestion.html", context, status=422 if form.errors else 200)


DONE = {
    "promise": "The promise is recorded", "dispute": "The case is opened", "paid": "Noted; the receipt is looked for",
    "away": "Noted on the timeline", "bounce": "Noted: find an address that works", 
    "bank": "Noted; nothing was changed: confirm it by calling a number known before",
}  # fmt: skip


def _confirm_form(request: HttpRequest, reading: Reading) -> ConfirmForm:
    said, inquiry = reading.suggestion, reading.suggestion.entry.inquiry
    currency = reading.currency or (inquiry.customer.currency if inquiry.customer else inquiry.company.base_currency)
    first = {
        "amount": money.to_text(said.amount, said.currency) if said.amount and said.currency else "",
        "day": said.day.isoformat() if said.day else "", "reason": reading.about,
    }  # fmt: skip
    data = request.POST if request.method == "POST" else None
    return ConfirmForm(data, items=_choosable(inquiry), currency=currency, today=clock.today(), initial=first)


def _choosable(inquiry: Inquiry) -> list[OpenItem]:
    """Open items of the customer, those that the inquiry names first."""
    if inquiry.customer is None:
        return []
    named = set(inquiry.items.values_list("open_item", flat=True))
    rows = list(OpenItem.objects.open().owed().filter(customer=inquiry.customer).order_by("due_date", "pk")[:300])
    return sorted(rows, key=lambda item: item.pk not in named)


def _chosen(request: HttpRequest, reading: Reading) -> set[int]:
    if request.method == "POST":
        return {int(pk) for pk in request.POST.getlist("items") if pk.isascii() and pk.isdecimal() and len(pk) < 18}
    return {item.pk for item in reading.items}


@require_POST
@allowed(WORK)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """It means that, as it was recognised. What is asked for leads to the answer; what isn't complete, to its form."""
    found = suggestion_in_sight(request, pk)
    inquiry = found.entry.inquiry
    if found.kind in ASKED:
        return redirect_htmx(request, reverse("collections:inquiry-answer", args=[inquiry.pk]))
    if not reading_of(inquiry, found, clock.today(), with_receipts=False).is_ready:
        return redirect_htmx(request, reverse("collections:suggestion", args=[pk]))

    def do(user: Any) -> str:
        confirm_suggestion(actor=user, suggestion=found, today=clock.today())
        return DONE.get(found.kind, "Confirmed")

    return act(request, inquiry, do)


@require_POST
@allowed(WORK)
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """It means something else."""
    found = suggestion_in_sight(request, pk)
    return act(request, found.entry.inquiry, lambda user: (dismiss_suggestion(actor=user, suggestion=found), "Set aside")[1])
