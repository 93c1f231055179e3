"""What people type about lockboxes: their numbers, and the columns of a bank's lockbox file."""

import re
from dataclasses import fields
from typing import Any

from django import forms

from arops.lib import money
from cashapp.models import BankAccount
from cashapp.readers.lockbox import LockboxProfile, Place

CHEQUE = (
    ("amount", "Amount"), ("routing", "Payer's bank"), ("account", "Payer's account"), ("cheque", "Cheque number"),
    ("cheque_date", "Date of the cheque"), ("payer", "Payer's name"),
)  # fmt: skip
DOCUMENT = (("invoice", "Invoice number"), ("paid", "What it gets"), ("discount", "Discount"))
_COLUMNS = re.compile(r"([0-9]{1,3})(?:\s*[-–]\s*([0-9]{1,3}))?", re.ASCII)
_WIDEST = 400


class PlaceField(forms.CharField):
    """Columns as a bank's handbook gives them: `18-26`, `18`, or empty where the bank doesn't write it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=12, widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 8}), **kwargs)

    def prepare_value(self, value: Any) -> str:
        """As it is typed."""
        if isinstance(value, Place):
            return f"{value.start}-{value.start + value.length - 1}" if value.length else ""
        return value or ""

    def clean(self, value: Any) -> Place:
        """The columns, counted from 1."""
        text = super().clean(value).strip()
        if not text:
            return Place()
        found = _COLUMNS.fullmatch(text)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last <= _WIDEST:
            raise forms.ValidationError(f"columns are written like 18-26, from 1 to {_WIDEST}")
        return Place(first, last - first + 1)


class LockboxForm(forms.Form):
    """Which lockboxes are banked to an account, and where their files say what."""

    numbers = forms.CharField(
        max_length=300, required=False, label="Lockbox numbers", widget=forms.Textarea(attrs={"rows": 2}),
        help_text="As they stand in the files, one a line; zeros in front don't matter. Empty: the account has none.",
    )  # fmt: skip
    sample = forms.FileField(required=False, label="Try it on a file", help_text="Nothing is imported: its cheques are shown below.")

    def __init__(self, *args: Any, account: BankAccount, profile: LockboxProfile, **kwargs: Any) -> None:
        start: dict[str, Any] = {f.name: getattr(profile, f.name) for f in fields(profile)}
        kwargs["initial"] = start | {"numbers": "\n".join(account.lockboxes)}
        super().__init__(*args, **kwargs)
        self.currency = account.currency
        for name, label in (*CHEQUE, *DOCUMENT):
            self.fields[name] = PlaceField(label=label, required=name in ("amount", "invoice"))
        self.fields["data"] = forms.IntegerField(min_value=8, max_value=_WIDEST, label="Documents begin in column")
        self.fields["repeat"] = forms.IntegerField(
            min_value=0, max_value=_WIDEST, label="Columns for each document", help_text="0: one document a record."
        )
        self.fields["numbers"].help_text += f" Amounts are {account.currency}, without a point."

    def clean_numbers(self) -> list[str]:
        """Each number."""
        found = [line.strip() for line in self.cleaned_data["numbers"].replace(",", "\n").splitlines() if line.strip()]
        if any(len(n) > 20 or not n.isalnum() or not n.isascii() for n in found):
            raise forms.ValidationError("a lockbox number has at most 20 letters and digits: write one a line")
        return found

    def clean(self) -> dict[str, Any]:
        """A document must fit into its columns."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        width = data.get("repeat") or _WIDEST
        for name, _ in DOCUMENT:
            if name in data and data[name].length and data[name].start + data[name].length - 1 > width:
                self.add_error(name, f"it ends after the {width} columns of a document")
        return data

    @property
    def of_cheque(self) -> list[Any]:
        """Fields of record 6."""
        return [self[name] for name, _ in CHEQUE]

    @property
    def of_document(self) -> list[Any]:
        """Fields of record 4."""
        return [self["data"], self["repeat"], *(self[name] for name, _ in DOCUMENT)]

    def profile(self) -> LockboxProfile:
        """The layout that was typed."""
        names = [name for name, _ in (*CHEQUE, *DOCUMENT)] + ["data", "repeat"]
        money.exponent(self.currency)
        return LockboxProfile(**{name: self.cleaned_data[name] for name in names}, currency=self.currency)
