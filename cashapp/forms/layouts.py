"""How a list or PDF of remittances is read, as a person chooses it: which heading is what, how it writes, under which name it is kept."""

from dataclasses import replace
from typing import Any

from django import forms

from arops.lib import money
from cashapp.forms.remittances import PLAIN
from cashapp.models import AdviceLayout
from cashapp.readers.advice.layout import COLUMNS, AdviceMapping, AdviceProposal

_WRITTEN = ("date_order", "decimal_mark", "currency")


class LayoutForm(forms.Form):
    """A field for each thing that a column may hold, how days and amounts are written, and what to keep the layout as."""

    date_order = forms.ChoiceField(
        required=False, label="03/04/2026 is",
        choices=[("", "not in doubt here"), ("dmy", "3 April (day first)"), ("mdy", "March 4 (month first)")],
    )  # fmt: skip
    decimal_mark = forms.ChoiceField(
        required=False, label="1,234 is",
        choices=[("", "not in doubt here"), (".", "a thousand and more (1,234.00)"), (",", "one and a bit (1,234)")],
    )  # fmt: skip
    currency = forms.ChoiceField(required=False, label="Currency, where no column says it")
    name = forms.CharField(
        required=False, max_length=100, label="Keep it as", widget=forms.TextInput(attrs=PLAIN),
        help_text="A name, such as the customer’s. Empty: it is read so this once.",
    )  # fmt: skip
    sender = forms.CharField(
        required=False, max_length=200, label="For mails from", widget=forms.TextInput(attrs=PLAIN),
        help_text="An address or a domain; empty: whoever sends a list of these headings.",
    )  # fmt: skip
    payer = forms.CharField(
        required=False, max_length=200, label="It is always", widget=forms.TextInput(attrs=PLAIN | {"list": "customers"}),
        help_text="A customer by number or name; empty: told from the list.",
    )  # fmt: skip

    def __init__(self, *args: Any, proposal: AdviceProposal, saved: AdviceLayout | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.proposal = proposal
        headings = [("", "–"), *((heading, heading) for heading in proposal.headings)]
        for role, label in COLUMNS:
            self.fields[role] = forms.ChoiceField(required=False, choices=headings, label=label)
            self.initial.setdefault(role, getattr(proposal.mapping, role))
        currency: Any = self.fields["currency"]
        currency.choices = [("", "–"), *((c, c) for c in money.currencies())]
        for name in _WRITTEN:
            self.initial.setdefault(name, getattr(proposal.mapping, name))

    @property
    def columns(self) -> list[forms.BoundField]:
        """The fields that choose columns."""
        return [self[role] for role, _ in COLUMNS]

    def clean(self) -> dict[str, Any]:
        """The documents there must be; a column is one thing only."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("reference"):
            self.add_error("reference", "choose the column of the invoice numbers")
        seen: dict[str, str] = {}
        for role, label in COLUMNS:
            heading = data.get(role)
            if heading and heading in seen:
                self.add_error(role, f"{heading} is {seen[heading].lower()} already")
            elif heading:
                seen[heading] = label
        return data

    def mapping(self) -> AdviceMapping:
        """The mapping that was chosen."""
        chosen = {role: self.cleaned_data[role] for role, _ in COLUMNS}
        return replace(self.proposal.mapping, **chosen, **{name: self.cleaned_data[name] for name in _WRITTEN})
