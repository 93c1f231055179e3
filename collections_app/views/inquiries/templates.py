"""Templates of answers by company, one template with its preview, and papers of our own that go with answers."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.files import Kept, download
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.merging import LANGUAGES
from arops.lib.refusal import Refused
from collections_app.forms.inquiries import PaperForm, TemplateForm, template_values
from collections_app.models import AnswerTemplate, OwnPaper
from collections_app.policy.answers import FIELDS, sample
from collections_app.selectors.inquiries.words import filled_with
from collections_app.services.inquiries.templates import check_draft, drop_paper, keep_paper, save_template, standard_templates
from collections_app.views.inquiries.shared import person
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from workflow.models import Event

EDIT = "templates.edit"


@allowed("collections.view")
def index(request: HttpRequest) -> HttpResponse:
    """A company's templates, and its papers."""
    user = person(request)
    companies = list(Company.objects.visible_to(user, "collections.view").order_by("code"))
    company = next((c for c in companies if c.code == request.GET.get("company")), companies[0] if companies else None)
    papers = list(OwnPaper.objects.filter(company=company, is_active=True).select_related("stored_file").defer("stored_file__content"))
    codes = {p.code: p.name for p in papers} | {"copies": "copies of invoices", "statement": "statement"}
    rows = [(t, [codes.get(code, f"{code} (missing)") for code in t.encloses]) for t in AnswerTemplate.objects.filter(company=company)]
    context = {
        "companies": companies, "company": company, "rows": rows, "papers": papers, "languages": LANGUAGES, "today": clock.today(),
        "may_edit": bool(company) and user.can(EDIT, company.pk if company else None), "paper_form": PaperForm(today=clock.today()),
    }  # fmt: skip
    return page(request, "collections_app/inbox/templates.html", context)


@allowed("collections.view")
def template(request: HttpRequest, pk: int) -> HttpResponse:
    """A template: to read, and for those who may, to change."""
    needed = EDIT if request.method == "POST" else "collections.view"
    found = get_object_or_404(AnswerTemplate.objects.visible_to(person(request), needed).select_related("company"), pk=pk)
    return _edit(request, found.company, found, template_values(found))


@allowed(EDIT)
def new(request: HttpRequest) -> HttpResponse:
    """A template of one's own (`company`, `name`, `language`), such as the translation of one."""
    company = get_object_or_404(Company.objects.visible_to(person(request), EDIT), code=request.GET.get("company", ""))
    first = {"name": request.GET.get("name", "")[:60], "language": request.GET.get("language", "en"), "is_active": True}
    return _edit(request, company, None, first)


def _form(company: Company, data: Any, first: dict[str, Any]) -> TemplateForm:
    papers = list(OwnPaper.objects.filter(company=company, is_active=True).values_list("code", "name"))
    missing = [
        (code, f"{code} (missing)") for code in first.get("encloses", []) if code not in {c for c, _ in papers} | {"copies", "statement"}
    ]
    return TemplateForm(data, papers=[*papers, *missing], initial=first)


def _edit(request: HttpRequest, company: Company, found: AnswerTemplate | None, first: dict[str, Any]) -> HttpResponse:
    user, back = person(request), reverse("collections:templates") + f"?company={company.code}"
    form = _form(company, request.POST if request.method == "POST" else None, first)
    if request.method == "POST" and form.is_valid():
        try:
            kept = save_template(actor=user, company=company, draft=form.draft(), template=found)
        except (Refused, NotAllowed) as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, redirect_htmx(request, back), f"“{kept.name}” is kept")
    changes = Event.objects.filter(subject_type="collections_app.answertemplate", subject_id=found.pk).order_by("-id")[:20] if found else []
    current = form if request.method == "POST" else _form(company, first, first)
    context = {
        "company": company, "template": found, "form": form, "fields": FIELDS.items(), "changes": changes, "back": back,
        "shown": _shown(current, clock.today()), "may_edit": user.can(EDIT, company.pk),
    }  # fmt: skip
    return page(request, "collections_app/inbox/template.html", context, status=422 if form.errors else 200)


@require_POST
@allowed(EDIT)
def preview(request: HttpRequest) -> HttpResponse:
    """A template filled in for a sample; nothing is kept."""
    papers = [(code, code) for code in request.POST.getlist("encloses")]
    return page(
        request, "collections_app/inbox/template_preview.html", {"shown": _shown(TemplateForm(request.POST, papers=papers), clock.today())}
    )


def _shown(form: TemplateForm, today: date) -> dict[str, Any]:
    """The template for a sample inquiry, or why there is none."""
    if not form.is_valid():
        return {"error": "Write a name, a subject and a text to see it."}
    draft = form.draft()
    try:
        check_draft(draft)
    except Refused as refusal:
        return {"error": str(refusal)}
    return {"mail": filled_with(draft.subject, draft.body, sample(draft.language, today))}


@require_POST
@allowed(EDIT)
def standard(request: HttpRequest) -> HttpResponse:
    """Give a company the standard templates to begin with."""
    company = _company(request)
    added = standard_templates(actor=person(request), company=company)
    said = f"{added} templates set up" if added else "All standard templates are there already"
    return toast(request, _back(request, company), said)


@require_POST
@allowed(EDIT)
def paper(request: HttpRequest) -> HttpResponse:
    """Keep a paper of our own, or its new edition."""
    company, form = _company(request), PaperForm(request.POST, request.FILES, today=clock.today())
    if not form.is_valid():
        wrong = "; ".join(f"{name}: {errors[0]}" for name, errors in form.errors.items())
        return toast(request, _back(request, company), wrong, tone="bad")
    data = form.cleaned_data
    try:
        kept = keep_paper(
            actor=person(request), company=company, code=data["code"], name=data["name"], file_name=data["file"].name,
            content=data["file"].read(), valid_to=data["valid_to"],
        )  # fmt: skip
    except (Refused, NotAllowed) as refusal:
        return toast(request, _back(request, company), str(refusal), tone="bad")
    return toast(request, _back(request, company), f"{kept.name} goes with answers from now on")


@require_POST
@allowed(EDIT)
def paper_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """It goes with no answer any more."""
    found = get_object_or_404(OwnPaper.objects.visible_to(person(request), EDIT).select_related("company"), pk=pk)
    drop_paper(actor=person(request), paper=found)
    return toast(request, _back(request, found.company), f"{found.name} is taken away")


@allowed("collections.view")
def paper_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper's file."""
    found = get_object_or_404(OwnPaper.objects.visible_to(person(request), "collections.view").select_related("stored_file"), pk=pk)
    return download(Kept(found.file_name, bytes(found.stored_file.content), "application/octet-stream"))


def _company(request: HttpRequest) -> Company:
    found: Company = get_object_or_404(Company.objects.visible_to(person(request), EDIT), code=request.POST.get("company", ""))
    return found


def _back(request: HttpRequest, company: Company) -> HttpResponse:
    return redirect_htmx(request, reverse("collections:templates") + f"?company={company.code}")
