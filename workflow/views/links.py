"""What somebody without an account sees who comes by a link: one question, its files, a place for the answer.

The mail's address holds the link's token behind a `#`, which browsers keep to themselves: no server log and no other site ever sees it. A
script posts it here in the body of a form (without scripts, people paste it), and from then on a signed cookie names the link. The cookie
opens nothing by itself: every request reads the link anew. Whatever is wrong, the answer is one page.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from arops.lib import clock
from arops.lib.files import download
from arops.lib.http import origin_of
from arops.lib.refusal import Refused
from org.access import by_link
from org.selectors import actor_names
from workflow.actors import LinkActor
from workflow.models import Attachment, Task, TaskLink
from workflow.selectors.links import files_for, words_for
from workflow.services.attachments import AttachmentError, attach, handed_out
from workflow.services.link_tries import count_try, is_barred
from workflow.services.links import LinkEnded, act_by_link, actor_of, link_of, live_link, open_link
from workflow.services.tasks import answer_task, hand_back

COOKIE, SALT, PATH = "arops_answer", "workflow.views.links", "/answer/"
LASTS = timedelta(hours=12)
"""How long a browser may come back without the mail."""
MOST_FILES = 20
"""Files that one link can add."""


@by_link
@require_safe
def question(request: HttpRequest) -> HttpResponse:
    """The question, for whoever opened its link before; else the page that opens one."""
    if not request.COOKIES.get(COOKIE):
        return render(request, "workflow/answer_open.html")
    try:
        link = _link(request, clock.now())
    except LinkEnded:
        return _ended(request)
    return _question(request, link)


@by_link
@require_POST
def open_by_code(request: HttpRequest) -> HttpResponse:
    """Open a link by its code, which the mail's address carries. A code that opens a link opens it however many wrong ones came from the
    same place: else one guesser behind a proxy would shut out all others behind it, and no guess of 192 bits is ever right."""
    now, code = clock.now(), request.POST.get("code", "")[:300].strip()
    try:
        link = link_of(code.rpartition("#")[2], now)
    except LinkEnded:
        return _not_opened(request, now)
    open_link(link=link, now=now)
    response = redirect("workflow:answer")
    response.set_signed_cookie(
        COOKIE, str(link.pk), salt=SALT, path=PATH, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
    return response


def _not_opened(request: HttpRequest, now: datetime) -> HttpResponse:
    """What a wrong code answers; after many of a place no more is written down, and it is told to wait."""
    origin = origin_of(request)
    if is_barred(origin, now):
        return render(request, "workflow/answer_open.html", {"barred": True}, status=429)
    count_try(origin, now)
    return _ended(request)


@by_link
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Send the answer, with the file that is chosen, or hand the question back."""
    version, today = _number(request.POST.get("version", "")), clock.today()

    def do(actor: LinkActor, task: Task) -> None:
        if request.FILES:
            _attach(request, actor, task)
        if request.POST.get("way") == "back":
            hand_back(actor=actor, task=task, reason=_body(request), today=today, version=version)
        else:
            answer_task(actor=actor, task=task, body=_body(request), today=today, version=version)

    return _act(request, do, lambda link: redirect("workflow:answer"))


@by_link
@require_POST
def add_file(request: HttpRequest) -> HttpResponse:
    """Add a file that belongs to the answer; what was written of it so far stays in the form."""

    def do(actor: LinkActor, task: Task) -> None:
        _attach(request, actor, task)

    return _act(request, do, lambda link: _question(request, link, body=_body(request)))


def _attach(request: HttpRequest, actor: LinkActor, task: Task) -> None:
    given = request.FILES.get("file")
    if task.state != Task.State.OPEN:
        raise AttachmentError("this is answered already")
    if given is None:
        raise AttachmentError("choose a file first")
    there = Attachment.objects.filter(subject_type="workflow.task", subject_id=task.pk, added_by=actor.label)
    if there.count() >= MOST_FILES:
        raise AttachmentError(f"{MOST_FILES} files are the most: send others by mail")
    attach(actor=actor, subject=task, kind=Attachment.Kind.EVIDENCE, name=str(given.name), content=given.read())


@by_link
@require_safe
def fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """A file of the question, to keep: never shown in the browser."""
    try:
        link = _link(request, clock.now())
    except LinkEnded:
        return _ended(request)
    file = files_for(link).filter(pk=pk).first()
    return download(handed_out(file)) if file else _ended(request, forget=False)


@by_link
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the link in this browser."""
    response = redirect("workflow:answer")
    response.delete_cookie(COOKIE, path=PATH, samesite="Lax")
    return response


def _act(
    request: HttpRequest, do: Callable[[LinkActor, Task], None], then: Callable[[TaskLink], HttpResponse]
) -> HttpResponse:  # fmt: skip
    """Do something as the holder of the link. What refuses it is said on the question's page, where what was written stays."""
    now = clock.now()
    try:
        link = _link(request, now)
        act_by_link(link=link, now=now, do=do)
    except LinkEnded:
        return _ended(request)
    except Refused as refusal:
        return _question(request, link, said=f"{refusal}"[:1].upper() + f"{refusal}."[1:], body=_body(request))
    return then(link)


def _question(request: HttpRequest, link: TaskLink, *, said: str = "", body: str = "") -> HttpResponse:
    task, today = link.task, clock.today()
    names = actor_names({task.created_by})
    context: dict[str, Any] = {
        "link": link, "task": task, "asker": names.get(task.created_by, ""), "today": today, "said": said, "body": body,
        "late": max((today - task.due_date).days, 0) if task.state == Task.State.OPEN else 0, "files": files_for(link),
        "words": words_for(link), "own": actor_of(link).label, "megabytes": settings.ATTACHMENT_MAX_BYTES // 1024 // 1024,
    }  # fmt: skip
    return render(request, "workflow/answer.html", context, status=422 if said else 200)


def _ended(request: HttpRequest, *, forget: bool = True) -> HttpResponse:
    """One page for whatever is not there: a code that never was, and a link that is over."""
    response = render(request, "workflow/answer_ended.html", status=404)
    if forget and COOKIE in request.COOKIES:
        response.delete_cookie(COOKIE, path=PATH, samesite="Lax")
    return response


def _link(request: HttpRequest, now: datetime) -> TaskLink:
    """The live link that the cookie names. Raises LinkEnded."""
    named = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=LASTS)
    return live_link(_number(named or "") or 0, now)


def _body(request: HttpRequest) -> str:
    return request.POST.get("body", "")[:10_000]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
