"""What people type about disputes."""

from typing import Any

from django import forms

from arops.lib import money
from disputes.models import Dispute
from ledger.models import OpenItem
from org.models import User


class OpenForm(forms.Form):
    """A new dispute on an item."""

    reason = forms.ChoiceField(choices=Dispute.Reason.choices)
    amount = forms.CharField(required=False, max_length=30, help_text="Empty: the whole open balance.")
    customer_words = forms.CharField(
        required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}), label="In the customer's words"
    )

    def __init__(self, *args: Any, item: OpenItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.item = item

    def clean_amount(self) -> int:
        """Minor units; the balance when nothing was typed."""
        try:
            text = money.ungrouped(self.cleaned_data["amount"])
            return money.parse(text, self.item.currency) if text else self.item.balance
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from None


class NoteForm(forms.Form):
    """A word on a dispute."""

    body = forms.CharField(
        max_length=8000, widget=forms.Textarea(attrs={"rows": 3}), label="Note", error_messages={"required": "write something"}
    )


class ResolveForm(forms.Form):
    """How a dispute ended."""

    resolution = forms.ChoiceField(choices=Dispute.Resolution.choices)
    note = forms.CharField(required=False, max_length=8000, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(widget=forms.HiddenInput)


class AssignForm(forms.Form):
    """Who works a dispute."""

    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="nobody")
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, dispute: Dispute, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(memberships__company=dispute.company_id, is_active=True).distinct()
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]
