"""Texts to customers about cases: the ones to begin with, and changing them. Every change is in the audit trail with before and after."""

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from arops.lib.merging import LANGUAGES, TextError
from arops.lib.refusal import Refused
from disputes.models import CaseText
from disputes.policy.texts import STANDARD, check_text
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

LONGEST = 20_000


class TextRefused(Refused):
    """A text that can't be kept; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class TextDraft:
    """A text as it is to be."""

    event: str
    name: str
    language: str
    subject: str
    body: str
    is_active: bool = True


@transaction.atomic
def standard_texts(*, actor: Actor, company: Company) -> int:
    """Give a company the standard texts, in every language; those it has stay as they are. Answers with how many were added. Raises
    NotAllowed."""
    require(actor, "disputes.configure", company.pk)
    there = set(CaseText.objects.filter(company=company).values_list("event", "name", "language"))
    fresh = [
        CaseText(company=company, event=s.event, name=s.name, language=s.language, subject=s.subject, body=s.body)
        for s in STANDARD
        if (s.event, s.name, s.language) not in there
    ]
    CaseText.objects.bulk_create(fresh)
    if fresh:
        record(actor=actor, type="case_text.standard", company_id=company.pk, subject=company, added=len(fresh))
    return len(fresh)


@transaction.atomic
def save_text(*, actor: Actor, company: Company, draft: TextDraft, text: CaseText | None = None) -> CaseText:
    """Keep a text, a new one without `text`. What was said before stays as it was said. Raises TextRefused, NotAllowed."""
    require(actor, "disputes.configure", company.pk)
    check_draft(draft)
    locked = CaseText.objects.select_for_update(of=("self",)).get(pk=text.pk, company=company) if text else CaseText(company=company)
    before = _told(locked) if text else {}
    for name in ("event", "name", "language", "subject", "body", "is_active"):
        value = getattr(draft, name)
        setattr(locked, name, value.replace("\r\n", "\n").strip() if isinstance(value, str) else value)
    try:
        with transaction.atomic():
            locked.save()
    except IntegrityError as error:
        raise TextRefused(
            f"there is a text called {draft.name} for this in {LANGUAGES[draft.language]} already: change that one"
        ) from error
    after = _told(locked)
    if before != after:
        changed = [name for name in after if before.get(name) != after[name]]
        record(
            actor=actor, type="case_text.changed" if text else "case_text.added", company_id=company.pk, subject=locked,
            before={name: before[name] for name in changed if name in before}, after={name: after[name] for name in changed},
        )  # fmt: skip
    return locked


def check_draft(draft: TextDraft) -> None:
    """Raise TextRefused for a text that can't be kept."""
    if draft.event not in CaseText.Event.values:
        raise TextRefused("say what the text is for")
    if draft.language not in LANGUAGES:
        raise TextRefused(f"texts are written in {', '.join(LANGUAGES.values())}")
    if not draft.name.strip() or not draft.subject.strip() or not draft.body.strip():
        raise TextRefused("write a name, a subject and a text")
    if any(c in draft.subject for c in "\r\n\x00") or "\x00" in draft.body + draft.name:
        raise TextRefused("a subject is one line")
    if len(draft.subject) > 200 or len(draft.name) > 80 or len(draft.body) > LONGEST:
        raise TextRefused("the text is too long: 80 characters for the name, 200 for the subject, 20,000 for the text")
    for where, words in (("subject", draft.subject), ("text", draft.body)):
        try:
            check_text(words)
        except TextError as error:
            raise TextRefused(f"{where}: {error}") from error


def _told(text: CaseText) -> dict[str, Any]:
    """The text as the audit trail keeps it."""
    return {name: getattr(text, name) for name in ("event", "name", "language", "subject", "body", "is_active")}
