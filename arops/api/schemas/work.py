"""The work list."""

from arops.api.schemas.parts import AMOUNT, COMPANY, CURRENCY, DAY, MOMENT, WHOLE, Schema, given, listed, nullable, one_of, public_id, text

BUCKET = one_of("our_fault", "at_risk", "quick_win", "routine")
KIND = one_of(
    "broken_promise", "plan", "planned", "call", "follow_up", "escalation", "inquiry", "apply_credit", "dispute", "document", "contact",
    "remind",
)  # fmt: skip
COMPONENTS: dict[str, Schema] = {
    "WorkTask": given(
        id=public_id("wtk"), company=COMPANY, customer=public_id("cus"), key=text(80, "Names the task for ever."), kind=KIND, bucket=BUCKET,
        title=text(200), currency=CURRENCY, amount=AMOUNT, effect={**AMOUNT, "description": "What acting today is expected to move."},
        score={**WHOLE, "description": "Orders: the effect in minor units of the company's currency, weighted by kind."},
        due_on=DAY, oldest_due=nullable(DAY), why=text(300, "The reason in one sentence."), reasons=listed(text(200)),
        next_action=text(200), owner=nullable(text(254, "An e-mail address.")),
        routed_to=nullable(text(30, "Code of the department that can fix it.")), minutes=WHOLE,
        ranked_at=MOMENT,
    )
}  # fmt: skip
