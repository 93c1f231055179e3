"""Drafts, what the check found, and what becomes of documents that are sent."""

from arops.api.schemas.parts import (
    AMOUNT,
    COMPANY,
    CURRENCY,
    DAY,
    FLAG,
    MOMENT,
    WHOLE,
    Schema,
    given,
    listed,
    nullable,
    one_of,
    public_id,
    ref,
    text,
)

_TEXT: Schema = {"type": "string"}
_DRAFT: dict[str, Schema] = {
    "id": public_id("drf"), "source_system": text(40), "external_id": nullable(text(80)), "company": COMPANY,
    "customer": public_id("cus"), "kind": one_of("invoice", "debit_memo", "credit_memo"), "number": text(60), "currency": CURRENCY,
    "document_date": DAY, "total": AMOUNT,
    "state": {**one_of("draft", "held", "clear", "issued", "discarded"), "description": "clear: checked, and ready to be issued."},
    "origin": {**text(10), "description": "erp or import for what came from outside; else what it was made from here."},
    "at_stake": {**AMOUNT, "description": "What open findings put at risk; all of it where one holds up the whole document."},
    "held_since": nullable(MOMENT), "invoice": nullable(public_id("inv")), "version": WHOLE, "findings": listed(ref("Finding")),
    "updated_at": MOMENT,
}  # fmt: skip

COMPONENTS: dict[str, Schema] = {
    "Finding": given(
        rule=text(40, "What was looked at, such as `price`. A rule's name stays the same."),
        severity={**one_of("block", "warn", "note"), "description": "block: it holds the document."},
        lines=listed(WHOLE), origin=text(30, "Where it went wrong first, such as `pricing_setup`."),
        words={**_TEXT, "description": "What is wrong, for people."}, expected=text(200), billed=text(200),
        effect={**AMOUNT, "description": "Billed too much (> 0) or too little (< 0); 0 where no sum can be named."},
        remedy=text(300), reasoning={**_TEXT, "description": "How the origin was found."}, sources=listed(ref("FindingSource")),
        state=one_of("open", "fixed", "overridden", "noted"), reason=text(300, "Why it was overridden."),
    ),
    "FindingSource": given(
        document=text(40, "Kind of record that says so, such as `contract`."), number=_TEXT, line=nullable(WHOLE),
        revision=nullable(WHOLE), day=nullable(DAY), value=_TEXT, id=nullable(_TEXT),
    ),
    "Draft": given(**_DRAFT),
    "DraftWhole": given(**_DRAFT, document={"type": "object", "description": "The document as it stands, as it was or would be sent."}),
    "UnbilledAnswer": given(
        data=listed(ref("Unbilled")), is_cut={**FLAG, "description": "There are more of some kinds than are looked at."},
    ),
    "Unbilled": given(
        company=COMPANY, customer=public_id("cus"), kind=one_of("work", "delivery", "order", "milestone", "schedule"),
        number=text(100, "Of the work order, delivery or order; of the contract with the step."), day={**DAY, "description": "Done on."},
        currency=CURRENCY, net=AMOUNT, po_number=text(60), order=text(80), contract=text(80), is_ready=FLAG,
        reasons=listed(given(code=text(40), detail=_TEXT, owner=text(30, "Who must act: a department."))),
    ),
    "DocumentResult": given(
        index=WHOLE, external_id=nullable(_TEXT), outcome=one_of("created", "updated", "unchanged", "held", "rejected"),
        id=nullable(_TEXT), errors=listed(ref("Error")), draft=nullable(public_id("drf")), findings=listed(ref("Finding")),
    ),
    "DocumentsAnswer": given(
        results=listed(ref("DocumentResult")),
        summary=given(created=WHOLE, updated=WHOLE, unchanged=WHOLE, held=WHOLE, rejected=WHOLE, rows=WHOLE, dry_run=FLAG),
    ),
}  # fmt: skip
