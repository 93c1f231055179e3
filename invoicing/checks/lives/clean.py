"""Clean lives: everything agrees, and still looks as untidy as real ones do.

Kinds: goods (ordered, delivered in parts, billed by delivery), service (ordered, done, billed by work order), time (work orders straight
on a contract), project (milestones with retainage), rent (a recurring amount), blanket (a purchase order drawn on by many orders),
plain (a purchase order and nothing else), rebill (credited and billed again).

Noise that must not alarm: partial deliveries billed in parts, purchase orders in boxes billed in pieces, prices by tier, amended
contracts with other prices before and after, escalated prices, exempt customers, three ways of rounding tax, terms and addresses spelled
otherwise, a customer master whose terms the contract overrides, equal invoices month by month.
"""

from collections.abc import Callable
from datetime import timedelta

from invoicing.checks.lives.base import finish
from invoicing.checks.lives.goods import goods
from invoicing.checks.lives.model import Life, Maker, iso
from invoicing.checks.lives.services import blanket, plain, project, rebill, rent, service, time

KINDS: dict[str, Callable[[Maker], Life]] = {
    "goods": goods, "service": service, "time": time, "project": project, "rent": rent, "blanket": blanket, "plain": plain,
    "rebill": rebill,
}  # fmt: skip
"""How each kind of life is made."""


def make_clean(m: Maker, kind: str) -> Life:
    """A life of the kind in which everything agrees."""
    life = KINDS[kind](m)
    _customer_wishes(m, life)
    finish(life)
    return life


def _customer_wishes(m: Maker, life: Life) -> None:
    """Requirements that the invoice meets."""
    d, since = m.dice, iso(life.day - timedelta(days=200))

    def wants(wanted: str, **params: object) -> None:
        life.requirements.append({"kind": wanted, "params": params, "valid_from": since})

    if life.purchase_orders:
        if m.chance(0.5):
            wants("po_number")
        if m.chance(0.3):
            wants("po_format", mask="PO-#####*")
        if m.chance(0.3) and all("po_line" in x for x in life.lines):
            wants("line_reference")
    if m.chance(0.25):
        wants("cost_code")
        life.invoice["cost_code"] = "CC-410"
        for work in life.work_orders:
            work["cost_code"] = "CC-410"
    if life.work_orders and m.chance(0.4):
        wants("bill_within", days=60)
        if len(life.work_orders) == 1:
            wants("one_work_order")
    if life.work_orders and m.chance(0.3):
        wants("attachment", kind="installation")
        life.attachments += [{"record": "work_order", "number": w["number"], "kind": "installation"} for w in life.work_orders]
    if m.chance(0.1):
        wants("portal")
        life.customer["delivery"] = "pull"
    if m.chance(0.15) and life.contracts and d.random() < 0.5 and any(x.get("payment_terms") for x in life.orders):
        life.customer["payment_terms"] = "net 15"  # the contract overrides the master, and the order says so
