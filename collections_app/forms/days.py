"""Days as they are typed on the telephone."""

import re
from datetime import date, timedelta
from typing import Any

from django import forms

HINT = "fri, +7, 30/11 or 2026-11-30"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def parse_day(text: str, today: date) -> date:
    """A day as people type it on the phone: `2026-11-30`, `fri` (the next one), `+7`, `30/11` or `30.11.` (day first, next to come).

    Raises ValueError with the forms that are understood.
    """
    text = text.strip().lower()
    weekday = next((n for n, name in enumerate(WEEKDAYS) if len(text) > 2 and name.startswith(text)), None)
    if weekday is not None:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    if re.fullmatch(r"\+\d{1,3}", text, re.ASCII):
        return today + timedelta(days=int(text))
    try:
        if found := re.fullmatch(r"(\d{1,2})[./](\d{1,2})\.?", text, re.ASCII):
            day = date(today.year, int(found[2]), int(found[1]))
            return day if day >= today else day.replace(year=day.year + 1)
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("write a day like 2026-11-30, 30/11 (day first), fri or +7") from None


class DayField(forms.CharField):
    """A day in any of the forms of `parse_day`, which stand as its hint."""

    def __init__(self, *, today: date, help_text: str = HINT, **kwargs: Any) -> None:
        super().__init__(max_length=20, help_text=help_text, **kwargs)
        self.widget.attrs["autocomplete"] = "off"
        self.today = today

    def clean(self, value: Any) -> Any:
        """The day; None when nothing was typed."""
        text = super().clean(value)
        try:
            return parse_day(text, self.today) if text else None
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
