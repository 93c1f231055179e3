"""Causes that came back at one source, as the last night found them: raised as problems by one key, or put aside with a reason."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from disputes.models import Dimension, Repeat
from disputes.policy.measuring import percent
from disputes.selectors.levels import policy_of
from disputes.selectors.problems import REPEAT_VIEWS, Offered, repeat_counts, repeats_in
from disputes.services.problems import raise_repeat
from disputes.services.repeats import dismiss_repeat, offer_again
from disputes.views.cause_filters import tabs
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company

SHOWN = 300


@allowed("disputes.view")
def index(request: HttpRequest) -> HttpResponse:
    """Repeats with their reasons in words. Also as Excel and CSV."""
    user: Any = request.user
    asked = filters_of(request, view="offered", company="", dimension="")
    view = asked["view"] if asked["view"] in dict(REPEAT_VIEWS) else "offered"
    rows = repeats_in(user, view, asked["company"], asked["dimension"] if asked["dimension"] in Dimension.values else "")
    if request.GET.get("format"):
        if not user.can("reports.export"):
            raise PermissionDenied("this needs the permission reports.export")
        file = export_response(request, _table(rows), Cover("Repeats", user.name, clock.today(), {"view": dict(REPEAT_VIEWS)[view]}))
        if file:
            return file
    counts = repeat_counts(user)
    companies = list(Company.objects.visible_to(user, "disputes.view").order_by("code"))
    context = tabs(user) | {
        "rows": rows[:SHOWN], "view": view, "views": [(code, label, counts[code]) for code, label in REPEAT_VIEWS], "asked": asked,
        "companies": companies, "dimensions": Dimension.choices, "narrowed": [n for n in ("company", "dimension") if asked[n]],
        "bounds": [(c, policy_of(c.pk)) for c in companies], "user_can_export": user.can("reports.export"), "count": len(rows),
        "may_work": user.can("problems.work"), "shown": SHOWN, "in_part": bool(user.reach("disputes.view").portfolios),
    }  # fmt: skip
    return page(request, "disputes/repeats.html", context)


def _table(rows: list[Offered]) -> Table:
    columns = [
        Column("company", "Company", lambda o: o.repeat.company.code),
        Column("cause", "Cause", lambda o: o.repeat.cause.name, grow=True),
        Column("by", "By", lambda o: o.repeat.get_dimension_display()),
        Column("source", "Source", lambda o: o.repeat.source_label or o.repeat.source, grow=True),
        Column("cases", "Invoices disputed", lambda o: o.repeat.cases, kind="num"),
        Column("invoices", "Invoices", lambda o: o.repeat.invoices, kind="num"),
        Column("rate", "Rate", lambda o: percent(o.rate)),
        Column("amount", "Contested", lambda o: o.repeat.amount, kind="money", total=True),
        Column("reason", "Reason", lambda o: o.reason, grow=True),
        Column("since", "Since", lambda o: o.repeat.since, kind="date"),
        Column("found", "Found", lambda o: o.repeat.found_on, kind="date"),
        Column("state", "State", lambda o: o.repeat.get_state_display()),
        Column("note", "Why put aside", lambda o: o.repeat.decision_note),
    ]
    return Table(columns, rows, currency=lambda o: o.repeat.company.base_currency, name="repeat")


@require_POST
@allowed("problems.work")
def raised(request: HttpRequest, pk: int) -> HttpResponse:
    """Raise a repeat as a problem, owned by whoever raises it; on to its page."""
    repeat = _repeat(request, pk)
    try:
        problem = raise_repeat(actor=_user(request), repeat=repeat, today=clock.today(), owner=_user(request))
    except (Refused, NotAllowed) as refusal:
        return toast(request, redirect_htmx(request, reverse("disputes:repeats")), str(refusal), tone="bad")
    response = redirect_htmx(request, reverse("disputes:problem", args=[problem.pk]))
    return toast(request, response, f"{problem.number} is raised: say what was found and what is done about it")


@require_POST
@allowed("problems.work")
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a repeat aside, with the reason."""
    repeat = _repeat(request, pk)
    return _done(request, lambda user: dismiss_repeat(actor=user, repeat=repeat, reason=request.POST.get("words", "")), "Put aside")


@require_POST
@allowed("problems.work")
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer again what was put aside."""
    repeat = _repeat(request, pk)
    return _done(request, lambda user: offer_again(actor=user, repeat=repeat), "Offered again")


def _done(request: HttpRequest, do: Callable[[Any], Repeat], said: str) -> HttpResponse:
    response = redirect_htmx(request, reverse("disputes:repeats"))
    try:
        do(request.user)
    except (Refused, NotAllowed) as refusal:
        return toast(request, response, str(refusal), tone="bad")
    return toast(request, response, said)


def _repeat(request: HttpRequest, pk: int) -> Repeat:
    return get_object_or_404(Repeat.objects.visible_to(_user(request), "problems.work"), pk=pk)


def _user(request: HttpRequest) -> Any:
    return request.user
