"""The inbox: what is to be answered, by whom and by when; mails brought as files, questions taken down by hand."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from collections_app.forms.inquiries import InquiryForm, MailForm
from collections_app.models import Inquiry
from collections_app.selectors.inquiries.inbox import VIEWS, Asked, counts, following_of, in_sight, inquiries, narrowed, other_mails
from collections_app.services.inquiries.moving import open_inquiry
from collections_app.services.inquiries.taking import bring_mail, take_mail
from collections_app.views.inquiries.shared import WORK, inquiry_in_sight, inquiry_url, person
from customers.models import Customer
from messaging.models import InboundMail
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company, User
from workflow.views.stored import keeps_views

PAGE = 100
TONES = {"new": "info", "open": "info", "waiting": "", "closed": "ok"}


@allowed("collections.view")
@keeps_views
def inbox(request: HttpRequest) -> HttpResponse:
    """Inquiries in sight by view, the earliest due first. Also as Excel and CSV."""
    user, now = person(request), clock.now()
    asked = filters_of(request, view="", q="", kind="", owner="", late="", sort="")
    view = asked["view"] if asked["view"] in VIEWS else _first(user)
    wanted = Asked(view, asked["q"], asked["kind"], asked["owner"], asked["late"] == "1", asked["sort"])
    found = inquiries(user, wanted, now)
    if request.GET.get("format"):
        return _file(request, found, wanted)
    shown = Paginator(found, PAGE).get_page(request.GET.get("page"))
    in_force = {name: asked[name] for name in ("q", "kind", "owner", "late") if asked[name]}
    tally = counts(narrowed(in_sight(user), wanted, user, now), user)
    others = other_mails(user)
    context = {
        "rows": [_row(inquiry, now) for inquiry in shown], "page": shown, "view": view, "asked": asked, "in_force": in_force, "now": now,
        "tabs": [(code, label, tally[code]) for code, label in VIEWS.items()], "kinds": Inquiry.Kind.choices, "others": others.count(),
        "may_work": user.can(WORK), "user_can_export": user.can("reports.export"), "people": _people(user), "head": _table([], wanted).head,
        "upload": MailForm(companies=Company.objects.visible_to(user, WORK)), "may_set_up": user.can("settings.manage"),
        "has_mailbox": _has_mailbox(user),
    }  # fmt: skip
    return page(request, "collections_app/inbox/inbox.html", context, fragment="rows")


def _first(user: Any) -> str:
    """What the inbox opens with: one's own, where there are any."""
    has_own = in_sight(user).filter(owner=user).exclude(state=Inquiry.State.CLOSED).exists()
    return "mine" if has_own else "open"


def _row(inquiry: Inquiry, now: Any) -> dict[str, Any]:
    waits = inquiry.state in (Inquiry.State.NEW, Inquiry.State.OPEN)
    left = inquiry.answer_by - now
    late = waits and left <= timedelta(0)
    return {
        "inquiry": inquiry, "waits": waits, "late": late, "soon": waits and not late and left <= timedelta(hours=6),
        "tone": TONES[inquiry.state], "hours": abs(int(left.total_seconds() // 3600)),
    }  # fmt: skip


def _people(user: Any) -> list[User]:
    owners = in_sight(user).exclude(owner=None).order_by().values("owner")
    return list(User.objects.filter(pk__in=owners).order_by("name")[:100])


def _has_mailbox(user: Any) -> bool:
    companies = Company.objects.visible_to(user, "collections.view")
    return companies.filter(mailboxes__purpose="correspondence", mailboxes__is_active=True).exists()


def _table(rows: Any, asked: Asked) -> Table:
    """Inquiries as rows and columns, for the page's head and for files."""
    columns = [
        Column("number", "Inquiry", lambda i: i.number, pin=True, sort="number"),
        Column("customer", "Customer", lambda i: i.customer.name if i.customer else "", sort="customer"),
        Column("subject", "Subject", lambda i: i.subject, grow=True),
        Column("kind", "About", lambda i: i.get_kind_display(), kind="badge"),
        Column("owner", "Owner", lambda i: i.owner.name if i.owner else "", priority=2),
        Column("state", "State", lambda i: i.get_state_display().capitalize(), kind="badge"),
        Column("source", "Came by", lambda i: i.get_source_display(), priority=3),
        Column("asked", "Asked", lambda i: i.asked_on, kind="date", priority=3, sort="asked"),
        Column("due", "Answer by", lambda i: f"{i.answer_by:%Y-%m-%d %H:%M}", sort="due"),
        Column("answered", "Answered", lambda i: f"{i.answered_at:%Y-%m-%d %H:%M}" if i.answered_at else "", priority=3),
        Column("company", "Company", lambda i: i.company.code, priority=3),
    ]
    query = {"view": asked.view, "q": asked.text, "kind": asked.kind, "owner": asked.owner, "late": "1" if asked.late else ""}
    return Table(columns, rows, name="inquiry", sort=asked.sort, query=query)


def _file(request: HttpRequest, found: Any, asked: Asked) -> HttpResponse:
    user = person(request)
    if not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    narrowed_to = {name: value for name, value in (("view", asked.view), ("text", asked.text), ("kind", asked.kind)) if value}
    made = export_response(request, _table(found, asked), Cover("Inbox", user.name, clock.today(), narrowed_to))
    return made or redirect_htmx(request, reverse("collections:inbox"))


@require_POST
@allowed(WORK)
def upload(request: HttpRequest) -> HttpResponse:
    """Bring a mail saved as a file."""
    user = person(request)
    form = MailForm(request.POST, request.FILES, companies=Company.objects.visible_to(user, WORK))
    there = redirect_htmx(request, reverse("collections:inbox"))
    if not form.is_valid():
        return toast(request, there, "Choose a mail saved as .eml", tone="bad")
    file = form.cleaned_data["file"]
    try:
        mail, fresh = bring_mail(
            actor=user, company=form.cleaned_data["company"], content=file.read(), name=file.name[:200], today=clock.today(),
            now=clock.now(),
        )  # fmt: skip
    except (Refused, NotAllowed) as refusal:
        return toast(request, there, str(refusal), tone="bad")
    entry = getattr(mail, "inquiry_entry", None)
    if entry is None:
        return toast(request, there, f"Kept, but it is no inquiry: {mail.note or 'there is nothing in it'}", tone="warn")
    if not Inquiry.objects.visible_to(user, "collections.view").filter(pk=entry.inquiry_id).exists():
        return toast(request, there, "Taken in; it isn’t of your portfolio, so a colleague answers it")
    said = "Taken in" if fresh else "This mail is here already"
    return toast(request, redirect_htmx(request, inquiry_url(entry.inquiry)), said)


@allowed(WORK)
def new(request: HttpRequest) -> HttpResponse:
    """Take a question down that came by telephone or from a colleague (`customer`: its number)."""
    user = person(request)
    customers = Customer.objects.visible_to(user, WORK)
    form = InquiryForm(request.POST or None, customers=customers, initial={"customer": request.GET.get("customer", "")[:60]})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = open_inquiry(
                actor=user, company=data["customer"].company, customer=data["customer"], subject=data["subject"], words=data["words"],
                kind=data["kind"], source=data["source"], now=clock.now(), today=clock.today(),
            )  # fmt: skip
        except (Refused, NotAllowed) as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, redirect_htmx(request, inquiry_url(made)), f"{made.number} taken down")
    return page(request, "collections_app/inbox/new.html", {"form": form}, status=422 if form.errors else 200)


@allowed("collections.view")
def others(request: HttpRequest) -> HttpResponse:
    """Mails that became no inquiry, with why; each can still be made one."""
    user = person(request)
    shown = Paginator(other_mails(user).order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    return page(request, "collections_app/inbox/others.html", {"mails": shown, "page": shown, "may_work": user.can(WORK)})


@require_POST
@allowed(WORK)
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an inquiry of a mail, whatever it looked like."""
    user = person(request)
    mail = get_object_or_404(other_mails(user).filter(state__in=["nothing", "set_aside", "new"]), pk=pk)
    there = redirect_htmx(request, reverse("collections:inbox-others"))
    try:
        made = take_mail(actor=user, pk=mail.pk, today=clock.today(), now=clock.now(), wanted=True)
    except (Refused, NotAllowed) as refusal:
        return toast(request, there, str(refusal), tone="bad")
    if made is None or not Inquiry.objects.visible_to(user, "collections.view").filter(pk=made.pk).exists():
        return toast(request, there, "It is an inquiry now")
    return toast(request, redirect_htmx(request, inquiry_url(made)), f"{made.number} opened")


@allowed("collections.view")
def following(request: HttpRequest, pk: int) -> HttpResponse:
    """The next inquiry to answer after this one: one's own first, else any; after the last the first."""
    user, here = person(request), inquiry_in_sight(request, pk)
    for view in ("mine", "open"):
        rows = inquiries(user, Asked(view), clock.now()).exclude(pk=here.pk).filter(state__in=["new", "open"])
        after = following_of(rows, here) or rows.first()
        if after:
            return redirect_htmx(request, inquiry_url(after))
    return toast(request, redirect_htmx(request, reverse("collections:inbox")), "Everything is answered")


def mail_in_sight(request: HttpRequest, pk: int) -> InboundMail:
    """A mail of an inquiry in sight, or one of those that became none. Raises 404."""
    user = person(request)
    found = InboundMail.objects.filter(pk=pk, inquiry_entry__inquiry__in=in_sight(user)).select_related("stored_file").first()
    return found or get_object_or_404(other_mails(user).select_related("stored_file"), pk=pk)
