"""A version of a strategy as plain values: what it says, whether it makes sense, and the fingerprint a trial is tied to. Pure.

Steps follow one another by days counted from the due date of the oldest item. Letters and mails above zero are the levels of dunning, in
their order; one mail at or below zero reminds of what falls due. Calls, tasks and escalations are planned for people.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from arops.lib.merging import LANGUAGES, TextError
from collections_app.policy.letters import check_text

WRITTEN = ("email", "letter")
CHANNELS = (*WRITTEN, "call", "task", "escalate")
MAX_STEPS = 20
EARLIEST, LATEST = -60, 720
LONGEST_TEXT = 8_000


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step as it is to be; `texts` are (subject, body) by language: of what is written, English always among them."""

    channel: str
    days: int
    name: str = ""
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    tone: str = "neutral"
    signer: str = "company"
    signed_by: str = ""
    with_statement: bool = False
    with_copies: bool = False
    needs_approval: bool = False
    escalate_to: str = ""
    minutes: int = 5

    @property
    def is_written(self) -> bool:
        """Whether it is sent to the customer."""
        return self.channel in WRITTEN

    @property
    def is_early(self) -> bool:
        """Whether it comes before anything is past due."""
        return self.days <= 0


@dataclass(frozen=True, slots=True)
class VersionDraft:
    """A version as it is to be. `minimum` is in minor units of the company's currency."""

    grace_days: int
    quiet_days: int
    minimum: int
    steps: Sequence[StepDraft]
    stops: Sequence[str] = ()
    why: str = ""


class DraftError(ValueError):
    """A version that makes no sense; the message says why, and of which step."""


def fingerprint(draft: VersionDraft) -> str:
    """SHA-256 of all that decides who is told what; not of why it was drafted."""
    told = asdict(draft) | {"why": "", "stops": sorted(draft.stops)}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def when_words(days: int) -> str:
    """`after 5 days`, `5 days before the due date`, `on the due date`."""
    if days == 0:
        return "on the due date"
    count = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return f"after {count}" if days > 0 else f"{count} before the due date"


def check(draft: VersionDraft) -> None:
    """Raise DraftError unless the version can be carried out."""
    if not 1 <= len(draft.steps) <= MAX_STEPS:
        raise DraftError(f"a strategy has one step at least and {MAX_STEPS} at most")
    if min(draft.grace_days, draft.quiet_days, draft.minimum) < 0:
        raise DraftError("days and amounts are not negative")
    _check_order(draft.steps)
    for number, step in enumerate(draft.steps, 1):
        _check_step(f"step {number}", step)


def _check_order(steps: Sequence[StepDraft]) -> None:
    days = [step.days for step in steps]
    if days != sorted(days):
        raise DraftError("each step comes on the same day as the one before it or later: days must not fall")
    levels = [step.days for step in steps if step.is_written and not step.is_early]
    if len(levels) != len(set(levels)):
        raise DraftError("each letter or mail comes later than the one before it: two on one day are one letter too many")
    if sum(step.is_early for step in steps) > 1:
        raise DraftError("one reminder before the due date is enough: whoever pays in time isn't written to twice")


def _check_step(where: str, step: StepDraft) -> None:
    if step.channel not in CHANNELS:
        raise DraftError(f"{where}: choose how, of {', '.join(CHANNELS)}")
    if not EARLIEST <= step.days <= LATEST:
        raise DraftError(f"{where}: days are between {EARLIEST} and {LATEST}")
    if step.is_early and not step.is_written:
        raise DraftError(f"{where}: before the due date only mails and letters go out; a call, task or escalation comes after it")
    if step.channel == "escalate" and not step.escalate_to:
        raise DraftError(f"{where}: say to which rung of the ladder it goes")
    if step.signer == "named" and not step.signed_by.strip():
        raise DraftError(f"{where}: say who signs by name")
    if not 0 <= step.minutes <= 480:
        raise DraftError(f"{where}: expected minutes are between 0 and 480")
    for language, (subject, body) in step.texts.items():
        _check_words(f"{where}, {LANGUAGES.get(language, language)}", step, language, subject, body)
    if step.is_written and "en" not in step.texts:
        raise DraftError(f"{where}: the English text is the one for all other languages and can't be left out")


def _check_words(where: str, step: StepDraft, language: str, subject: str, body: str) -> None:
    if language not in LANGUAGES:
        raise DraftError(f"{where}: letters are written in {', '.join(LANGUAGES.values())}")
    if step.is_written and (not subject.strip() or not body.strip()):
        raise DraftError(f"{where}: write both subject and text")
    if "\n" in subject or "\r" in subject:
        raise DraftError(f"{where}: a subject is one line")
    if len(subject) > 200 or len(body) > LONGEST_TEXT:
        raise DraftError(f"{where}: a subject has 200 characters at most, a text {LONGEST_TEXT:,}")
    try:
        check_text(subject)
        check_text(body)
    except TextError as error:
        raise DraftError(f"{where}: {error}") from error
