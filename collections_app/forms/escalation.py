"""What people type on the ladder: rungs, why an account is raised, the page, decisions."""

from typing import Any

from django import forms

from arops.lib import money
from collections_app.forms.charges import AmountField
from collections_app.models import Rung
from collections_app.services.escalation.ladder import NewRung
from org import policy
from org.models import Company

DECIDERS = [(code, name) for code, (name, held) in policy.ROLES.items() if "escalations.decide" in held]


class RungForm(forms.Form):
    """A rung: who decides there, and what leads there. All conditions given must hold; without any it is climbed by hand only."""

    name = forms.CharField(max_length=60, label="Name")
    role = forms.ChoiceField(required=False, label="Decided by", choices=[("", "an agency or lawyer, outside"), *DECIDERS])
    days_past_due = forms.IntegerField(required=False, min_value=0, max_value=3650, label="Days past due at least")
    risks = forms.RegexField(
        r"^[A-D]{0,4}$", required=False, label="Risk classes", help_text="Such as CD; empty: any.",
        error_messages={"invalid": "risk classes are A to D, such as CD"},
    )  # fmt: skip
    broken_promises = forms.IntegerField(required=False, min_value=0, max_value=50, label="Broken promises in a year at least")
    event = forms.ChoiceField(
        required=False, label="When", choices=[("", "no event needed"), *Rung.Event.choices],
        help_text="Leads there at once, past the rungs below.",
    )  # fmt: skip
    action = forms.CharField(required=False, max_length=200, label="What is recommended there")
    is_active = forms.BooleanField(required=False, label="In use")

    def __init__(self, *args: Any, currency: str, rung: Rung | None = None, **kwargs: Any) -> None:
        names = ("name", "role", "days_past_due", "risks", "broken_promises", "event", "action", "is_active")
        start: dict[str, Any] = {name: getattr(rung, name) for name in names} if rung else {"is_active": True}
        start["minimum"] = money.to_text(rung.minimum, currency) if rung and rung.minimum else ""
        kwargs["initial"] = start
        super().__init__(*args, **kwargs)
        self.fields["minimum"] = AmountField(currency=currency, label=f"Past due at least, {currency}")

    def rung(self) -> NewRung:
        """What was typed, as the service takes it."""
        data = self.cleaned_data
        return NewRung(
            name=data["name"], role=data["role"], is_outside=not data["role"], days_past_due=data["days_past_due"],
            minimum=data["minimum"] or 0, risks=data["risks"], broken_promises=data["broken_promises"] or 0, event=data["event"],
            action=data["action"], is_active=data["is_active"],
        )  # fmt: skip


class RaiseForm(forms.Form):
    """To which rung an account is raised, and why."""

    rung = forms.ModelChoiceField(Rung.objects.none(), label="To", empty_label="choose")
    currency = forms.ChoiceField(choices=(), label="Currency")
    reason = forms.CharField(max_length=300, label="Why", widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, company: Company, currencies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rung, currency = self.fields["rung"], self.fields["currency"]
        rung.queryset = Rung.objects.filter(company=company, is_active=True)  # type: ignore[attr-defined]
        currency.choices = [(c, c) for c in currencies]  # type: ignore[attr-defined]
        if len(currencies) == 1:
            currency.initial = currencies[0]


class PageForm(forms.Form):
    """The words of the page, and the version it was read at."""

    summary = forms.CharField(max_length=8000, widget=forms.Textarea(attrs={"rows": 14}), label="The page")
    recommended = forms.CharField(max_length=300, required=False, label="Recommended")
    version = forms.IntegerField(widget=forms.HiddenInput())


class WordsForm(forms.Form):
    """Words that go with an act (a decision, a reason, an agency's name), and the version of the case."""

    words = forms.CharField(max_length=500, required=False)
    outcome = forms.CharField(max_length=10, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput())
