"""What the engine may do alone in each company, and changes of it: asked for by one, allowed by another."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from cashapp.forms import words
from cashapp.forms.policies import PolicyForm, before_and_after
from cashapp.models import PolicyChange
from cashapp.selectors.engine_input import policy_of
from cashapp.selectors.rules import active_matrix
from cashapp.services import policies as work
from cashapp.views.rules.shared import act
from org.access import allowed
from org.models import Company
from org.selectors import actor_names

TONES = {"waiting": "warn", "approved": "ok", "refused": "bad", "withdrawn": ""}


@allowed("cash.view")
def policies(request: HttpRequest) -> HttpResponse:
    """The policy of every company in sight, what waits for a second person, and the last changes."""
    user: Any = request.user
    companies = list(Company.objects.visible_to(user, "cash.view"))
    changes = _changes(user).filter(company__in=companies)[:50]
    waiting = {c.company_id: c for c in _changes(user).filter(state="waiting")}
    context = {
        "rows": [(c, policy_of(c.pk), active_matrix(c.pk), waiting.get(c.pk)) for c in companies], "may_edit": user.can("rules.edit"),
        "changes": [(c, TONES[c.state], before_and_after(c)) for c in changes], "names": _names(changes),
    }  # fmt: skip
    return page(request, "cashapp/policies.html", context)


def _changes(user: Any) -> Any:
    return PolicyChange.objects.visible_to(user, "cash.view").select_related("company")


def _names(changes: Any) -> dict[str, str]:
    return actor_names({who for c in changes for who in (c.asked_by, c.decided_by) if who})


@allowed("rules.edit")
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    """Thresholds and tolerances of a company: a change is asked for, and counts once somebody else approved it."""
    user: Any = request.user
    company = get_object_or_404(Company.objects.visible_to(user, "rules.edit"), pk=pk)
    if waiting := PolicyChange.objects.filter(company=company, state="waiting").first():
        told = "A change waits already: it is decided or withdrawn first"
        return toast(request, redirect_htmx(request, _url(waiting)), told, tone="info")
    form, error = PolicyForm(request.POST or None, instance=policy_of(company.pk)), ""
    if request.method == "POST" and form.is_valid():
        why = words(request.POST.get("why"), 500)
        try:
            asked = work.ask_policy_change(actor=user, company=company, why=why, **form.cleaned_data)
        except Refused as refusal:
            error = str(refusal)
        else:
            return toast(request, redirect_htmx(request, _url(asked)), f"{company.code}: it waits for somebody else to approve it")
    context = {"company": company, "form": form, "error": error, "why": request.POST.get("why", "")}
    return page(request, "cashapp/policy.html", context, status=422 if form.errors or error else 200)


def _url(change: PolicyChange) -> str:
    return reverse("cashapp:policy-change", args=[change.pk])


@allowed("cash.view")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """One change: what was, what is to be, who asked and why, what became of it."""
    user: Any = request.user
    found = get_object_or_404(_changes(user), pk=pk)
    waits, own = found.state == "waiting", found.asked_by == user.label
    context = {
        "change": found, "tone": TONES[found.state], "rows": before_and_after(found), "names": _names([found]),
        "may_decide": waits and not own and user.can("rules.approve", found.company_id) and not user.only_reads,
        "may_withdraw": waits and own, "waits": waits,
    }  # fmt: skip
    return page(request, "cashapp/policy_change.html", context)


@require_POST
@allowed("cash.view")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or refuse what somebody else asked for, or withdraw what one asked for."""
    user: Any = request.user
    now, said = clock.now(), words(request.POST.get("words"), 500)
    found = get_object_or_404(_changes(user), pk=pk)
    step, here = request.POST.get("do"), _url(found)
    if step == "approve":
        counts = "Approved: it counts from now on"
        return act(request, lambda: work.approve_policy_change(actor=user, change=found, now=now, words=said), here, counts)
    if step == "refuse":
        return act(request, lambda: work.refuse_policy_change(actor=user, change=found, now=now, words=said), here, "Refused")
    if step == "withdraw":
        return act(request, lambda: work.withdraw_policy_change(actor=user, change=found, now=now), here, "Withdrawn: nothing is changed")
    return toast(request, redirect_htmx(request, here), "There is no such step", tone="bad")
