"""What people type about a call."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from arops.lib import money
from collections_app.forms.charges import AmountField
from collections_app.forms.days import DayField, parse_day
from collections_app.models import Activity
from collections_app.services.promises import Instalment
from customers.models import Contact, Customer
from disputes.models import Dispute
from ledger.models import OpenItem


class PartsField(forms.CharField):
    """Instalments as people type them, an amount and a day each: `40,000 fri` on a line, or several parted by semicolons."""

    def __init__(self, *, today: date, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 2, "placeholder": "1,000 fri; 1,000 +14"}), **kwargs)
        self.today, self.currency = today, "EUR"

    def clean(self, value: Any) -> Any:
        """The instalments in the order in which they stand."""
        lines = [line.strip() for line in re.split(r"[;\n]", super().clean(value)) if line.strip()]
        return [self._part(n, line) for n, line in enumerate(lines, 1)]

    def _part(self, n: int, line: str) -> Instalment:
        amount, _, day = line.rpartition(" ")
        try:
            return Instalment(parse_day(day, self.today), money.parse(money.ungrouped(amount), self.currency))
        except (ValueError, money.MoneyError) as error:
            raise forms.ValidationError(f"part {n}: write an amount and a day, such as 1,000 fri ({error})") from None


class CallForm(forms.Form):
    """The outcome of a call."""

    outcome = forms.ChoiceField(
        choices=[c for c in Activity.Outcome.choices if c[0]], error_messages={"required": "choose what came of the call"}
    )
    contact = forms.ModelChoiceField(Contact.objects.none(), required=False)
    items = forms.ModelMultipleChoiceField(OpenItem.objects.none(), required=False)
    amount = AmountField()
    reason = forms.ChoiceField(choices=[("", "choose a reason"), *Dispute.Reason.choices], required=False)
    body = forms.CharField(required=False, max_length=4000, label="Note", widget=forms.Textarea(attrs={"rows": 4}))
    seconds = forms.IntegerField(required=False, min_value=0, max_value=36_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, customer: Customer, items: Sequence[OpenItem], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_on"] = DayField(today=today, required=False, label="Until")
        self.fields["contact"].queryset = customer.contacts.all()  # type: ignore[attr-defined]
        self.fields["items"].queryset = OpenItem.objects.filter(pk__in=[i.pk for i in items])  # type: ignore[attr-defined]
        self.currency = self._currency(items) or customer.currency
        self.fields["amount"].currency = self.currency  # type: ignore[attr-defined]
        parts = PartsField(today=today, required=False, max_length=1000, label="In parts")
        parts.currency = self.currency
        self.fields["parts"] = parts

    def _currency(self, items: Sequence[OpenItem]) -> str:
        """That of what is ticked; before anything is, of what is shown first. Amounts are typed in it."""
        data = self.data
        ticked = set(data.getlist("items") if isinstance(data, QueryDict) else map(str, data.get("items", ())))
        return next((i.currency for i in items if str(i.pk) in ticked), items[0].currency if items else "")

    def clean(self) -> dict[str, Any]:
        """A promise needs a day, a dispute a reason."""
        data = super().clean() or {}
        if data.get("outcome") == "promise" and data.get("parts"):
            data["due_on"] = data.get("due_on") or data["parts"][-1].due_on
            data["amount"] = data.get("amount") or sum(part.amount for part in data["parts"])
        if data.get("outcome") == "promise" and not data.get("due_on") and not {"due_on", "parts"} & set(self.errors):
            self.add_error("due_on", "say until when")
        if data.get("outcome") == "dispute" and not data.get("reason"):
            self.add_error("reason", "say why they dispute it")
        return data

    def for_service(self) -> dict[str, Any]:
        """The arguments of `record_call`."""
        data = self.cleaned_data
        return {
            "outcome": data["outcome"],
            "body": data["body"],
            "contact": data["contact"],
            "seconds": data["seconds"] or 0,
            "items": list(data["items"].select_related("company")),
            "amount": data["amount"],
            "due_on": data["due_on"],
            "reason": data["reason"],
            "instalments": data["parts"],
        }
