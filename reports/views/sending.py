"""A statement of account by mail on demand: the mail as it will read, to whom, as which files, of one account or the group."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.crypto import get_random_string

from arops.lib import clock, pdf
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.merging import language_note
from arops.lib.refusal import Refused
from collections_app.selectors.statement import first_day, statements
from collections_app.services.statements import formats_of, send_statement, words_of
from customers.models import Contact, Customer
from messaging.selectors import reach_one, writable
from org.access import allowed
from org.actors import NotAllowed
from reports.customer_forms import StatementMailForm
from reports.views.statement import in_sight_children

SUFFIX = {"pdf": "PDF", "xlsx": "Excel"}


@allowed("messages.send")
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows the mail with its files (`group=1`: of the group's accounts in sight) and, posted, puts it into the outbox, where it rests."""
    user: Any = request.user
    rows: Any = Customer.objects.visible_to(user, "messages.send").select_related("company", "collector")
    customer: Customer = get_object_or_404(rows, pk=pk)
    contacts, children = writable(customer), in_sight_children(user, customer)
    form = StatementMailForm(
        request.POST if request.method == "POST" else None, contacts=contacts, has_children=bool(children), can_pdf=pdf.is_available(),
        initial=_start(request, customer, contacts),
    )  # fmt: skip
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else form.initial
    today = clock.today()
    made = statements([customer, *children] if chosen.get("group") and children else [customer], first_day(today), today)
    if form.is_bound and form.is_valid():
        try:
            sent = send_statement(
                actor=user, made=made, recipients=chosen["to"], format=chosen["format"], now=clock.now(),
                dedupe_key=f"statement:hand:{customer.pk}:{user.pk}:{chosen['token']}",
            )  # fmt: skip
        except (Refused, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            return _sent(request, customer, sent.message_id if sent else None, bool(chosen["to"]))
    subject, body = words_of(made)
    context = {
        "customer": customer, "form": form, "contacts": contacts, "subject": subject, "body": body, "accounts": made,
        "files": [SUFFIX[one] for one in formats_of(chosen.get("format") or "pdf")], "language_note": language_note(customer.language),
        "as_group": len(made) > 1, "children": len(children), "as_of": today,
    }  # fmt: skip
    return page(request, "customers/statement_send.html", context, fragment="preview", status=422 if form.errors else 200)


def _start(request: HttpRequest, customer: Customer, contacts: list[Contact]) -> dict[str, Any]:
    """To those who get letters, as PDF, of the account alone; or as the address says."""
    usual = list(reach_one(customer, "statement").to) or [one.email for one in contacts][:1]
    wanted = request.GET.get("format", "")
    return {
        "to": usual, "group": request.GET.get("group") in ("1", "on"), "token": get_random_string(16),
        "format": wanted if wanted in ("pdf", "xlsx", "both") else "pdf" if pdf.is_available() else "xlsx",
    }  # fmt: skip


def _sent(request: HttpRequest, customer: Customer, message: int | None, by_mail: bool) -> HttpResponse:
    back = redirect_htmx(request, reverse("customers:tab", args=[customer.pk, "timeline"]))
    if message is None:
        return toast(request, back, "It was sent already: nothing goes out twice")
    said = f"The statement goes to {customer.name} in ten seconds" if by_mail else "The statement waits to be printed"
    return toast(request, back, said, undo_url=reverse("customers:unsend", args=[customer.pk, message]))
