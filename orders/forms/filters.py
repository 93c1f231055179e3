"""The query string of a list."""

from collections.abc import Mapping
from typing import Any

from django import forms

from orders.selectors.listing import Filters, Kind

LARGEST = 2**62


class FilterForm(forms.Form):
    """What can't be read is named, and narrows nothing."""

    q = forms.CharField(required=False, max_length=80)
    company = forms.IntegerField(required=False, min_value=1, max_value=LARGEST)
    customer = forms.IntegerField(required=False, min_value=1, max_value=LARGEST)
    contract = forms.IntegerField(required=False, min_value=1, max_value=LARGEST)
    purchase_order = forms.IntegerField(required=False, min_value=1, max_value=LARGEST)
    order = forms.IntegerField(required=False, min_value=1, max_value=LARGEST)
    state = forms.ChoiceField(required=False)
    dated_from = forms.DateField(required=False)
    dated_to = forms.DateField(required=False)
    sort = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        fields: Any = self.fields
        fields["state"].choices = [("", "all"), *((code, label) for code, (label, _) in kind.states.items())]
        fields["sort"].choices = [(s, s) for name in kind.sorts for s in (name, f"-{name}")]

    def clean_q(self) -> str:
        """Words without NUL, which no text can hold."""
        return str(self.cleaned_data["q"]).replace("\x00", "").strip()

    @property
    def found(self) -> Mapping[str, Any]:
        """What was understood."""
        data: Mapping[str, Any] = getattr(self, "cleaned_data", {})
        return data

    def filters(self) -> Filters:
        """What was asked for, without what couldn't be read."""
        data = self.found
        names = ("company", "customer", "state", "dated_from", "dated_to")
        asked = {name: data[name] for name in names if data.get(name) not in (None, "")}
        through = {name: data[name] for name in self.kind.through if data.get(name)}
        return Filters(text=data.get("q", ""), through=through, **asked)

    def sorting(self) -> str:
        """The order of the rows; the latest first unless asked otherwise."""
        return self.found.get("sort") or "-date"

    def reasons(self) -> list[str]:
        """What is wrong, by field."""
        return [f"{name.replace('_', ' ')}: {' '.join(map(str, errors))}" for name, errors in self.errors.items()]
