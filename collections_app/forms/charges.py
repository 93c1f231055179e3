"""What people type about late charges: policies with their tiers, legal limits, reasons to waive."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from arops.lib import money
from collections_app.forms.days import DayField
from collections_app.models import Charge, ChargePolicy
from collections_app.policy.charges import Tier
from collections_app.services.charges.policies import NewPolicy

ZERO = Decimal(0)
TIERS = 5
"""Tiers that a form has room for."""


class AmountField(forms.CharField):
    """An amount in the company's currency; empty is nothing (`None`)."""

    def __init__(self, *, currency: str = "", **kwargs: Any) -> None:
        super().__init__(**({"max_length": 30, "required": False} | kwargs))
        self.currency = currency

    def clean(self, value: Any) -> int | None:
        """Minor units of what was typed."""
        text = super().clean(value)
        if not text:
            return None
        try:
            amount = money.parse(money.ungrouped(text), self.currency)
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from None
        if amount < 0:
            raise forms.ValidationError("zero or more")
        return amount


class ChargePolicyForm(forms.Form):
    """A policy from a day on; money in the company's currency."""

    name = forms.CharField(max_length=60, label="Name")
    segment = forms.ChoiceField(required=False, label="For", choices=())
    basis = forms.ChoiceField(choices=ChargePolicy.Basis.choices, label="What is charged")
    grace_days = forms.IntegerField(min_value=0, max_value=365, label="Days of grace", help_text="What is paid within them costs nothing.")
    charges_disputed = forms.BooleanField(required=False, label="Charge what is in dispute, too")
    notice = forms.ChoiceField(
        choices=ChargePolicy.Notice.choices, initial=ChargePolicy.Notice.MAIL, required=False, label="Notice to the customer",
        help_text="Goes out with the month’s run, once for each charge.",
    )  # fmt: skip
    nets_credits = forms.BooleanField(required=False, label="Set credits and cash not applied off first")

    def __init__(self, *args: Any, currency: str, segments: list[str], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_from"] = DayField(today=today, label="From")
        self.currency = currency
        choice: Any = self.fields["segment"]
        choice.choices = [("", "all customers without one of their own"), *((s, s) for s in segments)]
        self.fields["minimum_charge"] = AmountField(currency=currency, label=f"Smallest charge, {currency}")
        self.fields["minimum_due"] = AmountField(currency=currency, label=f"Past due at least, {currency}")
        for n in range(TIERS):
            self.fields[f"days_{n}"] = forms.IntegerField(required=False, min_value=0, max_value=3650, label="From day")
            self.fields[f"rate_{n}"] = forms.DecimalField(
                required=False, min_value=0, max_value=100, max_digits=6, decimal_places=3, label="Per cent a year"
            )
            self.fields[f"fee_{n}"] = AmountField(currency=currency, label=f"Fee, {currency}")
            for name, words in (("days", "from day"), ("rate", "per cent a year"), ("fee", "fee")):
                self.fields[f"{name}_{n}"].widget.attrs["aria-label"] = f"Row {n + 1}, {words}"

    @property
    def tiers(self) -> list[tuple[Any, Any, Any]]:
        """The fields of the tiers, a row each."""
        return [(self[f"days_{n}"], self[f"rate_{n}"], self[f"fee_{n}"]) for n in range(TIERS)]

    def policy(self) -> NewPolicy:
        """What was typed, as the service takes it; rows without rate and fee are left out, except a first one of nothing."""
        data = self.cleaned_data
        rows = [(data[f"days_{n}"], data[f"rate_{n}"], data[f"fee_{n}"]) for n in range(TIERS)]
        tiers = [Tier(days or 0, rate or ZERO, fee or 0) for days, rate, fee in rows if rate is not None or fee is not None]
        names = "name basis valid_from segment grace_days charges_disputed nets_credits".split()
        notice = data["notice"] or ChargePolicy.Notice.NONE
        return NewPolicy(
            **{name: data[name] for name in names}, tiers=tiers, minimum_charge=data["minimum_charge"] or 0,
            minimum_due=data["minimum_due"] or 0, notice=notice,
        )  # fmt: skip


class LegalLimitForm(forms.Form):
    """The most that may be charged in a place."""

    place = forms.RegexField(
        r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$", max_length=6, label="Place", help_text="US, DE, or a part such as US-TX.", strip=True,
        error_messages={"invalid": "a country’s code such as US, or a part of it such as US-TX"},
    )  # fmt: skip
    max_rate = forms.DecimalField(
        required=False, min_value=0, max_value=999, max_digits=6, decimal_places=3, label="Highest rate, % a year"
    )
    source = forms.CharField(max_length=300, label="The law or contract it comes from")

    def __init__(self, *args: Any, currency: str, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["limit_from"] = DayField(today=today, label="From")
        self.fields["max_fee"] = AmountField(currency=currency, label=f"Highest fee, {currency}")


class WaiveForm(forms.Form):
    """Why a charge is waived, and how much of it: an amount, the charges of chosen items, or without either all that is open."""

    reason = forms.CharField(max_length=300, label="Why", error_messages={"required": "say why the charge is waived"})
    items = forms.TypedMultipleChoiceField(required=False, coerce=int, choices=())
    token = forms.CharField(max_length=60, widget=forms.HiddenInput())

    def __init__(self, *args: Any, charge: Charge, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = AmountField(currency=charge.currency, label="How much")
        self.fields["items"].choices = [(line["item"], line["number"]) for line in charge.lines]  # type: ignore[attr-defined]
