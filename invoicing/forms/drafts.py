"""What people type about what is to be billed and about drafts."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from arops.lib import money
from arops.lib.formfields import DayInput, PlainNumber
from invoicing.forms.documents import MAX_LINES, DocumentForm, LineForm
from invoicing.models import Draft

_LINE_REFERENCES = ("work_order", "contract")
HEAD = (
    "document_date", "payment_terms", "due_date", "po_number", "order", "buyer_reference", "cost_code", "retainage", "reason",
)  # fmt: skip


class ReferencesForm(LineForm):
    """A line of a draft: what it bills can be named beside it."""

    sku = forms.CharField(required=False, max_length=60, label="Article")
    work_order = forms.CharField(required=False, max_length=80, label="Work order")
    contract = forms.CharField(required=False, max_length=80, label="Contract")
    order_line = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, label="Line of the order")
    po_line = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, label="Line of the purchase order")
    period_from = forms.DateField(required=False, widget=DayInput(), label="Period from")
    period_to = forms.DateField(required=False, widget=DayInput(), label="Period to")
    number = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    main = ("description", "quantity", "unit", "unit_price", "amount", "tax_code", "tax_amount")
    references = ("sku", "work_order", "contract", "order_line", "po_line", "period_from", "period_to")

    def cells(self) -> list[forms.BoundField]:
        """The fields of the line's own cells."""
        return [self[name] for name in self.main]

    def named(self) -> list[forms.BoundField]:
        """The fields that say what it bills."""
        return [self[name] for name in self.references]

    @property
    def said(self) -> str:
        """What is named, in a line."""
        words = {"order_line": "order line", "po_line": "purchase order line", "period_from": "from", "period_to": "to"}
        return " · ".join(
            f"{words.get(name, '')} {value}".strip() for name in self.references if (value := self[name].value()) not in (None, "")
        )

    @property
    def wrong_references(self) -> bool:
        """Whether one of them can't be read."""
        return any(name in self.errors for name in self.references)

    def row(self) -> dict[str, Any]:
        """The line as the API takes it; empty when nothing was typed."""
        data = getattr(self, "cleaned_data", {})
        typed = {name: data[name] for name in (*self.main, *self.references) if data.get(name) not in (None, "")}
        found = {name: value.isoformat() if isinstance(value, date) else value for name, value in typed.items()}
        return found if found.keys() - {"unit", "tax_code", *self.references} else {}


DraftLineFormSet = forms.formset_factory(ReferencesForm, extra=2, max_num=MAX_LINES, absolute_max=MAX_LINES, validate_max=True)
KeyedLineFormSet = forms.formset_factory(ReferencesForm, extra=3, max_num=MAX_LINES, absolute_max=MAX_LINES, validate_max=True)


class DraftForm(DocumentForm):
    """The head of a draft. Its kind, customer and currency stay."""

    retainage = PlainNumber(help_text="What of the total the customer keeps until release.")
    retax = forms.BooleanField(
        required=False, initial=True, label="Work out the tax anew", help_text="By the rates of the tax codes on the day, and certificates."
    )

    def __init__(self, *args: Any, draft: Draft, **kwargs: Any) -> None:
        super().__init__(*args, kinds=[(draft.kind, draft.kind)], **kwargs)
        for name in ("kind", "number", "currency", "refers_to"):
            del self.fields[name]

    @staticmethod
    def start(draft: Draft) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The first values of the head and of the lines."""
        row = draft.payload
        head = {name: row.get(name, "") for name in HEAD}
        order = row.get("order")
        head["order"] = (order.get("external_id", "") if isinstance(order, Mapping) else order) or ""
        return head, [_line_start(n, line) for n, line in enumerate(row.get("lines", []), 1)]

    def changed_row(self, draft: Draft, lines: list[ReferencesForm]) -> dict[str, Any]:
        """The draft's payload with what was typed; what the form doesn't show stays."""
        before = {line.get("number") or n: line for n, line in enumerate(draft.payload.get("lines", []), 1)}
        typed = {name: self.cleaned_data[name] for name in HEAD if self.cleaned_data.get(name) not in (None, "")}
        days = {name: typed[name].isoformat() for name in ("document_date", "due_date") if name in typed}
        kept = {name: value for name, value in draft.payload.items() if name not in (*HEAD, "lines", "subtotal", "tax_total", "total")}
        return kept | typed | days | {"lines": _numbered([_merged(before, form) for form in lines if form.row()])}


def _line_start(n: int, line: Mapping[str, Any]) -> dict[str, Any]:
    """A reference may be written as an object: its name is what people type."""
    shown = {name: line.get(name, "") for name in (*ReferencesForm.main, *ReferencesForm.references)}
    for name in _LINE_REFERENCES:
        if isinstance(shown[name], Mapping):
            shown[name] = shown[name].get("external_id", "")
    return shown | {"number": line.get("number") or n}


def _merged(before: Mapping[int, Mapping[str, Any]], form: ReferencesForm) -> dict[str, Any]:
    old = before.get(form.cleaned_data.get("number") or 0, {})
    hidden = {name: value for name, value in old.items() if name not in (*ReferencesForm.main, *ReferencesForm.references)}
    return {**hidden, **form.row()}


def _numbered(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines that were added are numbered after those that were there."""
    last = max((line.get("number", 0) for line in lines), default=0)
    for line in lines:
        if "number" not in line:
            last += 1
            line["number"] = last
    return lines


class ProgressForm(forms.Form):
    """Progress on a contract: how far it is in all, or what is claimed now."""

    percent = PlainNumber(label="Per cent complete in all", help_text="What was billed before is taken off.")
    amount = PlainNumber(label="… or an amount, net")
    document_date = forms.DateField(widget=DayInput(), label="Date")
    note = forms.CharField(required=False, max_length=200, label="Description", help_text="Empty: its number and the contract’s.")

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean_amount(self) -> int | None:
        """Minor units."""
        text = self.cleaned_data["amount"]
        try:
            return money.parse(text, self.currency) if text else None
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        data = self.cleaned_data
        if not self.errors and bool(data.get("percent")) == (data.get("amount") is not None):
            raise forms.ValidationError("give a percentage complete or an amount, not both")
        return data
