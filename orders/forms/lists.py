"""A list of records to import: the file, its mapping."""

from typing import Any

from django import forms

from arops.lib.listforms import ColumnsForm, ListFileForm
from orders.models import ListImport
from orders.services.columns import columns
from orders.services.lists import Mapping
from org.models import Company


class UploadForm(ListFileForm):
    """The file and where it comes from."""

    source = forms.CharField(
        max_length=40, label="Comes from", widget=forms.TextInput(attrs={"list": "sources"}),
        help_text="Such as SAP or Field service. Ids in the list are of that system; the mapping is kept for the next list from there.",
    )  # fmt: skip
    company = forms.ModelChoiceField(Company.objects.none(), required=False, help_text="For rows that don’t name their company.")

    def __init__(self, *args: Any, companies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(companies)

    def clean_source(self) -> str:
        """Words without NUL."""
        return str(self.cleaned_data["source"]).replace("\x00", "").strip()


class MappingForm(ColumnsForm):
    """Which column is which field of a kind of record."""

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, labels={c.name: c.label for c in columns(kind).values()}, **kwargs)

    @staticmethod
    def start(mapping: Mapping, headings: tuple[str, ...]) -> dict[str, str]:
        """The form's first values from a mapping."""
        own = {"date_order": mapping.date_order, "decimal": mapping.decimal, "company": mapping.company}
        return ColumnsForm.chosen(mapping.columns, headings) | own

    def mapping(self) -> Mapping:
        """What was chosen."""
        data = self.cleaned_data
        return Mapping(columns=data["columns"], date_order=data["date_order"], decimal=data["decimal"], company=data["company"])


class ConfirmForm(forms.Form):
    """All or nothing, or record by record."""

    mode = forms.ChoiceField(choices=ListImport.Mode.choices, widget=forms.RadioSelect)
