"""What is done with a version: begun for somebody, previewed, tried on the book, put in force, its strategy retired."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import filters_of, page, toast
from arops.lib.merging import LANGUAGES
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from collections_app.forms.days import parse_day
from collections_app.forms.strategy_new import NewStrategyForm
from collections_app.models import Strategy, StrategyTrial
from collections_app.policy.dunning import REASONS
from collections_app.policy.simulate import AHEAD
from collections_app.selectors.strategies import version_on
from collections_app.services.activating import activate_version, retire_strategy
from collections_app.services.strategies import create_strategy
from collections_app.services.strategy_preview import preview_of
from collections_app.services.trials import request_trial
from collections_app.views.strategies import find_version
from customers.models import Customer
from org.access import allowed
from org.models import Company
from org.selectors import actor_names
from workflow.doorbell import ring

WAYS = {"email": "E-mail", "letter": "Letter", "call": "Call", "task": "Task", "escalate": "Escalation"}
SHOWN = 200


@allowed("strategies.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Begin a strategy for a segment or one customer, as a draft."""
    user = _user(request)
    companies = list(Company.objects.visible_to(user, "strategies.edit"))
    code = request.POST.get("company") or request.GET.get("company", "")
    company = next((c for c in companies if c.code == code), companies[0] if companies and not code else None)
    if company is None:
        raise Http404
    customers = Customer.objects.visible_to(user, "collections.view")
    first = {"customer": request.GET.get("customer", "")}
    form = NewStrategyForm(request.POST or None, company=company, customers=customers, initial=first)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        base = version_on(data["base"], clock.today()) if data["base"] else None
        try:
            made = create_strategy(
                actor=user, company=company, name=data["name"], segment=data["segment"], customer=data["customer"], base=base
            )
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return toast(request, redirect("collections:strategy-version", made.pk), "Begun as a draft: nothing changes yet")
    context = {"form": form, "company": company, "companies": companies}
    return page(request, "collections_app/strategy_new.html", context, status=422 if form.errors else 200)


@allowed("collections.view")
def preview(request: HttpRequest, pk: int, ordinal: int) -> HttpResponse:
    """The words of a step as a customer in sight would read them, in each language."""
    version = find_version(request, pk)
    step = get_object_or_404(version.steps.prefetch_related("texts"), ordinal=ordinal)
    asked = filters_of(request, language="en")
    language = asked["language"] if asked["language"] in LANGUAGES else "en"
    seen: Any = Customer.objects.visible_to(_user(request), "collections.view").filter(company=version.strategy.company)
    context = {
        "version": version, "strategy": version.strategy, "step": step, "language": language, "languages": LANGUAGES.items(),
        "preview": preview_of(seen, version, step, language, clock.today()), "steps": version.steps.all(),
    }  # fmt: skip
    return page(request, "collections_app/strategy_preview.html", context)


@require_POST
@allowed("strategies.edit")
def attempt(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a version on the book: at once, or in the background where many customers are late."""
    version = find_version(request, pk)
    try:
        made = request_trial(actor=_user(request), version=version, day=clock.today())
    except Refused as error:
        return toast(request, redirect("collections:strategy-version", pk), str(error), tone="bad")
    if isinstance(made, StrategyTrial):
        return redirect("collections:strategy-trial", made.pk)
    ring(made)
    return toast(request, redirect("workflow:job", made.pk), "The trial has begun: many customers are late")


@require_POST
@allowed("strategies.approve")
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a version in force from a day on."""
    version, back, today = find_version(request, pk), redirect("collections:strategy-version", pk), clock.today()
    try:
        day = parse_day(request.POST.get("valid_from", ""), today)
        activate_version(actor=_user(request), version=version, valid_from=day, today=today, now=clock.now())
    except (ValueError, Refused) as error:
        return toast(request, back, str(error), tone="bad")
    return toast(request, back, f"In force from {day:%-d %b %Y}")


@require_POST
@allowed("strategies.approve")
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a strategy for a segment or a customer out of force."""
    user = _user(request)
    strategy = get_object_or_404(Strategy.objects.visible_to(user, "strategies.approve"), pk=pk)
    back = redirect("collections:strategies")
    try:
        retire_strategy(actor=user, strategy=strategy, day=clock.today(), why=request.POST.get("why", ""))
    except Refused as error:
        return toast(request, back, str(error), tone="bad")
    return toast(request, back, "Retired: its customers fall to the others")


@allowed("collections.view")
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    """A trial: steps and those left out beside what is in force, and the accounts that would be treated otherwise."""
    user = _user(request)
    found = get_object_or_404(StrategyTrial.objects.select_related("version__strategy__company"), pk=pk)
    version = find_version(request, found.version_id)
    company = version.strategy.company
    whole = user.reach("collections.view")
    rows, hidden = _rows(user, found)
    if request.GET.get("format") in ("xlsx", "csv"):
        if not user.can("reports.export"):
            raise PermissionDenied("taking data out needs the permission reports.export")
        cover = Cover(f"Trial of {version}", user.name, found.day, {})
        file = export_response(request, _table(rows), cover)
        if file:
            return file
    result = found.result
    context = {
        "trial": found, "version": version, "strategy": version.strategy, "company": company, "table": _table(rows[:SHOWN]),
        "shown": min(len(rows), SHOWN), "count": result["differences"], "hidden": hidden, "kept": len(result["rows"]),
        "sums": whole.everything or company.pk in whole.companies, "ways": _both(result, "ways", WAYS),
        "reasons": _both(result, "reasons", {code: r.label for code, r in REASONS.items()}), "ahead": _weeks(result), "days": AHEAD,
        "minutes": [result[side]["minutes"] for side in ("before", "after")], "stale": found.content_hash != version.content_hash,
        "accounts": result["accounts"], "names": actor_names({found.made_by}), "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "collections_app/strategy_trial.html", context)


def _both(result: dict[str, Any], what: str, labels: dict[str, str]) -> list[dict[str, Any]]:
    """A row for each way or reason: how many and how much, before and after."""
    before, after = result["before"][what], result["after"][what]
    return [
        {
            "code": code, "label": label, "before": before.get(code, [0, {}]), "after": after.get(code, [0, {}]),
            "more": after.get(code, [0])[0] - before.get(code, [0])[0],
        }
        for code, label in labels.items()
        if code in before or code in after
    ]  # fmt: skip


def _weeks(result: dict[str, Any]) -> list[tuple[str, int, int]]:
    before, after = result["before"]["ahead"], result["after"]["ahead"]
    return [(label, before.get(code, 0), after.get(code, 0)) for code, label in WAYS.items() if code in before or code in after]


def _rows(user: Any, found: StrategyTrial) -> tuple[list[dict[str, Any]], int]:
    """The accounts that differ and are in sight, with their customers; and how many aren't in sight."""
    kept = found.result["rows"]
    seen: Any = Customer.objects.visible_to(user, "collections.view").in_bulk([row[0] for row in kept])
    rows = [
        {"customer": seen[pk], "currency": currency, "amount": amount, "before": _words(b), "after": _words(a), "weeks": (wb, wa)}
        for pk, currency, amount, b, a, wb, wa in kept
        if pk in seen
    ]
    return rows, len(kept) - len(rows)


def _words(codes: list[str]) -> str:
    """`E-mail, step 2`, or the reason by its name."""
    told = []
    for code in codes:
        way, _, number = code.partition(" ")
        told.append(f"{WAYS[way]}, step {number}" if way in WAYS else REASONS[code].label if code in REASONS else code)
    return "; ".join(told) or "nothing"


def _table(rows: list[dict[str, Any]]) -> Table:
    columns = [
        Column("customer", "Customer", lambda r: r["customer"].name, pin=True, href=_customer),
        Column("amount", "Past due", lambda r: r["amount"], kind="money", total=True),
        Column("currency", "Cur", lambda r: r["currency"]),
        Column("before", "In force, today", lambda r: r["before"]),
        Column("after", "Tried, today", lambda r: r["after"]),
        Column("weeks_before", "In force, four weeks", lambda r: _short(r["weeks"][0]), priority=3),
        Column("weeks_after", "Tried, four weeks", lambda r: _short(r["weeks"][1]), priority=3, grow=True),
    ]
    return Table(columns, rows, currency=lambda r: r["currency"], row_id=_row_id, name="strategy-trial")


def _customer(row: dict[str, Any]) -> str:
    return reverse("customers:detail", args=[row["customer"].pk])


def _row_id(row: dict[str, Any]) -> str:
    return f"account-{row['customer'].pk}-{row['currency']}"


def _short(codes: list[str]) -> str:
    """Steps of the weeks ahead: `1 E-mail, 2 Call`."""
    return ", ".join(f"{number} {WAYS.get(way, way).lower()}" for way, _, number in (code.partition(" ") for code in codes)) or "nothing"


def _user(request: HttpRequest) -> Any:
    return request.user
