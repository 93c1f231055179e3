"""The team as its manager sees it: what waits with whom, what was done, what changed hands; each figure opens into its rows."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import address, filters_of, page
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from collections_app.selectors import team as read
from collections_app.selectors.portfolios import absences_in_sight, assigns_all
from collections_app.views.listing import LABELS
from customers.models import Customer
from org.access import allowed
from org.models import Company, User
from org.selectors import actor_names

SHOWN = 500


@allowed("work.assign")
def overview(request: HttpRequest) -> HttpResponse:
    """Each person's queue, its age, the questions owed an answer, what was done in the last days, and who is away."""
    user, today = _user(request), clock.today()
    company = _company(request)
    if company is None:
        return page(request, "collections_app/no_company.html", {})
    if not assigns_all(user, company.pk):
        raise PermissionDenied("the team's figures are of all customers: they are for whoever assigns the work of the whole company")
    members = read.team(company, today, clock.now())
    if file := _file(request, _table(members, company), f"Team of {company.code}", company):
        return file
    known = [m for m in members if m.person]
    context = _frame(request, company) | {
        "members": members, "today": today, "days": read.DAYS, "absences": absences_in_sight(user, company),
        "total": {
            "tasks": sum(m.load.tasks for m in members), "late": sum(m.late for m in members),
            "minutes": sum(m.load.minutes for m in members),
            "questions": sum(m.questions for m in members), "questions_late": sum(m.questions_late for m in members),
            "done": sum(m.done for m in known), "put_off": sum(m.put_off for m in known),
        },
    }  # fmt: skip
    return page(request, "collections_app/team.html", context)


def _table(members: list[read.Member], company: Company) -> Table:
    columns = [
        Column("person", "Person", lambda m: m.person.name if m.person else "Nobody", pin=True),
        Column("customers", "Customers", lambda m: m.load.customers, kind="num", total=True),
        Column("tasks", "Tasks", lambda m: m.load.tasks, kind="num", total=True),
        Column("late", "Overdue", lambda m: m.late, kind="num", total=True),
        Column("oldest", "Oldest", lambda m: m.oldest, kind="date"),
        Column("minutes", "Minutes", lambda m: m.load.minutes, kind="num", total=True),
        Column("questions", "Questions", lambda m: m.questions, kind="num", total=True),
        Column("questions_late", "Questions late", lambda m: m.questions_late, kind="num", total=True),
        Column("done", f"Done in {read.DAYS} days", lambda m: m.done, kind="num", total=True),
        Column("put_off", "Put off", lambda m: m.put_off, kind="num", total=True),
        Column("given", "Customers given", lambda m: m.given, kind="num"),
        Column("taken", "Customers taken over", lambda m: m.taken_over, kind="num"),
        Column("away", "Away until", lambda m: m.load.away_until, kind="date"),
        Column("cover", "Cover", lambda m: m.load.cover.name if m.load.cover else ""),
        Column("past_due", "Past due", lambda m: m.load.past_due, kind="money", total=True),
    ]
    return Table(columns, members, currency=company.base_currency, name="team")


@allowed("work.assign")
def done(request: HttpRequest) -> HttpResponse:
    """Tasks marked done or put off in the last days (`what`), of a person (`who`). Also as Excel and CSV."""
    user, asked = _user(request), filters_of(request, company="", who="", what="task.done")
    company = _company(request)
    if company is None:
        return page(request, "collections_app/no_company.html", {})
    seen = Customer.objects.visible_to(user, "work.assign").filter(company=company)
    rows = read.tasks_told(company, clock.today()).filter(customer_ref__in=seen.values("pk")).order_by("-pk")
    rows = rows.filter(actor=asked["who"]) if asked["who"] else rows
    rows = rows.filter(type=asked["what"]) if asked["what"] else rows
    found = list(rows if request.GET.get("format") else rows[:SHOWN])
    customers = seen.in_bulk({e.customer_ref for e in found})
    names = actor_names({e.actor for e in found})
    table = Table(
        [
            Column("customer", "Customer", lambda e: customers[e.customer_ref].name, kind="link", pin=True,
                   href=lambda e: address("customers:detail", e.customer_ref)),
            Column("task", "Task", lambda e: LABELS.get(str(e.data.get("task", "")).split(":")[0], "Task")),
            Column("what", "What", lambda e: "Done" if e.type == "task.done" else "Put off", phone="end"),
            Column("day", "On", lambda e: e.at.date(), kind="date"),
            Column("until", "Rests until", lambda e: e.data.get("until", ""), priority=2),
            Column("who", "Who", lambda e: names.get(e.actor, e.actor), grow=True, phone="end"),
        ],
        found, name="told", empty="Nothing was done in these days.", stack=True,
    )  # fmt: skip
    if file := _file(request, table, "Tasks done", company):
        return file
    title = "Tasks put off" if asked["what"] == "task.snoozed" else "Tasks done" if asked["what"] else "Tasks done and put off"
    context = _frame(request, company) | {"table": table, "count": rows.count(), "shown": SHOWN, "title": title}
    return page(request, "collections_app/team_rows.html", context)


@allowed("work.assign")
def moves(request: HttpRequest) -> HttpResponse:
    """Customers that changed hands in the last days; from a person (`was`), to one (`now`). Also as Excel and CSV."""
    user, asked = _user(request), filters_of(request, company="", was="", now="")
    company = _company(request)
    if company is None:
        return page(request, "collections_app/no_company.html", {})
    seen = Customer.objects.visible_to(user, "work.assign").filter(company=company)
    rows = read.moved_lately(company, clock.today()).filter(customer__in=seen).select_related("customer", "was", "now")
    for side in ("was", "now"):
        if asked[side].isascii() and asked[side].isdecimal() and len(asked[side]) < 19:
            rows = rows.filter(**{side: int(asked[side])})
    table = Table(
        [
            Column("customer", "Customer", lambda a: a.customer.name, kind="link", pin=True,
                   href=lambda a: address("customers:detail", a.customer_id)),
            Column("was", "From", lambda a: a.was.name if a.was else "nobody"),
            Column("now", "To", lambda a: a.now.name if a.now else "nobody", phone="end"),
            Column("day", "On", lambda a: a.day, kind="date"),
            Column("how", "How", lambda a: a.get_how_display(), phone="end"),
            Column("note", "Note", lambda a: a.note, grow=True, priority=2),
        ],
        rows if request.GET.get("format") else rows[:SHOWN], name="move", empty="No customer changed hands in these days.", stack=True,
    )  # fmt: skip
    if file := _file(request, table, "Customers that changed hands", company):
        return file
    context = _frame(request, company) | {"table": table, "count": rows.count(), "shown": SHOWN, "title": "Customers that changed hands"}
    return page(request, "collections_app/team_rows.html", context)


def _file(request: HttpRequest, table: Table, title: str, company: Company) -> HttpResponse | None:
    user = _user(request)
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    return export_response(request, table, Cover(title, user.name, clock.today(), {"company": company.code}))


def _company(request: HttpRequest) -> Company | None:
    seen = Company.objects.visible_to(_user(request), "work.assign").order_by("code")
    return seen.filter(code=request.GET.get("company", "")[:20].replace("\x00", "")).first() or seen.first()


def _frame(request: HttpRequest, company: Company) -> dict[str, Any]:
    user: User = _user(request)
    companies = list(Company.objects.visible_to(user, "work.assign").order_by("code"))
    return {
        "company": company, "companies": companies, "currency": company.base_currency, "user_can_export": user.can("reports.export"),
        "days": read.DAYS, "back": f"{reverse('collections:team')}?company={company.code}",
    }  # fmt: skip


def _user(request: HttpRequest) -> Any:
    return request.user
