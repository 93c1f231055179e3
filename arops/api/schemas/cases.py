"""Disputes: opened, read, changed, noted, with evidence."""

from arops.api.schemas.parts import (
    AMOUNT,
    COMPANY,
    CURRENCY,
    DAY,
    FLAG,
    MOMENT,
    POSITIVE,
    REFERENCE,
    SOURCE,
    WHOLE,
    Schema,
    given,
    listed,
    nullable,
    one_of,
    public_id,
    taken,
    text,
)

REASON = one_of(
    "price", "quantity", "po_missing", "not_delivered", "damaged", "duplicate", "tax", "terms", "freight", "short_payment", "other"
)  # fmt: skip
KIND = one_of("invoice", "lines", "deduction", "amount")
STATE = one_of("open", "investigating", "waiting", "decision", "settling", "resolved", "rejected")
RESOLUTION = one_of("credited", "debited", "rebilled", "corrected", "goodwill", "rejected", "paid", "withdrawn")
WAITING_ON = one_of("customer", "department")
_EMAIL = text(254, "E-mail address of a person who works cases of the company.")
_DEPARTMENT = text(30, "Code of a department.")
_CASE = {
    "id": public_id("dsp"), "source_system": nullable(text(40)), "external_id": nullable(text(60)), "company": COMPANY,
    "number": text(40), "customer": public_id("cus"), "open_item": public_id("itm"), "item_number": text(60),
    "invoice": nullable(public_id("inv")), "receipt": {**nullable(public_id("rct")), "description": "What it was deducted from."},
    "kind": KIND, "reason": REASON, "currency": CURRENCY, "claimed": {**AMOUNT, "description": "What the customer contests."},
    "amount": {**AMOUNT, "description": "What of it is in dispute now, or was when it was closed; not chased while the case is open."},
    "agreed": {**nullable(AMOUNT), "description": "What is allowed, once decided."}, "customer_words": text(100_000), "state": STATE,
    "waiting_on": {"anyOf": [WAITING_ON, {"type": "null"}]}, "owner": nullable(text(254)), "department": nullable(text(30)),
    "opened_on": DAY, "due_date": DAY, "clock_stopped_on": nullable(DAY), "cause": nullable(text(40)), "origin": text(30),
    "resolution": {"anyOf": [RESOLUTION, {"type": "null"}]}, "resolved_on": nullable(DAY), "version": WHOLE, "created_at": MOMENT,
    "updated_at": MOMENT,
}  # fmt: skip
_NOTE = given(body=text(100_000), visible_to_customer=FLAG, author=text(80), at=MOMENT)
_FILE = given(id=public_id("att"), name=text(255), kind=text(30), note=text(300), size=WHOLE, sha256=text(64), added_at=MOMENT)
_LINES = listed(
    taken(("number",), number=WHOLE, amount={**POSITIVE, "description": "With tax; without it, all that the line is worth."}),
    maxItems=2000,
)
COMPONENTS: dict[str, Schema] = {
    "DisputeIn": taken(
        ("reason",), source_system=SOURCE, external_id=text(60, "The sender's id of the case.", minLength=1), company=COMPANY,
        invoice={**REFERENCE, "description": "The document that is contested; this or `open_item`."},
        open_item={**public_id("itm"), "description": "What is contested, where it isn't a document of ours; this or `invoice`."},
        kind=KIND, reason=REASON, currency=CURRENCY,
        amount={**POSITIVE, "description": "Without it: the sum of the lines; of the whole document, all that is open."},
        lines=_LINES, customer_words=text(4000), owner=_EMAIL, department=_DEPARTMENT,
    ),
    "DisputeRow": given(**_CASE),
    "Dispute": given(
        **_CASE, lines=listed(given(number=WHOLE, amount=AMOUNT)), notes=listed(_NOTE), attachments=listed(_FILE),
        history=listed(given(state=STATE, waiting_on=text(10), department=nullable(text(30)), day=DAY, due_date=nullable(DAY), at=MOMENT)),
        movements=listed(given(day=DAY, delta={**AMOUNT, "description": "How much more was in dispute from that day on."}, at=MOMENT)),
    ),
    "DisputeChange": taken(
        ("version",), version={**WHOLE, "description": "Of the case as you read it: another one means that somebody changed it (409)."},
        reason=REASON, amount=POSITIVE, lines=_LINES, note=text(8000, "Why, among ourselves."),
        owner=text(254, "E-mail address of a person who works cases of the company; empty: nobody's."),
        department=text(30, "Code of a department; empty: none."),
        state={**one_of("open", "investigating", "waiting", "decision"), "description": "open: a closed case is opened again."},
        waiting_on=WAITING_ON,
    ),
    "DisputeNoteIn": taken(
        ("body",), body=text(8000, minLength=1),
        visible_to_customer={**FLAG, "description": "Whether the customer may read it; false: among ourselves. Nothing is mailed."},
    ),
    "DisputeNote": _NOTE,
    "DisputeFile": _FILE,
}  # fmt: skip
