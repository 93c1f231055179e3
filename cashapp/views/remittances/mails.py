"""Mails with advices: a list by what became of them, one mail with its files, mails brought as .eml files."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.files import Kept, download
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import InputRefused, Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from cashapp.forms import words
from cashapp.forms.remittances import AdviceFilesForm
from cashapp.selectors.mails import advices_of, counts_by_state, history_of, mail_list, mails_in_sight
from cashapp.selectors.remittances import companies_of
from cashapp.services.remittances.layouts import propose_layout
from cashapp.services.remittances.looking import look_at
from cashapp.services.remittances.mail import bring_mail, take_mail
from cashapp.services.remittances.taking import kind_of
from cashapp.views.files import KEPT, brought
from cashapp.views.remittances.detail import drawn
from messaging.models import InboundMail, InboundPart
from messaging.selectors import quoting
from messaging.services.receiving import read_again, set_mail_aside
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names

PER_PAGE = 100
TONES = {"read": "ok", "new": "info", "nothing": "warn", "refused": "bad"}
OPEN = ("nothing", "refused")
"""States in which a person has something to decide."""


@allowed("cash.view")
def index(request: HttpRequest, upload: AdviceFilesForm | None = None) -> HttpResponse:
    """Mails in sight, latest first, by state and text; `format=xlsx` or `csv` gives them as a file."""
    user: Any = request.user
    asked = filters_of(request, q="", state="", page="1")
    state = asked["state"] if asked["state"] in InboundMail.State.values else ""
    found = mail_list(user, state=state, text=words(asked["q"], 80))
    in_force = {k: v for k, v in asked.items() if v and k not in ("page", "state")}
    if "format" in request.GET:
        if not user.can("reports.export"):
            raise PermissionDenied("this needs the permission reports.export")
        cover = Cover("Mails with advices", user.name, clock.today(), in_force | ({"state": state} if state else {}))
        return export_response(request, table_of(found), cover) or HttpResponse(status=422)
    counts, may_import = counts_by_state(user), user.can("cash.import")
    shown = Paginator(found, PER_PAGE).get_page(asked["page"])
    context = {
        "asked": asked, "in_force": in_force, "page": shown, "table": table_of(shown.object_list), "state": state,
        "tabs": [("", "All", sum(counts.values())), *((code, label, counts.get(code, 0)) for code, label in InboundMail.State.choices)],
        "user_can_export": user.can("reports.export"), "may_import": may_import, "may_set_up": user.can("settings.manage"),
        "companies": list(companies_of(user)),
        "upload": upload or (AdviceFilesForm(companies=companies_of(user, "cash.import")) if may_import else None),
    }  # fmt: skip
    return page(request, "cashapp/mails.html", context, fragment="rows", status=422 if upload else 200)


def table_of(mails: Any) -> Table:
    """The list's columns, for the page and for files."""
    columns = [
        Column("subject", "Mail", lambda m: m.subject or "(no subject)", pin=True, href=_address),
        Column("at", "Came in", lambda m: f"{m.received_at:%Y-%m-%d %H:%M}", phone="end"),
        Column("state", "State", lambda m: m.get_state_display(), kind="badge", tone=lambda m: TONES.get(m.state, "")),
        Column("sender", "From", lambda m: m.sender, priority=2),
        Column("advices", "Advices", lambda m: m.advices, kind="num", priority=2),
        Column("files", "Files", lambda m: m.files, kind="num", priority=3),
        Column("note", "What came of it", lambda m: m.note, grow=True, priority=2),
        Column("company", "Company", lambda m: m.company.code, priority=3),
    ]
    return Table(columns, mails, row_id=lambda m: f"mail-{m.pk}", name="mails", stack=True)


def _address(mail: InboundMail) -> str:
    return reverse("cashapp:mail", args=[mail.pk])


@allowed("cash.view")
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """A mail: its words, its files and what came of each, its advices, its history."""
    user: Any = request.user
    found = _seen(request, pk)
    history = history_of(found)
    context = {
        "mail": found, "tone": TONES.get(found.state, ""), "parts": found.parts.select_related("stored_file").defer("stored_file__content"),
        "advices": advices_of(user, found), "history": history, "names": actor_names({found.received_by, *(e.actor for e, _ in history)}),
        "may_import": user.can("cash.import", found.company_id), "is_open": found.state in OPEN,
        "shut": bool(quoting([found], user, "cash.view")),
    }  # fmt: skip
    return page(request, "cashapp/mail.html", context)


@require_POST
@allowed("cash.import")
def upload(request: HttpRequest) -> HttpResponse:
    """Take mails that were saved as files."""
    user: Any = request.user
    form = AdviceFilesForm(request.POST, request.FILES, companies=companies_of(user, "cash.import"))
    if not form.is_valid():
        return index(request, form)
    came: list[tuple[InboundMail, bool, str]] = []
    for file in form.cleaned_data["file"]:
        one, fresh, taken = bring_mail(
            actor=user, company=form.cleaned_data["company"], content=file.read(), name=file.name, today=clock.today(), now=clock.now()
        )
        came.append((one, fresh, taken.words if fresh else "known before"))
    there = _address(came[0][0]) if len(came) == 1 else reverse("cashapp:mails")
    said = came[0][2] if len(came) == 1 else f"{len(came)} mails, {sum(fresh for _, fresh, _ in came)} of them new"
    if len(came) == 1 and came[0][0].state in OPEN:
        return toast(request, redirect_htmx(request, there), f"It is kept, but {came[0][0].get_state_display()}", tone="warn")
    return toast(request, redirect_htmx(request, there), said[:1].upper() + said[1:])


@require_POST
@allowed("cash.import")
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the mail once more: after a layout was saved, or something was mended."""
    user: Any = request.user
    found = _seen(request, pk, "cash.import")
    there = redirect_htmx(request, _address(found))
    try:
        came = take_mail(actor=user, mail=read_again(actor=user, mail=found), today=clock.today(), now=clock.now())
    except (Refused, InputRefused, NotAllowed) as refusal:
        return toast(request, there, str(refusal).capitalize(), tone="bad")
    brought_any = bool(came.taken.remittances or came.taken.repeated)
    said = came.words if brought_any else "there is still no advice in it"
    return toast(request, there, said[:1].upper() + said[1:], tone="ok" if brought_any else "warn")


@require_POST
@allowed("cash.import")
def aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing is to be done with it: say why."""
    user: Any = request.user
    found = _seen(request, pk, "cash.import")
    try:
        set_mail_aside(actor=user, mail=found, reason=words(request.POST.get("reason"), 300))
    except (Refused, NotAllowed) as refusal:
        return toast(request, redirect_htmx(request, _address(found)), str(refusal).capitalize(), tone="bad")
    there = redirect_htmx(request, reverse("cashapp:mails"))
    return toast(request, there, "The mail is set aside")


@allowed("cash.view")
def original(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail as it came, as an attachment that no browser opens."""
    user: Any = request.user
    found = _seen(request, pk)
    if quoting([found], user, "cash.view"):
        raise Http404
    return download(Kept(found.stored_file.name, bytes(found.stored_file.content), "application/octet-stream"))


@allowed("cash.view")
def part(request: HttpRequest, pk: int) -> HttpResponse:
    """A file of a mail to look at, and what came of it."""
    user: Any = request.user
    found = _part(request, pk)
    look = look_at(found.stored_file)
    context = {
        "part": found, "mail": found.mail, "look": look, "page_numbers": range(1, look.pages + 1),
        "may_ask": user.can("cash.import", found.mail.company_id) and not any(done in found.note for done in ("taken in", "known before")),
    }  # fmt: skip
    return page(request, "cashapp/mail_part.html", context)


@allowed("cash.view")
def part_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A page (`?n=`) of the file, drawn anew as a picture: nothing of the file itself reaches the browser."""
    return drawn(request, _part(request, pk).stored_file)


@allowed("cash.view")
def part_original(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as it came, as an attachment that no browser opens."""
    found = _part(request, pk)
    return download(Kept(found.name, bytes(found.stored_file.content), "application/octet-stream"))


@require_POST
@allowed("cash.import")
def part_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Say how a list or PDF in a mail is read; afterwards the mail can be read again."""
    found = _part(request, pk, "cash.import")
    content, company = bytes(found.stored_file.content), found.mail.company
    try:
        kind = kind_of(content)
        if kind in ("list", "pdf"):
            propose_layout(content, currency=company.base_currency)  # raises what can't be read at all
    except InputRefused as refusal:
        kind, said = "", str(refusal)
    if kind not in ("list", "pdf"):
        told = said if not kind else "only lists and PDFs are told how they are read: this says it itself"
        there = redirect_htmx(request, reverse("cashapp:mail-part", args=[pk]))
        return toast(request, there, told[:1].upper() + told[1:], tone="bad")
    request.session[KEPT] = [*brought(request), found.stored_file_id][-20:]
    reading = reverse("cashapp:remittance-read", args=[found.stored_file_id])
    return redirect_htmx(request, f"{reading}?company={company.pk}")


def _part(request: HttpRequest, pk: int, permission: str = "cash.view") -> InboundPart:
    user: Any = request.user
    parts = InboundPart.objects.filter(mail__in=mails_in_sight(user, permission)).select_related("stored_file", "mail__company")
    found: InboundPart = get_object_or_404(parts, pk=pk)
    if found.mail.automatic and quoting([found.mail], user, permission):
        raise Http404
    return found


def _seen(request: HttpRequest, pk: int, permission: str = "cash.view") -> InboundMail:
    user: Any = request.user
    found: InboundMail = get_object_or_404(mails_in_sight(user, permission), pk=pk)
    return found
