"""A way of collecting as people type it."""

from typing import Any

from django import forms

from arops.lib import money
from arops.lib.merging import LANGUAGES
from collections_app.models import DunningPolicy
from collections_app.services.dunning_policy import LevelDraft, PolicyDraft

LEVEL_FIELDS = ("name", "days", "subject_en", "body_en", "subject_de", "body_de")


class PolicyForm(forms.Form):
    """A dunning policy with as many levels as `count` says; a level's fields are `level1_days` and so on."""

    name = forms.CharField(max_length=60)
    grace_days = forms.IntegerField(min_value=0, max_value=365, label="Days of grace", help_text="Items less past due aren’t asked for.")
    quiet_days = forms.IntegerField(min_value=0, max_value=365, help_text="Between two contacts of any kind: calls, mail, letters.")
    minimum = forms.CharField(max_length=30, help_text="Nobody is written to for less.")
    is_active = forms.BooleanField(required=False, label="In force")

    def __init__(self, *args: Any, currency: str, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.count = currency, count
        self.fields["minimum"].label = f"Least amount, {currency}"
        for n in range(1, count + 1):
            self.fields[f"level{n}_name"] = forms.CharField(max_length=40, required=False, label="Name")
            self.fields[f"level{n}_days"] = forms.IntegerField(min_value=1, max_value=3650, label="From days past due")
            for code, language in LANGUAGES.items():
                needed = code == "en"
                text = forms.Textarea(attrs={"rows": 9})
                self.fields[f"level{n}_subject_{code}"] = forms.CharField(max_length=200, required=needed, label=f"Subject, {language}")
                self.fields[f"level{n}_body_{code}"] = forms.CharField(
                    max_length=8000, required=needed, label=f"Text, {language}", widget=text, strip=False
                )

    def clean_minimum(self) -> int:
        """Minor units of what was typed."""
        try:
            return money.parse(money.ungrouped(self.cleaned_data["minimum"]), self.currency)
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from None

    def levels(self) -> list[tuple[int, list[Any]]]:
        """The levels' bound fields, for the page."""
        return [(n, [self[f"level{n}_{name}"] for name in LEVEL_FIELDS]) for n in range(1, self.count + 1)]

    def for_service(self) -> PolicyDraft:
        """The argument of `save_policy`."""
        data = self.cleaned_data
        levels = [
            LevelDraft(
                data[f"level{n}_name"].strip(),
                data[f"level{n}_days"],
                {
                    code: (data[f"level{n}_subject_{code}"].strip(), data[f"level{n}_body_{code}"].replace("\r\n", "\n").strip())
                    for code in LANGUAGES
                    if code == "en" or data[f"level{n}_subject_{code}"].strip() or data[f"level{n}_body_{code}"].strip()
                },
            )
            for n in range(1, self.count + 1)
        ]
        return PolicyDraft(data["name"], data["grace_days"], data["quiet_days"], data["minimum"], data["is_active"], levels)


def policy_values(policy: DunningPolicy, currency: str) -> dict[str, Any]:
    """What the form of a policy shows at first."""
    values: dict[str, Any] = {
        "name": policy.name, "grace_days": policy.grace_days, "quiet_days": policy.quiet_days, "is_active": policy.is_active,
        "minimum": money.to_text(policy.minimum, currency),
    }  # fmt: skip
    for n, level in enumerate(policy.levels.all(), 1):
        values |= {f"level{n}_name": level.name, f"level{n}_days": level.days_past_due}
        values |= {f"level{n}_subject_en": level.subject, f"level{n}_body_en": level.body}
        for text in level.texts.all():
            values |= {f"level{n}_subject_{text.language}": text.subject, f"level{n}_body_{text.language}": text.body}
    return values
