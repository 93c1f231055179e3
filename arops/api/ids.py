"""Ids that say what they are of: inv_42, cus_7."""

from rest_framework.exceptions import NotFound

PREFIXES = {
    "company": "com",
    "customer": "cus",
    "contact": "con",
    "invoice": "inv",
    "item": "itm",
    "receipt": "rct",
    "remittance": "rem",
    "bank_account": "bnk",
    "rate": "fxr",
    "job": "job",
    "event": "evt",
    "contract": "ctr",
    "price": "prc",
    "purchase_order": "po",
    "order": "ord",
    "delivery": "dlv",
    "work_order": "wo",
    "draft": "drf",
    "approval": "apr",
    "unit_conversion": "uc",
    "document": "doc",
    "requirement": "req",
    "tax_rate": "tax",
    "task": "tsk",
    "dispute": "dsp",
    "attachment": "att",
    "inquiry": "inq",
    "work_task": "wtk",
    "charge": "chg",
    "payment_plan": "pln",
    "promise": "prm",
    "escalation": "esc",
    "dunning_letter": "dun",
    "statement_schedule": "sch",
    "sent_statement": "stm",
}


def public(kind: str, pk: int | None) -> str | None:
    """`public("invoice", 42)` is "inv_42"; None for none."""
    return None if pk is None else f"{PREFIXES[kind]}_{pk}"


def private(kind: str, text: str) -> int:
    """The key of a public id. Raises NotFound for anything else."""
    prefix, _, digits = text.partition("_")
    if prefix != PREFIXES[kind] or not digits.isdecimal() or not digits.isascii() or len(digits) > 18:
        raise NotFound
    return int(digits)
