"""Inquiries: what customers and colleagues ask."""

from arops.api.schemas.parts import (
    AMOUNT,
    COMPANY,
    CURRENCY,
    DAY,
    MOMENT,
    REFERENCE,
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

KIND = one_of("paid", "dispute", "promise", "copy", "statement", "document", "away", "bounce", "bank", "other")
ASKED = one_of("paid", "dispute", "promise", "copy", "statement", "document", "other")
STATE = one_of("new", "open", "waiting", "closed")
SOURCE = one_of("mail", "phone", "colleague", "portal")
_INQUIRY = {
    "id": public_id("inq"), "company": COMPANY, "number": text(40), "customer": nullable(public_id("cus")), "subject": text(300),
    "kind": KIND, "source": SOURCE, "state": STATE, "owner": nullable(text(254)),
    "asked_on": DAY, "answer_by": MOMENT, "answered_at": nullable(MOMENT),
    "closed_on": nullable(DAY), "items": listed(public_id("itm")), "version": WHOLE, "created_at": MOMENT,
}  # fmt: skip
_ENTRY = given(
    kind=one_of("mail", "answer", "note"), who=text(250), at=MOMENT, subject=text(300), words=text(200_000), automatic=text(12),
    message_state=text(10),
)  # fmt: skip
_SUGGESTION = given(
    kind=KIND, quote=text(500), rule=text(80), amount=nullable(AMOUNT), currency=nullable(CURRENCY), day=nullable(DAY),
    state=one_of("proposed", "confirmed", "dismissed"), result=text(120),
)  # fmt: skip
COMPONENTS: dict[str, Schema] = {
    "InquiryIn": taken(
        ("customer", "subject"), company=COMPANY, customer=REFERENCE, subject=text(300, "What is asked, in one line.", minLength=1),
        words=text(20_000, "All of it. Numbers of the customer’s invoices in it are linked."), kind=ASKED,
        source={**one_of("phone", "colleague", "portal"), "description": "How it came; phone where nothing is said."},
        owner=text(254, "E-mail address of who answers; without it the customer's collector."),
    ),
    "InquiryRow": given(**_INQUIRY),
    "Inquiry": given(**_INQUIRY, entries=listed(_ENTRY), suggestions=listed(_SUGGESTION)),
}  # fmt: skip
