"""Credits that nobody claims: the list with its days, letters to owners, what they said, the company's rules."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import address, filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.rows import parse_day
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from cashapp.forms import number, words
from cashapp.models import DormancyRule
from cashapp.selectors.dormant import STATES, TONES, Credit, credits_of
from cashapp.selectors.queue import in_words
from cashapp.services import reconciling
from cashapp.services.reconciling.dormancy import letter_for
from ledger.models import OpenItem
from messaging.selectors import reach_one
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company

SHOWN = 300
URGENT = ("dormant", "due", "to_write", "written", "no_rule")


@allowed("cash.view")
def credits(request: HttpRequest) -> HttpResponse:
    """Open credits by how near they are to being dormant; those that are far from it only when asked for."""
    user: Any = request.user
    companies = list(Company.objects.visible_to(user, "cash.view").order_by("code"))
    given = filters_of(request, company="", state="")
    company = next((c for c in companies if c.code == given["company"]), companies[0] if companies else None)
    found = credits_of(user, company, clock.today()) if company else []
    rows = [c for c in found if (c.state == given["state"] if given["state"] in STATES else c.state in URGENT)]
    file = _file(request, rows, company)
    if file:
        return file
    counts = [(code, label, sum(c.state == code for c in found), TONES[code]) for code, label in STATES.items()]
    may_write = bool(company and user.can("messages.send", company.pk))
    context = {
        "company": company, "companies": companies, "state": given["state"], "counts": counts, "rows": rows[:SHOWN], "count": len(rows),
        "more": max(0, len(rows) - SHOWN), "sums": in_words(_sums(rows)), "sum_rows": sorted(_sums(rows).items()),
        "may_write": may_write, "may_note": bool(company and user.can("cash.apply", company.pk)), "today": clock.today(),
        "user_can_export": user.can("reports.export"), "rules": DormancyRule.objects.filter(company=company).count() if company else 0,
    }  # fmt: skip
    return page(request, "cashapp/reconciling/dormant.html", context, fragment="credits")


def _sums(rows: list[Credit]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for credit in rows:
        sums[credit.item.currency] = sums.get(credit.item.currency, 0) + credit.amount
    return sums


def _file(request: HttpRequest, rows: list[Credit], company: Company | None) -> HttpResponse | None:
    user: Any = request.user
    if request.GET.get("format") in ("xlsx", "csv") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    columns = [
        Column("number", "Credit", lambda c: c.item.number), Column("kind", "Kind", lambda c: c.item.get_kind_display()),
        Column("customer", "Owner", lambda c: c.item.customer.name if c.item.customer else "unknown", grow=True),
        Column("country", "Country", lambda c: f"{c.country}{'-' if c.region else ''}{c.region}"),
        Column("dated", "Dated", lambda c: c.item.document_date, kind="date"),
        Column("quiet", "Quiet since", lambda c: c.quiet_since, kind="date"),
        Column("notice", "Write by", lambda c: c.clock.notice_on if c.clock else None, kind="date"),
        Column("told", "Written on", lambda c: c.told_on, kind="date"),
        Column("dormant", "Dormant on", lambda c: c.clock.dormant_on if c.clock else None, kind="date"),
        Column("state", "State", lambda c: c.state_label), Column("basis", "Rule", lambda c: c.rule.basis if c.rule else "", grow=True),
        Column("amount", "Open", lambda c: c.amount, kind="money", total=True),
    ]  # fmt: skip
    cover = Cover("Dormant credits", user.name, clock.today(), {"company": company.code if company else ""})
    return export_response(request, Table(columns, rows, currency=lambda c: c.item.currency), cover)


def _credit(request: HttpRequest, pk: int, permission: str) -> Credit:
    """The credit of an open item in sight; 404 for what is none."""
    user: Any = request.user
    item = get_object_or_404(OpenItem.objects.visible_to(user, permission).select_related("company"), pk=pk)
    found = credits_of(user, item.company, clock.today(), [item.pk])
    if not found:
        raise Http404
    return found[0]


@allowed("messages.send")
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter to a credit's owner: read it, change it, send it."""
    user: Any = request.user
    credit = _credit(request, pk, "messages.send")
    problem = ""
    subject, body = letter_for(credit)
    if request.method == "POST":
        subject, body = words(request.POST.get("subject"), 250), request.POST.get("body", "").replace("\0", "")[:10_000]
        try:
            made, new = reconciling.write_to_owner(
                actor=user, credit=credit, today=clock.today(), now=clock.now(), subject=subject, body=body
            )
            told = "The letter is in the outbox" if new else "This owner was written to today already"
            response = redirect_htmx(request, f"{reverse('cashapp:dormant')}?company={credit.item.company.code}")
            return toast(request, response, told, undo_url=address("messaging:cancel", made.pk) if new else "")
        except (Refused, NotAllowed) as error:
            problem = str(error)
    to = list(reach_one(credit.item.customer, "payment").to) if credit.item.customer else []
    context = {"credit": credit, "subject": subject, "body": body, "to": to, "problem": problem}
    return page(request, "cashapp/reconciling/letter.html", context, status=422 if problem else 200)


@require_POST
@allowed("messages.send")
def write(request: HttpRequest) -> HttpResponse:
    """Write to the owners of the credits chosen, each in the usual words."""
    user: Any = request.user
    company = get_object_or_404(Company.objects.visible_to(user, "messages.send"), code=request.POST.get("company", ""))
    chosen = [number(k) for k in request.POST.getlist("items")[:200]]
    found = credits_of(user, company, clock.today(), chosen)
    done, refused = reconciling.write_to_owners(actor=user, credits=found, today=clock.today(), now=clock.now())
    told = f"{done} letter{'' if done == 1 else 's'} in the outbox" + (f"; {refused[0]}" if refused else "")
    response = redirect_htmx(request, f"{reverse('cashapp:dormant')}?company={company.code}")
    return toast(request, response, told, tone="warn" if refused or not done else "ok")


@require_POST
@allowed("cash.apply")
def word(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what the owner said: the months begin anew."""
    user: Any = request.user
    credit = _credit(request, pk, "cash.apply")
    response = redirect_htmx(request, f"{reverse('cashapp:dormant')}?company={credit.item.company.code}")
    said, day = words(request.POST.get("words"), 300), parse_day(request.POST.get("day", "")) or clock.today()
    try:
        reconciling.note_word(actor=user, item=credit.item, day=day, words=said, today=clock.today())
    except (Refused, NotAllowed) as error:
        return toast(request, response, str(error), tone="bad")
    return toast(request, response, f"{credit.item.number}: its months begin anew on {day}")


@allowed("cash.view")
def rules(request: HttpRequest) -> HttpResponse:
    """The companies' rules by country and region, and a form for one more to those who edit them."""
    user: Any = request.user
    editable = Company.objects.visible_to(user, "rules.edit") if user.can("rules.edit") else Company.objects.none()
    problem = ""
    if request.method == "POST":
        company = get_object_or_404(editable, pk=number(request.POST.get("company")))
        country, region, basis = (words(request.POST.get(name), 200) for name in ("country", "region", "basis"))
        months, notice_months = number(request.POST.get("months")), number(request.POST.get("notice_months"))
        try:
            rule = reconciling.save_rule(
                actor=user, company=company, country=country, region=region, months=months, notice_months=notice_months, basis=basis
            )
            return toast(request, redirect_htmx(request, reverse("cashapp:dormancy-rules")), f"Kept: {rule}")
        except (Refused, NotAllowed) as error:
            problem = str(error)
    found = DormancyRule.objects.visible_to(user, "cash.view").select_related("company").order_by("company__code", "country", "region")
    context = {"rules": found, "editable": editable, "may_edit": {c.pk for c in editable}, "problem": problem, "typed": request.POST}
    return page(request, "cashapp/reconciling/rules.html", context, status=422 if problem else 200)


@require_POST
@allowed("rules.edit")
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Do away with a rule."""
    user: Any = request.user
    rule = get_object_or_404(DormancyRule.objects.visible_to(user, "rules.edit"), pk=pk)
    told = f"{rule} is done away with"
    reconciling.drop_rule(actor=user, rule=rule)
    return toast(request, redirect_htmx(request, reverse("cashapp:dormancy-rules")), told, tone="warn")
