"""Payment plans: which run, which wait, what is missed."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import filters_of, page
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from collections_app.models import PaymentPlan
from collections_app.selectors.plans import VIEWS, PlanRow, plans_in, rows_of
from org.access import allowed
from workflow.views.stored import keeps_views

SHOWN = 300
"""Plans that a page shows; its file holds all of them."""
TONES = {"active": "info", "kept": "ok", "defaulted": "bad", "refused": "bad", "waiting": "warn", "offered": "warn"}


@allowed("collections.view")
@keeps_views
def plans(request: HttpRequest) -> HttpResponse:
    """Plans in sight of a list, the newest first; also as Excel and CSV."""
    user: Any = request.user
    today = clock.today()
    asked = filters_of(request, view="running", q="", owner="")
    asked["view"] = asked["view"] if asked["view"] in VIEWS else "running"
    owner = user if asked["owner"] == "me" else None
    found = plans_in(user, asked["view"], asked["q"], owner).select_related("customer__company").order_by("-made_on", "-pk")
    exports = bool(request.GET.get("format"))
    if exports and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    table = _table(rows_of(found if exports else found[:SHOWN], today), asked)
    narrowed = {name: asked[name] for name in ("q", "owner") if asked[name]}
    if file := export_response(request, table, Cover("Payment plans", user.name, today, {"list": asked["view"]} | narrowed)):
        return file
    counts = {name: plans_in(user, name, asked["q"], owner).count() for name in VIEWS}
    context = {
        "table": table, "asked": asked, "views": list(counts.items()), "count": counts[asked["view"]], "narrowed": narrowed, "shown": SHOWN,
        "user_can_export": user.can("reports.export"), "missed": [row for row in table.rows if row.missed], "today": today,
    }  # fmt: skip
    return page(request, "collections_app/plans.html", context, fragment="table")


def _table(rows: list[PlanRow], asked: dict[str, str]) -> Table:
    columns = [
        Column("number", "Plan", lambda r: r.plan.number, kind="link", pin=True, href=_address),
        Column("customer", "Customer", lambda r: r.plan.customer.name, grow=True, phone="full"),
        Column("kind", "Kind", lambda r: r.plan.get_kind_display(), priority=2),
        Column("state", "State", lambda r: r.plan.get_state_display().capitalize(), kind="badge", tone=lambda r: tone_of(r.plan)),
        Column("total", "Covers", lambda r: r.plan.total, kind="money", total=True, phone="end"),
        Column("paid", "Paid", lambda r: r.paid, kind="money", total=True, priority=2),
        Column("open", "Still to pay", lambda r: r.open, kind="money", total=True, priority=2),
        Column("missed", "Missed", lambda r: r.missed or None, kind="money", total=True, priority=2),
        Column("currency", "Cur", lambda r: r.plan.currency),
        Column("next", "Next on", lambda r: r.next_on, kind="date", priority=1),
        Column("count", "Instalments", lambda r: r.count, kind="num", priority=3),
    ]  # fmt: skip
    return Table(
        columns, rows, currency=lambda r: r.plan.currency, row_id=lambda r: f"plan-{r.plan.pk}", name="plan", query=asked, stack=True
    )


def _address(row: PlanRow) -> str:
    return reverse("collections:plan", args=[row.plan.pk])


def tone_of(plan: PaymentPlan) -> str:
    """The colour of a plan's state."""
    return TONES.get(plan.state, "")
