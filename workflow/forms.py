"""What is asked of the workflow pages."""

from datetime import date
from typing import Any

from django import forms

from org.actors import Actor
from org.models import Company
from workflow.selectors import Asked
from workflow.services.jobs import companies_to_start, startable


class StartForm(forms.Form):
    """Which work, for which company, of which day; only what the person may start."""

    kind = forms.ChoiceField(label="Work")
    company = forms.ModelChoiceField(label="Company", queryset=Company.objects.none(), empty_label=None)
    day = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        company: Any = self.fields["company"]
        kind: Any = self.fields["kind"]
        kind.choices = [(k.code, k.label) for k in startable(actor)]
        company.queryset = Company.objects.filter(pk__in=[c.pk for c in companies_to_start(actor)])
        company.label_from_instance = lambda c: c.code


class TrailForm(forms.Form):
    """Filters of the audit trail; all may be left out."""

    who = forms.CharField(required=False, max_length=80, label="Who")
    type = forms.CharField(required=False, max_length=60, label="What")
    about = forms.RegexField(
        r"^[a-z_]*(\.[a-z_]+)?(:[0-9]{1,18})?$", required=False, max_length=80, label="About",
        error_messages={"invalid": "A type of row, or one row such as ledger.openitem:17."},
    )  # fmt: skip
    company = forms.CharField(required=False, max_length=20, label="Company")
    first = forms.DateField(required=False, label="From")
    last = forms.DateField(required=False, label="To")

    def asked(self) -> Asked:
        """What was asked for; a filter that can't be read narrows nothing."""
        found: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        return Asked(**found)

    @property
    def in_force(self) -> dict[str, str]:
        """The filters that narrow, as text, for the cover of files."""
        return {name: str(value) for name, value in self.cleaned_data.items() if isinstance(value, date) or value}
