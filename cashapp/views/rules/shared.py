"""What pages about rules share: the company that is looked at, the tabs, trials that are asked for, refusals as toasts."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import redirect_htmx, toast
from arops.lib.refusal import Refused
from cashapp.models import CashRule, RuleMatrix
from cashapp.selectors.rules import alarms_in_sight, companies_of, content_of
from cashapp.services.rules.testing import AT_ONCE, check_span, run_trial
from org.actors import NotAllowed
from org.models import Company
from workflow.doorbell import ring
from workflow.services.jobs import create_job

SPAN = 365
"""Days that a trial covers unless somebody says otherwise."""


def user_of(request: HttpRequest) -> Any:
    """Whoever asks."""
    return request.user


def chosen(request: HttpRequest) -> tuple[list[Company], Company | None]:
    """The companies in sight, and the one that the address names, else the first."""
    companies, code = companies_of(user_of(request)), request.GET.get("company", "")
    return companies, next((c for c in companies if c.code == code), companies[0] if companies else None)


def frame(request: HttpRequest, company: Company | None, here: str) -> dict[str, Any]:
    """What the head and the tabs of these pages show, and what the person may do."""
    user = user_of(request)
    key = company.pk if company else None
    may = bool(company) and not user.only_reads
    return {
        "company": company, "here_rules": here, "may_edit": may and user.can("rules.edit", key),
        "may_approve": may and user.can("rules.approve", key), "user_can_export": user.can("reports.export"), "me": user.label,
        "alarms": alarms_in_sight(user).filter(closed_at=None, company=key).count() if company else 0,
    }  # fmt: skip


def in_year(company: Company | None) -> str:
    """The query string that keeps the company."""
    return f"?company={company.code}" if company else ""


def act(request: HttpRequest, do: Callable[[], Any], back: str, done: str | Callable[[Any], str]) -> HttpResponse:
    """Do something and go back to a page, saying what was done, or why not."""
    try:
        result = do()
    except (Refused, NotAllowed) as refusal:
        return toast(request, redirect_htmx(request, back), str(refusal).capitalize(), tone="bad")
    return toast(request, redirect_htmx(request, back), done if isinstance(done, str) else done(result))


def ask_for_trial(request: HttpRequest, subject: RuleMatrix | CashRule, back: str) -> HttpResponse:
    """Try it on the days that the form names: at once where there are few receipts, else in the background."""
    user, today = user_of(request), clock.today()
    first, last = _day(request.POST.get("first"), today - timedelta(days=SPAN)), _day(request.POST.get("last"), today)
    try:
        if check_span(subject, first, last, today) <= AT_ONCE:
            test = run_trial(actor=user, subject=subject, first=first, last=last, today=today)
            return redirect_htmx(request, reverse("cashapp:rules-trial", args=[test.pk]))
        of = "matrix" if isinstance(subject, RuleMatrix) else "rule"
        params = {of: subject.pk, "first": first.isoformat(), "last": last.isoformat()}
        slot = f"rule_trial:{of}:{subject.pk}:{first}:{last}:{content_of(subject)[:12]}:{clock.now():%y%m%d%H%M%S}"
        job = create_job(actor=user, kind="rule_trial", slot=slot, company=subject.company, params=params)
    except (Refused, NotAllowed) as refusal:
        return toast(request, redirect_htmx(request, back), str(refusal).capitalize(), tone="bad")
    ring(job)
    return toast(request, redirect_htmx(request, back), "The trial runs in the background: it stands here when it is done", tone="info")


def _day(text: str | None, otherwise: date) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return otherwise
