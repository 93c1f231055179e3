"""What is set about cases: the policy of a company, its service levels."""

from typing import Any

from django import forms

from disputes.models import Dispute
from disputes.services.levels import LEAST, MOST, MOST_DAYS
from org.models import Company, Department

PAUSES = (("customer", "the customer owes an answer"), ("department", "a department owes an answer"))


def _number(name: str, label: str, places: int = 0) -> forms.Field:
    bounds: dict[str, Any] = {"min_value": LEAST[name], "max_value": MOST[name], "label": label}
    if places:
        return forms.DecimalField(max_digits=5, decimal_places=places, **bounds)
    return forms.IntegerField(**bounds)


class PolicyForm(forms.Form):
    """How a company works its cases."""

    paused_by = forms.MultipleChoiceField(
        choices=PAUSES, required=False, widget=forms.CheckboxSelectMultiple, label="The clock stands still while"
    )
    warn_days = _number("warn_days", "Breaches soon, working days before")
    cost_of_capital = _number("cost_of_capital", "What delay costs, percent a year", 2)
    tells_opening = forms.BooleanField(required=False, label="when a case is opened by hand")
    tells_short_payments = forms.BooleanField(required=False, label="when a short payment opened one")
    tells_progress = forms.BooleanField(required=False, label="when it moves on")
    tells_outcome = forms.BooleanField(required=False, label="when it is settled")
    repeat_cases = _number("repeat_cases", "Cases of one cause and source")
    repeat_rate = _number("repeat_rate", "Percent of the source’s invoices", 2)
    repeat_days = _number("repeat_days", "Within days")


class LevelForm(forms.Form):
    """In how many working days a case is settled."""

    reason = forms.ChoiceField(required=False, choices=[("", "any reason"), *Dispute.Reason.choices])
    department = forms.ModelChoiceField(Department.objects.none(), required=False, empty_label="whoever has it")
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS, label="Working days")

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.filter(company=company).order_by("name")  # type: ignore[attr-defined]
