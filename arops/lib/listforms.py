"""Forms of a list on its way in, whatever is in it: the file, and which column is what."""

from collections.abc import Mapping
from typing import Any

from django import forms

from arops.lib.reading.table import MAX_BYTES


class ListFileForm(forms.Form):
    """The file, and the company of rows that name none."""

    file = forms.FileField(
        label="List (.csv or .xlsx)", widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,text/csv"}), allow_empty_file=True
    )

    def offer(self, companies: Any) -> None:
        """Companies to choose from; the only one is chosen."""
        field: Any = self.fields["company"]
        field.queryset, field.empty_label = companies, "the list says it"
        if len(found := list(companies[:2])) == 1:
            field.initial = found[0]

    def clean_file(self) -> Any:
        """No larger than can be read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(f"the file has more than {MAX_BYTES // 1024 // 1024} MB")
        return file


class ColumnsForm(forms.Form):
    """Which column is what (`column_0` …), and what the cells don't say. `labels` are the fields by name, in the order they are offered."""

    date_order = forms.ChoiceField(
        required=False, widget=forms.RadioSelect, label="03/04/2026 is",
        choices=[("", "not in this list"), ("dmy", "3 April (day first)"), ("mdy", "March 4 (month first)")],
    )  # fmt: skip
    decimal = forms.ChoiceField(
        required=False, widget=forms.RadioSelect, label="1,234 is",
        choices=[(".", "a thousand and more (1,234.00)"), (",", "one and a bit (1,234)"), ("", "not in this list")],
    )  # fmt: skip
    company = forms.ChoiceField(required=False, label="Company, where no column says it")

    def __init__(self, *args: Any, labels: Mapping[str, str], headings: tuple[str, ...], companies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.labels, self.headings = labels, headings
        company: Any = self.fields["company"]
        company.choices = [("", "–"), *((c, c) for c in companies)]
        for n, heading in enumerate(headings):
            self.fields[f"column_{n}"] = forms.ChoiceField(required=False, choices=[("", "not read"), *labels.items()], label=heading)

    @staticmethod
    def chosen(columns: Mapping[str, str], headings: tuple[str, ...]) -> dict[str, str]:
        """The columns' first values from a mapping of fields to headings."""
        fields = {heading: name for name, heading in columns.items()}
        return {f"column_{n}": fields.get(h, "") for n, h in enumerate(headings)}

    def columns(self) -> list[forms.BoundField]:
        """The columns' choices, in their order."""
        return [self[f"column_{n}"] for n in range(len(self.headings))]

    def clean(self) -> dict[str, Any]:
        """A field comes from one column."""
        seen: dict[str, str] = {}
        for n, heading in enumerate(self.headings):
            name = self.cleaned_data.get(f"column_{n}")
            if name and name in seen:
                self.add_error(f"column_{n}", f"{self.labels[name]} is read from {seen[name]} already")
            elif name:
                seen[name] = heading
        self.cleaned_data["columns"] = seen
        return self.cleaned_data
