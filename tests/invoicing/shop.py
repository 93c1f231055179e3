"""A company with work to bill, for tests of billing."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from customers.models import BillingRequirement, TaxRate
from invoicing.models import Draft
from invoicing.payload import digest
from invoicing.selectors.unbilled import Asked, of_company
from invoicing.services.billing import make_drafts, with_tax
from invoicing.services.drafting import issue_draft, save_draft
from orders.models import (
    BillingStep,
    Contract,
    ContractPrice,
    ContractVersion,
    Delivery,
    DeliveryLine,
    SalesOrder,
    SalesOrderLine,
    WorkOrder,
    WorkOrderLine,
)
from tests.factories import make_company, make_customer, make_user

TODAY = date(2026, 9, 15)


NOON = datetime(2026, 9, 15, 12, tzinfo=UTC)


NUMBERS = itertools.count(1)


class Shop:
    """A company with a customer, a contract and people, and the order's life in a line each."""

    def __init__(self):
        self.company = make_company("SHOP")
        self.customer = make_customer(self.company, "Acme", tax_code="TX")
        self.clerk = make_user("specialist", self.company)
        TaxRate.objects.create(
            company=self.company, code="TX", name="Texas", jurisdiction="US-TX", percent=Decimal("8.25"), valid_from=date(2020, 1, 1),
            created_by="t",
        )  # fmt: skip

    def contract(self, number="CT-1", **version):
        contract = Contract.objects.create(**self.head(number))
        kept = {"number": 1, "valid_from": date(2026, 1, 1), "created_by": "t"} | version
        prices, steps = kept.pop("prices", {}), kept.pop("steps", ())
        made = ContractVersion.objects.create(contract=contract, **kept)
        for n, (sku, (unit, price)) in enumerate(prices.items(), 1):
            ContractPrice.objects.create(version=made, number=n, sku=sku, unit=unit, unit_price=Decimal(price))
        for code, amount, more in steps:
            BillingStep.objects.create(version=made, code=code, name=f"Step {code}", amount=amount, **more)
        return contract

    def head(self, number, customer=None):
        return {
            "company": self.company, "customer": customer or self.customer, "number": number, "currency": "USD", "created_by": "t",
        }  # fmt: skip

    def work(self, number, *lines, done=TODAY - timedelta(days=9), **fields):
        work = WorkOrder.objects.create(
            **self.head(number, fields.pop("customer", None)), ordered_on=done, completed_on=done, **{"state": "done"} | fields
        )
        for n, (sku, quantity, unit) in enumerate(lines, 1):
            WorkOrderLine.objects.create(
                work_order=work, number=n, sku=sku, quantity=Decimal(quantity), unit=unit, description=f"{sku} work"
            )
        return work

    def order(self, number, *lines, **fields):
        order = SalesOrder.objects.create(**self.head(number), **{"ordered_on": TODAY - timedelta(days=30)} | fields)
        for n, (sku, quantity, price) in enumerate(lines, 1):
            SalesOrderLine.objects.create(order=order, number=n, sku=sku, unit="EA", quantity=Decimal(quantity), unit_price=Decimal(price))
        return order

    def ship(self, order, number, *quantities, on=TODAY - timedelta(days=5)):
        delivery = Delivery.objects.create(**self.head(number), order=order, shipped_on=on)
        for n, quantity in enumerate(quantities, 1):
            if quantity:
                DeliveryLine.objects.create(delivery=delivery, order_line=n, quantity=Decimal(quantity))
        return delivery

    def wants(self, kind, customer=None, **params):
        BillingRequirement.objects.create(
            customer=customer or self.customer, company=self.company, kind=kind, params=params, valid_from=date(2026, 1, 1), created_by="t"
        )

    def offers(self):
        return {o.key: o for o in of_company(self.company, Asked(self.company.pk, TODAY)).offers}

    def bill(self, *keys):
        return make_drafts(actor=self.clerk, company=self.company, keys=list(keys or self.offers()), today=TODAY)

    def issue(self, draft):
        draft.refresh_from_db()
        Draft.objects.filter(pk=draft.pk).update(state="clear", checked_hash=digest(draft.payload))
        return issue_draft(actor=self.clerk, draft=draft, now=NOON, today=TODAY)


RATES = {"HVAC": ("HUR", "80"), "FILTER": ("EA", "12.50")}


def changed(shop, draft, **quantities_by_sku):
    """The draft as someone changes it on the screen: other quantities, or lines that go."""
    lines = []
    for line in draft.payload["lines"]:
        quantity = Decimal(quantities_by_sku.get(line["sku"], line["quantity"]))
        if quantity:
            lines.append({**line, "quantity": str(quantity), "amount": f"{quantity * Decimal(line['unit_price']):.2f}"})
    bare = {k: v for k, v in draft.payload.items() if k not in ("subtotal", "tax_total", "total")}
    row = with_tax(company=shop.company, customer=draft.customer, row={**bare, "lines": lines})
    return save_draft(actor=shop.clerk, row=row, origin=draft.origin, draft=draft, today=TODAY)
