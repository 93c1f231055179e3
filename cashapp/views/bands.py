"""The confident band posted at once: a sample is looked at first, receipt by receipt."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from cashapp.forms import number
from cashapp.models import BandReview, Match
from cashapp.selectors.ready import companies_with_ready, sums_of, to_look_at
from cashapp.services.reviewing import ReviewRefused, judge_sample, open_review, post_reviewed
from cashapp.services.undoing import reverse_run
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company

RUN = "cash_run"
"""Session key of the matches that were last posted at once, so that one Undo takes them all back."""


@allowed("cash.apply")
def review(request: HttpRequest) -> HttpResponse:
    """The sample of what is ready in a company: each receipt with what would be posted, and why."""
    user: Any = request.user
    companies = companies_with_ready(user, clock.now(), clock.today())
    wanted = request.GET.get("company", "")
    company = next((c for c, _ in companies if c.code == wanted), companies[0][0] if companies else None)
    context: dict[str, Any] = {"companies": companies, "company": company}
    if company is not None:
        context |= _opened(user, company)
    return page(request, "cashapp/ready.html", context)


def _opened(user: Any, company: Company) -> dict[str, Any]:
    try:
        review = open_review(user=user, company=company, today=clock.today(), now=clock.now())
    except ReviewRefused:
        return {"review": None}
    rows = to_look_at(user, review)
    return {"review": review, "rows": rows, "sums": sums_of(user, review), "left": len(review.left)}


@require_POST
@allowed("cash.apply")
def judge(request: HttpRequest, pk: int) -> HttpResponse:
    """Right or wrong."""
    user: Any = request.user
    found = _mine(request, pk)
    back = redirect_htmx(request, _address(found))
    right = request.POST.get("right") == "1"
    try:
        found = judge_sample(user=user, review=found, receipt_id=number(request.POST.get("receipt")), right=right, now=clock.now())
    except (Refused, NotAllowed) as error:
        return toast(request, back, str(error).capitalize(), tone="bad")
    if not right:
        return toast(request, back, "Nothing of this review is posted; the next one looks at twice as many", tone="warn")
    if not getattr(request, "htmx", False):
        return back
    head = {"review": found, "company": found.company, "sums": sums_of(user, found), "left": len(found.left), "oob": True}
    return render(request, "cashapp/parts/ready_head.html", head)


@require_POST
@allowed("cash.apply")
def post(request: HttpRequest, pk: int) -> HttpResponse:
    """Post all that the review covers."""
    user: Any = request.user
    found = _mine(request, pk)
    try:
        run = post_reviewed(user=user, review=found, today=clock.today(), now=clock.now())
    except (Refused, NotAllowed) as error:
        return toast(request, redirect_htmx(request, _address(found)), str(error).capitalize(), tone="bad")
    left = run.suggested + run.asked
    told = f"{len(run.posted)} posted" + (f", {left} need a look after all" if left else "")
    request.session[RUN] = [m.pk for m in run.posted]
    undo = reverse("cashapp:ready-undo") if run.posted else ""
    response = redirect_htmx(request, f"{reverse('cashapp:workbench')}?company={found.company.code}")
    return toast(request, response, told, tone="ok" if run.posted else "warn", undo_url=undo)


@require_POST
@allowed("cash.apply")
def undo(request: HttpRequest) -> HttpResponse:
    """Take back what the person has just posted at once."""
    user: Any = request.user
    matches = Match.objects.visible_to(user, "cash.apply").filter(pk__in=request.session.pop(RUN, []), reversed_by=None)
    done, refused = reverse_run(actor=user, matches=matches.select_related("receipt"), today=clock.today(), now=clock.now())
    told = f"{done} taken back" + (f"; {refused[0]}" if refused else "")
    return toast(request, redirect_htmx(request, reverse("cashapp:workbench")), told, tone="warn" if refused else "ok")


def _mine(request: HttpRequest, pk: int) -> BandReview:
    user: Any = request.user
    rows = BandReview.objects.visible_to(user, "cash.apply").filter(opened_by=user)
    return get_object_or_404(rows.select_related("company"), pk=max(0, pk))


def _address(review: BandReview) -> str:
    return f"{reverse('cashapp:ready')}?company={review.company.code}"
