"""Letters on paper: the batches, one batch with its letters, its files, printed, posted, a letter taken out."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, pdf
from arops.lib.files import download
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from messaging.forms import PostedForm
from messaging.models import LetterBatch, Message, PrintedLetter
from messaging.selectors import letters_to_print, reads_whole
from messaging.services.printing import gather_letters, mark_printed, post_batch, spoil_letter
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from org.selectors import actor_names
from workflow.doorbell import ring
from workflow.models import Job
from workflow.services.attachments import files_of
from workflow.services.jobs import create_job

PER_PAGE = 100


@allowed("collections.view")
def index(request: HttpRequest) -> HttpResponse:
    """The batches, latest first, and how many letters wait for the next."""
    user = _user(request)
    found: Any = LetterBatch.objects.visible_to(user, "collections.view").select_related("company")
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": shown, "names": actor_names({row.created_by for row in shown}), "may_send": user.can("messages.send"),
        "to_print": letters_to_print(user).count() if user.can("messages.send") else 0, "can_pdf": pdf.is_available(),
    }  # fmt: skip
    return page(request, "messaging/letters.html", context)


@require_POST
@allowed("messages.send")
def gather(request: HttpRequest) -> HttpResponse:
    """Gather what waits to be printed, company by company, and have it laid out."""
    user, made = _user(request), []
    for company in Company.objects.filter(pk__in=letters_to_print(user).order_by().values("company")):
        try:
            made.append(gather_letters(actor=user, company=company, duplex=request.POST.get("sides") != "one"))
        except Refused:
            continue  # someone else gathered them meanwhile
    for batch in made:
        ring(create_job(actor=user, kind="letter_batch", slot=_slot(batch), company=batch.company, params={"batch": batch.pk}))
    if not made:
        return toast(request, redirect_htmx(request, reverse("messaging:letters")), "No letter waits to be printed", tone="warn")
    where = reverse("messaging:letter-batch", args=[made[0].pk]) if len(made) == 1 else reverse("messaging:letters")
    said = ", ".join(batch.number if len(made) == 1 else f"{batch.number} of {batch.company.code}" for batch in made)
    return toast(request, redirect_htmx(request, where), f"{said}: being laid out")


def _slot(batch: LetterBatch) -> str:
    return f"letters:{batch.pk}"


@allowed("collections.view")
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """A batch: its letters, its files, whether it was printed and posted, the proof of it."""
    user, found = _user(request), _batch(request, pk)
    seen: Any = PrintedLetter.objects.visible_to(user, "collections.view")
    rows = list(seen.filter(batch=found).select_related("message__customer", "file").defer("file__content").order_by("ordinal"))
    whole = _whole(user, found, "messages.send")
    context = {
        "batch": found, "rows": rows, "today": clock.today(), "job": Job.objects.filter(slot=_slot(found)).first(),
        "names": actor_names({found.created_by, found.printed_by, found.posted_by} - {""}), "may_send": whole,
        "may_take": _whole(user, found, "collections.view"), "spoilt": sum(bool(row.spoilt_because) for row in rows),
        "files": files_of(user, found),
    }  # fmt: skip
    response = page(request, "messaging/letter_batch.html", context, fragment="letters")
    if found.pdf_id and getattr(request, "htmx", False):
        response["HX-Refresh"] = "true"  # it is laid out: the head changes, too
    return response


@allowed("collections.view")
def batch_file(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """The batch's PDF or manifest, for those who see all of the company: it holds everybody's letters."""
    found = _batch(request, pk)
    kept = {"pdf": found.pdf, "manifest": found.manifest}.get(what)
    if kept is None or not _whole(_user(request), found, "collections.view"):
        raise Http404
    return download(kept)


@allowed("collections.view")
def letter_file(request: HttpRequest, pk: int) -> HttpResponse:
    """A letter's own pages as they were printed."""
    seen: Any = PrintedLetter.objects.visible_to(_user(request), "collections.view")
    found = get_object_or_404(seen.select_related("file", "message"), pk=pk)
    if found.file is None or not reads_whole(_user(request), found.message):
        raise Http404
    return download(found.file)


@require_POST
@allowed("messages.send")
def printed(request: HttpRequest, pk: int) -> HttpResponse:
    """The batch came out of the printer."""
    found = _whole_batch(request, pk)
    return _do(request, found, f"{found.number} is printed", lambda user: mark_printed(actor=user, batch=found, now=clock.now()))


@require_POST
@allowed("messages.send")
def posted(request: HttpRequest, pk: int) -> HttpResponse:
    """The batch went into the post: its letters count as sent."""
    found, form = _whole_batch(request, pk), PostedForm(request.POST)
    if not form.is_valid():
        return toast(request, _back(request, found), "say on which day it was posted", tone="bad")
    on, note = form.cleaned_data["posted_on"], form.cleaned_data["proof_note"]

    def act(user: Any) -> object:
        return post_batch(actor=user, batch=found, posted_on=on, today=clock.today(), now=clock.now(), proof_note=note)

    return _do(request, found, f"{found.number} is posted: its letters count as sent", act)


@require_POST
@allowed("messages.send")
def spoil(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a letter out of a batch (`why`): it waits to be printed again."""
    seen: Any = PrintedLetter.objects.visible_to(_user(request), "messages.send")
    found = get_object_or_404(seen.select_related("batch"), pk=pk)
    why = request.POST.get("why", "")
    said = f"{found.number} is taken out: it waits to be printed again"
    return _do(request, found.batch, said, lambda user: spoil_letter(actor=user, letter=found, why=why))


def _do(request: HttpRequest, found: LetterBatch, said: str, act: Callable[[Any], object]) -> HttpResponse:
    try:
        act(_user(request))
    except (Refused, NotAllowed) as error:
        return toast(request, _back(request, found), str(error), tone="bad")
    return toast(request, _back(request, found), said)


def _back(request: HttpRequest, found: LetterBatch) -> HttpResponse:
    return redirect_htmx(request, reverse("messaging:letter-batch", args=[found.pk]))


def _whole(user: Any, found: LetterBatch, permission: str) -> bool:
    """Whether all of the batch is the person's: they see the whole company, or gathered it and see all that lies in it."""
    reach = user.reach(permission)
    if not user.can(permission, found.company_id):
        return False
    if reach.everything or found.company_id in reach.companies:
        return True
    seen = list(Message.objects.visible_to(user, permission).filter(printed__batch=found).only("also_about"))
    return bool(
        found.created_by == user.label and len(seen) == found.printed.count() and all(reads_whole(user, m, permission) for m in seen)
    )


def _batch(request: HttpRequest, pk: int, permission: str = "collections.view") -> LetterBatch:
    seen: Any = LetterBatch.objects.visible_to(_user(request), permission).select_related("company", "pdf", "manifest")
    found: LetterBatch = get_object_or_404(seen.defer("pdf__content", "manifest__content"), pk=pk)
    return found


def _whole_batch(request: HttpRequest, pk: int) -> LetterBatch:
    found = _batch(request, pk, "messages.send")
    if not _whole(_user(request), found, "messages.send"):
        raise Http404
    return found


def _user(request: HttpRequest) -> Any:
    return request.user
