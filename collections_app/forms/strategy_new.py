"""Whom a new strategy is for."""

from typing import Any

from django import forms

from collections_app.models import Strategy
from customers.models import Customer
from org.models import Company


class NewStrategyForm(forms.Form):
    """A name, and a segment or one customer."""

    name = forms.CharField(max_length=60)
    segment = forms.CharField(max_length=40, required=False, help_text="Of customers, as it stands in their master data.")
    customer = forms.CharField(max_length=40, required=False, label="Or one customer", help_text="The customer’s number.")
    base = forms.ModelChoiceField(Strategy.objects.none(), required=False, label="Begins as", empty_label="the standard strategy")

    def __init__(self, *args: Any, company: Company, customers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customers = customers.filter(company=company)
        bases = Strategy.objects.filter(company=company, is_active=True, customer=None)
        self.fields["base"].queryset = bases  # type: ignore[attr-defined]
        segments = Customer.objects.filter(company=company).exclude(segment="").order_by("segment").values_list("segment", flat=True)
        self.segments = list(segments.distinct()[:50])
        self.fields["segment"].widget.attrs["list"] = "segments"

    def clean_customer(self) -> Customer | None:
        """The customer of that number, among those in sight."""
        number = self.cleaned_data["customer"].strip()
        found: Customer | None = self.customers.filter(number=number).first() if number else None
        if number and found is None:
            raise forms.ValidationError("there is no customer of this number in sight")
        return found

    def clean(self) -> dict[str, Any]:
        """One of both."""
        data = super().clean() or {}
        if not self.errors and bool(data.get("segment")) == bool(data.get("customer")):
            raise forms.ValidationError("say a segment or one customer: the strategy for all others is there already")
        return data
