"""What people type about documents: filters, keyed-in documents, credit memos, lists to import."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from arops.lib import money
from arops.lib.formfields import DayInput, ListFilters, PlainNumber
from arops.lib.listforms import ColumnsForm, ListFileForm
from customers.models import Customer
from customers.terms import TermsError, parse_terms
from invoicing.models import Invoice, InvoiceImport
from invoicing.payload import Problem
from invoicing.readers.fields import FIELDS
from invoicing.readers.mapping import Mapping as ListMapping
from invoicing.selectors import SORTS, STATES, Filters
from org.models import Company

MAX_LINES = 100
"""Lines that the form takes; longer documents come by list or by the API."""
DAYS = range(1990, 2100)


class FilterForm(ListFilters):
    """The list's query string. What can't be read is named, and narrows nothing."""

    company = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    customer = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    kind = forms.ChoiceField(required=False, choices=[("", "all"), *Invoice.Kind.choices])
    state = forms.ChoiceField(required=False, choices=[("", "all"), *((s, s) for s in STATES)])
    dated_from = forms.DateField(required=False)
    dated_to = forms.DateField(required=False)
    due_from = forms.DateField(required=False)
    due_to = forms.DateField(required=False)
    sort = forms.ChoiceField(required=False, choices=[(s, s) for name in SORTS for s in (name, f"-{name}")])

    def filters(self) -> Filters:
        """What was asked for, without what couldn't be read."""
        found: Mapping[str, Any] = getattr(self, "cleaned_data", {})
        names = ("company", "customer", "kind", "state", "currency", "dated_from", "dated_to", "due_from", "due_to", "least", "most")
        asked = {name: found[name] for name in names if found.get(name) not in (None, "")}
        return Filters(text=found.get("q", ""), **asked)


class DocumentForm(forms.Form):
    """The head of a document that is keyed in."""

    kind = forms.ChoiceField(choices=Invoice.Kind.choices)
    number = forms.CharField(required=False, max_length=60, help_text="Empty: the next number of our own series.")
    document_date = forms.DateField(widget=DayInput(), label="Date")
    payment_terms = forms.CharField(required=False, max_length=40, help_text="net 30, 2/10 net 30, eom 30, due on receipt")
    due_date = forms.DateField(required=False, widget=DayInput(), help_text="Empty: by the terms.")
    currency = forms.ChoiceField(choices=[(c, c) for c in money.currencies()])
    po_number = forms.CharField(required=False, max_length=60, label="Purchase order")
    order = forms.CharField(required=False, max_length=80, label="Sales order")
    refers_to = forms.CharField(
        required=False, max_length=60, label="About invoice", help_text="The number of the invoice a memo is about."
    )
    reason = forms.CharField(required=False, max_length=200, help_text="Needed for memos.")
    buyer_reference = forms.CharField(required=False, max_length=60, label="Customer’s reference")
    cost_code = forms.CharField(required=False, max_length=60)

    def __init__(self, *args: Any, kinds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]

    def clean_payment_terms(self) -> str:
        """Terms in the notation of the trade."""
        text = str(self.cleaned_data["payment_terms"])
        try:
            parse_terms(text)
        except TermsError as error:
            raise forms.ValidationError(str(error)) from None
        return text

    def clean_document_date(self) -> date:
        """A day of this age."""
        return _plausible(self.cleaned_data["document_date"])

    def clean(self) -> dict[str, Any]:
        """A memo says why."""
        if self.cleaned_data.get("kind") in ("credit_memo", "debit_memo") and not self.cleaned_data.get("reason", "").strip():
            self.add_error("reason", "a memo says why")
        return self.cleaned_data

    def row(self, customer: Customer, lines: list[dict[str, Any]]) -> dict[str, Any]:
        """The document as the API takes it."""
        data = self.cleaned_data
        names = "kind number payment_terms currency po_number refers_to reason buyer_reference cost_code".split()
        texts = {n: data[n] for n in names if data[n]}
        days = {n: data[n].isoformat() for n in ("document_date", "due_date") if data[n]}
        order = {"order": {"external_id": data["order"]}} if data["order"] else {}
        return texts | days | order | {"customer": f"cus_{customer.pk}", "lines": lines}


def _plausible(day: date) -> date:
    if day.year not in DAYS:
        raise forms.ValidationError(f"{day.year} is no year of a document")
    return day


class LineForm(forms.Form):
    """A line that is keyed in. Without an amount it is quantity × price."""

    description = forms.CharField(required=False, max_length=300)
    quantity = PlainNumber()
    unit = forms.CharField(required=False, max_length=10)
    unit_price = PlainNumber(label="Price")
    amount = PlainNumber()
    tax_code = forms.CharField(required=False, max_length=20)
    tax_amount = PlainNumber(label="Tax")

    def row(self) -> dict[str, Any]:
        """The line as the API takes it; empty when nothing was typed."""
        data = getattr(self, "cleaned_data", {})
        found = {name: data[name] for name in self.fields if data.get(name)}
        return found if found.keys() - {"unit", "tax_code"} else {}


def blame(form: DocumentForm, lines: list[LineForm], problems: tuple[Problem, ...]) -> None:
    """Put what the books refused beside the fields it is about."""
    for problem in problems:
        parts = problem.pointer.strip("/").split("/")
        if parts[0] == "lines" and len(parts) > 2 and parts[1].isdecimal() and int(parts[1]) < len(lines):
            line = lines[int(parts[1])]
            line.add_error(parts[2] if parts[2] in line.fields else None, problem.detail)
        else:
            form.add_error(parts[0] if parts[0] in form.fields else None, problem.detail)


class UploadForm(ListFileForm):
    """A list to import."""

    source = forms.CharField(
        max_length=60,
        label="Comes from",
        help_text="Such as SAP or Billing. The mapping is kept for the next list from there.",
        widget=forms.TextInput(attrs={"list": "sources"}),
    )
    company = forms.ModelChoiceField(Company.objects.none(), required=False, help_text="For rows that don’t name their company.")

    def __init__(self, *args: Any, companies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(companies)


class MappingForm(ColumnsForm):
    """Which column is which field of a document, and what else the cells don't say."""

    negative = forms.ChoiceField(
        required=False, widget=forms.RadioSelect, label="A total below zero is",
        choices=[("", "not in this list"), ("credit_memo", "a credit memo"), ("refuse", "a mistake")],
    )  # fmt: skip
    currency = forms.ChoiceField(
        required=False, label="Currency, where no column says it", choices=[("", "–"), *((c, c) for c in money.currencies())]
    )
    kind = forms.ChoiceField(label="Kind, where no column says it", choices=Invoice.Kind.choices)
    customer_system = forms.CharField(required=False, max_length=40, label="System of the customers’ other ids")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, labels={f.name: f.label for f in FIELDS.values()}, **kwargs)

    @staticmethod
    def start(mapping: ListMapping, headings: tuple[str, ...]) -> dict[str, str]:
        """The form's first values from a mapping."""
        names = ("date_order", "decimal", "negative", "company", "currency", "kind", "customer_system")
        return ColumnsForm.chosen(mapping.columns, headings) | {n: getattr(mapping, n) for n in names}

    def mapping(self) -> ListMapping:
        """What was chosen."""
        data = self.cleaned_data
        return ListMapping(
            columns=data["columns"], date_order=data["date_order"], decimal=data["decimal"], negative=data["negative"],
            company=data["company"], currency=data["currency"], kind=data["kind"], customer_system=data["customer_system"],
        )  # fmt: skip


class ConfirmForm(forms.Form):
    """All or nothing, or row by row."""

    mode = forms.ChoiceField(choices=InvoiceImport.Mode.choices, widget=forms.RadioSelect)
