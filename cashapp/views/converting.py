"""A receipt in hand, and a debt in another currency."""

import re
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from arops.lib import clock, money
from arops.lib.refusal import Refused
from cashapp.forms import amount_of, number, words
from cashapp.models import Match, Receipt
from cashapp.selectors.converting import Offer, offer, payable_abroad
from cashapp.selectors.work import receipt_in_sight
from cashapp.services.converting import Exchange, convert_receipt
from cashapp.services.errors import AllocationError
from cashapp.views import acts
from ledger.errors import MissingRate
from org.access import allowed
from org.actors import NotAllowed

_RATE = re.compile(r"[0-9]{1,9}(\.[0-9]{0,8})?|\.[0-9]{1,8}", re.ASCII)


@require_http_methods(["GET", "POST"])
@allowed("cash.apply")
def convert(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: what the chosen item would take of the receipt, at which rate. POST does it: pays the item or (`do` is `only`) just changes the
    money's currency."""
    user: Any = request.user
    receipt = acts.in_sight(request, pk)
    said = request.POST if request.method == "POST" else request.GET
    item = payable_abroad(user, receipt).filter(pk=max(0, number(said.get("item")))).first()
    try:
        if item is None:
            raise AllocationError("choose an open item in another currency")
        found = offer(receipt, item, *_typed(said, receipt))
    except (AllocationError, MissingRate) as error:
        return _shown(request, receipt, None, str(error))
    return _do(request, receipt, found) if request.method == "POST" else _shown(request, receipt, found, "")


def _typed(said: QueryDict, receipt: Receipt) -> tuple[int | None, Decimal | None]:
    """Amount and rate, None where nothing is typed. Raises AllocationError for what can't be read."""
    cash, rate = said.get("cash", "").strip(), said.get("rate", "").strip().replace(",", ".")
    if rate and not _RATE.fullmatch(rate):
        raise AllocationError(f"{rate[:20]} is no rate")
    try:
        return amount_of(cash, receipt.currency) if cash else None, Decimal(rate) if rate else None
    except money.MoneyError as error:
        raise AllocationError(f"amount: {error}") from None


def _do(request: HttpRequest, receipt: Receipt, found: Offer) -> HttpResponse:
    user: Any = request.user
    pay, after = request.POST.get("do") != "only", acts.following(request, receipt.pk)
    exchange = Exchange(found.cash, found.rate, words(request.POST.get("why"), 200))
    given: dict[str, Any] = {"version": number(request.POST.get("version")), "today": clock.today(), "now": clock.now()}
    try:
        part = convert_receipt(actor=user, receipt=receipt, item=found.item, exchange=exchange, pay=pay, **given)
    except AllocationError as error:
        return _shown(request, receipt, found, str(error))
    except (Refused, NotAllowed) as error:
        return acts.refused(request, receipt, str(error), error=error)
    here = receipt_in_sight(user, receipt.pk)
    chosen = receipt.pk if here and here.unapplied and pay else after if pay else part.pk
    match = Match.objects.filter(receipt=receipt, rule="conversion", reversed_by=None).latest("pk")
    paid, got = (f"{money.format(amount, code)} {code}" for amount, code in ((found.cash, receipt.currency), (found.gets, part.currency)))
    told = f"{receipt.number}: {paid} {'paid' if pay else 'became'} {got}" + (f" of {found.item.number}" if pay else f", {part.number}")
    return acts.moved_on(request, chosen, told, reverse("cashapp:match-undo", args=[match.pk]))


def _shown(request: HttpRequest, receipt: Receipt, found: Offer | None, problem: str) -> HttpResponse:
    """The rate, both amounts, and what was wrong."""
    context = {"receipt": receipt, "offer": found, "problem": problem, "refused": request.method == "POST"}
    context["why"] = words((request.POST or request.GET).get("why"), 200)
    status = 422 if problem and request.method == "POST" else 200
    response = render(request, "cashapp/parts/conversion.html", context, status=status)
    if status == 422:
        response["HX-Retarget"], response["HX-Reswap"] = "#found", "innerHTML"
    return response
