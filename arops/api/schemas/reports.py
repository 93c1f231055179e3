"""Reports: the figures of the screens, as JSON."""

from arops.api.schemas.parts import AMOUNT, COMPANY, CURRENCY, DAY, FLAG, MOMENT, WHOLE, Schema, given, listed, nullable, public_id, text

NUMBER: Schema = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "description": "A decimal as text."}
BUCKETS: Schema = {"type": "object", "additionalProperties": AMOUNT, "description": "Label of the bucket → amount."}
NAMED: Schema = nullable(given(id={"type": "string"}, code=text(40), name=text(200)))
_AMOUNTS = {"buckets": BUCKETS, "credits": AMOUNT, "total": AMOUNT, "disputed": AMOUNT}
_ASKED = {"as_of": DAY, "known_at": nullable(MOMENT)}
MEASURE = given(
    code=text(40), name=text(100), unit=text(10), value=nullable(NUMBER), formula=text(300), reason=text(300),
    inputs=listed(given(name=text(200), value={"type": "string"}, unit=text(10))),
)  # fmt: skip
_RATE = given(currency=CURRENCY, rate={**NUMBER, "description": "Units of the report's currency for one of this, as of the day."})
_MEASURES = given(
    **_ASKED, currency=CURRENCY, period_days=WHOLE, companies=listed(COMPANY), companies_left_out=listed(COMPANY), rates=listed(_RATE),
    data=listed(MEASURE),
)  # fmt: skip

COMPONENTS: dict[str, Schema] = {
    "Aging": given(
        **_ASKED,
        basis=text(10),
        by=listed(text(20)),
        buckets=listed(text(20)),
        data=listed(
            {
                "type": "object",
                "required": ["currency", *_AMOUNTS, "items", "base_currency", "base_total"],
                "properties": {
                    "company": NAMED, "customer": NAMED, "parent": NAMED, "collector": NAMED, "segment": nullable(text(40)),
                    "currency": CURRENCY, **_AMOUNTS, "items": WHOLE, "base_currency": CURRENCY, "base_total": AMOUNT,
                },
                "additionalProperties": False,
            }
        ),
        totals=listed(given(currency=CURRENCY, **_AMOUNTS)),
        base_totals=listed(given(currency=CURRENCY, **_AMOUNTS)),
        ties=listed(given(currency=CURRENCY, items=AMOUNT, journal=AMOUNT, difference=AMOUNT)),
    ),
    "Measures": _MEASURES,
    "Reconciliation": given(
        as_of=DAY,
        ties=FLAG,
        data=listed(
            given(
                company=COMPANY, account=text(20), name=text(100), currency=CURRENCY, subledger=AMOUNT, control=AMOUNT, difference=AMOUNT,
                base_currency=CURRENCY, base_subledger=AMOUNT, base_control=AMOUNT, base_difference=AMOUNT,
            )
        ),
    ),
    "Statement": given(
        customer=public_id("cus"), first=DAY, as_of=DAY, buckets=listed(text(20)),
        parts=listed(
            given(
                currency=CURRENCY, opening=AMOUNT, closing=AMOUNT,
                lines=listed(given(day=DAY, text=text(200), number=text(60), amount=AMOUNT, balance=AMOUNT)),
                items=listed(
                    given(
                        id=public_id("itm"), kind=text(20), number=text(60), document_date=DAY, due_date=DAY, days_past_due=WHOLE,
                        amount=AMOUNT, balance=AMOUNT, disputed=AMOUNT,
                    )
                ),
                aging=given(buckets=BUCKETS, credits=AMOUNT, total=AMOUNT), disputed=AMOUNT,
            )
        ),
    ),
}  # fmt: skip
