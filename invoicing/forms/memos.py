"""What people type to ask for memos, write-offs and refunds."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from arops.lib import money
from customers.models import Customer
from invoicing.forms.documents import DayInput, PlainNumber
from invoicing.models import Invoice, InvoiceLine
from invoicing.services.giving_up import Rule
from invoicing.services.memo_rows import MemoLine
from invoicing.services.reasons import KINDS, ORIGINS, Reason
from ledger.models import OpenItem
from org.models import Company
from workflow.services.approvals import Evidence


class RequestForm(forms.Form):
    """What every request has: a day, a reason of the list, words, a file that shows it."""

    document_date = forms.DateField(widget=DayInput(), label="Date")
    reason_code = forms.ChoiceField(label="Reason", error_messages={"required": "choose a reason"})
    reason = forms.CharField(required=False, max_length=200, label="In words")
    evidence = forms.FileField(required=False, label="Evidence")

    def __init__(self, *args: Any, reasons: Sequence[Reason], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["reason_code"]
        choice.choices = [
            ("", "choose"), *((r.code, f"{r.name} (needs evidence)" if r.needs_evidence else r.name) for r in reasons)
        ]  # fmt: skip

    def shown(self) -> list[Evidence]:
        """The file, where one was given."""
        file = self.cleaned_data.get("evidence")
        return [Evidence(file.name, file.read())] if file else []

    def words(self) -> dict[str, Any]:
        """Reason and day, as services take them."""
        data = self.cleaned_data
        return {"reason_code": data["reason_code"], "reason": data["reason"].replace("\x00", ""), "day": data["document_date"]}


class RebillForm(RequestForm):
    """Cancel an invoice and bill it again: all of it, so there is nothing to choose."""


class MemoForm(RequestForm):
    """What of a document is credited or billed besides: quantity or net, and tax, by line; of the whole where it has no lines. Tax left
    empty goes with the net, a net left empty is quantity × price."""

    apply = forms.BooleanField(required=False, label="Set it off against the document at once, as far as that is open")

    def __init__(self, *args: Any, invoice: Invoice, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invoice, self.kind = invoice, kind
        self.sources: list[InvoiceLine | None] = list(invoice.lines.all()) or [None]
        if kind != "credit_memo":
            del self.fields["apply"]
        for source in self.sources:
            key = source.pk if source else 0
            if source and source.quantity > 0 and source.unit_price > 0:
                self.fields[f"quantity_{key}"] = PlainNumber(label="Quantity")
            self.fields[f"net_{key}"] = PlainNumber(label="Net")
            self.fields[f"tax_{key}"] = PlainNumber(label="Tax")

    def rows(self) -> list[tuple[InvoiceLine | None, Any, forms.BoundField, forms.BoundField]]:
        """Lines with their fields, for the page: (line or None, quantity or None, net, tax)."""
        found = []
        for source in self.sources:
            key = source.pk if source else 0
            quantity = self[f"quantity_{key}"] if f"quantity_{key}" in self.fields else None
            found.append((source, quantity, self[f"net_{key}"], self[f"tax_{key}"]))
        return found

    def clean(self) -> dict[str, Any]:
        """Amounts of each line; of a credit never more than the line's own."""
        found = [line for source in self.sources if (line := self._line(source))]
        if not self.errors and not found:
            raise forms.ValidationError("credit more than zero" if self.kind == "credit_memo" else "a debit memo is about more than zero")
        self.cleaned_data["lines"] = found
        return self.cleaned_data

    def _line(self, source: InvoiceLine | None) -> MemoLine | None:
        key = source.pk if source else 0
        whole = (source.amount, source.tax_amount) if source else (self.invoice.subtotal, self.invoice.tax_total)
        quantity = self._quantity(source, key)
        net, tax = self._amount(f"net_{key}"), self._amount(f"tax_{key}")
        if net is None and quantity is not None and source is not None:
            net = product_of(quantity, source.unit_price, self.invoice.currency)
        if net is None and tax is None:
            return None
        if tax is None:
            tax = (2 * whole[1] * (net or 0) + whole[0]) // (2 * whole[0]) if whole[0] > 0 else 0
        if self.kind == "credit_memo":
            self._check(key, (net or 0, tax), whole)
        exact = quantity is not None and source is not None and product_of(quantity, source.unit_price, self.invoice.currency) == net
        return MemoLine(key or None, net or 0, tax, quantity if exact else None)

    def _check(self, key: int, wanted: tuple[int, int], whole: tuple[int, int]) -> None:
        for name, amount, most in zip((f"net_{key}", f"tax_{key}"), wanted, whole, strict=True):
            if amount > max(most, 0):
                self.add_error(name, f"at most {money.format(max(most, 0), self.invoice.currency)}")

    def _quantity(self, source: InvoiceLine | None, key: int) -> Decimal | None:
        text = self.cleaned_data.get(f"quantity_{key}")
        if not text or source is None:
            return None
        quantity = Decimal(text)
        if quantity <= 0 or (self.kind == "credit_memo" and quantity > source.quantity):
            self.add_error(f"quantity_{key}", f"at most {source.quantity.normalize():f}" if quantity > 0 else "more than zero")
        return quantity

    def _amount(self, name: str) -> int | None:
        text = self.cleaned_data.get(name)
        try:
            return money.parse(text, self.invoice.currency) if text else None
        except money.MoneyError as error:
            self.add_error(name, str(error))
            return None


def product_of(quantity: Decimal, price: Decimal, currency: str) -> int:
    """Quantity × price in minor units, halves to the even one."""
    return round(quantity * price * 10 ** money.exponent(currency))


class BalanceForm(RequestForm):
    """How much of an open item is given up or paid back; empty: all that is open."""

    amount = PlainNumber(label="Amount")

    def __init__(self, *args: Any, item: OpenItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.item = item

    def clean_amount(self) -> int:
        """Minor units, no more than is open."""
        left, text = abs(self.item.balance), self.cleaned_data["amount"]
        try:
            amount = money.parse(text, self.item.currency) if text else left
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from None
        if not 0 < amount <= left:
            raise forms.ValidationError(f"more than zero, and at most the {money.format(left, self.item.currency)} that are open")
        return amount


class RuleForm(forms.Form):
    """Which balances are too small and too old to collect."""

    company = forms.ModelChoiceField(Company.objects.none(), empty_label=None)
    currency = forms.ChoiceField(choices=[(c, c) for c in money.currencies()])
    below = PlainNumber(label="At most")
    days = forms.IntegerField(min_value=1, max_value=3650, label="Days past due, more than")

    def __init__(self, *args: Any, companies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        company: Any = self.fields["company"]
        company.queryset, company.label_from_instance = companies, lambda c: c.code
        used = set(Customer.objects.filter(company__in=companies).order_by().values_list("currency", flat=True).distinct())
        used |= {c.base_currency for c in companies}
        currency: Any = self.fields["currency"]
        rest = [(code, code) for code in money.currencies() if code not in used]
        currency.choices = [*((code, code) for code in sorted(used)), ("others", rest)]

    def clean(self) -> dict[str, Any]:
        """The bound in minor units."""
        data = self.cleaned_data
        try:
            data["minor"] = money.parse(data.get("below") or "0", data.get("currency") or "USD")
        except money.MoneyError as error:
            self.add_error("below", str(error))
        if not self.errors and data["minor"] <= 0:
            self.add_error("below", "more than zero")
        return data

    def rule(self) -> Rule:
        """What was typed."""
        data = self.cleaned_data
        return Rule(data["company"], data["currency"], data["minor"], data["days"])


class ReverseForm(forms.Form):
    """Why a write-off is taken back."""

    reason = forms.CharField(max_length=200, label="Why", error_messages={"required": "say why it is taken back"})


class ReasonForm(forms.Form):
    """A reason of the company's list."""

    code = forms.CharField(max_length=30)
    name = forms.CharField(max_length=100)
    kinds = forms.MultipleChoiceField(
        choices=[(k, k.replace("_", " ")) for k in KINDS], widget=forms.CheckboxSelectMultiple, label="May be chosen for"
    )
    origin = forms.ChoiceField(choices=[("", "nothing"), *((o, o.replace("_", " ")) for o in ORIGINS)], required=False, label="Stands for")
    needs_evidence = forms.BooleanField(required=False, label="Needs evidence")
    is_active = forms.BooleanField(required=False, initial=True, label="In use")
