"""Reminders that wait to be allowed: the list, one letter after the other, allowed or declined; and letters written ahead by hand."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.files import Kept, download
from arops.lib.http import address, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.tables import Column, Table
from collections_app.models import DunningLetter
from collections_app.selectors import dunning_runs as reading
from collections_app.selectors.dunning import Case, cases
from collections_app.selectors.dunning_letters import outdated
from collections_app.services.dunning import write_now
from collections_app.services.dunning_approval import Allowed, allow_letters, decline_letter
from collections_app.services.dunning_letters import write_letter
from customers.models import Customer
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company


@allowed("dunning.approve")
def waiting(request: HttpRequest) -> HttpResponse:
    """Letters that wait, those with the most money first."""
    user = _user(request)
    companies = list(Company.objects.visible_to(user, "dunning.approve").order_by("code"))
    company = next((c for c in companies if c.code == request.GET.get("company")), companies[0] if companies else None)
    rows = list(reading.waiting_in_sight(user, company)) if company else []
    stale = outdated(rows)
    context = {
        "companies": companies, "company": company, "table": _table(rows, stale, user.label), "count": len(rows),
        "mine": sum(row.made_by == user.label for row in rows), "stale": len(stale), "today": clock.today(),
        "old": sum(row.run.day != clock.today() for row in rows),
    }  # fmt: skip
    return page(request, "collections_app/dunning_waiting.html", context)


def _table(rows: list[DunningLetter], stale: set[int], me: str) -> Table:
    columns = [
        Column("customer", "Customer", lambda r: r.customer.name, pin=True, href=_page_of),
        Column("level", "Level", lambda r: f"{r.level or ''} {r.level_name}".strip(), priority=2),
        Column("amount", "Asked for", lambda r: r.amount, kind="money", total=True),
        Column("currency", "Cur", lambda r: r.currency),
        Column("days", "Days", lambda r: r.days_past_due, kind="num", priority=2),
        Column("note", "Note", lambda r: _note(r, stale, me), kind="badge", tone=lambda r: "warn" if _note(r, stale, me) else ""),
        Column("to", "To", lambda r: ", ".join(r.message.recipients) or "to be printed", grow=True, priority=3),
    ]  # fmt: skip
    return Table(columns, rows, currency=lambda r: r.currency, row_id=lambda r: f"letter-{r.pk}", name="waiting")


def _page_of(row: DunningLetter) -> str:
    return reverse("collections:dunning-letter", args=[row.pk])


def _note(row: DunningLetter, stale: set[int], me: str) -> str:
    if row.made_by == me:
        return "written by you"
    return "changed meanwhile" if row.pk in stale else ""


@require_POST
@allowed("dunning.approve")
def allow_all(request: HttpRequest) -> HttpResponse:
    """Allow all letters of a company that wait and that were not written by the person."""
    user = _user(request)
    company = get_object_or_404(Company.objects.visible_to(user, "dunning.approve"), code=request.POST.get("company", ""))
    done = allow_letters(actor=user, letters=list(reading.waiting_in_sight(user, company)), today=clock.today(), now=clock.now())
    back = redirect_htmx(request, f"{reverse('collections:dunning-waiting')}?company={company.code}")
    return toast(request, back, _said(done), tone="ok" if done.sent else "warn")


@require_POST
@allowed("dunning.approve")
def allow(request: HttpRequest, pk: int) -> HttpResponse:
    """Allow one letter, and go to the next."""
    user, found = _user(request), _letter(request, pk)
    done = allow_letters(actor=user, letters=[found], today=clock.today(), now=clock.now())
    return toast(request, _next(request, found), _said(done), tone="ok" if done.sent else "warn")


@require_POST
@allowed("dunning.approve")
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a letter from going out (`why`), and go to the next."""
    found = _letter(request, pk)
    try:
        decline_letter(actor=_user(request), letter=found, why=request.POST.get("why", ""), now=clock.now())
    except (Refused, NotAllowed) as error:
        return toast(request, redirect_htmx(request, reverse("collections:dunning-letter", args=[pk])), str(error), tone="bad")
    return toast(request, _next(request, found), f"The letter to {found.customer.name} isn’t sent")


def _said(done: Allowed) -> str:
    mails, words = done.sent - done.on_paper, [] if done.sent else ["Nothing goes out"]
    if mails:
        words.append(f"{mails} go{'es' if mails == 1 else ''} out in ten seconds")
    if done.on_paper:
        words.append(f"{done.on_paper} wait{'s' if done.on_paper == 1 else ''} to be printed, under Outbox, Letters")
    if done.changed:
        words.append(f"{done.changed} left out: something changed since")
    if done.own:
        words.append(f"{done.own} written by you: another person allows {'it' if done.own == 1 else 'them'}")
    return "; ".join(words)


def _next(request: HttpRequest, found: DunningLetter) -> HttpResponse:
    """The next letter that waits; the list when none does."""
    user = _user(request)
    after = reading.waiting_in_sight(user, found.company).exclude(made_by=user.label).first()
    where = reverse("collections:dunning-letter", args=[after.pk]) if after else reverse("collections:dunning-waiting")
    return redirect_htmx(request, where if after else f"{where}?company={found.company.code}")


def _letter(request: HttpRequest, pk: int) -> DunningLetter:
    rows: Any = DunningLetter.objects.visible_to(_user(request), "dunning.approve")
    found: DunningLetter = get_object_or_404(rows.select_related("customer", "company"), pk=pk)
    return found


@allowed("collections.view")
def draft_file(request: HttpRequest, pk: int, currency: str) -> HttpResponse:
    """The page of the letter as it would be written today, as a download; nothing is kept."""
    found = case_today(request, pk, currency)
    if found.step is None:
        raise Http404
    made = write_letter(found, found.step, clock.today(), statement=found.step.with_statement)
    return download(Kept(made.file_name, made.file, made.content_type))


def case_today(request: HttpRequest, pk: int, currency: str) -> Case:
    """What would be written to the customer in that currency today; 404 when nothing is."""
    customer = get_object_or_404(Customer.objects.visible_to(_user(request), "collections.view").select_related("company"), pk=pk)
    for case in cases(customer.company, clock.today(), [customer.pk]):
        if case.decision.account.currency == currency and case.step:
            return case
    raise Http404


@require_POST
@allowed("dunning.run")
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Write to one customer now, ahead of the day's run."""
    user = _user(request)
    customer = get_object_or_404(Customer.objects.visible_to(user, "dunning.run").select_related("company"), pk=pk)
    back = redirect_htmx(request, address("customers:tab", pk, "timeline"))
    try:
        rows = write_now(actor=user, customer=customer, day=clock.today(), now=clock.now())
    except (Refused, NotAllowed) as error:
        return toast(request, back, str(error), tone="bad")
    written = [row for row in rows if not row.reason]
    if not written:
        return toast(request, back, rows[0].left_out_because if rows else "nothing is past due", tone="warn")
    waits = any(row.needs_approval for row in written)
    message = written[0].message
    goes = ("goes out in ten seconds" if message.recipients else "waits to be printed") if message else ""
    said = "waits until another person allows it" if waits else goes
    response = redirect_htmx(request, reverse("collections:dunning-letter", args=[written[0].pk]))
    return toast(request, response, f"The letter to {customer.name} {said}")


def _user(request: HttpRequest) -> Any:
    return request.user
