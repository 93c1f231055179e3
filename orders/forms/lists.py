"""A list of records to import: the file, its mapping."""

from typing import Any

from django import forms

from arops.lib.reading.table import MAX_BYTES
from orders.models import ListImport
from orders.services.columns import columns
from orders.services.lists import Mapping
from org.models import Company


class UploadForm(forms.Form):
    """The file and where it comes from."""

    file = forms.FileField(
        label="List (.csv or .xlsx)", widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,text/csv"}), allow_empty_file=True
    )
    source = forms.CharField(
        max_length=40, label="Comes from", widget=forms.TextInput(attrs={"list": "sources"}),
        help_text="Such as SAP or Field service. Ids in the list are of that system; the mapping is kept for the next list from there.",
    )  # fmt: skip
    company = forms.ModelChoiceField(Company.objects.none(), required=False, help_text="For rows that don’t name their company.")

    def __init__(self, *args: Any, companies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
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

    def clean_source(self) -> str:
        """Words without NUL."""
        return str(self.cleaned_data["source"]).replace("\x00", "").strip()


class MappingForm(forms.Form):
    """Which column is what (`column_0` …), and what the cells don't say."""

    date_order = forms.ChoiceField(
        required=False, widget=forms.RadioSelect, label="03/04/2026 is",
        choices=[("", "not in this list"), ("dmy", "3 April (day first)"), ("mdy", "March 4 (month first)")],
    )  # fmt: skip
    decimal = forms.ChoiceField(
        required=False, widget=forms.RadioSelect, label="1,234 is",
        choices=[(".", "a thousand and more (1,234.00)"), (",", "one and a bit (1,234)"), ("", "not in this list")],
    )  # fmt: skip
    company = forms.ChoiceField(required=False, label="Company, where no column says it")

    def __init__(self, *args: Any, kind: str, headings: tuple[str, ...], companies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.headings = kind, headings
        company: Any = self.fields["company"]
        company.choices = [("", "–"), *((c, c) for c in companies)]
        choices = [("", "not read"), *((c.name, c.label) for c in columns(kind).values())]
        for n, heading in enumerate(headings):
            self.fields[f"column_{n}"] = forms.ChoiceField(required=False, choices=choices, label=heading)

    @staticmethod
    def start(mapping: Mapping, headings: tuple[str, ...]) -> dict[str, str]:
        """The form's first values from a mapping."""
        fields = {heading: name for name, heading in mapping.columns.items()}
        own = {"date_order": mapping.date_order, "decimal": mapping.decimal, "company": mapping.company}
        return {f"column_{n}": fields.get(h, "") for n, h in enumerate(headings)} | own

    def columns(self) -> list[forms.BoundField]:
        """The columns' choices, in their order."""
        return [self[f"column_{n}"] for n in range(len(self.headings))]

    def clean(self) -> dict[str, Any]:
        """A field comes from one column."""
        seen: dict[str, str] = {}
        for n, heading in enumerate(self.headings):
            name = self.cleaned_data.get(f"column_{n}")
            if name and name in seen:
                self.add_error(f"column_{n}", f"{columns(self.kind)[name].label} is read from {seen[name]} already")
            elif name:
                seen[name] = heading
        self.cleaned_data["columns"] = seen
        return self.cleaned_data

    def mapping(self) -> Mapping:
        """What was chosen."""
        data = self.cleaned_data
        return Mapping(columns=data["columns"], date_order=data["date_order"], decimal=data["decimal"], company=data["company"])


class ConfirmForm(forms.Form):
    """All or nothing, or record by record."""

    mode = forms.ChoiceField(choices=ListImport.Mode.choices, widget=forms.RadioSelect)
