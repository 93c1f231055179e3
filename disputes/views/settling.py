"""Settling a case: the form of each way with who would sign and approve, the preview of the letter, taking a settlement back."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from arops.lib import clock, money
from arops.lib.files import Kept, download
from arops.lib.http import address, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from disputes.forms.settling import SettleForm, first_shares
from disputes.models import CaseText, Dispute, Settlement, SignOff
from disputes.policy.settling import WAYS, Way
from disputes.policy.track import CLOSED
from disputes.selectors.settling import UNDER_WAY, labels_in, people_of, settlements_of
from disputes.selectors.telling import tells_by_default
from disputes.services.foreseeing import Foreseen, foresee_settlement, ways_for
from disputes.services.rejecting import letter_pdf
from disputes.services.settling import settle_dispute, withdraw_settlement
from disputes.services.ways import files_of, likely_reason, reasons_of, room_of
from disputes.views.shared import case_in_sight, case_url, go_on, queue_of, version_of
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names
from workflow.services.queue import told
from workflow.services.subjects import address_of

NOTHING_RIGHT = ("rejected", "paid", "withdrawn")  # remedies that credit nothing
TONES = {"signing": "info", "waiting": "info", "done": "ok", "refused": "bad", "withdrawn": ""}
SENT = {
    "credited": "Credit memo", "debited": "Debit memo", "rebilled": "Cancelled, to be billed again", "goodwill": "Goodwill",
    "corrected": "Corrected document queued", "rejected": "Rejected, the letter is queued", "paid": "Paid", "withdrawn": "Withdrawn",
}  # fmt: skip


def panel(user: Any, dispute: Dispute) -> dict[str, Any]:
    """What the case's page shows of its settlement: what is under way and whom it waits for, what came of earlier ones."""
    rows = settlements_of(dispute)
    names = actor_names(labels_in(rows))
    shown = [_shown(user, row, names) for row in rows]
    works = user.can("disputes.work", dispute.company_id)
    settles = works and dispute.state not in CLOSED and not any(row.state in UNDER_WAY for row in rows)
    return {
        "under_way": next((one for one in shown if one["row"].state in UNDER_WAY), None),
        "earlier": [one for one in shown if one["row"].state not in UNDER_WAY],
        "settle_url": address("disputes:settle", dispute.pk) if settles else "",
    }  # fmt: skip


def _shown(user: Any, row: Settlement, names: dict[str, str]) -> dict[str, Any]:
    """A settlement as the page tells it."""
    signs, approval = list(row.sign_offs.all()), row.approval
    waiting = told(user, [approval], clock.today())[0] if approval and row.state == "waiting" else None
    people = people_of([s.department_id for s in signs if s.state == "waiting"], row.requested_by) if row.state == "signing" else {}
    return {
        "row": row, "way": WAYS[row.resolution], "tone": TONES[row.state], "asker": names.get(row.requested_by, row.requested_by),
        "signs": [(s, names.get(s.signed_by, s.signed_by), ", ".join(p.name for p in people.get(s.department_id, []))) for s in signs],
        "approval_url": address("workflow:approval", approval.pk) if approval and user.can("approvals.view") else "",
        "others": waiting.others if waiting else "", "mine": bool(waiting and waiting.mine),
        "decider": names.get(approval.decided_by, approval.decided_by) if approval else "",
        "result_url": address_of(approval.result_type, approval.result_id) if approval else "",
        "may_withdraw": row.state in UNDER_WAY and _may_withdraw(user, row),
    }  # fmt: skip


def _may_withdraw(user: Any, row: Settlement) -> bool:
    configures = bool(user.can("disputes.configure", row.dispute.company_id))
    return bool(row.requested_by == user.label) or (row.state == "signing" and configures)


@allowed("disputes.work")
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of a way to settle (`way`); a POST asks for it: what isn't one's own to decide waits for others."""
    case, user = case_in_sight(request, pk, "disputes.work"), _user(request)
    ways = ways_for(user, case)
    way = _way(request, case, ways)
    form = _form(request, case, way)
    if request.method == "POST" and (sent := Settlement.objects.filter(token=f"{user.label}:{_token(request)}", dispute=case).first()):
        return _settled(request, case, sent)
    if request.method == "POST" and form.is_valid():
        try:
            return _settled(request, case, _ask(request, case, way, form))
        except (Refused, NotAllowed) as refusal:
            field = getattr(refusal, "field", "")
            form.add_error({"reason_code": "reason"}.get(field, field) if field in {*form.fields, "reason_code"} else None, str(refusal))
    if case.state in CLOSED or case.settlements.filter(state__in=UNDER_WAY).exists():
        return toast(request, redirect_htmx(request, case_url(pk, queue_of(request))), "It is settled, or being settled", tone="warn")
    context = {
        "dispute": case, "form": form, "way": way, "ways": ways, "seen": _foreseen(request, case, way, form), "queue": queue_of(request),
        "token": getattr(request, "request_id", ""), "back": case_url(pk, queue_of(request)), "room": room_of(case),
        "missing": [w.label for w in WAYS.values() if w not in ways], "elsewhere": _elsewhere(case, ways),
    }  # fmt: skip
    return page(request, "disputes/settle.html", context, status=422 if request.method == "POST" else 200)


def _way(request: HttpRequest, case: Dispute, ways: list[Way]) -> Way:
    """The way that was chosen; else what was found to put it right, else the first that the person may."""
    if not ways:
        raise PermissionDenied("this needs a permission to settle cases")
    wanted = request.POST.get("way") or request.GET.get("way")
    if wanted:
        found = next((way for way in ways if way.code == wanted), None)
        if found is None:
            raise Http404 if wanted not in WAYS else PermissionDenied(f"this needs {' and '.join(WAYS[wanted].rights)}")
        return found
    finding = case.findings.order_by("-pk").first()
    return next((way for way in ways if finding and way.code == finding.remedy), ways[0])


def _elsewhere(case: Dispute, ways: list[Way]) -> str:
    """What was found to put it right, where whoever looks may not do that: they are told whom to leave it to, not led to a credit."""
    finding = case.findings.order_by("-pk").first()
    return WAYS[finding.remedy].label if finding and finding.remedy in WAYS and WAYS[finding.remedy] not in ways else ""


def _form(request: HttpRequest, case: Dispute, way: Way) -> SettleForm:
    """The form, at first with what was found to be right of the claim, on the contested lines."""
    finding, room = case.findings.order_by("-pk").first(), room_of(case)
    first = min(finding.amount, room) if finding and finding.amount else room
    start: dict[str, Any] = {"version": case.version, "po_number": case.invoice.po_number if case.invoice else ""}
    refused = finding is not None and not finding.amount and finding.remedy in NOTHING_RIGHT
    start["amount"] = money.to_text(first, case.currency) if first and way.amount == "agreed" and not refused else ""
    start["tell"] = tells_by_default(case.company_id, CaseText.Event.OUTCOME)
    start["words"] = finding.words if finding and way.code in ("credited", "goodwill", "rebilled") else ""
    start["reason"] = likely_reason(reasons_of(case, way.code), case, finding.origin) if finding else ""
    form = SettleForm(request.POST or None, case=case, way=way, first=first, initial=start)
    for line_pk, share in first_shares(form.held, 0 if refused else first).items():
        form.initial[f"line_{line_pk}"] = money.to_text(share, case.currency)
    return form


def _ask(request: HttpRequest, case: Dispute, way: Way, form: SettleForm) -> Settlement:
    wish = form.wish()
    return settle_dispute(
        actor=_user(request), dispute=case, resolution=way.code, amount=wish.amount, version=version_of(request), token=_token(request),
        today=clock.today(), now=clock.now(), reason_code=wish.reason_code, words=wish.words, to_customer=wish.to_customer,
        lines=wish.lines, payload=wish.payload,
    )  # fmt: skip


def _settled(request: HttpRequest, case: Dispute, row: Settlement) -> HttpResponse:
    """On to where it leads, with what became of it."""
    if row.state == Settlement.State.SIGNING:
        names = ", ".join(row.sign_offs.filter(state=SignOff.State.WAITING).values_list("department__name", flat=True))
        said = f"{case.number} waits for the sign-off of {names}"
    elif row.state == Settlement.State.WAITING and row.approval:
        said = f"{case.number} waits for approval by {told(_user(request), [row.approval], clock.today())[0].others}"
    else:
        amount = f" of {money.format(row.amount, row.currency)} {row.currency}" if row.amount else ""
        said = f"{case.number}: {SENT[row.resolution]}{amount}"
    undo = address("disputes:settlement-withdraw", case.pk, row.pk) if row.state in UNDER_WAY else ""
    return toast(request, go_on(request, case.pk), said, tone="ok", undo_url=undo)


def _foreseen(request: HttpRequest, case: Dispute, way: Way, form: SettleForm) -> Foreseen:
    """What would come of the form as it stands; of one that wasn't sent, as it is first shown."""
    if not form.is_bound:
        data = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
        reasons = form.reasons
        data["reason"] = f"{reasons[0][0]}:{reasons[0][1].code}" if reasons else ""
        data["words"] = data.get("words") or "–"
        form = SettleForm({k: v for k, v in data.items() if v is not None}, case=case, way=way, first=form.first)
    form.is_valid()
    return foresee_settlement(actor=_user(request), case=case, way=way, wish=form.wish(), today=clock.today())


@require_POST
@allowed("disputes.work")
def foreseen(request: HttpRequest, pk: int) -> HttpResponse:
    """Who would sign and approve what stands in the form now, and what the memo would say: a fragment beside it."""
    case, user = case_in_sight(request, pk, "disputes.work"), _user(request)
    way = _way(request, case, ways_for(user, case))
    seen = _foreseen(request, case, way, _form(request, case, way))
    return render(request, "disputes/parts/foreseen.html", {"seen": seen, "dispute": case})


@require_POST
@allowed("disputes.resolve")
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter of a rejection as it would go out, to look at."""
    case = case_in_sight(request, pk, "disputes.resolve")
    form = _form(request, case, WAYS["rejected"])
    form.is_valid()
    wish = form.wish()
    enclosed = files_of(Settlement(payload={"attachments": wish.payload["attachments"]}))
    made = letter_pdf(case, wish.words, enclosed, clock.today())
    return download(Kept(f"{case.number}-letter.pdf", made, "application/pdf"))


@require_POST
@allowed("disputes.work")
def withdraw(request: HttpRequest, pk: int, settlement_pk: int) -> HttpResponse:
    """Take a settlement back that still waits."""
    case, user = case_in_sight(request, pk, "disputes.work"), _user(request)
    row = get_object_or_404(Settlement, pk=settlement_pk, dispute=case)
    back = redirect_htmx(request, case_url(pk, queue_of(request)))
    try:
        withdraw_settlement(actor=user, settlement=row, now=clock.now(), today=clock.today(), note=request.POST.get("note", "")[:300])
    except (Refused, NotAllowed) as refusal:
        return toast(request, back, str(refusal), tone="bad")
    return toast(request, back, f"Taken back: {case.number} is to be decided again")


def _token(request: HttpRequest) -> str:
    return request.POST.get("token", "").replace("\x00", "")[:60]


def _user(request: HttpRequest) -> Any:
    return request.user
