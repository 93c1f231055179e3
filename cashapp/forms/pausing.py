"""What people type when a receipt waits: a day, a question to the customer."""

import re
from datetime import date, timedelta

from django import forms

_SPLIT = re.compile(r"[,;\s]+")


def day_of(text: str | None, today: date) -> date | None:
    """A day as it is typed: 2026-10-05, or a number of days from today; None for anything else.

    >>> day_of("5", date(2026, 9, 20))
    datetime.date(2026, 9, 25)
    """
    plain = (text or "").strip()
    if plain.isascii() and plain.isdecimal() and len(plain) < 4:
        return today + timedelta(days=int(plain))
    try:
        return date.fromisoformat(plain)
    except ValueError:
        return None


class QuestionForm(forms.Form):
    """A mail to the payer about a receipt."""

    to = forms.CharField(label="To", max_length=600)
    subject = forms.CharField(label="Subject", max_length=200)
    body = forms.CharField(label="Question", max_length=5000, widget=forms.Textarea(attrs={"rows": 9}))
    answer_in = forms.IntegerField(label="Back in the list after days", min_value=1, max_value=60, initial=5)

    def addresses(self) -> list[str]:
        """The addresses, each once."""
        return [a for a in dict.fromkeys(_SPLIT.split(self.cleaned_data["to"])) if a][:10]

    def reasons(self) -> list[str]:
        """What is wrong, in words."""
        told = {name: " ".join(str(e) for e in errors) for name, errors in self.errors.items()}
        return [f"{self.fields[name].label}: {words}" for name, words in told.items() if name in self.fields]
