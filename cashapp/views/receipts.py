"""One receipt with its history; what was done with it taken back; items that the bank returned."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, money
from arops.lib.http import address, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from cashapp.forms import number, words
from cashapp.models import Match, Receipt, StatementLine
from cashapp.selectors.advice_customers import customer_typed
from cashapp.selectors.deductions import cases_of
from cashapp.selectors.remittances import advices_of
from cashapp.selectors.returns import candidates_for
from cashapp.selectors.work import history_of, receipt_in_sight, receipt_to_act_on, receipt_whole, thread_of
from cashapp.services.returning import dismiss_return, fee_of, return_receipt
from cashapp.services.transferring import transfer_receipt
from cashapp.services.undoing import reverse_match
from cashapp.services.unreturning import undo_return
from ledger.selectors import item_history
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from org.selectors import actor_names


@allowed("cash.view")
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """A receipt: where its money went, who did what, the bank's line."""
    user: Any = request.user
    found = receipt_whole(user, pk)
    if found is None:
        raise Http404
    matches = found.matches.select_related("entry", "reversed_by").prefetch_related(
        "entry__lines__open_item__customer", "entry__lines__account"
    )
    history = history_of(found)
    context = {
        "names": actor_names({found.created_by, *(m.actor for m in matches), *(e.actor for e in history)}),
        "receipt": found, "matches": [(m, _went(m, found)) for m in matches], "parts": found.parts.select_related("open_item"),
        "moves": item_history(found.open_item), "history": history, "thread": thread_of(found), "today": clock.today(),
        "cases": [(case, address("disputes:detail", case.pk)) for case in cases_of(user, found)],
        "advices": advices_of(user, found), "aliases": found.aliases.filter(is_active=True).select_related("customer"),
        "may_apply": user.can("cash.apply", found.company_id), "may_reverse": user.can("cash.reverse", found.company_id),
        "fee": fee_of(found), "others": _others(user, found),
    }  # fmt: skip
    return page(request, "cashapp/receipt.html", context)


def _others(user: Any, receipt: Receipt) -> list[Company]:
    """Companies that what is left of it may be handed to."""
    if receipt.unapplied <= 0 or receipt.returned_on or receipt.split_from_id or not user.can("cash.apply", receipt.company_id):
        return []
    return list(Company.objects.visible_to(user, "cash.apply").exclude(pk=receipt.company_id).order_by("code"))


def _went(match: Match, receipt: Receipt) -> list[Any]:
    """The lines of a match's entry but the receipt's own."""
    return [line for line in match.entry.lines.all() if line.open_item_id is None or line.open_item_id != receipt.open_item_id]


@require_POST
@allowed("cash.apply")
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a posting back from the toast: one's own of a moment ago."""
    match = _match(request, pk)
    return _reversed(request, match, "", f"{reverse('cashapp:workbench')}?receipt={match.receipt_id}")


@require_POST
@allowed("cash.apply")
def reverse_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a posting back with a reason, from the receipt's page."""
    match = _match(request, pk)
    return _reversed(request, match, words(request.POST.get("reason"), 300), reverse("cashapp:receipt", args=[match.receipt_id]))


def _match(request: HttpRequest, pk: int) -> Match:
    user: Any = request.user
    return get_object_or_404(Match.objects.visible_to(user, "cash.apply").select_related("receipt"), pk=pk)


def _reversed(request: HttpRequest, match: Match, reason: str, address: str) -> HttpResponse:
    user: Any = request.user
    response = redirect_htmx(request, address)
    try:
        reverse_match(actor=user, match=match, reason=reason, today=clock.today(), now=clock.now())
    except (Refused, NotAllowed) as error:
        return toast(request, response, str(error), tone="bad")
    return toast(request, response, f"{match.receipt.number}: taken back, what it paid is open again")


@require_POST
@allowed("cash.reverse")
def bounce(request: HttpRequest, pk: int) -> HttpResponse:
    """The bank took the money back: by a line of a statement, or told by hand."""
    user: Any = request.user
    found = receipt_in_sight(user, pk, "cash.reverse")
    if found is None:
        raise Http404
    line = _line(request, number(request.POST.get("line"))) if request.POST.get("line") else None
    response = redirect_htmx(request, reverse("cashapp:returns") if line else reverse("cashapp:receipt", args=[pk]))
    reason = words(request.POST.get("reason"), 300) or (f"returned by the bank: {line.text[:200]}" if line else "")
    try:
        waived = "fee_offered" in request.POST and "fee" not in request.POST
        return_receipt(actor=user, receipt=found, reason=reason, today=clock.today(), now=clock.now(), line=line, waive_fee=waived)
    except (Refused, NotAllowed) as error:
        return toast(request, response, str(error), tone="bad")
    fee = 0 if waived else fee_of(found)
    billed = f"; {money.format(fee, found.currency)} {found.currency} are billed as the fee" if fee else ""
    return toast(request, response, f"{found.number} is returned: what it paid is open again{billed}")


@require_POST
@allowed("cash.reverse")
def unbounce(request: HttpRequest, pk: int) -> HttpResponse:
    """It was no return: the receipt stands again and pays what it had paid."""
    user: Any = request.user
    found = receipt_in_sight(user, pk, "cash.reverse")
    if found is None:
        raise Http404
    response = redirect_htmx(request, reverse("cashapp:receipt", args=[pk]))
    reason = words(request.POST.get("reason"), 300)
    try:
        again = undo_return(actor=user, receipt=found, reason=reason, today=clock.today(), now=clock.now())
    except (Refused, NotAllowed) as error:
        return toast(request, response, str(error), tone="bad")
    told = f"{found.number} stands again" + (
        f"; {again.applied} application{'s' * (again.applied > 1)} made again" if again.applied else ""
    )
    left = f"; not on {', '.join(again.left[:5])}, paid meanwhile" if again.left else ""
    return toast(request, response, told + left)


@allowed("cash.view")
def returns(request: HttpRequest) -> HttpResponse:
    """Items that banks returned and nobody has dealt with, each beside the receipt it seems to take back."""
    user: Any = request.user
    lines = StatementLine.objects.visible_to(user, "cash.view").returns()
    lines = lines.select_related("statement__bank_account", "returns__customer").order_by("booking_date", "pk")[:100]
    done = StatementLine.objects.visible_to(user, "cash.view").filter(treatment="return", handled=True)
    rows = [(line, _choices(line, user)) for line in lines]
    context = {
        "rows": rows, "may_reverse": user.can("cash.reverse"), "fees": {r.pk: fee_of(r) for _, found in rows for r in found},
        "done": done.select_related("statement__bank_account", "returns").order_by("-pk")[:20],
    }  # fmt: skip
    return page(request, "cashapp/returns.html", context)


def _choices(line: StatementLine, user: Any) -> list[Receipt]:
    """Receipts the line may take back, the likeliest first."""
    likely = candidates_for(line)
    seen = set(Receipt.objects.visible_to(user, "cash.view").filter(pk__in=[r.pk for r in likely]).values_list("pk", flat=True))
    found = [r for r in likely if r.pk in seen and r.split_from_id is None]
    return sorted(found, key=lambda r: r.pk != line.returns_id)


@require_POST
@allowed("cash.apply")
def transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """What is left of it belongs to another company of ours."""
    user: Any = request.user
    found = receipt_to_act_on(user, pk)
    if found is None:
        raise Http404
    back = redirect_htmx(request, reverse("cashapp:receipt", args=[pk]))
    company, typed = number(request.POST.get("company")), words(request.POST.get("payer"), 200)
    customer = customer_typed(user, company, typed, "cash.apply")
    if customer is None:
        return toast(request, back, f"No one customer there is called “{typed[:60]}”: give its number", tone="bad")
    try:
        part = transfer_receipt(
            actor=user, receipt=found, version=number(request.POST.get("version")), customer=customer,
            reason=words(request.POST.get("reason"), 300), today=clock.today(), now=clock.now(),
        )  # fmt: skip
    except (Refused, NotAllowed) as error:
        return toast(request, back, str(error), tone="bad")
    return toast(
        request, back, f"Handed to {part.company.code} as {part.number}", links=[(reverse("cashapp:receipt", args=[part.pk]), part.number)]
    )


@require_POST
@allowed("cash.reverse")
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """A returned item that takes back nothing of ours."""
    user: Any = request.user
    response = redirect_htmx(request, reverse("cashapp:returns"))
    try:
        dismiss_return(actor=user, line=_line(request, pk), reason=words(request.POST.get("reason"), 300))
    except (Refused, NotAllowed) as error:
        return toast(request, response, str(error), tone="bad")
    return toast(request, response, "Dealt with: nothing was reversed")


def _line(request: HttpRequest, pk: int) -> StatementLine:
    user: Any = request.user
    lines = StatementLine.objects.visible_to(user, "cash.reverse").select_related("statement__bank_account")
    return get_object_or_404(lines, pk=max(0, pk))
