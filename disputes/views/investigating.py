"""Looking into a case: the documents side by side, what differs, what is proposed as its cause, and what the specialist found."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, money
from arops.lib.http import address, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from disputes.forms.finding import FindingForm, initial_of
from disputes.models import CaseText, Dispute, DisputeFinding, Stage
from disputes.selectors.looked import Source, beside_case, chosen, sources_behind
from disputes.selectors.telling import tells_by_default
from disputes.services.findings import OPEN, record_finding
from disputes.services.investigating import Inquiry, as_kept, look_into
from disputes.services.telling import tell_of_move
from disputes.views.asking import ask_url
from disputes.views.shared import case_in_sight, case_url, queue_of
from invoicing.selectors.exceptions import rule_label
from invoicing.selectors.investigation import Row, cite
from invoicing.selectors.track import Stop, origin_label
from org.access import allowed
from org.actors import NotAllowed
from org.models import Department
from org.selectors import actor_names

COLUMNS = ("Purchase order", "Contract", "Order, work and delivery", "Invoice")


def panel(user: Any, dispute: Dispute) -> dict[str, Any]:
    """What was found out about a case, for its own page; the latest finding, and those before it."""
    findings = list(DisputeFinding.objects.filter(dispute=dispute).select_related("cause", "department").order_by("-pk"))
    return {
        "latest": next(iter(findings), None), "earlier": findings[1:], "by": actor_names({f.by for f in findings}),
        "stages": dict(Stage.choices), "url": address("disputes:investigate", dispute.pk),
    }  # fmt: skip


@allowed("disputes.view")
def investigate(request: HttpRequest, pk: int) -> HttpResponse:
    """The case beside its documents. `line` names the row that the panel is about; to htmx the panel alone."""
    return _page(request, case_in_sight(request, pk))


def _page(request: HttpRequest, case: Dispute, form: FindingForm | None = None, inquiry: Inquiry | None = None) -> HttpResponse:
    user: Any = request.user
    found = inquiry or look_into(actor=user, dispute=case, today=clock.today())
    may = user.can("disputes.work", case.company_id) and case.state in OPEN
    item = case.open_item
    context = _comparison(request, case, found) | {
        "dispute": case, "inquiry": found, "proposal": found.proposal, "claim": found.claim, "cur": case.currency, "item": item,
        "nought": money.to_text(0, case.currency),
        "heard_as": _heard_as(case, found),
        "form": form or (_form(case, found) if may else None), "may": may, "sources": _sources(user, case, found),
        "asks": _asks(user, case, found), "queue": queue_of(request), "case_url": case_url(case.pk, queue_of(request)),
        "origin": origin_of(found.proposal.origin), "taxonomy_url": address("disputes:taxonomy"), "paid": item.amount - item.balance,
        "finding": panel(user, case), "settle_url": address("disputes:settle", case.pk) if may else "",
    }  # fmt: skip
    return page(request, "disputes/investigate.html", context, fragment="panel", status=422 if form else 200)


def _heard_as(case: Dispute, found: Inquiry) -> str:
    """The reason as the customer's words were understood, where that isn't the one on record."""
    reason = found.claim.reason
    return str(Dispute.Reason(reason).label) if reason != case.reason else ""


def origin_of(stage: str) -> str:
    """How people call a stage."""
    return str(Stage(stage).label) if stage in Stage.values else stage


def _form(case: Dispute, found: Inquiry, data: Any = None) -> FindingForm:
    departments = list(Department.objects.filter(company=case.company_id))
    initial = initial_of(found) | {"version": case.version, "tell": tells_by_default(case.company_id, CaseText.Event.PROGRESS)}
    return FindingForm(data, initial=initial, dispute=case, causes=found.causes, departments=departments)


def _sources(user: Any, case: Dispute, found: Inquiry) -> list[Source]:
    taken = {d.key for d in found.proposal.taken}
    of_money = found.proposal.basis == "cash"
    return sources_behind(found.fresh, found.payments, taken, case.currency, beside_case(user, case), of_money=of_money)


def _comparison(request: HttpRequest, case: Dispute, found: Inquiry) -> dict[str, Any]:
    """What the shared comparison shows, and the row that the panel is about: the one asked for, else the one that matters most."""
    fresh = found.fresh
    if fresh is None:
        return {"look": None}
    taken = {d.key for d in found.proposal.taken}
    for finding in fresh.findings:
        _dress(finding, finding.key in taken)
    look = fresh.look
    look.track.append(_cash_stop(case, found))
    asked = request.GET.get("line", "")
    row: Row | None = next((r for r in look.rows if r.key == asked), None) or _first_row(look.rows, look.ranked, found)
    first = next(iter(row.findings), None) if row else None
    lines = {line.number: line.pk for line in case.invoice.lines.all()} if case.invoice else {}
    key = int(row.key) if row and row.key.isdecimal() else 0
    user: Any = request.user
    return {
        "look": look, "row": row, "first": first, "more": row.findings[1:] if row else [], "document": case.invoice, "is_draft": False,
        "here": reverse("disputes:investigate", args=[case.pk]), "apart": True, "chosen": None, "may_check": False,
        "columns": list(zip(COLUMNS, look.heads, strict=True)), "by_money": sorted(fresh.findings, key=lambda f: -abs(f.effect)),
        "ask_url": _ask_about(case, lines.get(key), first) if user.can("tasks.create", case.company_id) and case.state in OPEN else "",
    }  # fmt: skip


def _first_row(rows: list[Row], ranked: list[Row], found: Inquiry) -> Row | None:
    """A row that the proposal rests on, else the dearest difference, else the first that is contested."""
    taken = {d.key for d in found.proposal.taken}
    resting = (r for r in ranked if any(f.key in taken for f in r.findings))
    contested = (r for r in rows if r.key.isdecimal() and int(r.key) in found.claim.lines)
    return next(resting, None) or next(iter(ranked), None) or next(contested, None) or next(iter(rows), None)


def _cash_stop(case: Dispute, found: Inquiry) -> Stop:
    """The last payment, its page, and what was left out."""
    last = next((p for p in reversed(found.payments) if p.slip), None)
    words = f"{money.format(found.claim.amount, case.currency)} left out" if last else "nothing came"
    effect = found.claim.amount if found.proposal.origin == "cash_application" else None
    return Stop("Cash", last.source if last else "", last.url if last else "", words, effect)


def _ask_about(case: Dispute, line: int | None, finding: Any) -> str:
    """The page that asks a department, about this line and what was found there."""
    return ask_url(case, line=line, words=finding.words if finding else "", origin=finding.origin if finding else "")


def _dress(finding: Any, taken: bool) -> None:
    finding.rule_label, finding.origin_label, finding.taken = rule_label(finding.rule), origin_label(finding.origin), taken
    finding.cites = [
        (cite(s["document"], s["number"], s["key"], s["line"], s["revision"], s["day"]), s["value"]) for s in finding.sources
    ]  # fmt: skip


def _asks(user: Any, case: Dispute, found: Inquiry) -> list[tuple[str, str, str]]:
    """Whom to ask what: whose it would be, the question, and the page where it is asked."""
    may = user.can("tasks.create", case.company_id) and case.state in OPEN
    return [
        (
            "the customer" if q.stage == "customer" else origin_of(q.stage),
            q.words,
            (case_url(case.pk) if q.stage == "customer" else ask_url(case, words=q.words, origin=q.stage)) if may else "",
        )
        for q in found.proposal.asks
    ]


@require_POST
@allowed("disputes.work")
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what was found, with the sources that were ticked or opened."""
    case = case_in_sight(request, pk, "disputes.work")
    user: Any = request.user
    found = look_into(actor=user, dispute=case, today=clock.today())
    form = _form(case, found, request.POST)
    if not form.is_valid():
        return _page(request, case, form, found)
    looked = chosen(_sources(user, case, found), request.POST.getlist("look"), request.POST.get("opened", "").split("\n"))
    kept: dict[str, Any] = {"looked_at": looked, "proposed": as_kept(found), "lines": found.proposal.lines}
    try:
        with transaction.atomic():
            made = record_finding(actor=user, dispute=case, today=clock.today(), **kept, **form.told())
            if form.cleaned_data.get("tell"):
                tell_of_move(actor=user, dispute=case, words="", now=clock.now(), today=clock.today())
    except (Refused, NotAllowed) as refusal:
        form.add_error(None, str(refusal))
        return _page(request, case, form, found)
    said = f"Found: {made.cause.name}. {case.number} is to be decided."
    return toast(request, redirect_htmx(request, case_url(pk, queue_of(request))), said)
