"""Statements by schedule: the schedules, one schedule, what went out."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, pdf
from arops.lib import money as moneys
from arops.lib.http import address, filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from collections_app.forms.statements import ScheduleForm
from collections_app.models import SentStatement, StatementSchedule
from collections_app.policy.statement_days import next_day
from collections_app.selectors.statement_schedules import audiences, balance_in_sight, schedules_in_sight, seen_among, sent_in_sight
from collections_app.services.statement_schedules import end_schedule, save_schedule
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company

PER_PAGE = 100
TONES = {"sent": "ok", "failed": "bad", "parked": "warn", "claimed": "info", "pending": "info"}


@allowed("collections.view")
def statements(request: HttpRequest) -> HttpResponse:
    """The schedules, and what went out by them and by hand."""
    user, today = _user(request), clock.today()
    asked = filters_of(request, q="", schedule="", show="", page="1")
    found = _filtered(sent_in_sight(user), asked)
    file = _export(request, found, asked)
    if file:
        return file
    shown = Paginator(found, PER_PAGE).get_page(asked["page"])
    schedules = list(schedules_in_sight(user))
    context = {
        "schedules": [(s, next_day(s.day, s.every_months, s.starts_on, today) if s.is_active else None) for s in schedules],
        "asked": asked, "page": shown, "table": _table(user, shown.object_list), "can_pdf": pdf.is_available(),
        "in_force": {k: v for k, v in asked.items() if v and k != "page"}, "companies": _companies(user),
        "user_can_export": user.can("reports.export"), "may_schedule": user.can("statements.schedule"),
    }  # fmt: skip
    return page(request, "collections_app/statements.html", context, fragment="sent")


def _filtered(found: Any, asked: dict[str, str]) -> Any:
    if asked["schedule"].isascii() and asked["schedule"].isdigit() and len(asked["schedule"]) < 18:
        found = found.filter(schedule=int(asked["schedule"]))
    if asked["show"] in ("sent", "left"):
        found = found.filter(left_out_because="") if asked["show"] == "sent" else found.exclude(left_out_because="")
    if asked["q"]:
        found = found.filter(customer__name__icontains=asked["q"]) | found.filter(customer__number__iexact=asked["q"])
    return found


def _table(user: Any, rows: Any) -> Table:
    seen = seen_among(user, rows)
    columns = [
        Column("customer", "Customer", lambda r: r.customer.name, pin=True, href=lambda r: address("customers:statement", r.customer_id)),
        Column("as_of", "As of", lambda r: r.as_of, kind="date"),
        Column("balance", "Open", lambda r: _amounts(balance_in_sight(r, seen)), priority=2),
        Column("schedule", "By", lambda r: r.schedule.name if r.schedule else "hand", priority=3),
        Column("state", "State", _state, kind="badge", tone=lambda r: TONES.get(r.message.state, "") if r.message else "",
               href=lambda r: address("messaging:message", r.message_id) if r.message_id else ""),
        Column("to", "To", _to, grow=True, priority=2),
    ]  # fmt: skip
    return Table(columns, rows, row_id=lambda r: f"sent-{r.pk}", name="statements")


def _amounts(balance: dict[str, int]) -> str:
    return " · ".join(f"{moneys.format(amount, currency)} {currency}" for currency, amount in sorted(balance.items()))


def _state(row: SentStatement) -> str:
    return row.message.get_state_display() if row.message else "left out"


def _to(row: SentStatement) -> str:
    if row.message is None:
        return row.left_out_because
    return ", ".join(row.message.recipients) or "to be printed"


def _export(request: HttpRequest, found: Any, asked: dict[str, str]) -> HttpResponse | None:
    user = _user(request)
    if request.GET.get("format") not in ("xlsx", "csv"):
        return None
    if not user.can("reports.export"):
        raise PermissionDenied("taking data out needs the permission reports.export")
    return export_response(request, _table(user, found), Cover("Statements sent", user.name, clock.today(), asked))


@allowed("statements.schedule")
def new(request: HttpRequest) -> HttpResponse:
    """A schedule of a company's (`company`), or for one customer of it (`customer`, its number)."""
    user = _user(request)
    company = get_object_or_404(Company.objects.visible_to(user, "statements.schedule"), code=request.GET.get("company", ""))
    start = {
        "name": "Monthly statements", "day": 1, "every_months": 1, "starts_on": clock.today(), "format": "pdf",
        "customer": request.GET.get("customer", "")[:40],
    }  # fmt: skip
    return _edit(request, company, None, start)


@allowed("collections.view")
def schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """A schedule: to read, and for those who may, to change."""
    found = _schedule(request, pk)
    return _edit(request, found.company, found, ScheduleForm.starts_with(found))


def _edit(request: HttpRequest, company: Company, found: StatementSchedule | None, start: dict[str, Any]) -> HttpResponse:
    user = _user(request)
    form = ScheduleForm(request.POST or None, initial=start, actor=user, company=company, today=clock.today())
    if request.method == "POST" and form.is_valid():
        try:
            kept = save_schedule(actor=user, company=company, draft=form.draft(), schedule=found)
        except (Refused, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            return toast(request, redirect_htmx(request, reverse("collections:statements")), f"{kept.name} is kept")
    active = list(StatementSchedule.objects.filter(company=company, is_active=True))
    context = {
        "company": company, "schedule": found, "form": form, "may_edit": user.can("statements.schedule", company.pk),
        "reached": len(audiences(company, active).get(found.pk, [])) if found and found.is_active else None,
        "next": next_day(found.day, found.every_months, found.starts_on, clock.today()) if found else None,
    }  # fmt: skip
    return page(request, "collections_app/statement_schedule.html", context, status=422 if form.errors else 200)


@require_POST
@allowed("statements.schedule")
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Send nothing by a schedule any more."""
    found = _schedule(request, pk)
    back = redirect_htmx(request, reverse("collections:statements"))
    try:
        end_schedule(actor=_user(request), schedule=found)
    except (Refused, NotAllowed) as error:
        return toast(request, back, str(error), tone="bad")
    return toast(request, back, f"{found.name} is ended")


def _schedule(request: HttpRequest, pk: int) -> StatementSchedule:
    found: StatementSchedule = get_object_or_404(schedules_in_sight(_user(request)), pk=pk)
    return found


def _companies(user: Any) -> list[Company]:
    return list(Company.objects.visible_to(user, "statements.schedule").order_by("code")) if user.can("statements.schedule") else []


def _user(request: HttpRequest) -> Any:
    return request.user
