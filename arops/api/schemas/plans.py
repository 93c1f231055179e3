"""Payment plans and settlements."""

from arops.api.schemas.parts import AMOUNT, COMPANY, CURRENCY, DAY, WHOLE, Schema, given, listed, nullable, one_of, public_id, text

STATE = one_of("draft", "waiting", "offered", "active", "kept", "defaulted", "cancelled", "refused", "replaced")
_PLAN = {
    "id": public_id("pln"), "company": COMPANY, "customer": public_id("cus"), "number": text(40), "kind": one_of("plan", "settlement"),
    "state": STATE, "currency": CURRENCY, "total": {**AMOUNT, "description": "What it covers of open items."},
    "waived": {**AMOUNT, "description": "What a settlement gives up once the rest is paid."},
    "rate": text(10, "Interest, per cent a year on what is left."), "default_days": WHOLE, "made_on": DAY, "offer_until": nullable(DAY),
    "signed_on": nullable(DAY), "ended_on": nullable(DAY), "paid": AMOUNT, "open": AMOUNT, "missed": AMOUNT, "next_on": nullable(DAY),
    "next_amount": AMOUNT,
}  # fmt: skip
_ITEM = given(open_item=public_id("itm"), number=text(60), amount=AMOUNT)
_PART = given(
    ordinal=WHOLE, due_date=DAY, amount=AMOUNT, interest=AMOUNT, open=AMOUNT,
    state=one_of("planned", "due", "paid", "missed", "ended"), open_item=nullable(public_id("itm")),
    interest_item=nullable(public_id("itm")),
)  # fmt: skip
COMPONENTS: dict[str, Schema] = {
    "PaymentPlanRow": given(**_PLAN), "PaymentPlan": given(**_PLAN, items=listed(_ITEM), instalments=listed(_PART)),
}  # fmt: skip
