"""Changing a customer by hand: master data, contacts, holds, notes, mail. Each page is one form over one service."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, pdf
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.merging import language_of, merge
from arops.lib.refusal import Refused
from arops.lib.words import by_language
from collections_app.selectors.statement import first_day, statements
from collections_app.services.activities import log_activity
from collections_app.services.statements import enclose, note_sent, others_of, words_of
from customers.models import Contact, Customer
from customers.services import edit_customer, hold_customer, lift_hold, save_contact, save_customers
from messaging.models import Bounce, Message
from messaging.selectors import writable
from messaging.services.bouncing import revive_address
from messaging.services.deciding import cancel_message
from messaging.services.queueing import RESTS, queue_message
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from reports.customer_forms import ContactForm, HoldForm, MasterForm, NoteForm, WriteForm
from reports.views.statement import in_sight_children


@allowed("customers.edit")
def new(request: HttpRequest) -> HttpResponse:
    """A customer by hand."""
    user: Any = request.user
    companies = list(Company.objects.visible_to(user, "customers.edit"))
    start = {"company": companies[0].pk, "currency": companies[0].base_currency, "language": "en", "payment_terms": "net 30", "risk": "B"}
    form = MasterForm(request.POST or None, actor=user, companies=companies, initial=start if companies else {})
    if request.method == "POST" and form.is_valid():
        (saved,) = save_customers([form.for_save()], actor=user, source_system="arops")
        if saved.pk and saved.outcome == "created":
            response = redirect_htmx(request, reverse("customers:detail", args=[saved.pk]))
            return toast(request, response, f"{form.cleaned_data['name']} is in the books of {form.cleaned_data['company'].code}")
        for problem in saved.problems:
            name = problem.pointer.strip("/")
            form.add_error(name if name in form.fields else None, problem.detail)
    return _form(request, form, None, "New customer", reverse("customers:list"), "Add customer", sections=MASTER)


@allowed("customers.edit")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Master data."""
    user: Any = request.user
    customer = _customer(request, pk, "customers.edit")
    start = MasterForm.starts_with(customer)
    form = MasterForm(request.POST or None, actor=user, companies=[customer.company], customer=customer, initial=start)
    if request.method == "POST" and form.is_valid():
        return _try(request, form, customer, "Saved", lambda: edit_customer(actor=user, customer=customer, **form.for_edit())) or _form(
            request, form, customer, "Edit", "", "Save", sections=MASTER
        )
    return _form(request, form, customer, "Edit", "", "Save", sections=MASTER)


@allowed("customers.hold")
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Put an account on hold: neither chased by people nor by letters."""
    user: Any = request.user
    customer = _customer(request, pk, "customers.hold")
    form = HoldForm(request.POST or None, today=clock.today())
    done = None
    if request.method == "POST" and form.is_valid():
        undo = reverse("customers:lift", args=[pk])
        done = _try(request, form, customer, "On hold", lambda: hold_customer(actor=user, customer=customer, **form.cleaned_data), undo)
    return done or _form(
        request, form, customer, "Hold", "", "Put on hold", note="No reminder goes out and no call is asked for meanwhile."
    )


@require_POST
@allowed("customers.hold")
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    """Chase the account again."""
    user: Any = request.user
    customer = _customer(request, pk, "customers.hold")
    lift_hold(actor=user, customer=customer)
    return toast(request, redirect_htmx(request, reverse("customers:detail", args=[pk])), f"{customer.name} is chased again")


@allowed("customers.edit")
def contact(request: HttpRequest, pk: int, contact_pk: int | None = None) -> HttpResponse:
    """Add a contact, or change one."""
    user: Any = request.user
    customer = _customer(request, pk, "customers.edit")
    known = get_object_or_404(Contact, customer=customer, pk=contact_pk) if contact_pk else None
    # The form writes into the object it is given; the service compares with what is stored, so it gets one of its own.
    form = ContactForm(request.POST or None, instance=Contact.objects.get(pk=known.pk) if known else None)
    back = reverse("customers:tab", args=[pk, "contacts"])
    done = None
    if request.method == "POST" and form.is_valid():
        said = f"{form.cleaned_data['name']} saved"
        act = lambda: save_contact(actor=user, customer=customer, contact=known, **form.cleaned_data)  # noqa: E731
        done = _try(request, form, customer, said, act, back=back)
    return done or _form(request, form, customer, known.name if known else "New contact", back, "Save contact")


@allowed("collections.work")
def add_note(request: HttpRequest, pk: int) -> HttpResponse:
    """A note on the timeline."""
    user: Any = request.user
    customer = _customer(request, pk, "collections.work")
    form, back, done = NoteForm(request.POST or None), reverse("customers:tab", args=[pk, "timeline"]), None
    if request.method == "POST" and form.is_valid():
        body, kind = form.cleaned_data["body"], form.cleaned_data["kind"] or "note"
        act = lambda: log_activity(actor=user, customer=customer, kind=kind, body=body, today=clock.today())  # noqa: E731
        done = _try(request, form, customer, "Noted", act, back=back)
    return done or _form(request, form, customer, "Note", back, "Save note")


@allowed("messages.send")
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """An e-mail into the outbox, where it rests ten seconds; with the statement where wanted."""
    customer = _customer(request, pk, "messages.send")
    contacts = writable(customer)
    start = _letter(request, customer, contacts)
    has_children = len(_family(request, customer)) > 1
    form = WriteForm(request.POST or None, contacts=contacts, has_children=has_children, can_pdf=pdf.is_available(), initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            message = _queue(request, customer, form.cleaned_data)
        except (Refused, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            undo, back = reverse("customers:unsend", args=[pk, message.pk]), reverse("customers:tab", args=[pk, "timeline"])
            said = f"Mail to {customer.name} goes out in ten seconds"
            return toast(request, redirect_htmx(request, back), said, undo_url=undo)
    empty = "" if contacts else "Nobody here can be written to: add a contact with an address that works, or see who asked for no mail."
    return _form(request, form, customer, "Mail", "", "Send", note=empty, token=getattr(request, "request_id", ""))


def _letter(request: HttpRequest, customer: Customer, contacts: list[Contact]) -> dict[str, Any]:
    """What the mail starts with: to those who get letters, the statement's words when it is asked for."""
    user: Any = request.user
    wants, today = request.GET.get("statement") == "1", clock.today()
    subject, body = f"{customer.company.name}: {customer.number}", _greeting(customer, contacts, user.name)
    if wants:
        subject, body = words_of(statements([customer], first_day(today), today))
    return {
        "to": [c.email for c in contacts if c.receives_letters][:1] or [c.email for c in contacts][:1],
        "subject": subject,
        "body": body,
        "statement": ("pdf" if pdf.is_available() else "xlsx") if wants else "",
        "group": request.GET.get("group") == "1",
    }


def _greeting(customer: Customer, contacts: list[Contact], author: str) -> str:
    """A greeting and an end in the customer's language, with room between."""
    words = by_language("answers")[language_of((contacts[0].language if contacts else "") or customer.language)]
    values = {"contact": contacts[0].name if contacts else customer.name, "owner": author, "company": customer.company.name}
    return merge(words["dear"] + "\n\n" + words["regards"].lstrip("\n"), values)


@transaction.atomic
def _queue(request: HttpRequest, customer: Customer, data: dict[str, Any]) -> Message:
    user: Any = request.user
    today, made, files = clock.today(), [], []
    if data["statement"]:
        whose = _family(request, customer) if data.get("group") else [customer]
        made = statements(whose, first_day(today), today)
        files = enclose(actor=user, made=made, format=data["statement"])
    token = request.POST.get("token", "")[:40]
    message, _ = queue_message(
        actor=user, company=customer.company, customer=customer, kind="statement" if files else "mail",
        dedupe_key=f"mail:{customer.pk}:{user.pk}:{token}", recipients=data["to"], subject=data["subject"], body=data["body"],
        attachments=files, not_before=clock.now() + RESTS, also_about=others_of(made),
    )  # fmt: skip
    if made:
        note_sent(actor=user, made=made, message=message)
    return message


def _family(request: HttpRequest, customer: Customer) -> list[Customer]:
    return [customer, *in_sight_children(request.user, customer)]


@require_POST
@allowed("messages.send")
def unsend(request: HttpRequest, pk: int, message_pk: int) -> HttpResponse:
    """Take a mail back while it rests."""
    user: Any = request.user
    customer = _customer(request, pk, "messages.send")
    message = get_object_or_404(Message, customer=customer, pk=message_pk)
    response = redirect_htmx(request, reverse("customers:tab", args=[pk, "timeline"]))
    try:
        cancel_message(actor=user, message=message)
    except (Refused, NotAllowed) as error:
        return toast(request, response, str(error), tone="bad")
    return toast(request, response, "The mail was taken back; nothing went out")


@require_POST
@allowed("customers.edit")
def revive(request: HttpRequest, pk: int, bounce_pk: int) -> HttpResponse:
    """An address that mail came back from works again."""
    user: Any = request.user
    customer = _customer(request, pk, "customers.edit")
    bounce = get_object_or_404(Bounce, customer=customer, pk=bounce_pk)
    revive_address(actor=user, bounce=bounce, day=clock.today())
    return toast(request, redirect_htmx(request, reverse("customers:tab", args=[pk, "contacts"])), f"{bounce.address} is written to again")


MASTER = (
    ("Who they are", ("company", "number", "name", "is_active", "address", "country", "tax_id", "language")),
    ("How they trade", ("currency", "payment_terms", "parent", "segment", "sales_representative")),
    ("How invoices reach them", ("delivery", "invoice_email", "buyer_reference", "peppol_id", "tax_code")),
    ("How they are chased", ("collector", "credit_limit", "risk")),
)
"""Sections of the master data form."""


def _try(
    request: HttpRequest, form: Any, customer: Customer, said: str, act: Callable[[], Any], undo: str = "", back: str = ""
) -> HttpResponse | None:
    """Do it and go back; None, with the reason on the form, when it is refused."""
    try:
        act()
    except (Refused, NotAllowed) as error:
        form.add_error(None, str(error))
        return None
    return toast(request, redirect_htmx(request, back or reverse("customers:detail", args=[customer.pk])), said, undo_url=undo)


def _form(
    request: HttpRequest, form: Any, customer: Customer | None, title: str, back: str, button: str,
    sections: tuple[tuple[str, tuple[str, ...]], ...] = (), note: str = "", token: str = "",
) -> HttpResponse:  # fmt: skip
    parts = sections or (("", tuple(form.fields)),)
    context = {
        "form": form, "customer": customer, "title": title, "button": button, "note": note, "token": token,
        "back": back or (reverse("customers:detail", args=[customer.pk]) if customer else reverse("customers:list")),
        "sections": [(name, [form[field] for field in fields if field in form.fields]) for name, fields in parts],
    }  # fmt: skip
    return page(request, "customers/form.html", context, status=422 if form.errors else 200)


def _customer(request: HttpRequest, pk: int, permission: str) -> Customer:
    user: Any = request.user
    found = Customer.objects.visible_to(user, permission).select_related("company", "collector", "parent")
    return get_object_or_404(found, pk=pk)
