"""The watch over rules: which are taken back more often than when they were switched on, and what was done about it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from cashapp.engine.watching import VERDICTS, share
from cashapp.selectors.rules import alarms_in_sight
from cashapp.selectors.watch import LOOKED_AT, watched
from cashapp.services.rules.drift import close_alarm
from cashapp.views.rules.shared import act, chosen, frame, in_year, user_of
from org.access import allowed
from org.models import Company
from org.selectors import actor_names

TONES = {"drifts": "bad", "steady": "ok", "too_few": ""}


@allowed("cash.view")
def index(request: HttpRequest) -> HttpResponse:
    """Every rule of the last 90 days, and alarms, open and closed. Also as Excel and CSV."""
    companies, company = chosen(request)
    rows = watched(company.pk, clock.today()) if company else []
    user = user_of(request)
    if company and request.GET.get("format"):
        if not user.can("reports.export"):
            raise PermissionDenied("this needs the permission reports.export")
        file = export_response(request, _table(rows), Cover(f"Watch over rules of {company.code}", user.name, clock.today(), {}))
        if file:
            return file
    found = list(alarms_in_sight(user).filter(company=company)[:40]) if company else []
    context = frame(request, company, "watch") | {
        "companies": companies, "days": LOOKED_AT, "kept": in_year(company),
        "rows": [(w, VERDICTS[w.verdict], TONES[w.verdict], share(w.normal.rate)) for w in rows],
        "open": [a for a in found if not a.closed_at], "closed": [a for a in found if a.closed_at],
        "names": actor_names({a.closed_by for a in found}),
    }  # fmt: skip
    return page(request, "cashapp/rules/watch.html", context)


@require_POST
@allowed("rules.edit")
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an alarm with what was found."""
    user = user_of(request)
    alarm = get_object_or_404(alarms_in_sight(user).filter(company__in=_editable(user)), pk=pk)
    back = reverse("cashapp:rules-watch") + in_year(alarm.company)
    return act(request, lambda: close_alarm(actor=user, alarm=alarm, words=request.POST.get("words", ""), now=clock.now()), back, "Closed")


def _editable(user: Any) -> Any:
    return Company.objects.visible_to(user, "rules.edit").values("pk")


def _table(rows: Any) -> Table:
    columns = [
        Column("rule", "Rule", lambda w: w.rule, grow=True),
        Column("posted", "Posted", lambda w: w.posted, kind="num", total=True),
        Column("back", "Taken back", lambda w: w.taken_back, kind="num", total=True),
        Column("normal", "Normal", lambda w: share(w.normal.rate)),
        Column("alarm", "Alarm from", lambda w: w.alarm_from, kind="num"),
        Column("verdict", "Verdict", lambda w: VERDICTS[w.verdict]),
        Column("words", "In words", lambda w: w.words, grow=True),
    ]
    return Table(columns, rows, name="watch")
