"""A version of a strategy as people type it: its rules, then step by step."""

from typing import Any

from django import forms

from arops.lib import money
from arops.lib.merging import LANGUAGES
from collections_app.forms.charges import AmountField
from collections_app.models import Rung, StrategyStep, StrategyVersion
from collections_app.policy.strategy import EARLIEST, LATEST, LONGEST_TEXT, StepDraft, VersionDraft
from org.models import Company

FLAGS = ("with_statement", "with_copies", "needs_approval")


class VersionForm(forms.Form):
    """A version with as many steps as `count` says; a step's fields are `step1_days` and so on."""

    why = forms.CharField(max_length=500, required=False, label="Why", help_text="For whoever puts it in force.")
    grace_days = forms.IntegerField(min_value=0, max_value=365, label="Days of grace", help_text="Items less past due aren’t asked for.")
    quiet_days = forms.IntegerField(min_value=0, max_value=365, help_text="Between two contacts of any kind: calls, mail, letters.")
    minimum = AmountField(required=True, help_text="Nobody is approached for less.")
    stops = forms.MultipleChoiceField(
        choices=StrategyVersion.Stop.choices, required=False, widget=forms.CheckboxSelectMultiple, label="No step is taken while"
    )

    def __init__(self, *args: Any, company: Company, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = count
        self.fields["minimum"].currency = company.base_currency  # type: ignore[attr-defined]
        self.fields["minimum"].label = f"Least amount, {company.base_currency}"
        rungs = [("", "choose a rung"), *Rung.objects.filter(company=company, is_active=True).values_list("code", "name")]
        for n in range(1, count + 1):
            self.fields |= {f"step{n}_{name}": field for name, field in _fields(rungs).items()}

    def steps(self) -> list[tuple[int, dict[str, Any]]]:
        """The steps' bound fields by name, for the page."""
        bound = [(n, {name: self[f"step{n}_{name}"] for name in _fields([])}) for n in range(1, self.count + 1)]
        return [(n, own | {"boxes": [own[name] for name in FLAGS], "texts": _texts(own)}) for n, own in bound]

    def for_service(self) -> VersionDraft:
        """The argument of `change_version`, its steps in the order of their days."""
        data = self.cleaned_data
        steps = sorted((self._step(n) for n in range(1, self.count + 1)), key=lambda step: step.days)
        return VersionDraft(data["grace_days"], data["quiet_days"], data["minimum"], steps, tuple(data["stops"]), data["why"])

    def _step(self, n: int) -> StepDraft:
        own = {name: self.cleaned_data[f"step{n}_{name}"] for name in _fields([])}
        texts = {code: (own[f"subject_{code}"].strip(), own[f"body_{code}"].replace("\r\n", "\n").strip()) for code in LANGUAGES}
        escalates, written = own["channel"] == "escalate", own["channel"] in StrategyStep.WRITTEN
        return StepDraft(
            own["channel"], own["days"], own["name"].strip(), {code: words for code, words in texts.items() if any(words)}, own["tone"],
            own["signer"], own["signed_by"].strip() if own["signer"] == "named" else "", **{name: own[name] and written for name in FLAGS},
            escalate_to=own["escalate_to"] if escalates else "", minutes=own["minutes"] if own["minutes"] is not None else 5,
        )  # fmt: skip


def _texts(own: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """The words' bound fields, a language at a time: English first, which is the one for all that isn't written."""
    return [(name, own[f"subject_{code}"], own[f"body_{code}"]) for code, name in LANGUAGES.items()]


def _fields(rungs: list[Any]) -> dict[str, forms.Field]:
    """The fields of one step, by name."""
    days = forms.IntegerField(min_value=EARLIEST, max_value=LATEST, label="Days past due", help_text="Below zero: before the due date.")
    words: dict[str, forms.Field] = {}
    for code, language in LANGUAGES.items():
        text = forms.Textarea(attrs={"rows": 9})
        words[f"subject_{code}"] = forms.CharField(max_length=200, required=False, label=f"Subject, {language}")
        words[f"body_{code}"] = forms.CharField(
            max_length=LONGEST_TEXT, required=False, label=f"Text, {language}", widget=text, strip=False
        )
    return {
        "channel": forms.ChoiceField(choices=StrategyStep.Channel.choices, label="How"), "days": days,
        "name": forms.CharField(max_length=40, required=False, label="Name"),
        "tone": forms.ChoiceField(choices=StrategyStep.Tone.choices, label="Tone"),
        "signer": forms.ChoiceField(choices=StrategyStep.Signer.choices, label="Signed by"),
        "signed_by": forms.CharField(max_length=120, required=False, label="Name and title", help_text="Where a person signs by name."),
        "minutes": forms.IntegerField(min_value=0, max_value=480, required=False, label="Minutes", help_text="That a person needs for it."),
        "escalate_to": forms.ChoiceField(choices=rungs, required=False, label="To which rung"),
        "with_statement": forms.BooleanField(required=False, label="with a statement"),
        "with_copies": forms.BooleanField(required=False, label="with copies of the invoices"),
        "needs_approval": forms.BooleanField(required=False, label="a person allows each"), **words,
    }  # fmt: skip


def version_values(draft: VersionDraft, currency: str) -> dict[str, Any]:
    """What the form of a version shows at first."""
    values: dict[str, Any] = {
        "why": draft.why, "grace_days": draft.grace_days, "quiet_days": draft.quiet_days, "stops": list(draft.stops),
        "minimum": money.to_text(draft.minimum, currency),
    }  # fmt: skip
    for n, step in enumerate(draft.steps, 1):
        own: dict[str, Any] = {name: getattr(step, name) for name in ("channel", "days", "name", "tone", "signer", "signed_by", "minutes")}
        own |= {name: getattr(step, name) for name in ("escalate_to", *FLAGS)}
        for code, (subject, body) in step.texts.items():
            own |= {f"subject_{code}": subject, f"body_{code}": body}
        values |= {f"step{n}_{name}": value for name, value in own.items()}
    return values
