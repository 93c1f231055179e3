"""The causes that a company begins with: at which stage each arises, whose it usually is to mend, which rules of the check point to it.

Every rule of the check points to one cause, and that cause's stage is one of the points of origin that the rule may name. Some causes have
no rule: what the check can't see (damage, a payment misapplied, what the customer got wrong) only a person finds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standard:
    """A cause as delivered. `departments` are codes, the likeliest first: the first that the company has is the owner."""

    code: str
    name: str
    stage: str
    departments: tuple[str, ...]
    rules: tuple[str, ...] = ()
    is_ours: bool = True


_ORDERS, _SALES, _SERVICE = ("orders", "sales"), ("pricing", "sales", "orders"), ("service", "projects")
_CONTRACTS, _GOODS, _BILLING = ("contracts", "projects", "sales"), ("logistics",), ("billing",)
_MASTER, _TAX, _CASH = ("master_data", "billing", "sales"), ("tax", "billing"), ("receivables", "cash")

STANDARD: tuple[Standard, ...] = (
    Standard("order_customer", "Order entered for another customer", "order_entry", _ORDERS, ("customer_wrong",)),
    Standard(
        "order_po", "Purchase order number, line or cost code missing or wrong", "order_entry", _ORDERS,
        ("po_missing", "po_wrong", "po_customer", "po_unknown", "po_format", "po_line_missing", "cost_code_missing"),
    ),
    Standard(
        "order_po_lapsed", "Purchase order closed, expired or used up", "order_entry", _ORDERS,
        ("po_closed", "po_expired", "po_exhausted", "po_line_exhausted"),
    ),
    Standard("order_twice", "Order entered twice", "order_entry", _ORDERS, ("duplicate", "near_duplicate")),
    Standard("order_terms", "Terms, currency or address not as ordered", "order_entry", _ORDERS, ("terms", "currency", "bill_to")),
    Standard("order_fees", "Freight or fee that nobody agreed to", "order_entry", _ORDERS, ("freight_not_agreed", "fee_not_agreed")),
    Standard("order_price", "Price mistyped at the order desk", "order_entry", _ORDERS),
    Standard("price_setup", "Price not as agreed", "pricing_setup", _SALES, ("price",)),
    Standard("unit_setup", "Unit or its conversion not as agreed", "pricing_setup", _SALES, ("unit",)),
    Standard(
        "contract_price", "Price of another contract version, or wrongly escalated", "contract_setup", _CONTRACTS,
        ("contract_version", "escalator"),
    ),
    Standard("contract_order", "Contract and purchase order differ", "contract_setup", _CONTRACTS, ("po_price",)),
    Standard("contract_lapsed", "Contract not in force", "contract_setup", _CONTRACTS, ("contract_not_in_force",)),
    Standard("contract_steps", "Retainage or step not as agreed", "contract_setup", _CONTRACTS, ("retainage", "step_amount")),
    Standard("work_early", "Billed before the work was done", "service_execution", _SERVICE, ("work_not_done", "milestone_not_reached")),
    Standard(
        "work_beyond", "Work or parts beyond what was agreed", "service_execution", _SERVICE,
        ("work_beyond_order", "item_not_agreed", "work_exceeded", "contract_exceeded"),
    ),
    Standard(
        "work_proof", "Sign-off or proof of the work missing", "service_execution", _SERVICE, ("work_not_signed", "attachment_missing")
    ),
    Standard("work_late", "Work reported late", "service_execution", _SERVICE, ("billed_late",)),
    Standard("work_quality", "Work done badly", "service_execution", _SERVICE),
    Standard("goods_short", "Less delivered than billed", "logistics", _GOODS, ("quantity_delivered",)),
    Standard("goods_damaged", "Goods damaged or defective", "logistics", _GOODS),
    Standard("goods_proof", "Proof of delivery missing or late", "logistics", _GOODS),
    Standard("billed_price", "Another price billed than ordered", "billing_output", _BILLING),
    Standard("billed_cancelled", "Billed although cancelled", "billing_output", _BILLING, ("order_cancelled",)),
    Standard("billed_twice", "Work or step billed twice", "billing_output", _BILLING, ("work_billed_twice", "step_billed_twice")),
    Standard("billed_more", "More billed than ordered or done", "billing_output", _BILLING, ("quantity_ordered", "quantity_work")),
    Standard("billed_less", "Less billed than was done", "billing_output", _BILLING, ("work_underbilled",)),
    Standard("billed_other", "Another article billed than ordered", "billing_output", _BILLING, ("item_differs",)),
    Standard("billed_sums", "Sums or freight wrong on the document", "billing_output", _BILLING, ("arithmetic", "freight_amount")),
    Standard(
        "billed_form", "Document not in the form the customer wants", "billing_output", _BILLING,
        ("several_work_orders", "not_consolidated", "lien_release_missing"),
    ),
    Standard("billed_unseen", "Document never reached the customer", "billing_output", _BILLING),
    Standard("master_terms", "Terms, currency or address wrong in the customer's record", "customer_master", _MASTER),
    Standard("master_portal", "Customer's portal not on record", "customer_master", _MASTER, ("portal_upload",)),
    Standard(
        "master_exemption", "Tax exemption missing, expired or not on record", "customer_master", _MASTER,
        ("exemption_expired", "exemption_missing", "tax_forbidden"),
    ),
    Standard("tax_setup", "Tax code, rate or exemption set up wrongly", "tax_setup", _TAX, ("tax_code", "tax_amount", "exemption_ignored")),
    Standard("cash_misapplied", "Payment applied to another item", "cash_application", _CASH),
    Standard("cash_credit", "Credit or discount not booked in time", "cash_application", _CASH),
    Standard("customer_discount", "Discount taken without right", "customer", (), is_ours=False),
    Standard("customer_short", "Paid short without a reason", "customer", (), is_ours=False),
    Standard("customer_records", "Customer's own records are wrong", "customer", (), is_ours=False),
)  # fmt: skip
"""As delivered, in the order of the stages."""


def owner_among(standard: Standard, departments: Iterable[str]) -> str:
    """The code of the department whose a standard cause is, among those that there are; empty where none of the likely ones is."""
    there = set(departments)
    return next((code for code in standard.departments if code in there), "")


def moved(mapping: Mapping[str, Iterable[str]], wanted: Mapping[str, str]) -> dict[str, list[str]]:
    """Rules by cause after some were given to other causes: `wanted` is rule → code of its cause, empty for none. A rule that isn't named
    stays where it is, and none is at two causes."""
    kept = {code: [rule for rule in rules if rule not in wanted] for code, rules in mapping.items()}
    for rule, code in wanted.items():
        if code:
            kept.setdefault(code, []).append(rule)
    return {code: sorted(set(rules)) for code, rules in kept.items()}
