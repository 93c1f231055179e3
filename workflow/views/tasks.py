"""Tasks on the screen: what waits for me and my department, what I asked; one question with its answer."""

import secrets
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from org.access import allowed, anyone, by_record
from org.models import Company
from org.selectors import actor_names
from workflow.forms import AskForm, LinkForm
from workflow.models import Task, TaskLink
from workflow.selectors.links import links_of
from workflow.selectors.tasks import STATES, VIEWS, Wanted, counts_of, departments_of, kinds_in_sight, tasks_in_sight, totals_of
from workflow.services.attachments import files_of
from workflow.services.links import LASTS, create_link, renew_link, revoke_link
from workflow.services.subjects import SUBJECTS, address_of, find_subject, names_of
from workflow.services.tasks import TaskError, answer_task, cancel_task, close_task, hand_back, note_task, open_task, reopen_task, take_task

SHOWN = 300
"""Tasks a page shows; its file holds all of them."""
DAYS = 3
"""Days that an answer has, unless told otherwise."""
TONES = {"open": "info", "answered": "ok", "handed_back": "warn", "closed": "", "cancelled": ""}


@anyone
def index(request: HttpRequest) -> HttpResponse:
    """Tasks in sight: those that wait for an answer first, the longest due at the top. Also as Excel and CSV."""
    user: Any = request.user
    asked = filters_of(request, view="mine", state="", kind="", department="", company="", q="", late="", sort="due")
    wanted = Wanted(asked["view"] if asked["view"] in dict(VIEWS) else "mine", asked["state"], asked["kind"], asked["department"],
                    asked["company"], asked["q"], asked["late"] == "1", asked["sort"])  # fmt: skip
    found, today = tasks_in_sight(user, wanted, clock.today()), clock.today()
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    rows = _told(user, found if request.GET.get("format") else found[:SHOWN], today)
    narrowed = {name: asked[name] for name in ("state", "kind", "department", "company", "q", "late") if asked[name]}
    table = table_of(rows, asked)
    file = export_response(request, table, Cover("Tasks", user.name, today, {"view": dict(VIEWS)[wanted.view]} | narrowed))
    if file:
        return file
    count, late, sums = totals_of(found, today)
    counts = counts_of(user)
    context = {
        "rows": rows, "head": table.head(), "asked": asked | {"view": wanted.view}, "count": count, "late": late, "sums": sums,
        "today": today, "tabs": [(code, label, counts[code]) for code, label in VIEWS],
        "states": [(code, label) for code, (label, _) in STATES.items()],
        "kinds": kinds_in_sight(user), "departments": _departments(user), "narrowed": narrowed, "cut": count - len(rows),
        "user_can_export": user.can("reports.export"), "may_ask": user.can("tasks.create"),
        "shows_about": any(row.about for row in rows),
        "companies": Company.objects.filter(tasks__in=Task.objects.visible_to(user, "tasks.answer")).distinct(),
    }  # fmt: skip
    return page(request, "workflow/tasks.html", context, fragment="table")


@anyone
def count(request: HttpRequest) -> HttpResponse:
    """How many tasks wait for the person, and whether one is late: what the menu shows beside Tasks."""
    user: Any = request.user
    n, late, _ = totals_of(tasks_in_sight(user, Wanted(state="open"), clock.today()), clock.today())
    return page(request, "workflow/task_count.html", {"n": n, "late": late})


def _departments(user: Any) -> list[tuple[str, str]]:
    seen = Task.objects.visible_to(user, "tasks.answer").exclude(department=None)
    return sorted(set(seen.values_list("department__code", "department__name")), key=lambda pair: pair[1])


def _told(user: Any, tasks: Any, today: date) -> list[Any]:
    """Tasks with what the page says of them beside their fields."""
    rows = list(tasks)
    names, about = actor_names({row.created_by for row in rows}), names_of(user, rows)
    for row in rows:
        row.asker = names.get(row.created_by, row.created_by)
        row.days_late = max((today - row.due_date).days, 0) if row.state == "open" else 0
        row.about = about.get((row.subject_type, row.subject_id), "")
        row.about_url = address_of(row.subject_type, row.subject_id) if row.about else ""
        row.tone = TONES[row.state]
        row.kind_word = row.kind.replace("_", " ")
    return rows


def table_of(rows: list[Any], asked: dict[str, str]) -> Table:
    """The list as rows and columns, for its head and for files."""
    columns = [
        Column("title", "Task", lambda t: t.title, pin=True, sort="title"),
        Column("about", "About", lambda t: t.about, grow=True, priority=3),
        Column("state", "State", lambda t: t.get_state_display().capitalize()),
        Column("amount", "At stake", lambda t: t.amount, kind="money", total=True, sort="amount"),
        Column("department", "Department", lambda t: t.department.name if t.department else "", priority=2, sort="department"),
        Column("assignee", "Person", lambda t: t.assignee.name if t.assignee else "", priority=3),
        Column("asker", "Asked by", lambda t: t.asker, priority=2),
        Column("asked", "Asked on", lambda t: t.created_at.date(), kind="date", priority=3, sort="asked"),
        Column("due", "Due", lambda t: t.due_date, kind="date", sort="due"),
        Column("late", "Days late", lambda t: t.days_late or None, kind="num"),
        Column("kind", "Kind", lambda t: t.kind_word, priority=3),
        Column("company", "Company", lambda t: t.company.code, priority=3),
    ]
    return Table(columns, rows, currency=lambda t: t.currency or t.company.base_currency, sort=asked["sort"], query=asked, name="task")


@by_record
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One question: what it is about, what was said, what can be done next."""
    return _task_page(request, _task(request, pk))


def _task_page(request: HttpRequest, task: Task, *, said: str = "", step: str = "", body: str = "") -> HttpResponse:
    user: Any = request.user
    row, notes = _told(user, [task], clock.today())[0], list(task.notes.all())
    may_ask, may_answer = user.can("tasks.create", task.company_id), user.can("tasks.answer", task.company_id)
    customer = find_subject(user, "customers.customer", task.customer_ref)
    departments = task.company.departments.all() if may_ask else []
    context = {
        "task": row, "notes": notes, "names": actor_names({note.author for note in notes}), "today": clock.today(), "said": said,
        "step": step, "body": body, "files": files_of(user, task), "may_answer": may_answer and task.state == "open",
        "may_ask": may_ask, "departments": departments, "customer": customer,
        "customer_url": address_of("customers.customer", task.customer_ref) if customer else "",
        "word": SUBJECTS[task.subject_type].word if task.subject_type in SUBJECTS else "record",
        "links": links_of(task, clock.now()) if may_ask else [], "may_link": may_ask and task.state == "open",
        "link_days": max((task.due_date - clock.today()).days, 0) + LASTS,
        "may_take": may_answer and task.state == "open" and task.assignee_id != user.pk and task.department in departments_of(user),
    }  # fmt: skip
    return page(request, "workflow/task.html", context, fragment="peek", status=422 if said else 200)


@by_record
def step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Answer, hand back, add a note, take it, ask again, close or cancel; give, end and renew links to it."""
    task = _task(request, pk)
    if request.method != "POST" or step not in STEPS:
        raise Http404
    do, words = STEPS[step]
    try:
        do(request, task)
    except Refused as refusal:
        return _task_page(request, task, said=f"{refusal}"[:1].upper() + f"{refusal}."[1:], step=step, body=request.POST.get("body", ""))
    back = reverse("workflow:tasks") if request.POST.get("next") == "list" else reverse("workflow:task", args=[pk])
    return toast(request, redirect_htmx(request, back), words)


def _answer(request: HttpRequest, task: Task) -> Any:
    return answer_task(actor=_user(request), task=task, body=_body(request), today=clock.today(), version=_version(request))


def _hand_back(request: HttpRequest, task: Task) -> Any:
    return hand_back(actor=_user(request), task=task, reason=_body(request), today=clock.today(), version=_version(request))


def _note(request: HttpRequest, task: Task) -> Any:
    return note_task(actor=_user(request), task=task, body=_body(request))


def _take(request: HttpRequest, task: Task) -> Any:
    return take_task(actor=_user(request), task=task, version=_version(request))


def _reopen(request: HttpRequest, task: Task) -> Any:
    today = clock.today()
    due = task.due_date if task.due_date > today else today + timedelta(days=DAYS)
    return reopen_task(
        actor=_user(request), task=task, reason=_body(request), today=today, version=_version(request), due_date=due,
        department=request.POST.get("department") or None,
    )  # fmt: skip


def _close(request: HttpRequest, task: Task) -> Any:
    return close_task(actor=_user(request), task=task, now=clock.now(), today=clock.today(), note=_body(request), version=_version(request))


def _cancel(request: HttpRequest, task: Task) -> Any:
    return cancel_task(
        actor=_user(request), task=task, now=clock.now(), today=clock.today(), reason=_body(request), version=_version(request)
    )


def _link(request: HttpRequest, task: Task) -> Any:
    form = LinkForm(request.POST)
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise TaskError(f"{form.fields[name].label}: {errors[0]}".rstrip("."))
    return create_link(actor=_user(request), task=task, now=clock.now(), today=clock.today(), **form.cleaned_data)


def _link_of(request: HttpRequest, task: Task) -> TaskLink:
    key = request.POST.get("link", "")
    return get_object_or_404(task.links, pk=int(key) if key.isascii() and key.isdigit() and len(key) < 19 else 0)


def _link_revoke(request: HttpRequest, task: Task) -> Any:
    return revoke_link(actor=_user(request), link=_link_of(request, task), now=clock.now())


def _link_renew(request: HttpRequest, task: Task) -> Any:
    return renew_link(actor=_user(request), link=_link_of(request, task), now=clock.now(), today=clock.today())


STEPS: dict[str, tuple[Callable[[HttpRequest, Task], Any], str]] = {
    "answer": (_answer, "Your answer is with whoever asked."), "hand-back": (_hand_back, "Handed back to whoever asked."),
    "note": (_note, "The note is added."), "take": (_take, "It is yours now."), "reopen": (_reopen, "Asked again."),
    "close": (_close, "The task is closed."), "cancel": (_cancel, "The task is cancelled."),
    "link": (_link, "The link is on its way."), "link-revoke": (_link_revoke, "The link is ended."),
    "link-renew": (_link_renew, "A new link is on its way; the one before is ended."),
}  # fmt: skip


@allowed("tasks.create")
def new(request: HttpRequest) -> HttpResponse:
    """Ask a department, about a record (`about`, `key`) or about nothing that is kept here."""
    user: Any = request.user
    about, key = request.GET.get("about", ""), request.GET.get("key", "")
    subject = find_subject(user, about, int(key)) if key.isascii() and key.isdigit() and len(key) < 19 else None
    initial = {"due_date": clock.today() + timedelta(days=DAYS), "title": request.GET.get("title", "")[:200],
               "question": request.GET.get("question", "")[:2000], "amount": request.GET.get("amount", "")[:30]}  # fmt: skip
    form = AskForm(request.POST or None, actor=user, company=getattr(subject, "company", None), initial=initial)
    if request.method == "POST" and form.is_valid():
        token = f"form:{user.pk}:{request.POST.get('token', '')[:60]}"
        customer_id = subject.pk if about == "customers.customer" and subject else getattr(subject, "customer_id", None)
        try:
            task = open_task(
                actor=user, kind="question", dedupe_key=token, today=clock.today(), subject=subject, customer_id=customer_id, **form.asked()
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, redirect_htmx(request, reverse("workflow:task", args=[task.pk])), "Asked.")
    back = address_of(about, subject.pk) if subject is not None else reverse("workflow:tasks")
    context = {"form": form, "subject": subject, "back": back, "token": request.POST.get("token") or secrets.token_hex(16)}
    return page(request, "workflow/task_new.html", context, status=422 if form.errors else 200)


def _task(request: HttpRequest, pk: int) -> Task:
    rows = Task.objects.visible_to(_user(request), "tasks.answer").select_related("company", "department", "assignee")
    found: Task = get_object_or_404(rows, pk=pk)
    return found


def _body(request: HttpRequest) -> str:
    return request.POST.get("body", "")[:10_000]


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _user(request: HttpRequest) -> Any:
    return request.user
