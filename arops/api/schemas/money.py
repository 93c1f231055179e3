"""Invoices and memos, receipts and bank accounts, open items."""

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

KIND = one_of("invoice", "debit_memo", "credit_memo")
CHANNEL = one_of("ach", "wire", "lockbox", "cheque", "card", "transfer", "other")

_LINE_TEXTS = {"sku": text(60), "description": text(300), "unit": text(10, "UN/ECE Rec 20, such as HUR."), "tax_code": text(20)}
LINE_IN = taken(
    (), number=WHOLE, **_LINE_TEXTS, quantity=DECIMAL, unit_price=DECIMAL, amount=AMOUNT, tax_amount=AMOUNT, po_line=WHOLE,
    order_line=WHOLE, work_order=REFERENCE, contract=REFERENCE, gl_account=text(20),
    period_from={**DAY, "description": "The first day that the line is about (BT-134), such as of a month that is billed."},
    period_to={**DAY, "description": "The last day that it is about (BT-135), itself included."},
    releases={**REFERENCE, "description": "The progress invoice whose retainage this line bills; then all lines do so."},
)  # fmt: skip
LINE = given(
    number=WHOLE, **_LINE_TEXTS, quantity=DECIMAL, unit_price=DECIMAL, amount=AMOUNT, tax_amount=AMOUNT,
    po_line=nullable(WHOLE), order_line=nullable(WHOLE), work_order=text(80), contract=text(80), gl_account=text(20),
    period_from=nullable(DAY), period_to=nullable(DAY), releases=nullable(public_id("inv")),
)  # fmt: skip
_DOCUMENT = {
    "id": public_id("inv"), "source_system": text(40), "external_id": nullable(text(80)), "source_version": nullable(VERSION),
    "company": COMPANY, "kind": KIND, "number": text(60), "customer": public_id("cus"), "currency": CURRENCY, "document_date": DAY,
    "due_date": {**DAY, "description": "The date that counts; `due_date_as_issued` keeps the first."}, "due_date_as_issued": DAY,
    "payment_terms": text(40), "po_number": text(60), "order": text(80), "refers_to": nullable(public_id("inv")), "reason": text(200),
    "reason_code": text(30), "buyer_reference": text(60), "cost_code": text(60), "replaces": nullable(public_id("inv")),
    "retainage": {**AMOUNT, "description": "What of the total is kept back until release; it has an open item of its own."},
    "subtotal": AMOUNT, "tax_total": AMOUNT, "total": AMOUNT,
    "open_amount": {**AMOUNT, "description": "What of it is open now; like the total, positive for credit memos, too."},
    "open_item": public_id("itm"), "issued_at": MOMENT,
}  # fmt: skip

_WAY = one_of("issued", "queued", "sent", "delivered", "bounced", "accepted", "rejected")
_CHANNEL = one_of("email", "einvoice", "print", "pull")
_ADVICE = {
    "id": public_id("rem"), "source_system": text(40), "external_id": nullable(text(80)), "company": COMPANY, "number": text(40),
    "source": one_of("bank", "edi", "file", "mail", "hand", "api"), "format": text(40), "customer": nullable(public_id("cus")),
    "payer_name": text(200), "payer_account": text(80), "currency": CURRENCY,
    "total": {**nullable(AMOUNT), "description": "What it says was paid; null where it doesn't say."}, "payment_date": nullable(DAY),
    "trace": text(140), "reference": text(140), "text": {"type": "string"},
    "notes": listed({"type": "string", "description": "What was odd when it was read."}),
    "set_aside": text(300, "Why it will have no receipt; empty: it may."),
    "receipts": {**listed(public_id("rct")), "description": "Those it is joined to."}, "created_at": MOMENT,
}  # fmt: skip
_ADVISED = one_of("invoice", "credit", "adjustment", "other")
_ADVICE_LINE = {"reference": text(140, "The document as the payer names it."), "kind": _ADVISED, "po_number": text(60), "code": text(40)}

COMPONENTS: dict[str, Schema] = {
    "AdviceIn": taken(
        ("company", "currency"),
        source_system=SOURCE, external_id=EXTERNAL, company=COMPANY, customer=REFERENCE, payer_name=text(200), payer_account=text(80),
        currency=CURRENCY, total={**POSITIVE, "description": "What was paid in all. A total or lines are needed."}, payment_date=DAY,
        trace=text(140, "Cheque, trace or end-to-end number, as the bank knows the payment too."),
        reference=text(140, "The payer's own number of the advice."), text=text(4000),
        lines=listed(ref("AdviceLineIn"), maxItems=5000),
    ),
    "AdviceLineIn": taken(
        (), **_ADVICE_LINE, text=text(500), gross=AMOUNT, discount=AMOUNT,
        adjustment={**AMOUNT, "description": "What was held back (negative) or added, for `code`."},
        paid={**AMOUNT, "description": "What the document gets; negative for a credit taken."},
    ),
    "RemittanceRow": given(**_ADVICE),
    "Remittance": given(
        **_ADVICE,
        lines=listed(given(**_ADVICE_LINE, text=text(500), **{n: nullable(AMOUNT) for n in ("gross", "discount", "adjustment", "paid")})),
    ),
    "DeliveryEventIn": taken(
        ("state",), state=one_of("delivered", "bounced", "accepted", "rejected"), day={**DAY, "description": "Without it, today."},
        reason=text(300, "Needed for bounced and rejected."),
    ),
    "Delivery": given(
        invoice=public_id("inv"), state=_WAY, reason=text(300), accepted_on=nullable(DAY), rejected_on=nullable(DAY),
        expected_by={**nullable(DAY), "description": "An answer is usual by then."},
        events=listed(given(state=_WAY, day=DAY, reason=text(300), channel=nullable(_CHANNEL), at=MOMENT)),
    ),
    "InvoiceIn": taken(
        ("company", "number", "customer", "currency", "document_date"),
        source_system=SOURCE, external_id=EXTERNAL, source_version=VERSION, company=COMPANY,
        number={"type": "string", "minLength": 1, "maxLength": 60}, kind=KIND, customer=REFERENCE, currency=CURRENCY, document_date=DAY,
        due_date=DAY, payment_terms=text(40, "Such as `2/10 net 30`; without them, the customer's."), po_number=text(60), order=REFERENCE,
        refers_to=REFERENCE, reason=text(200), reason_code=text(30), buyer_reference=text(60, "What the customer routes it by (BT-10)."),
        cost_code=text(60), replaces={**REFERENCE, "description": "The invoice that this one bills again."},
        retainage={**AMOUNT, "description": "What of the total the customer keeps until it is released: more than zero, less than all."},
        lines=listed(ref("InvoiceLineIn"), maxItems=2000), subtotal=AMOUNT, tax_total=AMOUNT,
        total={**POSITIVE, "description": "More than zero. Lines or a total are needed; what is there must add up."},
    ),
    "InvoiceLineIn": LINE_IN,
    "InvoiceRow": given(**_DOCUMENT),
    "Invoice": given(**_DOCUMENT, lines=listed(LINE)),
    "OpenItem": given(
        id=public_id("itm"), company=COMPANY, customer=nullable(public_id("cus")), kind=text(20), number=text(60), currency=CURRENCY,
        document_date=DAY, due_date=DAY, po_number=text(60), discount_until=nullable(DAY), discount_amount=AMOUNT,
        amount={**AMOUNT, "description": "Negative for what we owe: credit memos, receipts."}, balance=AMOUNT, base_currency=CURRENCY,
        base_balance=AMOUNT,
    ),
    "BankAccount": given(
        id=public_id("bnk"), company=COMPANY, name=text(100), currency=CURRENCY, identifiers=listed(text(60)), is_active=FLAG,
    ),
    "ReceiptIn": taken(
        ("bank_account", "amount", "currency", "value_date"),
        source_system=SOURCE, external_id=EXTERNAL, company=COMPANY, bank_account=text(100, "Its id, or its name in the company."),
        amount=POSITIVE, currency=CURRENCY, value_date=DAY, customer=REFERENCE, payer_name=text(200), payer_account=text(80),
        payer_bank=text(80), text=text(4000, "The payer's words: what the engine looks for invoice numbers in."), channel=CHANNEL,
        structured=listed(ref("RemittanceIn"), maxItems=2000),
    ),
    "RemittanceIn": taken(("number",), number={"type": "string", "minLength": 1, "maxLength": 60}, amount=POSITIVE, discount=POSITIVE),
    "Receipt": given(
        id=public_id("rct"), source_system=text(40), external_id=nullable(text(80)), company=COMPANY, bank_account=public_id("bnk"),
        number=text(40), amount=AMOUNT, currency=CURRENCY, value_date=DAY, customer=nullable(public_id("cus")), payer_name=text(200),
        payer_account=text(80), payer_bank=text(80), text={"type": "string"}, channel=text(20),
        structured=listed(given(number=text(60), amount=nullable(AMOUNT), discount=nullable(AMOUNT))), unapplied=AMOUNT,
        state=text(20, "Such as applied, partly applied, on account, unidentified, unapplied, returned."), open_item=public_id("itm"),
        created_at=MOMENT,
    ),
}  # fmt: skip
