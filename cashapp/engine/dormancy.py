"""When a credit that nobody claims has to be reported, and when its owner is to be written to. Pure.

The months, and the rule or law that they come from, are the company's own data: this only counts.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

_REGION = {
    "US": re.compile(r"[,\s]([A-Z]{2})\s+\d{5}(?:-\d{4})?\b"),
    "CA": re.compile(r"[,\s]([A-Z]{2})\s+[A-Z]\d[A-Z]\s*\d[A-Z]\d\b"),
    "AU": re.compile(r"[,\s]([A-Z]{2,3})\s+\d{4}\b"),
}
"""Where a postal address names its state or province: before the postal code."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How many months without a movement or a word make a credit dormant, how long before that its owner is told, where it applies."""

    country: str
    region: str
    months: int
    notice_months: int


@dataclass(frozen=True, slots=True)
class Clock:
    """The days of one credit: since when nothing was heard, from when its owner is to be written to, from when it must be reported."""

    quiet_since: date
    notice_on: date
    dormant_on: date

    def state(self, today: date, told_on: date | None) -> str:
        """quiet, to write, written, dormant (and nobody was told), due (dormant, and its owner was written to)."""
        told = told_on is not None and told_on >= self.quiet_since
        if today >= self.dormant_on:
            return "due" if told else "dormant"
        if today >= self.notice_on:
            return "written" if told else "to_write"
        return "quiet"


def rule_for(rules: Iterable[Rule], country: str, region: str) -> Rule | None:
    """The rule of the region, else of the rest of its country."""
    found = {(rule.country, rule.region): rule for rule in rules}
    return found.get((country, region)) or found.get((country, ""))


def clock_of(rule: Rule, quiet_since: date) -> Clock:
    """The days that a rule gives."""
    return Clock(
        quiet_since, months_later(quiet_since, max(0, rule.months - rule.notice_months)), months_later(quiet_since, rule.months)
    )  # fmt: skip


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it is shorter."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def region_of(country: str, address: str) -> str:
    """The state or province that an address names; empty where it names none, or the country's addresses don't."""
    pattern = _REGION.get(country)
    found = pattern.findall(address.upper()) if pattern else []
    return found[-1] if found else ""
