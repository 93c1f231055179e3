"""The workbench: the queue, the receipt in hand, and what is found to add to it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from cashapp.forms import Typed, number, reasons, words
from cashapp.models import Match, Receipt
from cashapp.selectors.engine_input import policy_of
from cashapp.selectors.queue import SHOWN, VIEWS, Filters, cleared_today, counts_of_views, groups_of, receipts_in, total_of
from cashapp.selectors.work import Work, find_customers, find_items, is_leased, receipt_in_sight, work_on
from cashapp.services.applying import post_ready
from cashapp.services.judging import write_off_limit
from cashapp.services.undoing import reverse_run
from org.access import allowed
from org.models import Company

RUN = "cash_run"
"""Session key of the matches that were last posted at once, so that one Undo takes them all back."""


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
        "customers": find_customers(user, receipt, text), "filters": Filters.of(request.GET), "today": clock.today(),
    }  # fmt: skip
    return render(request, "cashapp/parts/found.html", context)


@require_POST
@allowed("cash.apply")
def ready(request: HttpRequest) -> HttpResponse:
    """Post everything that is ready, in the companies shown."""
    user: Any = request.user
    filters = Filters.of(request.POST)
    companies = Company.objects.visible_to(user, "cash.apply")
    if filters.company:
        companies = companies.filter(code=filters.company)
    runs = [post_ready(actor=user, company=c, today=clock.today(), now=clock.now()) for c in companies]
    posted, left = sum(len(r.posted) for r in runs), sum(r.suggested + r.asked for r in runs)
    told = f"{posted} posted" + (f", {left} need a look after all" if left else "")
    request.session[RUN] = [m.pk for r in runs for m in r.posted]
    undo_url = reverse("cashapp:ready-undo") if posted else ""
    return toast(request, redirect_htmx(request, _home(filters)), told, tone="ok" if posted else "warn", undo_url=undo_url)


@require_POST
@allowed("cash.apply")
def ready_undo(request: HttpRequest) -> HttpResponse:
    """Take back what the person has just posted at once."""
    user: Any = request.user
    matches = Match.objects.visible_to(user, "cash.apply").filter(pk__in=request.session.pop(RUN, []), reversed_by=None)
    done, refused = reverse_run(actor=user, matches=matches.select_related("receipt"), today=clock.today(), now=clock.now())
    told = f"{done} taken back" + (f"; {refused[0]}" if refused else "")
    return toast(request, redirect_htmx(request, reverse("cashapp:workbench")), told, tone="warn" if refused else "ok")


def _home(filters: Filters) -> str:
    return f"{reverse('cashapp:workbench')}?{filters.query()}".rstrip("?")


def bench(request: HttpRequest, wanted: int, filters: Filters | None = None) -> dict[str, Any]:
    """Context of the whole workbench with receipt `wanted` in hand, or the first of the queue."""
    user: Any = request.user
    now = clock.now()
    filters = filters or Filters.of(request.GET)
    groups = groups_of(user, filters, now)
    count, sums = total_of(groups)
    context = {
        "filters": filters, "groups": groups, "count": count, "sums": sums, "shown": SHOWN,
        "sum_lines": sums.split(" · ") if sums else [], "tabs": counts_of_views(user, filters, now),
        "companies": Company.objects.visible_to(user, "cash.view"), "bands": Receipt.Band.choices, "view_label": dict(VIEWS)[filters.view],
        "ready": next((g for g in groups if g.band == Receipt.Band.GREEN and filters.view == "clear"), None),
        "may_apply": user.can("cash.apply"), "may_import": user.can("cash.import"), "today": clock.today(),
        "now": now,
    }  # fmt: skip
    rows = [r.pk for g in groups for r in g.rows]
    chosen = receipt_in_sight(user, wanted) if wanted > 0 else None
    chosen = chosen or (receipt_in_sight(user, rows[0]) if rows else None)
    if chosen is None and filters.view == "clear" and not filters.narrowed:
        context["cleared"] = cleared_today(user, now)
    return context | (working(request, chosen, filters, rows) if chosen else {"work": None})


def working(
    request: HttpRequest, receipt: Receipt, filters: Filters, rows: list[int] | None = None, typed: Typed | None = None, problem: str = ""
) -> dict[str, Any]:
    """Context of the receipt in hand; `typed` is what the person has just sent, `problem` what was wrong with it."""
    user: Any = request.user
    now = clock.now()
    work: Work = work_on(user, receipt, clock.today(), typed.data if typed else None)
    work.write_off_limit = write_off_limit(policy_of(receipt.company_id), receipt.currency, user)
    ids = rows if rows is not None else list(receipts_in(user, filters, now).values_list("pk", flat=True)[:SHOWN])
    leased = is_leased(receipt, user, now)
    may_apply = user.can("cash.apply", receipt.company_id)
    return {
        "work": work, "receipt": receipt, "filters": filters, "today": clock.today(), "reasons": reasons(), "problem": problem,
        "position": ids.index(receipt.pk) + 1 if receipt.pk in ids else 0, "length": len(ids), "leased": leased,
        "editable": may_apply and not leased and receipt.unapplied > 0 and not receipt.returned_on and not receipt.joined_back,
        "may_apply": may_apply, "may_reverse": user.can("cash.reverse", receipt.company_id),
    }  # fmt: skip
