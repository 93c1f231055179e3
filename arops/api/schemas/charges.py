"""Late charges and escalations."""

from arops.api.schemas.parts import AMOUNT, COMPANY, CURRENCY, DAY, WHOLE, Schema, given, listed, nullable, one_of, public_id, text

STATE = one_of("posted", "left_out", "waiver_asked", "waived")
_CHARGE = {
    "id": public_id("chg"), "company": COMPANY, "customer": public_id("cus"), "first_day": DAY, "last_day": DAY, "currency": CURRENCY,
    "amount": AMOUNT, "open": AMOUNT, "state": STATE, "because": text(200, "Why nothing was charged, or why it was waived."),
    "open_item": nullable(public_id("itm")), "number": nullable(text(60)), "policy": nullable(text(60)),
}  # fmt: skip
_DAYS = given(
    first_day=DAY, last_day=DAY, days=WHOLE, base={**AMOUNT, "description": "Open, less disputed and covered by credits."},
    rate=text(12, "Per cent a year."), capped_by=text(400, "The legal limit that cut the rate, with its source."),
)  # fmt: skip
_LINE = given(
    open_item=public_id("itm"), number=text(60), due_date=DAY, amount=AMOUNT, fee=AMOUNT, capped_by=text(400), days=listed(_DAYS)
)  # fmt: skip
COMPONENTS: dict[str, Schema] = {"LateChargeRow": given(**_CHARGE), "LateCharge": given(**_CHARGE, lines=listed(_LINE))}
