"""Receipts put aside until their day, and questions to the customer about them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.refusal import Refused
from cashapp.forms import number, words
from cashapp.forms.pausing import QuestionForm, day_of
from cashapp.models import Receipt
from cashapp.selectors.disagreements import advices_of
from cashapp.selectors.engine_input import policy_of
from cashapp.services.pausing import addresses_of, ask_customer, go_on, question_words, wait_for
from cashapp.views import acts
from customers.models import Customer
from org.access import allowed
from org.actors import NotAllowed


@require_POST
@allowed("cash.apply")
def wait(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the receipt aside until a day; then the next."""
    receipt, following = acts.in_sight(request, pk), acts.following(request, pk)
    until = day_of(request.POST.get("until"), clock.today())
    given: dict[str, Any] = {"version": number(request.POST.get("version")), "today": clock.today(), "now": clock.now()}
    try:
        if until is None:
            raise acts.AllocationError("the day to wait until is not a day: write 2026-10-05, or 5 for five days")
        held = wait_for(actor=_user(request), receipt=receipt, until=until, what=words(request.POST.get("what"), 200), **given)
    except (Refused, NotAllowed) as error:
        return acts.refused(request, receipt, str(error), error=error)
    undo = reverse("cashapp:go-on", args=[pk])
    return acts.moved_on(request, following, f"{held.number} waits until {held.waits_until:%-d %b}", undo)


@require_POST
@allowed("cash.apply")
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Wait no longer: from the workbench, or as the undo of a toast, which knows no version."""
    receipt = acts.in_sight(request, pk)
    version = number(request.POST.get("version"))
    try:
        held = go_on(actor=_user(request), receipt=receipt, version=version if version >= 0 else receipt.version, now=clock.now())
    except (Refused, NotAllowed) as error:
        return acts.refused(request, receipt, str(error), error=error)
    return acts.moved_on(request, pk, f"{held.number} waits no longer", "")


@allowed("messages.send")
def question(request: HttpRequest, pk: int) -> HttpResponse:
    """The question to the customer about a receipt: written first as what disagrees, sent by POST."""
    receipt = acts.in_sight(request, pk)
    customer = receipt.customer or receipt.suggested
    if customer is None or not Customer.objects.visible_to(_user(request), "messages.send").filter(pk=customer.pk).exists():
        raise Http404
    if request.method == "POST":
        return _send(request, receipt, customer)
    return render(request, "cashapp/parts/question.html", {"receipt": receipt, "form": _begun(request, receipt, customer), "filters": None})


def _begun(request: HttpRequest, receipt: Receipt, customer: Customer) -> QuestionForm:
    advices = advices_of(_user(request), receipt, policy_of(receipt.company_id))
    subject, body = question_words(receipt, [j.remittance for j in advices.joined], [d.words for d in advices.differences])
    return QuestionForm(initial={"to": ", ".join(addresses_of(customer)), "subject": subject, "body": body, "answer_in": 5})


def _send(request: HttpRequest, receipt: Receipt, customer: Customer) -> HttpResponse:
    form = QuestionForm(request.POST)
    following = acts.following(request, receipt.pk)
    try:
        if not form.is_valid():
            raise acts.AllocationError("; ".join(form.reasons()))
        message = ask_customer(
            actor=_user(request), receipt=receipt, version=number(request.POST.get("version")), customer=customer,
            recipients=form.addresses(), subject=form.cleaned_data["subject"], body=form.cleaned_data["body"],
            until=day_of(str(form.cleaned_data["answer_in"]), clock.today()) or clock.today(), today=clock.today(), now=clock.now(),
        )  # fmt: skip
    except (Refused, NotAllowed) as error:
        return acts.refused(request, receipt, str(error), error=error)
    return acts.moved_on(request, following, f"Mail to {message.recipients[0]} rests two minutes; {receipt.number} waits", "")


def _user(request: HttpRequest) -> Any:
    return request.user
