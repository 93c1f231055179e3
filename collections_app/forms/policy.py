"""How a company collects, as people type it."""

from datetime import date
from typing import Any

from django import forms

from arops.lib import money
from collections_app.forms.charges import AmountField
from collections_app.models import CollectionPolicy
from collections_app.policy.hours import ALL_ZONES
from collections_app.services.policies import BOUNDS

LABELS = {
    "promise_tolerance_days": ("Days late at most", "A promise kept so many days late is kept."),
    "promise_tolerance_amount": ("Missing at most", "A promise that lacks no more is kept."),
    "promise_tolerance_percent": ("Missing at most, %", "Of what was promised; the larger of the two counts."),
    "longest_promise_days": ("Furthest day, days ahead", "Later days are payment plans."),
    "promises_before_escalation": ("Broken in a year", "After so many a senior takes the next promise."),
    "plan_longest_days": ("Longest plan, days", "From its first day to its last."),
    "plan_default_days": ("Default after, days", "A missed instalment ends the plan then."),
    "offer_days": ("Offers stand, days", "What a plan offered covers is neither asked for nor charged meanwhile."),
    "answer_hours": ("Answered within, hours", "Questions in the inbox; of the hours below, Monday to Friday."),
    "office_from": ("Office opens, hour", "0 with 24: all day."),
    "office_to": ("Office closes, hour", "These hours count."),
    "document_reminder_days": ("Reminded every, days", "Documents that we wait for."),
    "calls_a_week": ("Calls a week at most", "To one customer."),
}
"""Field → what it is called and what it does."""
ZONE = "Time zone"


class CollectionPolicyForm(forms.Form):
    """The fields of `CollectionPolicy`; the amount in the company's currency."""

    def __init__(self, *args: Any, policy: CollectionPolicy, currency: str, **kwargs: Any) -> None:
        start = {name: getattr(policy, name) for name in LABELS}
        start["promise_tolerance_amount"] = money.to_text(policy.promise_tolerance_amount, currency)
        kwargs["initial"] = start
        super().__init__(*args, **kwargs)
        self.currency = currency
        for name, (label, words) in LABELS.items():
            self.fields[name] = self._field(name, label, words)
        zones = [("", "the server’s"), *((zone, zone.replace("_", " ")) for zone in ALL_ZONES)]
        self.fields["office_zone"] = forms.ChoiceField(
            choices=zones, initial=policy.office_zone, required=False, label=ZONE, help_text="In which these hours are."
        )
        self.initial["holidays"] = "\n".join(day.isoformat() for day in policy.holidays)
        self.fields["holidays"] = forms.CharField(
            max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4}), help_text="Such as 2027-12-25; one a line."
        )

    def clean_holidays(self) -> list[date]:
        """Days, one a line or parted by blanks."""
        try:
            return [date.fromisoformat(word) for word in self.cleaned_data["holidays"].replace(",", " ").split()]
        except ValueError:
            raise forms.ValidationError("write days as 2027-12-25") from None

    def _field(self, name: str, label: str, words: str) -> forms.Field:
        if name == "promise_tolerance_amount":
            return AmountField(required=True, currency=self.currency, label=f"{label}, {self.currency}", help_text=words)
        of: dict[str, Any] = {"min_value": BOUNDS[name].least, "max_value": BOUNDS[name].most, "label": label, "help_text": words}
        if name == "promise_tolerance_percent":
            return forms.DecimalField(max_digits=5, decimal_places=2, **of)
        return forms.IntegerField(**of)
