"""Companies, customers, contacts, jobs, events, rates, and what bulk calls and problems look like."""

from arops.api.schemas.parts import (
    AMOUNT,
    COMPANY,
    CURRENCY,
    DAY,
    DECIMAL,
    EXTERNAL,
    FLAG,
    MOMENT,
    POSITIVE,
    REFERENCE,
    SOURCE,
    VERSION,
    WHOLE,
    Schema,
    given,
    listed,
    nullable,
    one_of,
    public_id,
    ref,
    taken,
    text,
)

NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"\S"}
LANGUAGE: Schema = {"type": "string", "pattern": "^([a-z]{2}(-[A-Za-z]{2,4})?)?$", "examples": ["en"]}
_CUSTOMER: dict[str, Schema] = {
    "language": LANGUAGE,
    "country": {"type": "string", "pattern": "^([A-Z]{2})?$"},
    "address": text(1000),
    "tax_id": text(40),
    "payment_terms": text(40, "Such as `net 30` or `2/10 net 30`."),
    "segment": text(40),
    "risk": one_of("A", "B", "C", "D"),
    "sales_representative": text(100),
    "delivery": one_of("email", "print", "einvoice", "pull"),
    "invoice_email": text(254, "Where invoices go; empty: the contacts in accounts payable."),
    "peppol_id": text(60, "Scheme and id, such as `0204:991-1234512345-06`."),
    "buyer_reference": text(60, "BT-10: what the customer routes invoices by."),
    "tax_code": text(20, "The tax rate that applies."),
    "is_active": FLAG,
}
_CONTACT: dict[str, Schema] = {
    "role": one_of("ap", "buyer", "project_manager", "executive", "other"),
    "email": text(254),
    "phone": text(40),
    "language": LANGUAGE,
    "receives_letters": FLAG,
    "purposes": {
        "type": "array",
        "items": one_of("dunning", "statement", "charge", "document", "invoice", "dispute", "payment"),
        "maxItems": 20,
        "description": "What is sent to this person; empty: what goes to the role.",
    },
    "takes_mail": FLAG,
    "takes_calls": FLAG,
    "is_active": FLAG,
}
_IDENTITY: dict[str, Schema] = {"source_system": SOURCE, "external_id": EXTERNAL, "source_version": VERSION}
_IDENTITY_OUT: dict[str, Schema] = {"source_system": text(40), "external_id": nullable(text(80)), "source_version": nullable(VERSION)}

ERROR = given(pointer=text(200, "JSON pointer into the body, or `?name` for a parameter."), code=text(60), detail=text(2000, "For people."))

COMPONENTS: dict[str, Schema] = {
    "Error": ERROR,
    "Problem": {
        "type": "object",
        "description": "RFC 9457.",
        "required": ["type", "title", "status", "detail", "instance", "request_id", "errors"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "request_id": {"type": "string"},
            "errors": listed(ref("Error")),
        },
    },
    "BulkResult": given(
        index=WHOLE,
        external_id=nullable({"type": "string"}),
        outcome=one_of("created", "updated", "unchanged", "rejected"),
        id=nullable({"type": "string"}),
        errors=listed(ref("Error")),
    ),
    "BulkAnswer": given(
        results=listed(ref("BulkResult")),
        summary=given(created=WHOLE, updated=WHOLE, unchanged=WHOLE, rejected=WHOLE, rows=WHOLE, dry_run=FLAG),
    ),
    "Company": given(
        id=public_id("com"), code=text(20), name=text(200), base_currency=CURRENCY, country=text(2), vat_id=text(20),
        tax_number=text(40), registration=text(60), peppol_id=text(60), updated_at=MOMENT,
    ),
    "Customer": given(
        id=public_id("cus"), **_IDENTITY_OUT, company=COMPANY, number=text(40), name=text(200), parent=nullable(public_id("cus")),
        currency=CURRENCY, **_CUSTOMER, credit_limit=nullable(AMOUNT), collector=nullable(text(254, "E-mail address.")), updated_at=MOMENT,
    ),
    "CustomerIn": taken(
        ("company", "number", "name", "currency"), **_IDENTITY, company=COMPANY, number={**NAME, "maxLength": 40}, name=NAME,
        currency=CURRENCY, parent=REFERENCE, **_CUSTOMER, credit_limit=POSITIVE, collector=text(254, "E-mail address of the person."),
    ),
    "Contact": given(
        id=public_id("con"), customer=public_id("cus"), **_IDENTITY_OUT, name=text(150), **_CONTACT, updated_at=MOMENT,
    ),
    "ContactIn": taken(
        ("customer", "name"), **_IDENTITY, customer=REFERENCE, name={**NAME, "maxLength": 150}, **_CONTACT,
    ),
    "FxRate": given(id=public_id("fxr"), currency=CURRENCY, base=CURRENCY, day=DAY, rate=DECIMAL),
    "OpenItemChange": taken((), due_date=DAY, po_number=text(60)),
    "FxRateIn": taken(
        ("currency", "base", "day", "rate"), currency=CURRENCY, base=CURRENCY, day=DAY,
        rate={**DECIMAL, "pattern": r"^[0-9]{1,9}(\.[0-9]{1,8})?$", "description": "Units of base for one unit of currency."},
    ),
    "Job": given(
        id=public_id("job"), kind=text(60), company=nullable(COMPANY), state=one_of("waiting", "running", "done", "failed", "cancelled"),
        done=WHOLE, total=WHOLE, percent=WHOLE, counts={"type": "object"}, error={"type": "string"},
        file=nullable(text(255)), created_at=MOMENT, started_at=nullable(MOMENT), finished_at=nullable(MOMENT), attempts=WHOLE,
    ),
    "JobWhole": {"allOf": [ref("Job")]},
    "Approval": given(
        id=public_id("apr"), kind=text(30, "Such as credit_memo, write_off, refund."), company=COMPANY,
        state=one_of("waiting", "alone", "approved", "rejected", "withdrawn", "void"), title=text(200), customer=nullable(public_id("cus")),
        currency=CURRENCY, amount=AMOUNT, reason={"type": "string"}, requested_by=text(80), requested_on=DAY,
        decided_by=nullable(text(80)), on_behalf_of=nullable(text(80, "The absent person whose authority was used.")),
        decided_at=nullable(MOMENT), note={"type": "string"}, subject=nullable(given(type=text(60), id={"type": "string"})),
        result=nullable(given(type=text(60), id={"type": "string"})), payload_sha256=text(64),
    ),
    "Event": given(
        id=public_id("evt"), type=text(60, "Such as invoice.issued."), at=MOMENT, company=nullable(COMPANY), actor=text(80),
        subject=nullable(given(type=text(60), id={"type": "string"})), customer=nullable(public_id("cus")), data={"type": "object"},
    ),
}  # fmt: skip
COMPONENTS["JobWhole"] = {
    **COMPONENTS["Job"],
    "required": [*COMPONENTS["Job"]["required"], "results"],
    "properties": {**COMPONENTS["Job"]["properties"], "results": {"type": "array", "description": "Outcome of each row."}},
}
