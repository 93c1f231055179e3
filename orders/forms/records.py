"""Contracts, purchase orders, orders, deliveries and work orders by hand."""

from typing import Any

from django import forms

from arops.lib import money
from arops.lib.formfields import PlainNumber
from customers.models import Customer
from customers.terms import TermsError, parse_terms
from orders.forms.parts import LineForm, RowForm, area, day_field, formset
from orders.models import BillingStep, Contract, ContractVersion, PurchaseOrder, SalesOrder, WorkOrder, WorkOrderLine

SUGGESTED = 100
"""Records of the customer that a field proposes while one types."""
_TERMS_HINT = "net 30, 2/10 net 30, eom 30"


def terms(text: str) -> str:
    """Terms in the notation of the trade. Raises ValidationError."""
    try:
        parse_terms(text)
    except TermsError as error:
        raise forms.ValidationError(str(error)) from None
    return text


class RecordForm(RowForm):
    """The head of a record. References are numbers; the customer's own are proposed. A new record has a currency, which stays."""

    refers: dict[str, Any] = {}
    new_only: tuple[str, ...] = ("currency",)
    edit_only: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    """Fields as they stand together on the page."""

    def __init__(self, *args: Any, customer: Customer, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        for name in self.edit_only if is_new else self.new_only:
            self.fields.pop(name, None)
        for name in self.refers:
            self.fields[name].widget.attrs |= {"list": f"known-{name}", "autocomplete": "off"}
        if "currency" in self.fields and not self.initial.get("currency"):
            self.initial["currency"] = customer.currency

    def sections(self) -> list[list[forms.BoundField]]:
        """The fields in their groups."""
        return [[self[name] for name in group if name in self.fields] for group in self.groups]

    def proposals(self) -> dict[str, list[tuple[str, str]]]:
        """Field → (number, words) of records of the customer, the latest first."""
        found = {}
        for name, model in self.refers.items():
            rows = model.objects.filter(customer=self.customer).order_by("-pk")[:SUGGESTED]
            found[f"known-{name}"] = [(row.number, getattr(row, "title", "") or getattr(row, "po_number", "")) for row in rows]
        return found

    def clean_payment_terms(self) -> str:
        """As the trade writes them; empty means those of the contract or the customer."""
        text = str(self.cleaned_data["payment_terms"])
        return terms(text) if text else ""


def _currency() -> forms.ChoiceField:
    return forms.ChoiceField(choices=[(c, c) for c in money.currencies()])


def _text(size: int, **options: Any) -> forms.CharField:
    return forms.CharField(required=False, max_length=size, **options)


class ContractForm(RecordForm):
    """The head of a contract; what was agreed stands in its versions."""

    groups = (("number", "currency", "signed_on", "project"), ("title",))

    number = forms.CharField(max_length=60)
    currency = _currency()
    signed_on = day_field(required=False, label="Signed")
    project = _text(60, help_text="Project or job code.")
    title = _text(200)


class VersionForm(RowForm):
    """What holds from a day on."""

    groups = (
        ("valid_from", "valid_to", "billing", "payment_terms", "tax_code"),
        ("not_to_exceed", "retainage_percent", "escalator_percent", "escalator_months", "freight"),
        ("fees_agreed", "sign_off_needed"), ("note",),
    )  # fmt: skip

    valid_from = day_field(label="Valid from")
    valid_to = day_field(required=False, label="Valid to", help_text="Empty: until further notice.")
    billing = forms.ChoiceField(choices=ContractVersion.Billing.choices, label="Billed")
    payment_terms = _text(40, help_text=f"{_TERMS_HINT}; empty: the customer’s.")
    tax_code = _text(20)
    not_to_exceed = PlainNumber(label="Not to exceed", help_text="Net, over the contract’s life.")
    retainage_percent = PlainNumber(label="Retainage, %")
    escalator_percent = PlainNumber(label="Prices rise by, %")
    escalator_months = forms.IntegerField(min_value=1, max_value=1200, initial=12, label="… every (months)")
    freight = forms.ChoiceField(choices=ContractVersion.Freight.choices, initial="billed")
    fees_agreed = forms.BooleanField(required=False, label="Fees that are not on the rate card may be billed")
    sign_off_needed = forms.BooleanField(required=False, label="Work is billed once the customer has signed for it")
    note = _text(4000, widget=area(2), help_text="What this version or amendment is about.")

    def sections(self) -> list[list[forms.BoundField]]:
        """The fields in their groups."""
        return [[self[name] for name in group] for group in self.groups]

    def clean_payment_terms(self) -> str:
        """As the trade writes them."""
        text = str(self.cleaned_data["payment_terms"])
        return terms(text) if text else ""


class PriceForm(LineForm):
    """A line of a price list or rate card."""

    marks = ("sku", "unit_price")

    sku = _text(60, label="Article")
    description = _text(300)
    unit = _text(10)
    unit_price = PlainNumber(label="Price")
    from_quantity = PlainNumber(label="From quantity")
    valid_from = day_field(required=False, label="From")
    valid_to = day_field(required=False, label="To")


class StepForm(LineForm):
    """A milestone, or an amount that recurs."""

    marks = ("code", "name", "amount")

    code = _text(30)
    kind = forms.ChoiceField(choices=BillingStep.Kind.choices, required=False, initial="milestone")
    name = _text(200)
    amount = PlainNumber()
    planned_on = day_field(required=False, label="Planned, or first day")
    until = day_field(required=False)
    every_months = forms.IntegerField(required=False, min_value=1, max_value=120, label="Every (months)")


class PurchaseOrderForm(RecordForm):
    """The head of a customer's purchase order."""

    refers = {"contract": Contract}
    edit_only = ("state",)
    groups = (
        ("number", "issued_on", "expires_on", "amount", "currency"), ("contract", "payment_terms", "buyer", "state"), ("is_blanket",),
        ("bill_to", "ship_to"),
    )  # fmt: skip

    number = forms.CharField(max_length=60, label="Their number")
    issued_on = day_field(label="Issued")
    expires_on = day_field(required=False, label="Expires", help_text="The last day it may be billed on.")
    amount = PlainNumber(help_text="Net; empty: what its lines say.")
    currency = _currency()
    contract = _text(80)
    payment_terms = _text(40, help_text=_TERMS_HINT)
    buyer = _text(150)
    state = forms.ChoiceField(choices=PurchaseOrder.State.choices)
    is_blanket = forms.BooleanField(required=False, label="A blanket order, drawn on until its amount is used up")
    bill_to = _text(1000, widget=area())
    ship_to = _text(1000, widget=area())


class _Numbered(LineForm):
    number = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, label="Line")


class PurchaseOrderLineForm(_Numbered):
    """A line of a purchase order."""

    marks = ("sku", "description", "quantity", "unit_price", "amount")

    sku = _text(60, label="Article")
    description = _text(300)
    quantity = PlainNumber()
    unit = _text(10)
    unit_price = PlainNumber(label="Price")
    amount = PlainNumber()


class SalesOrderForm(RecordForm):
    """The head of an order as our desk enters it."""

    refers = {"purchase_order": PurchaseOrder, "contract": Contract}
    edit_only = ("state",)
    groups = (
        ("number", "ordered_on", "requested_on", "currency", "state"), ("purchase_order", "po_number", "contract"),
        ("payment_terms", "tax_code", "freight", "freight_amount"), ("entered_by", "sales_representative"), ("bill_to", "ship_to"),
    )  # fmt: skip

    number = forms.CharField(max_length=60)
    ordered_on = day_field(label="Ordered")
    requested_on = day_field(required=False, label="Wanted for")
    currency = _currency()
    state = forms.ChoiceField(choices=SalesOrder.State.choices)
    purchase_order = _text(80, help_text="Their purchase order, where it is known here.")
    po_number = _text(60, label="PO number as written", help_text="Empty: that of the purchase order.")
    contract = _text(80)
    payment_terms = _text(40, help_text=_TERMS_HINT)
    tax_code = _text(20)
    freight = forms.ChoiceField(required=False, choices=[("", "as the contract says"), *SalesOrder.Freight.choices])
    freight_amount = PlainNumber(help_text="Agreed, where it is billed.")
    entered_by = _text(100)
    sales_representative = _text(100)
    bill_to = _text(1000, widget=area())
    ship_to = _text(1000, widget=area())


class SalesOrderLineForm(_Numbered):
    """A line of an order."""

    marks = ("sku", "description", "quantity", "unit_price")

    sku = _text(60, label="Article")
    description = _text(300)
    quantity = PlainNumber()
    unit = _text(10)
    unit_price = PlainNumber(label="Price")
    tax_code = _text(20)
    po_line = forms.IntegerField(required=False, min_value=1, label="PO line")
    is_service = forms.BooleanField(required=False, label="Service")


class DeliveryForm(RecordForm):
    """The head of a delivery."""

    new_only = ()
    groups = (("number", "shipped_on", "delivered_on", "carrier", "signed_by"), ("note",))

    number = forms.CharField(max_length=60)
    shipped_on = day_field(label="Shipped")
    delivered_on = day_field(required=False, label="Delivered", help_text="Empty: under way.")
    carrier = _text(100)
    signed_by = _text(150, label="Signed by")
    note = _text(300)


class DeliveryLineForm(LineForm):
    """What of an order's line was delivered; one that is left empty was not in this delivery."""

    marks = ("quantity",)

    order_line = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)
    quantity = PlainNumber(label="Delivered")
    damaged = PlainNumber(label="Damaged")


class WorkOrderForm(RecordForm):
    """The head of a work order."""

    refers = {"order": SalesOrder, "contract": Contract, "purchase_order": PurchaseOrder}
    edit_only = ("state", "completed_on", "signed_off_by", "signed_off_on")
    groups = (
        ("number", "kind", "ordered_on", "scheduled_on", "technician", "currency"),
        ("state", "completed_on", "signed_off_by", "signed_off_on"),
        ("order", "contract", "purchase_order"), ("site", "cost_code", "not_to_exceed"), ("note",),
    )  # fmt: skip

    number = forms.CharField(max_length=60)
    kind = _text(60, help_text="Installation, repair, inspection.")
    ordered_on = day_field(label="Ordered")
    scheduled_on = day_field(required=False, label="Scheduled")
    technician = _text(100)
    currency = _currency()
    state = forms.ChoiceField(choices=WorkOrder.State.choices)
    completed_on = day_field(required=False, label="Completed")
    signed_off_by = _text(150, label="Signed off by")
    signed_off_on = day_field(required=False, label="Signed off")
    order = _text(80)
    contract = _text(80)
    purchase_order = _text(80)
    site = _text(200)
    cost_code = _text(60)
    not_to_exceed = PlainNumber(help_text="Net.")
    note = _text(4000, widget=area(2))


class WorkOrderLineForm(_Numbered):
    """Hours, a part or an expense."""

    marks = ("sku", "description", "quantity")

    kind = forms.ChoiceField(choices=WorkOrderLine.Kind.choices, required=False, initial="hours")
    sku = _text(60, label="Article")
    description = _text(300)
    quantity = PlainNumber()
    unit = _text(10)
    order_line = forms.IntegerField(required=False, min_value=1, label="Order line")
    is_billable = forms.BooleanField(required=False, initial=True, label="Billed")


PriceLines, StepLines = formset(PriceForm), formset(StepForm, extra=2)
PurchaseOrderLines, SalesOrderLines = formset(PurchaseOrderLineForm), formset(SalesOrderLineForm)
DeliveryLines, WorkOrderLines = formset(DeliveryLineForm, extra=0), formset(WorkOrderLineForm)
