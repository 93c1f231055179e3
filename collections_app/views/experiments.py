"""Experiments: begun from a draft, their report, their end."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, toast
from arops.lib.refusal import Refused
from collections_app.models import Experiment
from collections_app.policy.experiment import ENOUGH, Arm
from collections_app.selectors.experiments import experiment_report, experiments_in_sight
from collections_app.services.experiments import end_experiment, start_experiment
from collections_app.views.strategies import find_version, number
from disputes.policy.statistics import Interval
from org.access import allowed


@require_POST
@allowed("strategies.approve")
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a draft on a share of its strategy's customers."""
    version = find_version(request, pk)
    try:
        made = start_experiment(
            actor=_user(request), challenger=version, share=number(request, "share"), horizon_days=number(request, "horizon_days"),
            today=clock.today(), now=clock.now(),
        )  # fmt: skip
    except Refused as error:
        return toast(request, redirect("collections:strategy-version", pk), str(error), tone="bad")
    return toast(request, redirect("collections:experiment", made.pk), "Begun: customers enter at night as they fall past due")


@allowed("collections.view")
def experiment(request: HttpRequest, pk: int) -> HttpResponse:
    """What an experiment has come to."""
    found, today, user = _find(request, pk), clock.today(), _user(request)
    report = experiment_report(found, today)
    verdict, base = report.verdict, found.company.base_currency
    context = {
        "experiment": found, "report": report, "verdict": verdict, "company": found.company, "strategy": found.champion.strategy,
        "base": base, "today": today, "enough": ENOUGH, "left": 100 - found.share,
        "arms": [_arm("Champion", found.champion, verdict.champion), _arm("Challenger", found.challenger, verdict.challenger)],
        "customers": _points(verdict.customers), "money": _points(verdict.money),
        "may_end": found.state == "running" and user.can("strategies.approve", found.company_id),
        "may_adopt": found.challenger.made_by != user.label,
    }  # fmt: skip
    return page(request, "collections_app/experiment.html", context)


@require_POST
@allowed("strategies.approve")
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End it, with the challenger for all or with the champion."""
    found, adopt = _find(request, pk), request.POST.get("do") == "adopt"
    back = redirect("collections:experiment", pk)
    try:
        end_experiment(actor=_user(request), experiment=found, adopt=adopt, today=clock.today())
    except Refused as error:
        return toast(request, back, str(error), tone="bad")
    return toast(request, back, "The challenger is in force for all" if adopt else "Ended: the champion stays in force")


def _find(request: HttpRequest, pk: int) -> Experiment:
    mine = [e.pk for e in experiments_in_sight(_user(request))]
    rows = Experiment.objects.select_related("company", "champion__strategy", "challenger__strategy").filter(pk__in=mine)
    found: Experiment = get_object_or_404(rows, pk=pk)
    return found


def _arm(name: str, version: Any, arm: Arm) -> dict[str, Any]:
    return {"name": name, "version": version, "arm": arm, "share": _percent(arm.share), "money": _rate(arm.money_share)}


def _percent(interval: Interval | None) -> str:
    """`42.0 % (38.1 to 46.0)`."""
    return f"{_rate(interval.value)} ({interval.low * 100:.1f} to {interval.high * 100:.1f})" if interval else ""


def _rate(share: Decimal | None) -> str:
    return f"{share * 100:.1f} %" if share is not None else ""


def _points(interval: Interval | None) -> str:
    """`+3.1 points (−1.2 to +7.4)`."""
    if interval is None:
        return ""
    value, low, high = (f"{n * 100:+.1f}".replace("-", "−") for n in (interval.value, interval.low, interval.high))
    return f"{value} points ({low} to {high})"


def _user(request: HttpRequest) -> Any:
    return request.user
