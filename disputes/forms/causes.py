"""What is asked about causes by the query string, and what people type about the taxonomy."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from arops.lib.rows import parse_day
from disputes.models import Cause, Dimension, Dispute, Stage
from disputes.policy.ranking import Span, between, months_back
from disputes.selectors.causes import rule_label
from disputes.selectors.pareto import MEASURES, STATES, Question
from invoicing.checks import BY_CODE
from org.models import Company, Department

PERIODS = (("3", "3 months"), ("6", "6 months"), ("12", "12 months"), ("24", "24 months"))
USUAL = "12"
LONGEST = 5 * 366
"""Days that a period asked for by its days may have."""


def span_of(asked: dict[str, str], today: date) -> Span:
    """The period that is asked for: by days where both are given, else so many months up to today."""
    first, last = parse_day(asked.get("from", "")), parse_day(asked.get("to", ""))
    if first and last and first <= last and (last - first).days <= LONGEST and 1990 < first.year < 2200:
        return between(first, last)
    months = asked.get("period", USUAL)
    return months_back(today, int(months if months in dict(PERIODS) else USUAL))


def question_of(asked: dict[str, str], company: Company, today: date) -> Question:
    """The query string as a question; what isn't known narrows nothing."""
    reason, stage, state, owner = (asked.get(n, "") for n in ("reason", "stage", "state", "owner"))
    portfolio = asked.get("portfolio", "")
    return Question(
        company.pk, span_of(asked, today), today,
        reason=reason if reason in Dispute.Reason.values else "", stage=stage if stage in Stage.values else "",
        owner=owner, state=state if state in dict(STATES) else "all",
        portfolio=int(portfolio) if portfolio.isascii() and portfolio.isdecimal() and len(portfolio) < 19 else 0,
    )  # fmt: skip


def measure_of(asked: dict[str, str]) -> str:
    """By what causes are ordered: money unless something else is asked for."""
    return asked.get("by", "") if asked.get("by") in dict(MEASURES) else "value"


def dimension_of(asked: dict[str, str]) -> str:
    """By what sources causes are crossed: customers unless something else is asked for."""
    return asked.get("source_by", "") if asked.get("source_by") in Dimension.values else "customer"


class CauseForm(forms.Form):
    """A cause: its name, the stage at which it arises, whose it is to mend."""

    name = forms.CharField(max_length=120, error_messages={"required": "give the cause a name"})
    stage = forms.ChoiceField(choices=Stage.choices)
    owner = forms.ModelChoiceField(Department.objects.none(), required=False, empty_label="nobody's", label="Whose it is to mend")
    is_ours = forms.BooleanField(required=False, initial=True, label="The mistake is ours")

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = Department.objects.filter(company=company).order_by("name")  # type: ignore[attr-defined]


class RulesForm(forms.Form):
    """Which cause each rule of the check points to."""

    def __init__(self, *args: Any, causes: Sequence[Cause], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "none"), *((c.code, c.name) for c in causes if c.is_active)]
        there = {rule: c.code for c in causes for rule in c.rules if c.is_active}
        for code in BY_CODE:
            self.fields[f"rule_{code}"] = forms.ChoiceField(
                choices=choices, required=False, label=rule_label(code).capitalize(), initial=there.get(code, "")
            )

    def wanted(self) -> dict[str, str]:
        """Rules whose cause was changed, with the code of the new one."""
        return {name.removeprefix("rule_"): self.cleaned_data[name] for name in self.changed_data}
