"""What customers say, what the check finds, and what puts it right: tables that the proposal of a finding is made by.

A finding **fits** what the customer says when its rule stands beside the reason below; under a reason that says nothing (`other`,
`short_payment`) every finding fits. One that doesn't fit contradicts it: it is named, and taken only where it comes to the claim exactly.
"""

from typing import NamedTuple

CREDITED, DEBITED, REBILLED, CORRECTED = "credited", "debited", "rebilled", "corrected"
GOODWILL, REJECTED, PAID = "goodwill", "rejected", "paid"

_PRICE = "price contract_version escalator po_price unit item_not_agreed step_amount arithmetic currency contract_not_in_force"
_LIMITS = "po_line_exhausted po_exhausted work_exceeded contract_exceeded"
_QUANTITY = f"quantity_ordered quantity_delivered quantity_work work_beyond_order unit item_differs item_not_agreed arithmetic {_LIMITS}"
_REFERENCES = "po_missing po_wrong po_customer po_unknown po_closed po_expired po_format po_line_missing cost_code_missing customer_wrong"
_UNDONE = (
    "quantity_delivered quantity_ordered quantity_work work_not_done milestone_not_reached work_not_signed attachment_missing"
    " order_cancelled item_differs item_not_agreed"
)
_TWICE = "duplicate near_duplicate work_billed_twice step_billed_twice quantity_ordered quantity_delivered"
_TAX = "tax_forbidden exemption_ignored tax_code exemption_expired exemption_missing tax_amount arithmetic"

FITTING: dict[str, frozenset[str]] = {
    "price": frozenset(_PRICE.split()),
    "quantity": frozenset(f"{_QUANTITY} work_underbilled work_billed_twice step_billed_twice".split()),
    "po_missing": frozenset(f"{_REFERENCES} {_LIMITS}".split()),
    "not_delivered": frozenset(_UNDONE.split()),
    "damaged": frozenset({"quantity_delivered"}),
    "duplicate": frozenset(_TWICE.split()),
    "tax": frozenset(_TAX.split()),
    "terms": frozenset("terms retainage billed_late contract_not_in_force currency".split()),
    "freight": frozenset("freight_not_agreed freight_amount fee_not_agreed item_not_agreed".split()),
}
"""Reason of the customer → rules of the check that bear it out."""
SILENT = frozenset({"other", "short_payment"})
"""Reasons that say nothing about what is wrong."""

OF_TAX = frozenset(_TAX.split()) - {"arithmetic"}
WITH_TAX = OF_TAX | {"duplicate", "near_duplicate", "retainage"}
"""Rules whose effect has the tax in it; that of others is net."""

_CORRECTED = frozenset(
    (
        "po_missing po_wrong po_customer po_unknown po_closed po_expired po_format po_line_missing cost_code_missing bill_to terms"
        " attachment_missing lien_release_missing portal_upload work_not_signed exemption_expired exemption_missing billed_late"
    ).split()
)
_REBILLED = frozenset(
    "customer_wrong currency several_work_orders not_consolidated item_differs retainage work_not_done milestone_not_reached".split()
)


def reason_of(rule: str) -> str:
    """The reason that a customer would name for what the rule finds; empty for a rule that fits none."""
    return next((reason for reason, rules in FITTING.items() if rule in rules), "")


def remedy_of(rule: str, effect: int) -> str:
    """What puts a finding right: a corrected document for what is missing on it, a new bill for what is wrong all over or came too early,
    a credit memo for what was billed too much, a debit memo for what was forgotten."""
    if rule in _CORRECTED:
        return CORRECTED
    if rule in _REBILLED:
        return REBILLED
    return DEBITED if effect < 0 else CREDITED


def fits(reason: str, rule: str) -> bool:
    """Whether a finding bears out what the customer says."""
    return reason in SILENT or rule in FITTING.get(reason, frozenset())


MEANT: dict[str, tuple[str, ...]] = {
    "bill_to": ("address",), "portal_upload": ("portal", "upload", "ariba", "coupa"), "not_consolidated": ("consolidated", "monthly"),
    "several_work_orders": ("work order",), "lien_release_missing": ("lien", "waiver"), "cost_code_missing": ("cost code", "cost centre"),
    "attachment_missing": ("attach", "proof of delivery", "sign-off", "timesheet", "missing document"), "work_not_signed": ("sign",),
    "po_missing": ("po number", "purchase order"), "po_wrong": ("po number", "purchase order"), "po_expired": ("expired",),
    "po_closed": ("closed",), "terms": ("terms",), "currency": ("currency",), "billed_late": ("too late",),
    "exemption_expired": ("exempt", "certificate"), "exemption_missing": ("exempt", "certificate"),
}  # fmt: skip
"""Rule → words of customers who mean it."""


def is_meant(words: str, rule: str) -> bool:
    """Whether the customer's own words name what a finding is about."""
    said = words.lower()
    return any(word in said for word in MEANT.get(rule, ()))


HEARD: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("damaged", ("damage", "defect", "broken", "faulty")),
    (
        "not_delivered",
        ("not received", "not delivered", "short ship", "shortage", "short deliver", "missing good", "not done", "undelivered"),
    ),
    ("duplicate", ("duplicate", "billed twice", "double bill", "paid already", "already paid")),
    ("price", ("price", "rate difference", "overcharge")),
    ("freight", ("freight", "shipping", "surcharge", "fuel", "handling")),
    ("terms", ("discount", "skonto", "payment terms", "early payment")),
    ("tax", ("tax", "vat", "exempt")),
    ("po_missing", ("po number", "no po", "purchase order")),
    ("quantity", ("quantity", "qty", "hours")),
)
"""What customers write of a reason, in the order in which it is listened for."""


def heard(words: str) -> str:
    """The reason that the customer's own words name; empty where they name none."""
    said = words.lower()
    return next((reason for reason, signs in HEARD if any(sign in said for sign in signs)), "")


class Question(NamedTuple):
    """Whom to ask what, where the records don't tell: `stage` is whose it would be; "customer" asks the customer."""

    stage: str
    words: str


QUESTIONS: dict[str, tuple[Question, ...]] = {
    "price": (
        Question("pricing_setup", "Which price was agreed with the customer, and where does it stand?"),
        Question("customer", "Which price do you have, and in which document?"),
    ),
    "quantity": (
        Question("logistics", "How much arrived, and who signed for it?"),
        Question("customer", "How much did you receive? Please send your goods receipt."),
    ),
    "po_missing": (
        Question("order_entry", "Which purchase order did the customer give for this order?"),
        Question("customer", "Which purchase order number should be on the invoice?"),
    ),
    "not_delivered": (
        Question("logistics", "Was it delivered? Please attach the signed proof of delivery."),
        Question("service_execution", "Was the work done? Please attach the signed work order."),
    ),
    "damaged": (
        Question("logistics", "Was damage noted on delivery? Please attach the proof of delivery and photographs."),
        Question("customer", "What is damaged, and when was it noticed? Please send photographs."),
    ),
    "duplicate": (
        Question("customer", "Which invoice do you hold to be the same? Please give its number."),
        Question("order_entry", "Was the order entered twice?"),
    ),
    "tax": (
        Question("tax_setup", "Which tax code and rate hold for this customer and place?"),
        Question("customer", "On which ground is tax not due? Please send the certificate."),
    ),
    "terms": (
        Question("contract_setup", "Which payment terms and discount were agreed?"),
        Question("customer", "On which agreement does the deduction rest?"),
    ),
    "freight": (
        Question("order_entry", "Was freight agreed to be billed or included?"),
        Question("customer", "Where does it say that freight is included?"),
    ),
    "short_payment": (Question("customer", "What is the amount for that you left out?"),),
    "other": (Question("customer", "What is wrong with the invoice, and with which line?"),),
}
"""Reason → what is asked of whom when nothing was found; the likeliest to know comes first."""

CAUSES: dict[str, tuple[tuple[str, str], ...]] = {
    "order_entry": (
        ("customer_wrong", "order_customer"), ("duplicate near_duplicate", "order_twice"),
        ("terms currency bill_to tax_code contract_not_in_force", "order_terms"),
        ("freight_not_agreed fee_not_agreed", "order_fees"), ("price unit", "order_price"),
        (f"po_closed po_expired {_LIMITS}", "order_po_lapsed"),
        (f"{_REFERENCES} attachment_missing", "order_po"),
    ),
    "pricing_setup": (("unit", "unit_setup"), ("price po_price", "price_setup")),
    "contract_setup": (
        ("contract_version escalator", "contract_price"), ("po_price", "contract_order"),
        ("contract_not_in_force", "contract_lapsed"), ("terms retainage step_amount", "contract_steps"),
    ),
    "service_execution": (
        ("work_not_done milestone_not_reached", "work_early"), ("work_not_signed attachment_missing", "work_proof"),
        ("billed_late po_expired contract_not_in_force", "work_late"),
        (f"work_beyond_order item_not_agreed item_differs {_LIMITS}", "work_beyond"),
    ),
    "logistics": (("quantity_delivered quantity_ordered", "goods_short"), ("attachment_missing po_expired", "goods_proof")),
    "billing_output": (
        ("price contract_version escalator unit step_amount", "billed_price"), ("order_cancelled", "billed_cancelled"),
        ("duplicate near_duplicate work_billed_twice step_billed_twice", "billed_twice"),
        (f"quantity_ordered quantity_delivered quantity_work work_not_done milestone_not_reached {_LIMITS}", "billed_more"),
        ("work_underbilled", "billed_less"), ("item_differs item_not_agreed customer_wrong", "billed_other"),
        ("arithmetic freight_amount freight_not_agreed fee_not_agreed tax_amount tax_forbidden retainage", "billed_sums"),
        (f"{_REFERENCES} terms currency bill_to attachment_missing several_work_orders not_consolidated lien_release_missing billed_late"
         " contract_not_in_force", "billed_form"),
    ),
    "customer_master": (
        ("exemption_expired exemption_missing exemption_ignored tax_forbidden tax_code", "master_exemption"),
        ("terms currency bill_to", "master_terms"), ("portal_upload", "master_portal"),
    ),
    "tax_setup": ((" ".join(sorted(OF_TAX)), "tax_setup"),),
}  # fmt: skip
"""Stage → (rules, code of the standard cause): which cause of the stage a finding of a rule that began there is of."""


def standard_cause(rule: str, stage: str) -> str:
    """The code of the standard cause of a finding that began at a stage; empty where none is named."""
    return next((code for rules, code in CAUSES.get(stage, ()) if rule in rules.split()), "")
