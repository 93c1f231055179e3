"""Strategies: the list, a strategy with its versions, the editor of a draft."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import number_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from collections_app.forms.strategies import VersionForm, version_values
from collections_app.models import Experiment, Strategy, StrategyStep, StrategyVersion
from collections_app.policy.letters import FIELDS
from collections_app.policy.strategy import MAX_STEPS, when_words
from collections_app.selectors.experiments import experiments_in_sight
from collections_app.selectors.strategies import draft_of, standing_of, strategies_in_sight, version_on, versions_on
from collections_app.services.strategies import change_version, create_standard_strategy, discard_version, draft_version
from collections_app.services.trials import fresh_trial
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from org.selectors import actor_names
from workflow.models import Event

TONES = {"draft": "info", "active": "ok", "challenger": "warn", "retired": ""}


@allowed("collections.view")
def strategies(request: HttpRequest) -> HttpResponse:
    """All strategies in sight, with what is in force of each today."""
    user, today = _user(request), clock.today()
    companies = list(Company.objects.visible_to(user, "collections.view"))
    found, tests = strategies_in_sight(user, companies), experiments_in_sight(user)
    in_force = versions_on(found, today)
    whole = {s.company_id for s in found if s.is_active and not s.segment and not s.customer_id}
    may = {c.pk for c in companies if user.can("strategies.edit", c.pk)}
    context = {
        "rows": [_line(s, in_force.get(s.pk), tests) for s in found], "bare": [c for c in companies if c.pk in may - whole],
        "may_edit": may, "experiments": tests, "today": today,
    }  # fmt: skip
    return page(request, "collections_app/strategies.html", context)


def _line(strategy: Strategy, version: StrategyVersion | None, tests: list[Experiment]) -> dict[str, Any]:
    rows = list(strategy.versions.all())
    drafts = [v for v in rows if v.state == "draft"]
    running = [e for e in tests if e.champion.strategy_id == strategy.pk and e.state == "running"]
    shown = version or next(iter(rows), None)
    return {"strategy": strategy, "version": version, "drafts": drafts, "experiments": running, "shown": shown}


@require_POST
@allowed("strategies.edit")
def standard(request: HttpRequest) -> HttpResponse:
    """Give a company the standard strategy to begin with."""
    user = _user(request)
    company = get_object_or_404(Company.objects.visible_to(user, "strategies.edit"), code=request.POST.get("company", ""))
    try:
        made = create_standard_strategy(actor=user, company=company)
    except Refused as error:
        return toast(request, redirect(reverse("collections:strategies")), str(error), tone="bad")
    return redirect(reverse("collections:strategy-version", args=[made.versions.get().pk]))


@allowed("collections.view")
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """A version: to read, and its maker's draft to change."""
    user, found = _user(request), find_version(request, pk)
    mine = found.state == "draft" and found.made_by == user.label and user.can("strategies.edit", found.strategy.company_id)
    if request.method == "POST" and not mine:
        raise Http404
    adding = request.method == "POST" and request.POST.get("then") in ("add", "remove")
    form = VersionForm(
        request.POST if request.method == "POST" and not adding else None, company=found.strategy.company, count=_count(request, found),
        initial=_given(request) if adding else version_values(draft_of(found), found.strategy.company.base_currency),
    )  # fmt: skip
    if request.method == "POST" and not adding and form.is_valid():
        try:
            change_version(actor=user, version=found, draft=form.for_service(), seen=number(request, "seen"))
        except (Refused, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            back = redirect_htmx(request, reverse("collections:strategy-version", args=[pk]))
            return toast(request, back, "Kept as a draft: nobody is written to by it yet")
    context = _context(request, found, form) | {"mine": mine}
    return page(request, "collections_app/strategy_version.html", context, status=422 if form.errors else 200)


def _count(request: HttpRequest, found: StrategyVersion) -> int:
    """How many steps the form shows: those there are, or as many as the person has made of them."""
    count = number(request, "count") or found.steps.count()
    count += {"add": 1, "remove": -1}.get(request.POST.get("then", ""), 0)
    return min(max(count, 1), MAX_STEPS)


def _given(request: HttpRequest) -> dict[str, Any]:
    """What was typed so far, with the ticks of a list."""
    return request.POST.dict() | {"stops": request.POST.getlist("stops")}


def number(request: HttpRequest, name: str) -> int:
    """A number that a form sends; nought where it sends none."""
    return number_of(request.POST.get(name, ""), digits=9) or 0


def _context(request: HttpRequest, found: StrategyVersion, form: VersionForm) -> dict[str, Any]:
    user, company, today = _user(request), found.strategy.company, clock.today()
    events = Event.objects.filter(subject_type="collections_app.strategy", subject_id=found.strategy_id).order_by("-id")
    changes = list(events[:12])
    return {
        "version": found, "strategy": found.strategy, "company": company, "form": form, "fields": FIELDS.items(), "today": today,
        "tone": TONES[found.state], "standing": standing_of(found, today), "more_steps": form.count < MAX_STEPS,
        "steps": _shown(form), "saved": found.steps.count(), "may_edit": user.can("strategies.edit", company.pk),
        "may_approve": user.can("strategies.approve", company.pk), "is_maker": found.made_by == user.label,
        "missing": _missing(found, today), "in_force": version_on(found.strategy, today), "trials": found.trials.all()[:6],
        "experiments": [e for e in experiments_in_sight(user) if e.champion.strategy_id == found.strategy_id],
        "versions": [(v, standing_of(v, today)) for v in found.strategy.versions.all()], "changes": changes,
        "names": actor_names(e.actor for e in changes),
    }  # fmt: skip


def _shown(form: VersionForm) -> list[tuple[int, dict[str, Any], str, bool]]:
    """The form's steps with a title each, and whether they are unfolded: the only one, a new one, one with errors."""
    ways = dict(StrategyStep.Channel.choices)
    rows = []
    for n, fields in form.steps():
        name, days = fields["name"].value() or "", fields["days"].value()
        way = ways.get(fields["channel"].value() or "", "")
        title = f"{n}. {way.capitalize()} {_when(days)}" + (f": {name}" if name else "") if days not in (None, "") else f"{n}. New step"
        wrong = any(f"step{n}_{field}" in form.errors for field in fields if field != "boxes")
        rows.append((n, fields, title, days in (None, "") or wrong or form.count == 1))
    return rows


def _when(days: Any) -> str:
    """When a step comes, in words; what is no number as it was typed."""
    try:
        return when_words(int(days))
    except ValueError:
        return f"after {days} days"


def _missing(found: StrategyVersion, today: date) -> str:
    """Why a draft can't be put in force yet; empty when it can."""
    if found.state != "draft":
        return ""
    try:
        fresh_trial(found, today)
    except Refused as error:
        return str(error)
    return ""


@require_POST
@allowed("strategies.edit")
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """A new version of a strategy, from the version `base`."""
    user = _user(request)
    strategy = get_object_or_404(Strategy.objects.visible_to(user, "strategies.edit"), pk=pk)
    base = strategy.versions.filter(pk=number(request, "base")).first()
    try:
        made = draft_version(actor=user, strategy=strategy, base=base)
    except Refused as error:
        return toast(request, redirect(reverse("collections:strategies")), str(error), tone="bad")
    return redirect(reverse("collections:strategy-version", args=[made.pk]))


@require_POST
@allowed("strategies.edit")
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    found, back = find_version(request, pk), redirect(reverse("collections:strategies"))
    try:
        discard_version(actor=_user(request), version=found)
    except Refused as error:
        return toast(request, redirect(reverse("collections:strategy-version", args=[pk])), str(error), tone="bad")
    return toast(request, back, "The draft is gone")


def find_version(request: HttpRequest, pk: int) -> StrategyVersion:
    """A version in sight, by a strategy in sight; 404 otherwise."""
    rows: Any = StrategyVersion.objects.visible_to(_user(request), "collections.view").select_related("strategy__company")
    found: StrategyVersion = get_object_or_404(rows.select_related("strategy__customer"), pk=pk)
    if not strategies_in_sight(_user(request), [found.strategy.company], pk=found.strategy_id):
        raise Http404
    return found


def _user(request: HttpRequest) -> Any:
    return request.user
