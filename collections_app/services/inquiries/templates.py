"""Templates of answers and the papers of our own that go with them. Every change is in the audit trail with before and after."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from arops.lib.merging import LANGUAGES, TextError
from arops.lib.sniffing import proper_name, sniff
from collections_app.models import AnswerTemplate, Inquiry, OwnPaper
from collections_app.policy.answers import STANDARD, check_text
from collections_app.services.inquiries.errors import InquiryRefused
from org.actors import Actor, require
from org.models import Company
from workflow.services import record, store_file

EDIT = "templates.edit"
LONGEST, MAX_PAPER = 20_000, 8 * 1024 * 1024
FIELDS = ("kind", "name", "language", "subject", "body", "encloses", "is_active")
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
TAKEN = ("copies", "statement")
"""Codes that mean something else."""


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    """A template as it is to be."""

    kind: str
    name: str
    language: str
    subject: str
    body: str
    encloses: tuple[str, ...] = ()
    is_active: bool = True


@transaction.atomic
def standard_templates(*, actor: Actor, company: Company) -> int:
    """Give a company the standard templates in every language; those it has stay. Answers with how many were added. Raises
    NotAllowed."""
    require(actor, EDIT, company.pk)
    there = set(AnswerTemplate.objects.filter(company=company).values_list("name", "language"))
    fresh = [
        AnswerTemplate(
            company=company, kind=s.kind, name=s.name, language=s.language, subject=s.subject, body=s.body, encloses=list(s.encloses)
        )
        for s in STANDARD
        if (s.name, s.language) not in there
    ]
    AnswerTemplate.objects.bulk_create(fresh)
    if fresh:
        record(actor=actor, type="answer_template.standard", company_id=company.pk, subject=company, added=len(fresh))
    return len(fresh)


@transaction.atomic
def save_template(*, actor: Actor, company: Company, draft: TemplateDraft, template: AnswerTemplate | None = None) -> AnswerTemplate:
    """Keep a template, a new one without `template`. Raises InquiryRefused, NotAllowed (templates.edit)."""
    require(actor, EDIT, company.pk)
    check_draft(draft)
    rows = AnswerTemplate.objects.select_for_update(of=("self",))
    row = rows.get(pk=template.pk, company=company) if template else AnswerTemplate(company=company)
    before = _told(row) if template else {}
    for name in FIELDS:
        value: Any = getattr(draft, name)
        setattr(row, name, value.replace("\r\n", "\n").strip() if isinstance(value, str) else list(value) if name == "encloses" else value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise InquiryRefused(f"there is a template {draft.name} in {LANGUAGES[draft.language]} already: change that one") from error
    after = _told(row)
    changed = [name for name in FIELDS if before.get(name) != after[name]]
    if changed:
        record(
            actor=actor, type="answer_template.changed" if template else "answer_template.added", company_id=company.pk, subject=row,
            before={n: before[n] for n in changed if n in before}, after={n: after[n] for n in changed},
        )  # fmt: skip
    return row


def check_draft(draft: TemplateDraft) -> None:
    """Raise InquiryRefused for a template that can't be kept."""
    if draft.kind not in Inquiry.Kind.values or draft.language not in LANGUAGES:
        raise InquiryRefused(f"say what it answers, in {' or '.join(LANGUAGES.values())}")
    if not draft.name.strip() or not draft.subject.strip() or not draft.body.strip():
        raise InquiryRefused("write a name, a subject and a text")
    if any(c in draft.subject + draft.name for c in "\r\n\x00") or "\x00" in draft.body:
        raise InquiryRefused("name and subject are one line")
    if len(draft.name) > 60 or len(draft.subject) > 200 or len(draft.body) > LONGEST:
        raise InquiryRefused("it is too long: 60 letters for the name, 200 for the subject, 20,000 for the text")
    for where, words in (("subject", draft.subject), ("text", draft.body)):
        try:
            check_text(words)
        except TextError as error:
            raise InquiryRefused(f"{where}: {error}") from error


def _told(row: AnswerTemplate) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS}


@transaction.atomic
def keep_paper(
    *, actor: Actor, company: Company, code: str, name: str, file_name: str, content: bytes, valid_to: date | None = None
) -> OwnPaper:  # fmt: skip
    """Keep a paper of our own, or its new edition: the code stays, so that templates go on to enclose it. Raises InquiryRefused, NotAllowed
    (templates.edit)."""
    require(actor, EDIT, company.pk)
    wanted = code.strip().lower()
    if not _CODE.fullmatch(wanted) or wanted in TAKEN:
        raise InquiryRefused("a code is small letters and digits, such as w9")
    if not name.strip() or not content:
        raise InquiryRefused("give the paper a name and its file")
    if len(content) > MAX_PAPER:
        raise InquiryRefused(f"a paper has at most {MAX_PAPER // 1024 // 1024} MB: it goes by mail")
    kind = sniff(content)
    stored, _ = store_file(actor=actor, name=file_name, content=content, content_type=kind.content_type)
    row = OwnPaper.objects.select_for_update(of=("self",)).filter(company=company, code=wanted).first() or OwnPaper(
        company=company, code=wanted
    )
    row.name, row.stored_file, row.file_name = name.strip()[:80], stored, proper_name(file_name, kind)[:200]
    row.valid_to, row.is_active, row.kept_by = valid_to, True, actor.label
    row.save()
    record(
        actor=actor, type="own_paper.kept", company_id=company.pk, subject=row, code=wanted, name=row.name, sha256=stored.sha256,
        valid_to=valid_to.isoformat() if valid_to else "",
    )  # fmt: skip
    return row


@transaction.atomic
def drop_paper(*, actor: Actor, paper: OwnPaper) -> None:
    """It goes with no answer any more. Raises NotAllowed (templates.edit)."""
    require(actor, EDIT, paper.company_id)
    OwnPaper.objects.filter(pk=paper.pk).update(is_active=False)
    record(actor=actor, type="own_paper.dropped", company_id=paper.company_id, subject=paper, code=paper.code)
