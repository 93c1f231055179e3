"""The order's life as it went, with the points where something began to differ."""

from collections.abc import Sequence
from dataclasses import dataclass

from arops.lib.http import address
from invoicing.checks import ORIGINS
from invoicing.checks.case import Case
from invoicing.models import Finding
from invoicing.selectors.proof import Proof


@dataclass(frozen=True, slots=True)
class Stop:
    """A link of the order's life: what it is, which, and whether something began to go wrong there."""

    name: str
    number: str
    url: str
    words: str
    effect: int | None = None


_STOPS = (
    ("customer_master", "Customer"), ("contract_setup", "Contract"), ("pricing_setup", "Price set-up"), ("order_entry", "Order entry"),
    ("service_execution", "Service"), ("logistics", "Logistics"), ("tax_setup", "Tax set-up"), ("billing_output", "Billing"),
)  # fmt: skip


def track(case: Case, findings: Sequence[Finding], proof: Proof) -> list[Stop]:
    """The order's life as it went, with the points where something began to differ."""
    effects: dict[str, int] = {}
    for finding in findings:
        effects[finding.origin] = effects.get(finding.origin, 0) + finding.effect
    found = []
    for origin, name in _STOPS:
        number, url, words = _at(case, origin, proof)
        if number or origin in effects:
            found.append(Stop(name, number, url, words, effects.get(origin)))
    return found


def _at(case: Case, origin: str, proof: Proof) -> tuple[str, str, str]:
    """Which record stands at a point of the order's life, its page, and a word about it."""
    if origin == "customer_master" and case.customer:
        return case.customer.number, address("customers:detail", case.customer.key), ""
    if origin == "contract_setup" and case.contracts():
        contract = case.contracts()[0]
        return contract.number, address("orders:contract", contract.key), ""
    if origin == "order_entry" and case.orders():
        order = case.orders()[0]
        return order.number, address("orders:order", order.key), f"{order.ordered_on}"
    if origin == "service_execution" and case.work_orders():
        work = case.work_orders()[0]
        return work.number, address("orders:work-order", work.key), work.state
    if origin == "logistics":
        arrival = next((a for o in case.orders() for a in proof.arrivals.get(o.key, ())), None)
        if arrival:
            return arrival.number, address("orders:delivery", arrival.key), arrival.signed
        return next((n for o in case.orders() for n in o.deliveries), ""), "", ""
    if origin == "billing_output":
        return case.document.number or "draft", "", f"{case.document.document_date}"
    return "", "", ""


def origin_label(code: str) -> str:
    """How people call a point of origin."""
    return ORIGINS.get(code, code.replace("_", " "))
