"""What people type about advices: filters, files, an advice keyed by hand, why one is set aside."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet

from arops.lib import money
from arops.lib.formfields import DayInput, ListFilters
from cashapp.forms import MAX_FILE, amount_of
from cashapp.models import Remittance, RemittanceLine
from cashapp.readers.advice.model import Advice, AdviceLine
from cashapp.selectors.remittances import VIEWS, Wanted
from org.models import Company

AMOUNT = {"autocomplete": "off", "inputmode": "decimal"}
KEY = {"required": False, "min_value": 1, "max_value": 2**62}
MOST_FILES, MOST_LINES = 100, 300
PLAIN = {"autocomplete": "off"}


class FilterForm(ListFilters):
    """The list's query string. What can't be read is named, and narrows nothing."""

    view = forms.ChoiceField(required=False, choices=VIEWS)
    company = forms.IntegerField(**KEY)  # type: ignore[arg-type]
    source = forms.ChoiceField(required=False, choices=[("", "all"), *Remittance.Source.choices])
    paid_from = forms.DateField(required=False)
    paid_to = forms.DateField(required=False)
    customer = forms.IntegerField(**KEY)  # type: ignore[arg-type]
    mail = forms.IntegerField(**KEY)  # type: ignore[arg-type]
    file = forms.IntegerField(**KEY)  # type: ignore[arg-type]

    def wanted(self) -> Wanted:
        """What was asked for, without what couldn't be read."""
        found: dict[str, Any] = dict(getattr(self, "cleaned_data", {}))
        view, text = found.pop("view", "") or "join", found.pop("q", "")
        return Wanted(view=view, text=text, **{name: value for name, value in found.items() if value not in (None, "")})


class ManyFiles(forms.ClearableFileInput):
    """A field that takes several files."""

    allow_multiple_selected = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-key": "b", "data-command": "Bring files"} | (attrs or {}))


class FilesField(forms.FileField):
    """Several files; its value is a list."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """At least one, each no larger than a reader takes."""
        given = [file for file in (data if isinstance(data, list | tuple) else [data]) if file]
        if len(given) > MOST_FILES:
            raise forms.ValidationError(f"at most {MOST_FILES} files at once")
        files = [super(FilesField, self).clean(file, initial) for file in given] or [super().clean(None, initial)]
        for file in files:
            if file.size > MAX_FILE:
                raise forms.ValidationError(f"{file.name} has more than {MAX_FILE // 1024 // 1024} MB")
        return files


class AdviceFilesForm(forms.Form):
    """Files of advices, and the company they are for."""

    file = FilesField(error_messages={"required": "choose a file", "empty": "the file is empty"})
    company = forms.ModelChoiceField(Company.objects.none(), empty_label=None, error_messages={"required": "choose the company"})

    def __init__(self, *args: Any, companies: QuerySet[Company], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        company: Any = self.fields["company"]
        _offer(company, companies)
        if len(companies[:2]) > 1:  # nothing is chosen for a person: an advice taken in for the wrong company finds no money there
            company.empty_label, company.initial = "choose", None


class AdviceForm(forms.Form):
    """The head of an advice that is keyed by hand."""

    company = forms.ModelChoiceField(Company.objects.none(), empty_label=None)
    payer = forms.CharField(max_length=200, label="Payer", widget=forms.TextInput(attrs=PLAIN | {"list": "customers"}))
    currency = forms.ChoiceField(choices=[(c, c) for c in money.currencies()])
    total = forms.CharField(required=False, max_length=30, label="Paid in all", widget=forms.TextInput(attrs=AMOUNT))
    payment_date = forms.DateField(required=False, widget=DayInput(), label="Paid on")
    trace = forms.CharField(required=False, max_length=140, label="Cheque, trace or end-to-end number", widget=forms.TextInput(attrs=PLAIN))
    reference = forms.CharField(required=False, max_length=140, label="Number of the advice", widget=forms.TextInput(attrs=PLAIN))
    payer_account = forms.CharField(required=False, max_length=80, label="Payer’s account", widget=forms.TextInput(attrs=PLAIN))
    text = forms.CharField(required=False, max_length=2000, label="What it says besides", widget=forms.Textarea(attrs={"rows": 2}))
    file = forms.FileField(required=False, label="Scan or file")

    def __init__(self, *args: Any, companies: QuerySet[Company], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = _offer(self.fields["company"], companies)
        self.initial.setdefault("currency", first.base_currency if first else "USD")

    def clean_total(self) -> int | None:
        """Minor units."""
        return minor(self.cleaned_data["total"], self.cleaned_data.get("currency", ""))

    def clean_file(self) -> Any:
        """At most as much as is kept."""
        file = self.cleaned_data["file"]
        if file and file.size > MAX_FILE:
            raise forms.ValidationError(f"the file has more than {MAX_FILE // 1024 // 1024} MB")
        return file

    def advice(self, lines: Iterable["AdviceLineForm"], payer_name: str) -> Advice:
        """What was typed."""
        data = self.cleaned_data
        return Advice(
            data["currency"], data["total"], tuple(line for form in lines if (line := form.line())), data["payment_date"], payer_name,
            data["payer_account"].strip(), data["trace"].strip(), data["reference"].strip(), data["text"].strip(),
        )  # fmt: skip


class AdviceLineForm(forms.Form):
    """A document of an advice; amounts in the advice's currency, which the formset hands in."""

    reference = forms.CharField(required=False, max_length=140, label="Document", widget=forms.TextInput(attrs=PLAIN))
    kind = forms.ChoiceField(required=False, choices=RemittanceLine.Kind.choices)
    gross = forms.CharField(required=False, max_length=30, widget=forms.TextInput(attrs=AMOUNT))
    discount = forms.CharField(required=False, max_length=30, widget=forms.TextInput(attrs=AMOUNT))
    adjustment = forms.CharField(required=False, max_length=30, label="Held back", widget=forms.TextInput(attrs=AMOUNT))
    code = forms.CharField(required=False, max_length=40, label="Reason", widget=forms.TextInput(attrs=PLAIN))
    paid = forms.CharField(required=False, max_length=30, widget=forms.TextInput(attrs=AMOUNT | {"data-sum": ""}))

    def __init__(self, *args: Any, currency: str = "USD", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def cells(self) -> list[forms.BoundField]:
        """Its fields in their order."""
        return [self[name] for name in self.fields]

    def clean(self) -> dict[str, Any]:
        """Amounts as minor units: what is held back is typed without a sign and stands as a negative adjustment."""
        data = self.cleaned_data
        for name in ("gross", "discount", "adjustment", "paid"):
            try:
                data[name] = minor(data.get(name, ""), self.currency)
            except forms.ValidationError as error:
                self.add_error(name, error)
                data[name] = None
        if data.get("adjustment"):
            data["adjustment"] = -abs(data["adjustment"])
        if data.get("kind") == RemittanceLine.Kind.CREDIT and data.get("paid"):
            data["paid"] = -abs(data["paid"])
        return data

    def line(self) -> AdviceLine | None:
        """What was typed; None for an empty line."""
        data = self.cleaned_data
        typed = {name: data.get(name) for name in ("gross", "discount", "adjustment", "paid")}
        named = {name: (data.get(name) or "").strip() for name in ("reference", "code")}
        if all(value is None for value in typed.values()) and not any(named.values()):
            return None
        values: dict[str, Any] = {**named, **typed}
        return AdviceLine(kind=data.get("kind") or "invoice", **values)


AdviceLines = forms.formset_factory(AdviceLineForm, extra=4, max_num=MOST_LINES, absolute_max=MOST_LINES, validate_max=True)


def minor(text: str, currency: str) -> int | None:
    """Minor units of an amount as people type it; None for nothing. Raises ValidationError."""
    if not text.strip():
        return None
    try:
        return amount_of(text, currency or "USD")
    except money.MoneyError as error:
        raise forms.ValidationError(str(error)) from None


def _offer(field: Any, companies: QuerySet[Company]) -> Company | None:
    """Companies to choose from; the first is chosen."""
    field.queryset = companies
    first = companies.first()
    field.initial = first
    return first
