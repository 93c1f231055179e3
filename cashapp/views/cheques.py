"""Cheques keyed by hand: batches, one cheque after another against count and total, the deposit."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, money
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from cashapp.forms import number, words
from cashapp.forms.cheques import BatchForm, ChequeForm, CountedForm, StubLines
from cashapp.models import BankAccount, ChequeBatch, KeyedCheque
from cashapp.selectors.advice_customers import MARK, customer_typed
from cashapp.selectors.cheques import batches_of, cheques_of
from cashapp.services.cheques import (
    KeyedBefore,
    deposit_batch,
    difference_words,
    drop_batch,
    drop_cheque,
    key_cheque,
    open_batch,
    recount_batch,
    tally_of,
)
from cashapp.services.matching import match_receipts
from cashapp.views.remittances.detail import drawn
from cashapp.views.remittances.keying import kept_scan
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names


@allowed("cash.import")
def batches(request: HttpRequest) -> HttpResponse:
    """Batches, those being keyed first; and a new one with what was counted."""
    user: Any = request.user
    form = BatchForm(request.POST or None, actor=user, initial={"deposit_date": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            batch = open_batch(actor=user, today=clock.today(), **form.cleaned_data)
        except (Refused, NotAllowed) as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect_htmx(request, reverse("cashapp:cheque-batch", args=[batch.pk]))
    rows = batches_of(user)
    any_account = BankAccount.objects.visible_to(user, "cash.import").filter(is_active=True).exists()
    context = {"rows": rows, "names": actor_names({b.created_by for b in rows}), "form": form, "any_account": any_account}
    return page(request, "cashapp/cheque_batches.html", context, status=422 if form.errors else 200)


@allowed("cash.import")
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Key cheques into a batch: the form, what was keyed, what is missing."""
    found = _batch(request, pk)
    user, currency = request.user, found.bank_account.currency
    old = _cheque(found, number(request.GET.get("cheque"))) if "cheque" in request.GET else None
    form = ChequeForm(request.POST or None, request.FILES or None, currency=currency, initial=_start(old, currency))
    lines = StubLines(request.POST or None, prefix="line", form_kwargs={"currency": currency}, initial=_lines(old, currency))
    before = ""
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        try:
            cheque = form.cheque(lines.forms, _customer(request, found, form), kept_scan(request, form.cleaned_data["image"]))
            again, place = form.cleaned_data["again"], old.pk if old else None
            kept = key_cheque(actor=_user(request), batch=found, cheque=cheque, again=again, replaces=place)
        except KeyedBefore as refusal:
            before = str(refusal)
        except (Refused, NotAllowed) as refusal:
            form.add_error(None, str(refusal))
        else:
            there = redirect_htmx(request, reverse("cashapp:cheque-batch", args=[pk]))
            return toast(request, there, f"Cheque {kept.number}: {money.format(kept.amount, currency)} {currency}")
    tally = tally_of(found)
    context = {
        "batch": found, "currency": currency, "form": form, "lines": lines, "tally": tally, "off": difference_words(tally, currency),
        "cheques": cheques_of(found), "old": old, "before": before, "digits": money.exponent(currency),
        "counted": CountedForm(currency=currency, initial=_counted(found, currency)), "names": actor_names({found.created_by}),
        "today": clock.today(), "user": user,
    }  # fmt: skip
    return page(request, "cashapp/cheque_batch.html", context, status=422 if form.errors or before else 200)


def _start(old: KeyedCheque | None, currency: str) -> dict[str, Any]:
    """A cheque's fields as they were typed."""
    if old is None:
        return {}
    payer = f"{old.customer.number}{MARK}{old.customer.name}" if old.customer else old.payer_name
    kept = {name: getattr(old, name) for name in ("number", "cheque_date", "payer_account", "text")}
    return kept | {"payer": payer, "amount": money.to_text(old.amount, currency)}


def _lines(old: KeyedCheque | None, currency: str) -> list[dict[str, Any]]:
    amounts = ("paid", "discount", "adjustment")
    found = []
    for line in old.lines if old else ():
        typed = {name: "" if line[name] is None else money.to_text(abs(line[name]), currency) for name in amounts}
        if line["kind"] == "credit" and typed["paid"]:
            typed["paid"] = f"-{typed['paid']}"
        found.append(typed | {"reference": line["reference"], "code": line["code"]})
    return found


def _counted(batch: ChequeBatch, currency: str) -> dict[str, Any]:
    return {"expected_count": batch.expected_count, "expected_total": money.to_text(batch.expected_total, currency)}


def _customer(request: HttpRequest, batch: ChequeBatch, form: ChequeForm) -> Any:
    return customer_typed(_user(request), batch.company_id, form.cleaned_data["payer"])


@require_POST
@allowed("cash.import")
def recount(request: HttpRequest, pk: int) -> HttpResponse:
    """Another count and total: the adding up was wrong, not the keying."""
    found = _batch(request, pk)
    form = CountedForm(request.POST, currency=found.bank_account.currency)
    back = redirect_htmx(request, reverse("cashapp:cheque-batch", args=[pk]))
    if not form.is_valid():
        return toast(request, back, "; ".join(str(e) for errors in form.errors.values() for e in errors).capitalize(), tone="bad")
    return _done(request, back, lambda: recount_batch(actor=_user(request), batch=found, **form.cleaned_data), "Counted again")


@require_POST
@allowed("cash.import")
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a cheque out of its batch."""
    cheques = KeyedCheque.objects.visible_to(_user(request), "cash.import").select_related("batch")
    cheque = get_object_or_404(cheques, pk=max(0, pk))
    back = redirect_htmx(request, reverse("cashapp:cheque-batch", args=[cheque.batch_id]))
    return _done(request, back, lambda: drop_cheque(actor=_user(request), cheque=cheque), f"Cheque {cheque.number} is out of the batch")


@allowed("cash.import")
def picture(request: HttpRequest, pk: int) -> HttpResponse:
    """A page (`?n=`) of a cheque's image, drawn anew."""
    cheques = KeyedCheque.objects.visible_to(_user(request), "cash.import").select_related("image")
    cheque = get_object_or_404(cheques, pk=max(0, pk), image__isnull=False)
    return drawn(request, cheque.image)


@require_POST
@allowed("cash.import")
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a batch up."""
    found = _batch(request, pk)
    back = redirect_htmx(request, reverse("cashapp:cheques"))
    reason = words(request.POST.get("reason"), 300)
    return _done(request, back, lambda: drop_batch(actor=_user(request), batch=found, reason=reason), f"{found.number} is dropped")


@require_POST
@allowed("cash.import")
def deposit(request: HttpRequest, pk: int) -> HttpResponse:
    """Book the batch, then match its receipts by what their stubs say."""
    user, found = _user(request), _batch(request, pk)
    back = redirect_htmx(request, reverse("cashapp:cheque-batch", args=[pk]))
    try:
        receipts = deposit_batch(actor=user, batch=found, now=clock.now())
        if user.can("cash.apply", found.company_id):
            run = match_receipts(company=found.company, actor=user, today=clock.today(), now=clock.now(), receipts=receipts)
    except (Refused, NotAllowed) as refusal:
        return toast(request, back, str(refusal).capitalize(), tone="bad")
    n = len(receipts)
    matched = f": {run.words}" if user.can("cash.apply", found.company_id) and run.seen else ""
    return toast(request, back, f"{n} cheque{'' if n == 1 else 's'} booked{matched}")


def _done(request: HttpRequest, answer: HttpResponse, work: Any, said: str) -> HttpResponse:
    try:
        work()
    except (Refused, NotAllowed) as refusal:
        return toast(request, answer, str(refusal).capitalize(), tone="bad")
    return toast(request, answer, said)


def _batch(request: HttpRequest, pk: int) -> ChequeBatch:
    rows = ChequeBatch.objects.visible_to(_user(request), "cash.import").select_related("bank_account__company", "company")
    return get_object_or_404(rows, pk=max(0, pk))


def _cheque(batch: ChequeBatch, pk: int) -> KeyedCheque:
    found = KeyedCheque.objects.filter(batch=batch, pk=max(0, pk)).select_related("customer", "image").first()
    if found is None or batch.state != ChequeBatch.State.OPEN:
        raise Http404
    return found


def _user(request: HttpRequest) -> Any:
    return request.user
