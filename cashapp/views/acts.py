"""What people do with the receipt in hand. Each answers with the next state of the workbench, or says why nothing was done."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, money
from arops.lib.http import Link, redirect_htmx, toast
from arops.lib.refusal import Refused
from cashapp.forms import PARTS, Typed, amount_of, number, words
from cashapp.models import Match, MatchProposal, Receipt
from cashapp.selectors.deductions import opened_by
from cashapp.selectors.disagreements import advices_of
from cashapp.selectors.engine_input import policy_of
from cashapp.selectors.payers import owners_within
from cashapp.selectors.queue import SHOWN, Filters, receipts_in
from cashapp.selectors.work import items_in_sight, receipt_in_sight, receipt_to_act_on
from cashapp.services import applying, asking, payers, splitting, working
from cashapp.services.errors import AllocationError, ReceiptLeased, StaleReceipt
from cashapp.services.matching import refresh_proposals
from cashapp.views import workbench
from customers.models import Customer
from org.access import allowed
from org.actors import NotAllowed


@require_POST
@allowed("cash.apply")
def post(request: HttpRequest, pk: int) -> HttpResponse:
    """Post the allocation as it stands, or leave all of it on account; then the next receipt."""
    receipt = in_sight(request, pk)
    typed = Typed.of(request.POST, receipt.currency)
    if typed.errors:
        return refused(request, receipt, "; ".join(typed.errors), typed=typed)
    if not typed.rows:
        return _leave(request, receipt, typed)
    after = following(request, receipt.pk)
    try:
        match = _apply(request, receipt, typed)
    except (Refused, NotAllowed) as error:
        return refused(request, receipt, str(error), typed=typed, error=error)
    amount = f"{money.format(match.amount, receipt.currency)} {receipt.currency}"
    undo = reverse("cashapp:match-undo", args=[match.pk])
    return moved_on(request, after, f"{receipt.number}: {amount} posted{_beside(typed, receipt)}", undo, links=opened_by(match))


def _beside(typed: Typed, receipt: Receipt) -> str:
    """What was booked beside the cash, in words."""
    sums = {label: sum(row.get(part, 0) for row in typed.rows) for part, label in PARTS.items() if part not in ("amount", "short")}
    told = [f"{money.format(total, receipt.currency)} {label}" for label, total in sums.items() if total]
    return f", with {' and '.join(told)}" if told else ""


def _apply(request: HttpRequest, receipt: Receipt, typed: Typed) -> Match:
    """By hand, or as the engine's answer where nothing was changed on it."""
    user: Any = request.user
    given: dict[str, Any] = {"actor": user, "receipt": receipt, "version": typed.version, "today": clock.today(), "now": clock.now()}
    answer = MatchProposal.objects.filter(receipt=receipt, rank=typed.rank).first() if typed.rank > 0 else None
    if answer and set(applying.shares_of(answer)) == set(typed.shares) and (answer.residual > 0) == typed.rest:
        return applying.accept_proposal(rank=answer.rank, **given)
    payer = receipt.suggested_id if receipt.customer_id is None else None
    return applying.apply_receipt(shares=typed.shares, rest=typed.rest, payer_id=_fitting(payer, typed, receipt.value_date), **given)


def _fitting(payer: int | None, typed: Typed, day: date) -> int | None:
    """The supposed payer, unless the items are somebody else's: then they say who paid."""
    return payer if payer and owners_within(payer, [r["item"] for r in typed.rows], day) else None


def _leave(request: HttpRequest, receipt: Receipt, typed: Typed) -> HttpResponse:
    if not typed.rest:
        return refused(request, receipt, "choose what it pays, or leave it on account", typed=typed)
    user: Any = request.user
    after = following(request, receipt.pk)
    try:
        left = applying.leave_on_account(actor=user, receipt=receipt, version=typed.version, now=clock.now(), payer_id=receipt.suggested_id)
    except (Refused, NotAllowed) as error:
        return refused(request, receipt, str(error), typed=typed, error=error)
    return moved_on(request, after, f"{left.number} stays on account", reverse("cashapp:off-account", args=[left.pk]))


@require_POST
@allowed("cash.apply")
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what is typed. `add`, `drop`, `answer` and `advised` change the allocation first and show it again; else nothing comes back."""
    user: Any = request.user
    receipt = in_sight(request, pk)
    typed = Typed.of(request.POST, receipt.currency)
    quiet = _change(request, receipt, typed)
    if typed.version != receipt.version:
        return refused(request, receipt, f"{receipt.number} was changed meanwhile", error=StaleReceipt(""))
    try:
        working.take_lease(actor=user, receipt=receipt, now=clock.now())
        working.save_draft(user=user, receipt=receipt, data=typed.data)
    except ReceiptLeased as error:
        return refused(request, receipt, str(error), error=error)
    if quiet:
        return HttpResponse(status=204)
    return render(request, "cashapp/parts/allocation.html", workbench.working(request, receipt, filters_of(request), typed=typed))


def _change(request: HttpRequest, receipt: Receipt, typed: Typed) -> bool:
    """Add, drop, begin from one of the engine's answers or from what the advice says; True when nothing of it was asked."""
    if request.POST.get("add"):
        items = items_in_sight(request.user, receipt, [number(request.POST["add"])])  # type: ignore[arg-type]
        if not items:
            raise Http404
        typed.add(next(iter(items.values())), receipt.unapplied)
    elif request.POST.get("drop"):
        typed.drop(number(request.POST["drop"]))
    elif request.POST.get("answer"):
        found = receipt.proposals.filter(rank=number(request.POST["answer"])).first()
        if found is None:
            raise Http404
        typed.rows, typed.rest, typed.rank = [{"reason": "short_payment", **a} for a in found.allocations], found.residual > 0, found.rank
    elif request.POST.get("advised"):
        said = advices_of(request.user, receipt, policy_of(receipt.company_id))  # type: ignore[arg-type]
        typed.rows, typed.rest, typed.rank = [asdict(part) | {"write_off": 0} for part in said.parts], said.left > 0, 0
    else:
        return True
    return False


@require_POST
@allowed("cash.apply")
def identify(request: HttpRequest, pk: int) -> HttpResponse:
    """Name the payer; the receipt is matched again at once."""
    user: Any = request.user
    customer = Customer.objects.visible_to(user, "cash.apply").filter(pk=max(0, number(request.POST.get("customer")))).first()
    if customer is None:
        raise Http404
    return _stay(
        request, pk, f"The payer is {customer.name}",
        lambda given: payers.name_payer(customer=customer, today=clock.today(), **given),
    )  # fmt: skip


@require_POST
@allowed("cash.apply")
def unidentify(request: HttpRequest, pk: int) -> HttpResponse:
    """Nobody knows whose money it is."""
    return _stay(request, pk, "Unidentified again", lambda given: payers.mark_unidentified(today=clock.today(), **given))


@require_POST
@allowed("cash.apply")
def split(request: HttpRequest, pk: int) -> HttpResponse:
    """A part becomes a receipt of its own."""
    receipt = in_sight(request, pk)
    try:
        amount = amount_of(request.POST.get("split_amount", ""), receipt.currency)
    except money.MoneyError as error:
        return refused(request, receipt, f"amount to split off: {error}")
    return _stay(
        request, pk, "Split: both parts wait in the queue",
        lambda given: splitting.split_receipt(amount=amount, today=clock.today(), **given),
    )  # fmt: skip


@require_POST
@allowed("cash.apply")
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a question to the supervisor; then the next receipt."""
    return _go(request, pk, "Asked", lambda given: asking.ask_about(question=words(request.POST.get("question")), **given))


@require_POST
@allowed("cash.reverse")
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the question; the receipt goes back to the queue."""
    return _go(request, pk, "Answered", lambda given: asking.answer(words=words(request.POST.get("words")), **given))


@require_POST
@allowed("cash.apply")
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the engine look once more. The page itself asks for it (`quiet`) where an answer was paid meanwhile: what was typed stays."""
    receipt = in_sight(request, pk)
    refresh_proposals(receipt, today=clock.today())
    if "quiet" in request.POST:
        return moved_on(request, pk, f"{receipt.number}: an answer was paid meanwhile, so it was matched again", "", renewed=True)
    working.drop_drafts(receipt)
    return _shown(request, pk, "Matched again")


@require_POST
@allowed("cash.apply")
def lease(request: HttpRequest, pk: int) -> HttpResponse:
    """Have it in hand; `take` takes it over from someone else."""
    user: Any = request.user
    receipt = in_sight(request, pk)
    force = request.POST.get("take") == "1"
    try:
        working.take_lease(actor=user, receipt=receipt, now=clock.now(), force=force)
    except ReceiptLeased:
        return HttpResponse(status=204)
    return _shown(request, pk, f"{receipt.number} is yours now") if force else HttpResponse(status=204)


@require_POST
@allowed("cash.apply")
def off_account(request: HttpRequest, pk: int) -> HttpResponse:
    """Money left on account waits again."""
    user: Any = request.user
    receipt = in_sight(request, pk)
    response = redirect_htmx(request, f"{reverse('cashapp:workbench')}?receipt={receipt.pk}")
    try:
        applying.take_off_account(actor=user, receipt=receipt, now=clock.now())
    except (Refused, NotAllowed) as error:
        return toast(request, response, str(error), tone="bad")
    return toast(request, response, f"{receipt.number} waits again")


def in_sight(request: HttpRequest, pk: int) -> Receipt:
    """The receipt, of those the person may work on; else 404."""
    found = receipt_to_act_on(request.user, pk)  # type: ignore[arg-type]
    if found is None:
        raise Http404
    return found


def filters_of(request: HttpRequest) -> Filters:
    """The queue that the person works through, carried along by the forms."""
    return Filters.of(request.POST)


def _given(request: HttpRequest, receipt: Receipt) -> dict[str, Any]:
    return {"actor": request.user, "receipt": receipt, "version": number(request.POST.get("version")), "now": clock.now()}


def _stay(request: HttpRequest, pk: int, told: str, act: Callable[[dict[str, Any]], object]) -> HttpResponse:
    """Do it, and show the same receipt again."""
    receipt = in_sight(request, pk)
    try:
        act(_given(request, receipt))
    except (Refused, NotAllowed) as error:
        return refused(request, receipt, str(error), error=error)
    return _shown(request, pk, told)


def _go(request: HttpRequest, pk: int, told: str, act: Callable[[dict[str, Any]], object]) -> HttpResponse:
    """Do it, and show the next receipt."""
    receipt, after = in_sight(request, pk), following(request, pk)
    try:
        act(_given(request, receipt))
    except (Refused, NotAllowed) as error:
        return refused(request, receipt, str(error), error=error)
    return moved_on(request, after, f"{told}: {receipt.number}", "")


def _shown(request: HttpRequest, pk: int, told: str) -> HttpResponse:
    return moved_on(request, pk, told, "")


def following(request: HttpRequest, pk: int) -> int:
    """The receipt after this one in the queue, before it leaves."""
    queue = receipts_in(request.user, filters_of(request), clock.now(), clock.today())  # type: ignore[arg-type]
    ids = list(queue.values_list("pk", flat=True)[:SHOWN])
    after = ids.index(pk) + 1 if pk in ids else 0
    return ids[after] if after < len(ids) else next((i for i in ids if i != pk), 0)


def moved_on(
    request: HttpRequest, chosen: int, told: str, undo_url: str, *, links: Sequence[Link] = (), renewed: bool = False
) -> HttpResponse:
    """The workbench with another receipt in hand: its panes and the queue for htmx, the page for others."""
    filters = filters_of(request)
    address = f"{reverse('cashapp:workbench')}?{filters.query(receipt=chosen or '')}"
    if not getattr(request, "htmx", False):
        return toast(request, redirect_htmx(request, address), told, undo_url=undo_url, links=links)
    context = workbench.bench(request, chosen, filters) | {"renewed": renewed}
    response = render(request, "cashapp/parts/moved.html", context)
    response["HX-Replace-Url"] = address.rstrip("?")
    return toast(request, response, told, undo_url=undo_url, links=links)


def refused(
    request: HttpRequest, receipt: Receipt, problem: str, *, typed: Typed | None = None, error: Exception | None = None
) -> HttpResponse:
    """The receipt as it stands now, with the reason: 409 when it changed or is in other hands, 403 when it may not be, else 422."""
    status = 409 if isinstance(error, StaleReceipt) else 403 if isinstance(error, NotAllowed) else 422
    current = receipt_in_sight(request.user, receipt.pk) or receipt  # type: ignore[arg-type]
    kept = typed if status == 422 and isinstance(error, AllocationError | type(None)) else None
    context = workbench.working(request, current, filters_of(request), typed=kept, problem=problem)
    template = "cashapp/parts/work.html" if getattr(request, "htmx", False) else "cashapp/work_page.html"
    response = render(request, template, context, status=status)
    if getattr(request, "htmx", False):
        response["HX-Retarget"], response["HX-Reswap"] = "#work", "innerHTML"
        return toast(request, response, problem, tone="bad")
    return response
