"""Faults of masters, and of what customers want of their invoices."""

from datetime import date, timedelta
from decimal import Decimal

from invoicing.checks.lives.base import earlier_invoice
from invoicing.checks.lives.faults import (
    another_customer,
    days,
    fault,
    order_of,
    unwant,
    wants,
)  # fmt: skip
from invoicing.checks.lives.model import Life, Maker, Row, iso, ref, text

Answer = tuple[int, ...] | bool | None
ELSEWHERE = "4 Mill Lane\nAustin, TX 78701"


def _other_terms(life: Life) -> str:
    return "net 10" if life.meta["terms"] != "net 10" else "net 20"


def _agreed_terms(life: Life) -> bool:
    """Make sure that the contract, or else the purchase order, names the terms."""
    if life.contracts:
        return True
    if life.purchase_orders:
        life.purchase_orders[0]["payment_terms"] = life.meta["terms"]
    return bool(life.purchase_orders)


def _order_silent(life: Life) -> None:
    for row in life.orders:
        row.pop("payment_terms", None)


@fault("terms", "order_entry", "terms", "goods", "service", "blanket")
def terms_entered(m: Maker, life: Life) -> Answer:
    """The desk entered other terms."""
    order = order_of(life)
    if not order or not _agreed_terms(life):
        return False
    order["payment_terms"] = life.invoice["payment_terms"] = _other_terms(life)
    return ()


@fault("terms", "customer_master", "terms", "goods", "service", "time", "project", "rent", "plain")
def terms_of_the_master(m: Maker, life: Life) -> Answer:
    """The master has other terms, and was taken."""
    if not _agreed_terms(life):
        return False
    _order_silent(life)
    life.customer["payment_terms"] = life.invoice["payment_terms"] = _other_terms(life)
    return ()


@fault("terms", "contract_setup", "terms", "goods", "service", "time", "blanket")
def terms_of_the_purchase_order(m: Maker, life: Life) -> Answer:
    """The purchase order names other terms than the contract, and they were billed."""
    if not life.contracts:
        return False
    _order_silent(life)
    life.customer["payment_terms"] = life.meta["terms"]
    life.purchase_orders[0]["payment_terms"] = life.invoice["payment_terms"] = _other_terms(life)
    return ()


@fault("terms", "billing_output", "terms", "goods", "service", "time", "project", "rent", "plain", "blanket")
def terms_billed(m: Maker, life: Life) -> Answer:
    """Terms that no document names."""
    life.invoice["payment_terms"] = _other_terms(life)
    return ()


@fault("bill_to", "order_entry", "bill_to", "goods", "service", "blanket")
def address_entered(m: Maker, life: Life) -> Answer:
    """The purchase order asks for another address than the order has."""
    order = order_of(life)
    if not order:
        return False
    life.purchase_orders[0]["bill_to"] = ELSEWHERE
    order["bill_to"] = life.customer["address"]
    return ()


@fault("bill_to", "customer_master", "bill_to", "goods", "service", "time", "blanket", "plain")
def address_of_the_master(m: Maker, life: Life) -> Answer:
    """The master's address isn't what the purchase order asks for."""
    life.purchase_orders[0]["bill_to"] = ELSEWHERE
    return ()


@fault("bill_to", "billing_output", "bill_to", "goods", "plain", alone=True)
def address_printed(m: Maker, life: Life) -> Answer:
    """The invoice is addressed as no document says."""
    life.purchase_orders[0]["bill_to"] = life.customer["address"]
    life.bill_to, life.raw = ELSEWHERE, True
    return ()


@fault("currency", "order_entry", "currency", "goods", "service", alone=True)
def currency_entered(m: Maker, life: Life) -> Answer:
    """Contract and purchase order are in another currency than the order."""
    for row in [*life.contracts, *life.purchase_orders]:
        row["currency"] = "EUR"
    return ()


@fault("currency", "customer_master", "currency", "time", "project", "plain", alone=True)
def currency_of_the_master(m: Maker, life: Life) -> Answer:
    """Contract and purchase order are in another currency than the master."""
    for row in [*life.contracts, *life.purchase_orders]:
        row["currency"] = "EUR"
    return ()


@fault("currency", "billing_output", "currency", "goods", "service", "time", "plain", alone=True)
def currency_billed(m: Maker, life: Life) -> Answer:
    """Only the invoice is in another currency."""
    life.invoice["currency"] = "CAD"
    return ()


@fault("customer_wrong", "order_entry", "customer", "goods", alone=True)
def order_of_another(m: Maker, life: Life) -> Answer:
    """The order was entered for another customer than the purchase order's."""
    number = another_customer(m, life)
    for row in [*life.orders, *life.deliveries]:
        row["customer"] = ref(number)
        row.pop("purchase_order", None)
        row.pop("contract", None)
    return None


@fault("customer_wrong", "billing_output", "customer", "time", alone=True)
def work_of_another(m: Maker, life: Life) -> Answer:
    """Work for another customer is billed."""
    number = another_customer(m, life)
    for row in life.work_orders:
        row["customer"] = ref(number)
        row.pop("purchase_order", None)
        row.pop("contract", None)
    return None


@fault("order_cancelled", "billing_output", "order", "goods", alone=True)
def cancelled_yet_billed(m: Maker, life: Life) -> Answer:
    """The order was cancelled."""
    order = order_of(life)
    if not order:
        return False
    order["state"] = "cancelled"
    return None


@fault("cost_code_missing", "billing_output", "cost_code", "service", "time")
def cost_code_lost(m: Maker, life: Life) -> Answer:
    """The work order has it, the invoice doesn't, or has another."""
    wants(life, "cost_code")
    for work in life.work_orders:
        work["cost_code"] = "CC-520"
    life.invoice["cost_code"] = m.dice.choice(("", "CC-999"))
    return ()


@fault("cost_code_missing", "order_entry", "cost_code", "goods", "service", "plain")
def cost_code_never_asked_for(m: Maker, life: Life) -> Answer:
    """Nobody has it."""
    wants(life, "cost_code")
    for row in [*life.work_orders, life.invoice]:
        row.pop("cost_code", None)
    return ()


@fault("attachment_missing", "service_execution", "attachment", "service", "time")
def no_installation_document(m: Maker, life: Life) -> Answer:
    """The customer wants it, service didn't attach it."""
    return _unattached(life, "installation")


@fault("attachment_missing", "logistics", "attachment", "goods")
def no_proof_of_delivery(m: Maker, life: Life) -> Answer:
    """The customer wants it, logistics didn't attach it."""
    return _unattached(life, "delivery")


@fault("attachment_missing", "order_entry", "attachment", "goods", "plain")
def no_copy_of_the_order(m: Maker, life: Life) -> Answer:
    """The customer wants its purchase order's copy back."""
    return _unattached(life, "purchase_order")


@fault("attachment_missing", "billing_output", "attachment", "goods", "rent", "project")
def no_evidence(m: Maker, life: Life) -> Answer:
    """The customer wants backup with the invoice."""
    return _unattached(life, "evidence")


def _unattached(life: Life, kind: str) -> Answer:
    wants(life, "attachment", kind=kind)
    life.attachments = [x for x in life.attachments if x["kind"] != kind]
    return ()


@fault("several_work_orders", "billing_output", "consolidation", "service")
def two_on_one(m: Maker, life: Life) -> Answer:
    """Two work orders on one invoice."""
    if len(life.work_orders) < 2:
        return False
    wants(life, "one_work_order")
    return ()


@fault("not_consolidated", "billing_output", "consolidation", "goods", "service", "time", "plain", "rent")
def second_of_the_month(m: Maker, life: Life) -> Answer:
    """There is an invoice of this month already."""
    wants(life, "consolidated")
    line: Row = {
        "sku": "MISC-1",
        "description": "Sundries",
        "quantity": "1",
        "unit": "EA",
        "unit_price": text(Decimal("83.10")),
        "tax_code": "",
    }
    row = earlier_invoice(m, life, [line], life.day.replace(day=1), 6)
    for name in ("po_number", "order"):
        row.pop(name, None)
    return ()


@fault("lien_release_missing", "billing_output", "lien", "project")
def no_lien_release(m: Maker, life: Life) -> Answer:
    """The customer pays only with a release; none, or one of an earlier month, is on record."""
    wants(life, "lien_release")
    if m.chance(0.5):
        number = life.contracts[0]["number"]
        through = iso(life.day - timedelta(days=45))
        life.documents.append({
            "kind": "lien_conditional_progress", "state": "sent", "contract_number": number, "through_date": through,
            "reference": m.number("LR"),
        })  # fmt: skip
    return ()


@fault("portal_upload", "customer_master", "portal", "goods", "service", "rent", "plain")
def sent_past_the_portal(m: Maker, life: Life) -> Answer:
    """The customer has a portal, the master sends mail."""
    wants(life, "portal")
    life.customer["delivery"] = "email"
    return ()


@fault("billed_late", "billing_output", "late sign", "service", "time")
def billed_late(m: Maker, life: Life) -> Answer:
    """Ready in time, billed late."""
    gap = _gap(life)
    if gap < 2:
        return False
    unwant(life, "bill_within")
    wants(life, "bill_within", days=gap - 1)
    return ()


@fault("billed_late", "service_execution", "late sign", "service", "time")
def signed_late(m: Maker, life: Life) -> Answer:
    """Signed for only after the span that the customer accepts."""
    gap = _gap(life)
    if gap < 4:
        return False
    first = min((w for w in life.work_orders if w.get("completed_on")), key=lambda w: w["completed_on"])
    unwant(life, "bill_within")
    wants(life, "bill_within", days=gap - 2)
    first |= {"signed_off_by": "P. Marsh", "signed_off_on": iso(date.fromisoformat(first["completed_on"]) + timedelta(days=gap - 1))}
    return ()


def _gap(life: Life) -> int:
    done = days(life.work_orders, "completed_on")
    return (life.day - min(done)).days if len(done) == len(life.work_orders) else 0
