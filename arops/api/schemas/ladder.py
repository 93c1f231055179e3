"""Accounts on the ladder, dunning letters, statements: what collections sends and raises."""

from arops.api.schemas.parts import (
    AMOUNT,
    COMPANY,
    CURRENCY,
    DAY,
    FLAG,
    MOMENT,
    POSITIVE,
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

CASE_STATE = one_of("proposed", "open", "decided", "placed", "recalled", "closed", "dismissed")
SENDING = one_of("draft", "pending", "claimed", "sent", "parked", "failed", "cancelled")
SHOW = one_of("letters", "left")
SENT_SHOW = one_of("sent", "left")
SCHEDULE_STATE = one_of("active", "ended")
FORMAT = one_of("pdf", "xlsx", "both")
_EMAIL = text(254, "An e-mail address.")
_MONEY = given(currency=CURRENCY, amount=AMOUNT)

_CASE = {
    "id": public_id("esc"), "company": COMPANY, "number": text(40), "customer": public_id("cus"), "currency": CURRENCY,
    "rung": text(30, "Code of the rung."), "rung_name": text(60), "is_outside": {**FLAG, "description": "An agency's or lawyer's rung."},
    "state": CASE_STATE, "amount": {**AMOUNT, "description": "Past due when it was raised, or the page was last written anew."},
    "because": text(300), "raised_on": DAY, "raised_by": text(80), "assigned_to": nullable(_EMAIL), "decision": text(500),
    "decided_by": nullable(text(80)), "decided_on": nullable(DAY), "placed_with": nullable(text(120, "The agency or lawyer.")),
    "placed_on": nullable(DAY), "recalled_on": nullable(DAY), "closed_on": nullable(DAY),
    "placed": {**AMOUNT, "description": "What was placed outside."},
    "recovered": {**AMOUNT, "description": "What came in on that since, by the ledger."}, "version": WHOLE, "created_at": MOMENT,
}  # fmt: skip
_PLACED = given(open_item=public_id("itm"), number=text(60), amount=AMOUNT)

_LETTER = {
    "id": public_id("dun"), "company": COMPANY, "customer": public_id("cus"), "day": {**DAY, "description": "Of the run."},
    "currency": CURRENCY, "level": WHOLE, "level_name": text(40), "days_past_due": WHOLE,
    "amount": {**AMOUNT, "description": "Asked for, after all that is held out."}, "held_out": AMOUNT,
    "held": listed(given(why=text(20), amount=AMOUNT)), "reason": nullable(text(20, "Why nothing was written, to count by.")),
    "left_out_because": nullable(text(200, "The same in words.")),
    "waits": {**FLAG, "description": "It waits until another person has allowed it."}, "decided_by": nullable(text(80)),
    "state": nullable({**SENDING, "description": "Of its message; null where nothing was written."}),
    "channel": nullable(one_of("email", "letter")), "recipients": listed(text(254)), "sent_at": nullable(MOMENT), "has_file": FLAG,
    "created_at": MOMENT,
}  # fmt: skip
_ASKED = given(
    open_item=public_id("itm"), number=text(60), due_date=DAY, days=WHOLE, balance=AMOUNT, disputed=AMOUNT, promised=AMOUNT, covered=AMOUNT,
    asked=AMOUNT,
)  # fmt: skip

_SCHEDULE = {
    "id": public_id("sch"), "company": COMPANY, "name": text(60), "customer": nullable(public_id("cus")),
    "segment": nullable(text(40, "Without it and without a customer: all that have none of their own.")),
    "day": WHOLE, "every_months": WHOLE, "format": FORMAT, "for_group": FLAG, "only_overdue": FLAG, "minimum": AMOUNT,
    "currency": {**CURRENCY, "description": "Of the minimum: the company's."}, "starts_on": DAY, "active": FLAG, "next_on": nullable(DAY),
    "last_on": nullable({**DAY, "description": "Day of the last statements that it sent."}),
}  # fmt: skip
_SETTINGS = {
    "name": text(60, minLength=1), "day": {"type": "integer", "minimum": 1, "maximum": 31, "description": "Of the month; 31: its last."},
    "every_months": {"type": "integer", "minimum": 1, "maximum": 12}, "format": FORMAT,
    "for_group": {**FLAG, "description": "One statement for a parent with all its children."}, "only_overdue": FLAG,
    "minimum": {**POSITIVE, "description": "What must be open at least, in the company's currency."}, "starts_on": DAY,
}  # fmt: skip

COMPONENTS: dict[str, Schema] = {
    "EscalationRow": given(**_CASE),
    "Escalation": given(
        **_CASE, summary=text(20_000, "The page in words."), recommended=text(300), items=listed(_PLACED), has_pack=FLAG,
    ),
    "EscalationIn": taken(
        ("customer", "currency", "rung", "reason"), company=COMPANY, customer=REFERENCE, currency=CURRENCY,
        rung=text(30, "Code of a rung of the company's ladder.", minLength=1), reason=text(300, minLength=1),
    ),
    "EscalationChange": taken(("version",), version=WHOLE, summary=text(8_000, minLength=1), recommended=text(300)),
    "DunningLetterRow": given(**_LETTER),
    "DunningLetter": given(**_LETTER, items=listed(_ASKED)),
    "StatementSchedule": given(**_SCHEDULE),
    "StatementScheduleIn": taken(("company", "name"), company=COMPANY, customer=REFERENCE, segment=text(40), **_SETTINGS),
    "StatementScheduleChange": taken((), active={**FLAG, "description": "false ends it for good."}, **_SETTINGS),
    "SentStatement": given(
        id=public_id("stm"), company=COMPANY, customer=public_id("cus"), as_of=DAY, schedule=nullable(public_id("sch")),
        balances=listed(_MONEY, description="Open as of the day; of a group, the accounts in sight."),
        accounts=listed(given(customer=public_id("cus"), balances=listed(_MONEY)), description="Of a group, those in sight."),
        whole={**FLAG, "description": "Whether all of its accounts are in sight; only then there is its file."},
        left_out_because=nullable(text(200)), state=nullable(SENDING), channel=nullable(one_of("email", "letter")),
        recipients=listed(text(254)), sent_at=nullable(MOMENT), files=listed(text(255)), made_at=MOMENT,
    ),
}  # fmt: skip
