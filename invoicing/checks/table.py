"""The rules, in the order in which they are asked: what explains others stands before what it explains.

Every rule has a severity (block: the customer will refuse it; warn: a person should look), the points of origin it may name, and what is
to be done. How each finds its origin stands at the head of its module, and in docs/reference/checks.md.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from invoicing.checks import agreement, draws, duplicates, items, masters, prices, purchase, quantities, taxes, wants, work
from invoicing.checks.case import Case
from invoicing.checks.found import Found
from invoicing.checks.saying import Hit

ORIGINS = {
    "order_entry": "order entry",
    "pricing_setup": "pricing set-up",
    "contract_setup": "contract set-up",
    "service_execution": "service execution",
    "logistics": "logistics",
    "billing_output": "billing output",
    "customer_master": "customer master",
    "tax_setup": "tax set-up",
}
"""Points of origin, and how people call them."""

SEVERITIES = ("block", "warn", "note")

WHO_MENDS = {
    "order_entry": "Order management corrects the order.",
    "pricing_setup": "Pricing and the customer settle which price holds.",
    "contract_setup": "Contracts brings the set-up to the state that is in force.",
    "service_execution": "Service completes or corrects the work order.",
    "logistics": "Logistics clears up the delivery.",
    "billing_output": "Billing corrects the document.",
    "customer_master": "Master data corrects the customer's record.",
    "tax_setup": "Tax corrects codes or rates.",
}
"""Who acts, by the point of origin."""

DEBITS = frozenset({"invoice", "debit_memo"})
ALL = frozenset({"invoice", "debit_memo", "credit_memo"})


class Rule(NamedTuple):
    """A rule: its code, what people call it, how grave a finding is, where it may have begun, what to do first, and the search."""

    code: str
    label: str
    severity: str
    origins: tuple[str, ...]
    remedy: str
    find: Callable[[Case], Iterable[Hit]]
    kinds: frozenset[str] = DEBITS

    def found(self, hit: Hit) -> Found:
        """A hit as a finding."""
        key = f"{self.code}:{','.join(map(str, hit.lines))}" + (f":{hit.tell}" if hit.tell else "")
        return Found(
            self.code, self.severity, hit.lines, hit.expected[:200], hit.billed[:200], hit.effect, hit.origin, hit.words, hit.reasoning,
            f"{self.remedy} {WHO_MENDS[hit.origin]}", hit.sources, key[:120],
        )  # fmt: skip


_ENTRY, _OUTPUT, _SERVICE, _GOODS = "order_entry", "billing_output", "service_execution", "logistics"
_CONTRACT, _PRICING, _MASTER, _TAX = "contract_setup", "pricing_setup", "customer_master", "tax_setup"

RULES: tuple[Rule, ...] = (
    Rule(
        "customer_wrong",
        "another customer's records",
        "block",
        (_ENTRY, _OUTPUT),
        "Bill the customer whose order it is.",
        masters.customer_wrong,
    ),
    Rule("currency", "currency not as agreed", "block", (_ENTRY, _MASTER, _OUTPUT), "Bill in the agreed currency.", masters.currency, ALL),
    Rule("order_cancelled", "order is cancelled", "block", (_OUTPUT,), "Don't bill it, or reopen the order.", masters.cancelled),
    Rule(
        "contract_not_in_force",
        "contract not in force",
        "block",
        (_CONTRACT, _ENTRY, _SERVICE, _OUTPUT),
        "Have the contract renewed or amended, or bill on what is in force.",
        agreement.not_in_force,
    ),
    Rule(
        "item_differs",
        "another article than ordered",
        "block",
        (_SERVICE, _OUTPUT),
        "Bill the ordered article, or have the order changed.",
        items.differs,
    ),
    Rule("arithmetic", "doesn't add up", "block", (_OUTPUT,), "Add up anew.", taxes.arithmetic, ALL),
    Rule(
        "unit",
        "unit not as agreed",
        "block",
        (_PRICING, _ENTRY, _OUTPUT),
        "Bill in the agreed unit, or record how the units convert.",
        prices.of_rule("unit"),
    ),
    Rule(
        "contract_version",
        "price of another contract version",
        "block",
        (_CONTRACT, _OUTPUT),
        "Bill the price of the version in force.",
        prices.of_rule("contract_version"),
    ),
    Rule(
        "escalator",
        "price escalated wrongly",
        "block",
        (_CONTRACT, _OUTPUT),
        "Bill the price as escalated on that day.",
        prices.of_rule("escalator"),
    ),
    Rule("price", "price not as agreed", "block", (_PRICING, _ENTRY, _OUTPUT), "Bill the agreed price.", prices.of_rule("price")),
    Rule(
        "po_price",
        "purchase order and contract differ",
        "warn",
        (_CONTRACT, _PRICING),
        "Agree with the customer which price holds.",
        prices.of_rule("po_price"),
    ),
    Rule(
        "item_not_agreed", "article nobody agreed to", "block", (_SERVICE, _OUTPUT), "Take it off, or have it agreed to.", items.not_agreed
    ),
    Rule(
        "milestone_not_reached",
        "milestone not reached",
        "block",
        (_SERVICE, _OUTPUT),
        "Wait until the milestone is reached, or report it.",
        agreement.milestone_not_reached,
    ),
    Rule("duplicate", "billed before", "block", (_ENTRY, _OUTPUT), "Don't issue it: it was billed.", duplicates.exact),
    Rule(
        "near_duplicate",
        "may have been billed before",
        "warn",
        (_ENTRY, _OUTPUT),
        "Compare the two, and issue only what is new.",
        duplicates.near,
    ),
    Rule("work_not_done", "work not completed", "block", (_SERVICE, _OUTPUT), "Wait until the work is done.", work.not_done),
    Rule("work_billed_twice", "work billed before", "block", (_OUTPUT,), "Take off what was billed.", work.billed_twice),
    Rule("quantity_work", "more than was done", "block", (_OUTPUT,), "Bill what the work order reports.", work.above_report),
    Rule("work_underbilled", "less than was done", "warn", (_OUTPUT,), "Bill all that the work order reports.", work.below_report),
    Rule("work_not_signed", "work not signed off", "block", (_SERVICE,), "Have the customer sign for the work.", work.not_signed),
    Rule(
        "work_beyond_order",
        "work beyond the order",
        "block",
        (_SERVICE,),
        "Bill what was ordered, or have the rest ordered.",
        quantities.beyond_order,
    ),
    Rule("quantity_ordered", "more than ordered", "block", (_GOODS, _OUTPUT), "Bill what was ordered.", quantities.ordered),
    Rule("quantity_delivered", "more than delivered", "block", (_GOODS, _OUTPUT), "Bill what arrived in good state.", quantities.delivered),
    Rule("step_billed_twice", "step billed before", "block", (_OUTPUT,), "Take off what was billed.", agreement.step_billed_twice),
    Rule("step_amount", "step above its amount", "block", (_CONTRACT, _OUTPUT), "Bill the step's amount.", agreement.step_amount),
    Rule("freight_not_agreed", "freight not agreed", "block", (_ENTRY, _OUTPUT), "Take the freight off.", agreement.freight_not_agreed),
    Rule("freight_amount", "freight not as agreed", "block", (_OUTPUT,), "Bill the freight that the order says.", agreement.freight_amount),
    Rule("fee_not_agreed", "fee not agreed", "block", (_ENTRY, _OUTPUT), "Take the fee off.", agreement.fee_not_agreed),
    Rule(
        "po_missing",
        "purchase order number missing",
        "block",
        (_ENTRY, _OUTPUT),
        "Put the customer's number on the invoice.",
        purchase.missing,
    ),
    Rule("po_wrong", "another purchase order", "block", (_ENTRY, _OUTPUT), "Put the order's own number on the invoice.", purchase.wrong),
    Rule(
        "po_customer",
        "another customer's purchase order",
        "block",
        (_ENTRY, _OUTPUT),
        "Put the customer's own number on the invoice.",
        purchase.other_customers,
    ),
    Rule(
        "po_unknown",
        "purchase order not on record",
        "warn",
        (_ENTRY, _OUTPUT),
        "Find the purchase order, or correct the number.",
        purchase.unknown,
    ),
    Rule("po_closed", "purchase order closed", "block", (_ENTRY, _OUTPUT), "Have the customer reopen it or give another.", purchase.closed),
    Rule(
        "po_expired",
        "purchase order expired",
        "block",
        (_ENTRY, _SERVICE, _GOODS, _OUTPUT),
        "Have the customer extend it.",
        purchase.expired,
    ),
    Rule("po_format", "number looks wrong", "block", (_ENTRY, _OUTPUT), "Correct the number.", purchase.format_),
    Rule(
        "po_line_missing",
        "line of the purchase order not named",
        "block",
        (_ENTRY, _OUTPUT),
        "Name the purchase order's line on each line.",
        purchase.lines_not_named,
    ),
    Rule(
        "po_line_exhausted",
        "line of the purchase order used up",
        "block",
        (_ENTRY, _SERVICE, _OUTPUT),
        "Bill what is left, or have the purchase order raised.",
        draws.po_lines,
    ),
    Rule(
        "work_exceeded",
        "above the work order's limit",
        "block",
        (_SERVICE, _OUTPUT),
        "Bill up to the limit, or have it raised.",
        draws.work_orders,
    ),
    Rule(
        "contract_exceeded",
        "above the contract's limit",
        "block",
        (_ENTRY, _SERVICE, _OUTPUT),
        "Bill up to the limit, or have it amended.",
        draws.contracts,
    ),
    Rule(
        "po_exhausted",
        "purchase order used up",
        "block",
        (_ENTRY, _SERVICE, _OUTPUT),
        "Bill what is left, or have the purchase order raised.",
        draws.purchase_orders,
    ),
    Rule("terms", "terms not as agreed", "block", (_ENTRY, _MASTER, _CONTRACT, _OUTPUT), "Bill with the agreed terms.", masters.terms),
    Rule(
        "bill_to", "address not as asked for", "warn", (_ENTRY, _MASTER, _OUTPUT), "Address it as the purchase order says.", masters.bill_to
    ),
    Rule("tax_forbidden", "tax not wanted", "block", (_MASTER, _OUTPUT), "Bill without tax.", taxes.tax_forbidden),
    Rule("exemption_ignored", "exemption ignored", "block", (_MASTER, _TAX), "Bill without tax.", taxes.exemption_ignored),
    Rule("tax_code", "tax code not as agreed", "block", (_ENTRY, _MASTER, _TAX), "Tax by the agreed code.", taxes.tax_code),
    Rule(
        "exemption_expired",
        "exemption certificate expired",
        "block",
        (_MASTER,),
        "Ask for a new certificate, or bill with tax.",
        taxes.exemption_expired,
    ),
    Rule(
        "exemption_missing",
        "exemption certificate missing",
        "block",
        (_MASTER,),
        "Ask for the certificate, or bill with tax.",
        taxes.exemption_missing,
    ),
    Rule("tax_amount", "tax not by the rate", "block", (_TAX, _OUTPUT), "Tax by the rate in force.", taxes.tax_amount),
    Rule("retainage", "retainage not as agreed", "block", (_CONTRACT, _OUTPUT), "Keep back what the contract says.", agreement.retainage),
    Rule(
        "cost_code_missing",
        "cost code missing",
        "block",
        (_ENTRY, _OUTPUT),
        "Put the customer's cost code on the invoice.",
        wants.cost_code,
    ),
    Rule(
        "attachment_missing",
        "attachment missing",
        "block",
        (_SERVICE, _GOODS, _ENTRY, _OUTPUT),
        "Attach what the customer wants.",
        wants.attachment,
    ),
    Rule(
        "several_work_orders", "several work orders", "block", (_OUTPUT,), "Make an invoice for each work order.", wants.several_work_orders
    ),
    Rule("not_consolidated", "not consolidated", "warn", (_OUTPUT,), "Bill all of the month on one invoice.", wants.not_consolidated),
    Rule(
        "lien_release_missing", "lien release missing", "block", (_OUTPUT,), "Send the lien release with the invoice.", wants.lien_release
    ),
    Rule("portal_upload", "portal upload", "warn", (_MASTER,), "Upload it to the customer's portal.", wants.portal),
    Rule("billed_late", "billed too late", "warn", (_SERVICE, _OUTPUT), "Ask the customer to accept it late.", wants.billed_late),
)

BY_CODE = {rule.code: rule for rule in RULES}
