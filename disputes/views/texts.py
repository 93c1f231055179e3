"""Texts to customers about cases, by company: the list, one text, its preview."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.merging import LANGUAGES
from arops.lib.refusal import Refused
from disputes.forms.telling import TextForm
from disputes.models import CaseText
from disputes.policy.texts import FIELDS, sample
from disputes.selectors.levels import policy_of
from disputes.selectors.telling import filled_with, is_told
from disputes.services.texts import TextRefused, check_draft, save_text, standard_texts
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from workflow.models import Event


@allowed("disputes.view")
def index(request: HttpRequest) -> HttpResponse:
    """A company's texts by the event that they are for."""
    user, companies = _user(request), _companies(request)
    company = next((c for c in companies if c.code == request.GET.get("company")), companies[0] if companies else None)
    texts = list(CaseText.objects.filter(company=company)) if company else []
    policy = policy_of(company.pk) if company else None
    groups = [
        (code, label, [t for t in texts if t.event == code], code != CaseText.Event.REPLY and is_told(policy, code))
        for code, label in CaseText.Event.choices
    ]
    context = {
        "companies": companies, "company": company, "groups": groups, "texts": texts, "languages": LANGUAGES,
        "may_edit": bool(company) and user.can("disputes.configure", company.pk if company else None),
    }  # fmt: skip
    return page(request, "disputes/texts.html", context)


@allowed("disputes.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A text: to read, and for those who may, to change."""
    text = get_object_or_404(CaseText.objects.visible_to(_user(request), "disputes.view").select_related("company"), pk=pk)
    if request.method == "POST":
        text = get_object_or_404(CaseText.objects.visible_to(_user(request), "disputes.configure").select_related("company"), pk=pk)
    initial = {name: getattr(text, name) for name in ("event", "name", "language", "subject", "body", "is_active")}
    return _edit(request, text.company, text, initial)


@allowed("disputes.configure")
def new(request: HttpRequest) -> HttpResponse:
    """A text of one's own (`company`, `event`, `name`, `language`): another reply, or the translation of one."""
    found = Company.objects.visible_to(_user(request), "disputes.configure")
    company = get_object_or_404(found, code=request.GET.get("company", ""))
    event = request.GET.get("event", CaseText.Event.REPLY)
    initial = {"event": event, "language": request.GET.get("language", "en"), "name": request.GET.get("name", "")[:80], "is_active": True}
    return _edit(request, company, None, initial)


def _edit(request: HttpRequest, company: Company, text: CaseText | None, initial: dict[str, Any]) -> HttpResponse:
    user = _user(request)
    form = TextForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            kept = save_text(actor=user, company=company, draft=form.draft(), text=text)
        except (Refused, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            back = reverse("disputes:texts") + f"?company={company.code}"
            return toast(request, redirect_htmx(request, back), f"Kept: “{kept.name}” is said so from now on")
    changes = Event.objects.filter(subject_type="disputes.casetext", subject_id=text.pk).order_by("-id")[:20] if text else []
    current = TextForm(initial) if request.method != "POST" else form
    context = {
        "company": company, "text": text, "form": form, "fields": FIELDS.items(), "changes": changes,
        "shown": _shown(current, clock.today()),
        "may_edit": user.can("disputes.configure", company.pk), "back": reverse("disputes:texts") + f"?company={company.code}",
    }  # fmt: skip
    return page(request, "disputes/text.html", context, status=422 if form.errors else 200)


@require_POST
@allowed("disputes.configure")
def preview(request: HttpRequest) -> HttpResponse:
    """A text filled in for a sample case; nothing is kept."""
    return page(request, "disputes/text_preview.html", {"shown": _shown(TextForm(request.POST), clock.today())})


def _shown(form: TextForm, today: date) -> dict[str, Any]:
    """The text for a sample case, or why there is none."""
    if not form.is_valid():
        return {"error": "Write a name, a subject and a text to see it."}
    draft = form.draft()
    try:
        check_draft(draft)
    except TextRefused as error:
        return {"error": str(error)}
    unsaved = CaseText(language=draft.language, subject=draft.subject, body=draft.body)
    return {"mail": filled_with(unsaved, sample(draft.language, today))}


@require_POST
@allowed("disputes.configure")
def standard(request: HttpRequest) -> HttpResponse:
    """Give a company the standard texts to begin with."""
    user = _user(request)
    company = get_object_or_404(Company.objects.visible_to(user, "disputes.configure"), code=request.POST.get("company", ""))
    added = standard_texts(actor=user, company=company)
    said = f"{added} texts set up" if added else "All standard texts are there already"
    return toast(request, redirect_htmx(request, reverse("disputes:texts") + f"?company={company.code}"), said)


def _companies(request: HttpRequest) -> list[Company]:
    return list(Company.objects.visible_to(_user(request), "disputes.view").order_by("code"))


def _user(request: HttpRequest) -> Any:
    return request.user
