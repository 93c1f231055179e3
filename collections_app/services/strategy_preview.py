"""The preview of a step's words."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from collections_app.models import StrategyStep, StrategyVersion
from collections_app.selectors.strategy_preview import sample_of
from collections_app.services.dunning_letters import draft_letter, letter_language
from customers.models import Customer


@dataclass(frozen=True, slots=True)
class Preview:
    """Subject and text as they would go to a customer."""

    customer: Customer
    subject: str
    body: str
    language_note: str = ""


def preview_of(seen: Any, version: StrategyVersion, step: StrategyStep, language: str, day: date) -> Preview | None:
    """The step's words filled in for a customer of `seen`, in a language; None where nobody has anything to be asked for."""
    sample = sample_of(seen, version, step, language, day)
    if sample is None:
        return None
    subject, body = draft_letter(sample.case, step, day)
    return Preview(sample.customer, subject, body, letter_language(step, language)[1] if step.is_written else "")
