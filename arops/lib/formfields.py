"""Fields of forms that several apps have: numbers and days as people type them."""

from typing import Any

from django import forms

from arops.lib import money
from arops.lib.reading import values


class PlainNumber(forms.CharField):
    """A number as people type it (1,234.50); its value is a plain decimal as text, empty when nothing was typed."""

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        super().__init__(required=required, max_length=30, **kwargs)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean(self, value: Any) -> str:
        """Raises ValidationError for what is no number."""
        text = str(super().clean(value))
        try:
            return values.number(text) if text else ""
        except values.Unclear as error:
            raise forms.ValidationError(str(error)) from None


class DayInput(forms.DateInput):
    """The browser's own picker."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ListFilters(forms.Form):
    """What filters of lists have in common: words, a currency, amounts at least and at most (`least`, `most`: minor units when cleaned).

    What can't be read is named, and narrows nothing.
    """

    q = forms.CharField(required=False, max_length=80)
    currency = forms.RegexField(r"\A[A-Z]{3}\Z", required=False)
    least = forms.CharField(required=False, max_length=30)
    most = forms.CharField(required=False, max_length=30)

    def reasons(self) -> list[str]:
        """What is wrong, by field."""
        return [f"{name.replace('_', ' ')}: {' '.join(map(str, errors))}" for name, errors in self.errors.items()]

    def clean_q(self) -> str:
        """Words without NUL, which no text can hold."""
        return str(self.cleaned_data["q"]).replace("\x00", "").strip()

    def clean_least(self) -> int | None:
        """Minor units."""
        return self._amount("least")

    def clean_most(self) -> int | None:
        """Minor units."""
        return self._amount("most")

    def _amount(self, name: str) -> int | None:
        """Minor units in the currency that is filtered by; of two decimals where none is."""
        try:
            text = money.ungrouped(self.cleaned_data[name])
            return money.parse(text, self.cleaned_data.get("currency") or "USD") if text else None
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from None
