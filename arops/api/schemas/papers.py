"""Customers' papers and rules, tax rates."""

from arops.api.schemas.parts import (
    AMOUNT,
    COMPANY,
    CURRENCY,
    DAY,
    EXTERNAL,
    MOMENT,
    POSITIVE,
    REFERENCE,
    SOURCE,
    VERSION,
    WHOLE,
    Schema,
    given,
    nullable,
    one_of,
    public_id,
    taken,
    text,
)

KIND = one_of(
    "w9", "vendor_form", "exemption", "insurance", "po_copy", "lien_conditional_progress", "lien_unconditional_progress",
    "lien_conditional_final", "lien_unconditional_final",
)  # fmt: skip
STATE = one_of("requested", "received", "sent", "refused", "cancelled")
RULE = one_of(
    "po_number", "po_format", "cost_code", "sign_off", "attachment", "one_work_order", "consolidated", "lien_release", "portal",
    "bill_within", "no_tax_line", "line_reference", "document",
)  # fmt: skip
_EMPTY: Schema = {"type": "string", "const": ""}
_DAY: Schema = {"anyOf": [DAY, _EMPTY]}
_TEXTS: dict[str, Schema] = {
    "waits_for": text(30, "Who must act: `customer`, or a department's code."),
    "jurisdiction": text(20, "Exemption: the tax code or jurisdiction it is for; empty: all."),
    "contract_number": text(60), "invoice_number": text(60, "Lien releases: the invoice they are for."), "reference": text(80),
    "note": text(300),
}  # fmt: skip
_DAYS = ("through_date", "requested_on", "received_on", "valid_from", "expires_on")
_IN: dict[str, Schema] = {
    "source_system": SOURCE, "external_id": {**EXTERNAL, "minLength": 1, "pattern": r"\S"}, "source_version": VERSION,
    "company": {**COMPANY, "description": "Needed where several companies have the customer."}, "customer": REFERENCE, "state": STATE,
    **_TEXTS, **dict.fromkeys(_DAYS, _DAY), "amount": {**POSITIVE, "description": "In the customer's currency."},
}  # fmt: skip
PERCENT: Schema = {"type": "string", "pattern": r"^[0-9]{1,2}(\.[0-9]{1,4})?$", "examples": ["8.25"]}
CATEGORY = one_of("S", "Z", "E", "AE", "O", "K", "G")

COMPONENTS: dict[str, Schema] = {
    "CustomerDocument": given(
        id=public_id("doc"), source_system=text(40), external_id=nullable(text(80)), source_version=nullable(VERSION), company=COMPANY,
        customer=public_id("cus"), kind=KIND, state=STATE,
        standing=one_of("requested", "waiting", "refused", "cancelled", "expired", "expiring", "good"), **_TEXTS,
        **{name: nullable(DAY) for name in _DAYS}, amount=nullable(AMOUNT), currency=CURRENCY, updated_at=MOMENT,
    ),
    "CustomerDocumentIn": taken(("customer", "kind"), **_IN, kind=KIND),
    "TaxCertificateIn": taken(("customer",), **_IN, kind=one_of("exemption")),
    "BillingRequirement": given(
        id=public_id("req"), company=COMPANY, customer=public_id("cus"), kind=RULE, params={"type": "object"}, version=WHOLE,
        replaces=nullable(public_id("req")), valid_from=DAY, valid_to=nullable(DAY), learned_from=text(60), note=text(300),
        updated_at=MOMENT,
    ),
    "BillingRequirementIn": taken(
        ("customer", "kind"), company={**COMPANY, "description": "Needed where several companies have the customer."}, customer=REFERENCE,
        kind=RULE, source_system=SOURCE, valid_from=DAY, valid_to=DAY, learned_from=text(60), note=text(300),
        params={
            "type": "object",
            "description": 'po_format: {"mask": "PO-#####"}; bill_within: {"days": 10}; attachment: {"kind": "sign_off"}; '
                           'document: {"kind": "w9"}; none for the others.',
        },
    ),
    "TaxRate": given(
        id=public_id("tax"), company=COMPANY, code=text(20), name=text(100), jurisdiction=text(20), percent=PERCENT, category=CATEGORY,
        valid_from=DAY, valid_to=nullable(DAY), updated_at=MOMENT,
    ),
    "TaxRateIn": taken(
        ("company", "code", "jurisdiction", "percent", "valid_from"), company=COMPANY, code=text(20, minLength=1, pattern=r"\S"),
        name=text(100), jurisdiction=text(20, minLength=1, pattern=r"\S"), percent=PERCENT, category=CATEGORY, valid_from=DAY, valid_to=DAY,
    ),
}  # fmt: skip
