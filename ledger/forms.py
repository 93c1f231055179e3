"""What people type about periods."""

from decimal import Decimal

from django import forms

from arops.lib import money
from ledger.models import Period


class CloseForm(forms.Form):
    """Closing is confirmed by typing the period's name."""

    name = forms.CharField(label="Type the period's name to close it", max_length=20)

    def __init__(self, *args: object, period: Period, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.period = period

    def clean_name(self) -> str:
        """The very name."""
        name: str = self.cleaned_data["name"].strip()
        if name != self.period.name:
            raise forms.ValidationError(f"That is not {self.period.name}.")
        return name


class ReopenForm(CloseForm):
    """Opening again is confirmed the same way, and needs a reason."""

    name = forms.CharField(label="Type the period's name to open it again", max_length=20)
    reason = forms.CharField(label="Why it is opened again", max_length=300)


class RateForm(forms.Form):
    """The rate of a day: units of `base` for one unit of `currency`."""

    currency = forms.CharField(min_length=3, max_length=3, label="One")
    base = forms.CharField(min_length=3, max_length=3, label="is worth in")
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label="From")
    rate = forms.DecimalField(max_digits=18, decimal_places=8, min_value=Decimal("0.00000001"))

    def clean_currency(self) -> str:
        """A currency that is one."""
        return _known(self.cleaned_data["currency"])

    def clean_base(self) -> str:
        """A currency that is one, and another one."""
        base = _known(self.cleaned_data["base"])
        if base == self.cleaned_data.get("currency"):
            raise forms.ValidationError("A rate is between two currencies.")
        return base


def _known(text: str) -> str:
    code = text.strip().upper()
    try:
        money.exponent(code)
    except money.MoneyError as error:
        raise forms.ValidationError(str(error)) from None
    return code
