"""Fields of forms that several apps have: numbers and days as people type them."""

from typing import Any

from django import forms

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
