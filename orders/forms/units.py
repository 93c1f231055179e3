"""A unit conversion."""

from typing import Any

from django import forms

from arops.lib.formfields import PlainNumber
from org.models import Company


class UnitForm(forms.Form):
    """One of a unit is so many of another: of one article, or of all."""

    company = forms.ModelChoiceField(Company.objects.none())
    sku = forms.CharField(required=False, max_length=60, label="Article", help_text="Empty: of all articles.")
    from_unit = forms.CharField(max_length=10, label="One", help_text="Such as PK for a pack.")
    factor = PlainNumber(required=True, label="is so many")
    to_unit = forms.CharField(max_length=10, label="of", help_text="Such as EA for pieces.")

    def __init__(self, *args: Any, companies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["company"]
        field.queryset = companies
        if len(found := list(companies[:2])) == 1:
            field.initial = found[0]

    def row(self) -> dict[str, Any]:
        """As the service takes it."""
        data = self.cleaned_data
        return {**data, "company": data["company"].code}
