"""A company's match policy, as people type it: amounts by currency stand one a line, such as `EUR 5.00`."""

from typing import Any

from django import forms

from cashapp.forms import by_currency, lines_of
from cashapp.models import MatchPolicy, PolicyChange

BETWEEN = {
    "tolerance_percent": (0, 10), "discount_grace_days": (0, 30), "sample_percent": (1, 100), "alias_months": (0, 120),
    "payout_wait_days": (0, 60),
}  # fmt: skip


class AmountsField(forms.CharField):
    """Minor units by currency, a line each."""

    def __init__(self, label: str, help_text: str) -> None:
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 2}), label=label, help_text=help_text)

    def clean(self, value: Any) -> dict[str, int]:
        """The lines, read."""
        return by_currency(super().clean(value))


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Everything of the policy but the days of alerts, which stand with the cash that they are about."""

    tolerances = AmountsField(
        "Tolerance", "Shortage written off without asking, one currency a line: EUR 5.00. Empty: 5.00 for USD, EUR, GBP, CHF."
    )
    approver_limits = AmountsField("Limit of those who approve write-offs", "What they may write off on one receipt. Empty: the tolerance.")
    tolerance_budgets = AmountsField(
        "Budget of a month", "What tolerance may cost in a calendar month; then shortages wait for a person. Empty: no limit."
    )
    customer_budgets = AmountsField("Budget of one customer a month", "The same for each customer.")
    returned_fees = AmountsField("Fee for a returned item", "Billed to the customer when the bank takes a payment back. Empty: none.")
    new_account_limits = AmountsField(
        "From an account never seen", "Up to what a known payer’s money from a new account is posted alone. Empty: never."
    )
    exception_cost = AmountsField("An hour of work costs", "For the figures, in the company’s currency.")

    class Meta:
        model = MatchPolicy
        fields = (
            "posts_alone", "auto_threshold", "suggest_threshold", "tolerance_percent", "discount_grace_days", "sample_percent",
            "alias_approval", "alias_months", "payout_wait_days",
        )  # fmt: skip
        labels = {
            "posts_alone": "Post without a person what reaches the threshold", "auto_threshold": "Posts from a score of",
            "suggest_threshold": "Suggests from a score of", "tolerance_percent": "Tolerance at most, % of what was owed",
            "discount_grace_days": "Days of grace for discounts", "sample_percent": "Looked at before a band is posted, %",
            "alias_approval": "An alias counts only once a second person approved it",
            "alias_months": "Months after which an unused alias expires",
            "payout_wait_days": "Days that new bank details rest",
        }  # fmt: skip
        help_texts = {
            "posts_alone": "", "auto_threshold": "80 to 101; 101 posts nothing alone.", "alias_approval": "", "alias_months": "0: never.",
            "sample_percent": "", "payout_wait_days": "Before a refund is paid there.",
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, AmountsField):
                self.initial[name] = lines_of(getattr(self.instance, name))

    def clean(self) -> dict[str, Any]:
        """Thresholds in their order, numbers within their bounds."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        auto, suggest = data.get("auto_threshold"), data.get("suggest_threshold")
        if auto is not None and not 80 <= auto <= 101:
            self.add_error("auto_threshold", "between 80 and 101")
        if auto is not None and suggest is not None and not 0 <= suggest <= auto:
            self.add_error("suggest_threshold", "between 0 and the score that posts")
        for name, (least, most) in BETWEEN.items():
            if data.get(name) is not None and not least <= data[name] <= most:
                self.add_error(name, f"between {least} and {most}")
        return data


def before_and_after(change: PolicyChange) -> list[tuple[str, str, str]]:
    """What a change names, as people read it: the field's label, what stood, what is to be."""
    labels = {name: str(field.label or name) for name, field in PolicyForm.base_fields.items()}
    return [(label, _shown(change.before[name]), _shown(change.wanted[name])) for name, label in labels.items() if name in change.wanted]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(lines_of(value).splitlines()) or "none set"
    return "none set" if value is None else str(value)
