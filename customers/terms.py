"""Payment terms in the trade's own notation. Pure.

`net 30`, `2/10 net 30` (2 % off when paid within 10 days, else all within 30), `due on receipt`, `eom 30` (30 days from the
end of the month of the document).
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from arops.lib.merging import number_in
from arops.lib.words import by_language

_WORDS = by_language("terms")
_TERMS = re.compile(
    r"(?:(?P<percent>\d{1,2}(?:\.\d{1,2})?)/(?P<within>\d{1,3})\s*,?\s+)?(?P<base>net|n|eom)\s*/?\s*(?P<days>\d{1,3})", re.I
)


class TermsError(ValueError):
    """Payment terms that can't be read; the message shows forms that can."""


@dataclass(frozen=True, slots=True)
class Terms:
    """When to pay, and what paying early is worth (percent of the total)."""

    net_days: int
    discount_percent: Decimal = Decimal(0)
    discount_days: int = 0
    from_month_end: bool = False

    def due_date(self, document_date: date) -> date:
        """The last day on which payment is in time."""
        return _start(document_date, self.from_month_end) + timedelta(days=self.net_days)

    def discount_until(self, document_date: date) -> date | None:
        """The last day on which the discount may be taken; None without one."""
        return document_date + timedelta(days=self.discount_days) if self.discount_percent else None

    def discount_of(self, total: int) -> int:
        """The discount on `total` (minor units), rounded half up: 2 % of 324.75 is 6.50."""
        return int((Decimal(total) * self.discount_percent / 100).quantize(Decimal(1), "ROUND_HALF_UP"))


def parse_terms(text: str) -> Terms:
    """Terms from their notation; an empty text is net 30. Raises TermsError."""
    cleaned = " ".join(text.lower().split())
    if not cleaned:
        return Terms(30)
    if cleaned in ("due on receipt", "immediate", "net 0"):
        return Terms(0)
    found = _TERMS.fullmatch(cleaned)
    if not found:
        raise TermsError(f"{text!r} are not payment terms: write them like net 30, 2/10 net 30, eom 30 or due on receipt")
    return Terms(int(found["days"]), Decimal(found["percent"] or 0), int(found["within"] or 0), found["base"] == "eom")


def terms_in(text: str, language: str) -> str:
    """Terms for whoever reads that language: in English as they are written, in others in words; what can't be read stays as it is."""
    if language == "en" or not text:
        return text
    try:
        terms = parse_terms(text)
    except TermsError:
        return text
    words = _WORDS[language]
    name = "month_end" if terms.from_month_end else "net" if terms.net_days else "receipt"
    said = words[name].format(days=terms.net_days)
    if not terms.discount_percent:
        return said
    percent = number_in(f"{terms.discount_percent.normalize():f}", language)
    return words["discount"].format(percent=percent, within=terms.discount_days, rest=said)


def _start(day: date, month_end: bool) -> date:
    if not month_end:
        return day
    first_of_next = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first_of_next - timedelta(days=1)
