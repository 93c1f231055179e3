"""Promises to pay."""

from arops.api.schemas.parts import (
    AMOUNT,
    COMPANY,
    CURRENCY,
    DAY,
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

STATE = one_of("open", "kept", "partly", "broken", "superseded", "cancelled")
_PART = taken(("due_date", "amount"), due_date=DAY, amount=AMOUNT)
COMPONENTS: dict[str, Schema] = {
    "PromiseIn": taken(
        ("customer", "currency", "amount", "due_date"), company=COMPANY, customer=REFERENCE, currency=CURRENCY, amount=AMOUNT,
        due_date={**DAY, "description": "With instalments, the day of the last."},
        items={**listed(text(60)), "description": "Ids or numbers of open items, the oldest first; without it, all in the currency."},
        instalments={**listed(_PART), "description": "Two to 24 that sum to the amount."}, note=text(2_000),
    ),
    "Promise": given(
        id=public_id("prm"), company=COMPANY, customer=public_id("cus"), currency=CURRENCY, amount=AMOUNT, given_on=DAY, due_date=DAY,
        state=STATE, received=AMOUNT, decided_on=nullable(DAY), level={**WHOLE, "description": "The how-manieth for what it is about."},
        supersedes=nullable(public_id("prm")), note=text(20_000), items=listed(given(open_item=public_id("itm"), amount=AMOUNT)),
        instalments=listed(given(due_date=DAY, amount=AMOUNT, state=STATE, received=AMOUNT)),
    ),
}  # fmt: skip
