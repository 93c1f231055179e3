"""The workbench: the queue, the receipt in hand, and what is found to add to it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import page
from cashapp.forms import Typed, number, reasons, words
from cashapp.models import Receipt
from cashapp.selectors.converting import find_abroad
from cashapp.selectors.disagreements import advices_of
from cashapp.selectors.engine_input import policy_of
from cashapp.selectors.join_candidates import advices_for
from cashapp.selectors.queue import SHOWN, VIEWS, Filters, cleared_today, counts_of_views, groups_of, receipts_in, total_of
from cashapp.selectors.work import Work, find_customers, find_items, is_leased, receipt_in_sight, work_on
from cashapp.services.judging import charges_limit, write_off_limit
from org.access import allowed
from org.models import Company


@allowed("cash.view")
def workbench(request: HttpRequest) -> HttpResponse:
    """Receipts left, the one in hand with its text, and where it goes."""
    return page(request, "cashapp/workbench.html", bench(request, number(request.GET.get("receipt"))))


@allowed("cash.view")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The receipt in hand: the two panes beside the queue."""
    receipt = receipt_in_sight(request.user, pk)  # type: ignore[arg-type]
    if receipt is None:
        raise Http404
    return render(request, "cashapp/parts/work.html", working(request, receipt, Filters.of(request.GET)))


@allowed("cash.view")
def find(request: HttpRequest, pk: int) -> HttpResponse:
    """Open items to add, and customers who may have paid, as typed."""
    user: Any = request.user
    receipt = receipt_in_sight(user, pk)
    if receipt is None:
        raise Http404
    text = words(request.GET.get("q"), 80)
    context = {
        "receipt": receipt, "text": text, "items": find_items(user, receipt, text, [number(i) for i in request.GET.getlist("use")]),
        "customers": find_customers(user, receipt, text), "abroad": find_abroad(user, receipt, text), "filters": Filters.of(request.GET),
        "today": clock.today(),
    }  # fmt: skip
    return render(request, "cashapp/parts/found.html", context)


def bench(request: HttpRequest, wanted: int, filters: Filters | None = None) -> dict[str, Any]:
    """Context of the whole workbench with receipt `wanted` in hand, or the first of the queue."""
    user: Any = request.user
    now, today = clock.now(), clock.today()
    filters = filters or Filters.of(request.GET)
    groups = groups_of(user, filters, now, today)
    count, sums = total_of(groups)
    context = {
        "filters": filters, "groups": groups, "count": count, "sums": sums, "shown": SHOWN,
        "sum_lines": sums.split(" · ") if sums else [], "tabs": counts_of_views(user, filters, today),
        "companies": Company.objects.visible_to(user, "cash.view"), "bands": Receipt.Band.choices, "view_label": dict(VIEWS)[filters.view],
        "ready": next((g for g in groups if g.band == Receipt.Band.GREEN and filters.view == "clear"), None),
        "may_apply": user.can("cash.apply"), "may_import": user.can("cash.import"), "today": today,
        "now": now,
    }  # fmt: skip
    rows = [r.pk for g in groups for r in g.rows]
    chosen = receipt_in_sight(user, wanted) if wanted > 0 else None
    chosen = chosen or (receipt_in_sight(user, rows[0]) if rows else None)
    if chosen is None and filters.view == "clear" and not filters.narrowed:
        context["cleared"] = cleared_today(user, now, today)
    return context | (working(request, chosen, filters, rows) if chosen else {"work": None})


def _may_refund(user: Any, receipt: Receipt) -> bool:
    """Whether what is left of it is the payer's, and the person may ask for it to be paid back."""
    return bool(receipt.on_account and receipt.customer_id and user.can("refunds.request", receipt.company_id))


def working(
    request: HttpRequest, receipt: Receipt, filters: Filters, rows: list[int] | None = None, typed: Typed | None = None, problem: str = ""
) -> dict[str, Any]:
    """Context of the receipt in hand; `typed` is what the person has just sent, `problem` what was wrong with it."""
    user: Any = request.user
    now, today = clock.now(), clock.today()
    policy = policy_of(receipt.company_id)
    work: Work = work_on(user, receipt, today, typed.data if typed else None)
    work.write_off_limit, work.charges_limit = (limit(policy, receipt.currency, user) for limit in (write_off_limit, charges_limit))
    advices = advices_of(user, receipt, policy)
    ids = rows if rows is not None else list(receipts_in(user, filters, now, today).values_list("pk", flat=True)[:SHOWN])
    leased = is_leased(receipt, user, now)
    may_apply = user.can("cash.apply", receipt.company_id)
    offers = advices_for(user, receipt, today) if may_apply and advices.wants_more else []
    return {
        "advices": advices, "offers": offers, "waits": receipt.waits_until and receipt.waits_until > today,
        "may_ask_customer": user.can("messages.send", receipt.company_id),
        "work": work, "receipt": receipt, "filters": filters, "today": today, "reasons": reasons(), "problem": problem,
        "position": ids.index(receipt.pk) + 1 if receipt.pk in ids else 0, "length": len(ids), "leased": leased,
        "editable": may_apply and not leased and receipt.unapplied > 0 and not receipt.returned_on and not receipt.joined_back,
        "refund_url": reverse("cashapp:refund-new", args=[receipt.open_item_id]) if _may_refund(user, receipt) else "",
        "may_apply": may_apply, "may_reverse": user.can("cash.reverse", receipt.company_id),
    }  # fmt: skip
