"""A company's own rules: the list with what gets in each other's way, one rule, drafts from what people keep doing by hand."""

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
from cashapp.forms.rules import OwnRuleForm
from cashapp.models import CashRule
from cashapp.selectors.own_rules import LATELY, STATES, Listed, clashes_of, concerned, examples_of, listed, meetings, told
from cashapp.selectors.rules import last_test, rules_in_sight, running
from cashapp.services import rules as work
from cashapp.services.rules.errors import NotTried, StaleVersion
from cashapp.services.rules.testing import fresh_test
from cashapp.views.rules.shared import act, ask_for_trial, chosen, frame, in_year, user_of
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from org.selectors import actor_names
from workflow.models import Event

TONES = {"draft": "info", "active": "ok", "refused": "bad", "retired": ""}


@allowed("cash.view")
def index(request: HttpRequest) -> HttpResponse:
    """Own rules in the order in which they are asked, and which of them clash. Also as Excel and CSV."""
    user = user_of(request)
    companies, company = chosen(request)
    asked = filters_of(request, state="", q="")
    state = asked["state"] if asked["state"] in dict(STATES) else ""
    rows = listed(user, company.pk if company else None, state, asked["q"])
    if company and request.GET.get("format"):
        if not user.can("reports.export"):
            raise PermissionDenied("this needs the permission reports.export")
        file = export_response(request, _table(rows), Cover(f"Own rules of {company.code}", user.name, clock.today(), {"state": state}))
        if file:
            return file
    context = frame(request, company, "own") | {
        "companies": companies, "asked": asked | {"state": state}, "states": STATES, "rows": [(r, TONES[r.rule.state]) for r in rows],
        "clashes": meetings(user, company.pk, clashes_of(r.rule for r in listed(user, company.pk))) if company else [],
        "lately": LATELY, "kept": in_year(company),
        "names": actor_names({r.rule.made_by for r in rows}), "narrowed": bool(state or asked["q"]),
    }  # fmt: skip
    return page(request, "cashapp/rules/own.html", context)


def _table(rows: list[Listed]) -> Table:
    columns = [
        Column("position", "Position", lambda r: r.rule.position, kind="num"),
        Column("name", "Rule", lambda r: r.rule.name, grow=True),
        Column("when", "When", lambda r: r.when, grow=True),
        Column("does", "What it says", lambda r: r.does, grow=True),
        Column("customer", "Customer", lambda r: r.rule.customer.name if r.rule.customer else ""),
        Column("state", "State", lambda r: r.rule.get_state_display()),
        Column("evidence", "Drafted from", lambda r: r.evidence),
        Column("made", "Made by", lambda r: r.rule.made_by),
        Column("decided", "Decided by", lambda r: r.rule.decided_by),
    ]
    return Table(columns, rows, name="rule")


@allowed("rules.edit")
def new(request: HttpRequest, company_pk: int) -> HttpResponse:
    """Draft a rule by hand."""
    user = user_of(request)
    company = get_object_or_404(Company.objects.visible_to(user, "rules.edit"), pk=company_pk)
    form = OwnRuleForm(request.POST or None, company=company, user=user)
    if request.method == "POST" and form.is_valid():
        made = _try(form, lambda said: work.draft_rule(actor=user, company=company, **said))
        if made:
            return toast(request, redirect_htmx(request, _url(made)), f"“{made.name}” is a draft: try it on past receipts")
    context = frame(request, company, "own") | {"form": form, "kept": in_year(company)}
    return page(request, "cashapp/rules/own_new.html", context, status=422 if form.errors else 200)


def _try(form: OwnRuleForm, do: Callable[[dict[str, Any]], CashRule]) -> CashRule | None:
    try:
        return do(form.said)
    except (Refused, NotAllowed) as refusal:
        form.add_error(None, str(refusal))
        return None


@allowed("cash.view")
def rule(request: HttpRequest, pk: int) -> HttpResponse:
    """One rule: what it says, what it was drafted from, its trials, what clashes; a form where it may be changed."""
    user, found = user_of(request), _rule(request, pk)
    editable = _editable(user, found)
    form = OwnRuleForm(request.POST or None, company=found.company, user=user, initial=OwnRuleForm.start(found)) if editable else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied("only its maker changes a draft, and nobody a rule in force")
        if form.is_valid():
            changed = _try(form, lambda said: work.change_rule(actor=user, rule=found, version=_version(request), **said))
            if changed:
                return toast(request, redirect_htmx(request, _url(changed)), "Saved")
    return _page(request, found, form)


def _editable(user: Any, found: CashRule) -> bool:
    may = user.can("rules.edit", found.company_id) and not user.only_reads
    mine = found.made_by == user.label or found.made_by.startswith("system:")
    return bool(may and mine and found.state == CashRule.State.DRAFT)


def _version(request: HttpRequest) -> int:
    given = request.POST.get("version", "")
    return int(given) if given.isdecimal() and given.isascii() and len(given) < 10 else -1


def _page(request: HttpRequest, found: CashRule, form: OwnRuleForm | None) -> HttpResponse:
    user = user_of(request)
    missing = ""
    if found.state == CashRule.State.DRAFT:
        try:
            fresh_test(found, clock.today())
        except NotTried as error:
            missing = str(error)
    others = clashes_of(r.rule for r in listed(user, found.company_id))
    history = list(Event.objects.filter(subject_type="cashapp.cashrule", subject_id=found.pk).order_by("-id")[:30])
    context = frame(request, found.company, "own") | {
        "rule": found, "told": told(found), "tone": TONES[found.state], "form": form, "missing": missing,
        "examples": examples_of(user, found), "tests": list(found.tests.order_by("-pk")[:10]), "last": last_test(found),  # type: ignore[attr-defined]
        "running": running(found), "clashes": concerned(others, found), "history": history,
        "today": clock.today(), "kept": in_year(found.company),
        "names": actor_names({e.actor for e in history} | {found.made_by, found.decided_by}),
    }  # fmt: skip
    return page(request, "cashapp/rules/own_rule.html", context, status=422 if form and form.errors else 200)


@require_POST
@allowed("cash.view")
def step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Try it, switch it on, refuse it, retire it, throw it away."""
    user, now, found, words = user_of(request), clock.now(), _rule(request, pk), request.POST.get("words", "")
    here, home = _url(found), reverse("cashapp:rules-own") + in_year(found.company)
    if step == "try":
        return ask_for_trial(request, found, here)
    steps: dict[str, tuple[Callable[[], Any], str, str]] = {
        "on": (lambda: _switch_on(request, found), here, f"“{found.name}” is in force"),
        "refuse": (lambda: work.refuse_rule(actor=user, rule=found, reason=words, now=now), here, f"“{found.name}” is refused"),
        "retire": (lambda: work.retire_rule(actor=user, rule=found, reason=words, now=now), here, f"“{found.name}” is out of force"),
        "discard": (lambda: work.discard_rule(actor=user, rule=found), home, f"“{found.name}” is thrown away"),
    }
    if step not in steps:
        return toast(request, redirect_htmx(request, here), "There is no such step", tone="bad")
    do, back, done = steps[step]
    return act(request, do, back, done)


def _switch_on(request: HttpRequest, found: CashRule) -> CashRule:
    if _version(request) < 0:
        raise StaleVersion("look at the rule again")
    return work.switch_on_rule(
        actor=user_of(request), rule=found, version=_version(request), today=clock.today(), now=clock.now()
    )  # fmt: skip


@require_POST
@allowed("rules.edit")
def look(request: HttpRequest, company_pk: int) -> HttpResponse:
    """Draft rules from what people kept doing by hand in the last year."""
    user = user_of(request)
    company = get_object_or_404(Company.objects.visible_to(user, "rules.edit"), pk=company_pk)
    back = reverse("cashapp:rules-own") + in_year(company)

    def said(made: list[CashRule]) -> str:
        if not made:
            return "Nothing new: no habit of the last year that isn’t a rule, or was refused as one"
        return f"{len(made)} rule{'' if len(made) == 1 else 's'} drafted from what people keep doing"

    return act(request, lambda: work.draft_from_work(actor=user, company=company, today=clock.today()), back, said)


def _rule(request: HttpRequest, pk: int) -> CashRule:
    seen = rules_in_sight(user_of(request)).select_related("company", "customer")
    found: CashRule = get_object_or_404(seen, pk=pk)
    return found


def _url(rule: CashRule) -> str:
    return reverse("cashapp:rules-own-rule", args=[rule.pk])
