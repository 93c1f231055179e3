"""Questions to departments: asked, read, answered, closed."""

from arops.api.schemas.parts import (
    AMOUNT,
    COMPANY,
    CURRENCY,
    DAY,
    MOMENT,
    POSITIVE,
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

TASK_STATE = one_of("open", "answered", "handed_back", "closed", "cancelled")
_TASK = {
    "id": public_id("tsk"), "company": COMPANY, "kind": text(30, "Such as question, finding, dispute, silence."), "title": text(200),
    "question": {"type": "string"}, "department": nullable(text(30, "Code of the department that is asked.")),
    "assignee": nullable(text(254, "E-mail address of the person who is asked.")), "due_date": DAY, "state": TASK_STATE,
    "currency": nullable(CURRENCY), "amount": nullable(AMOUNT), "customer": nullable(public_id("cus")),
    "subject": nullable(given(type=text(60), id={"type": "string"})), "created_by": text(80), "created_at": MOMENT, "updated_at": MOMENT,
    "version": WHOLE,
}  # fmt: skip
_WORD = text(10_000, minLength=1)
COMPONENTS: dict[str, Schema] = {
    "TaskRow": given(**_TASK),
    "Task": given(
        **_TASK,
        notes=listed(
            given(
                kind=one_of("note", "answer", "hand_back", "reopened", "closed"), body={"type": "string"},
                author=text(80, "Who said it: user:3, key:7, or link:5 for somebody without an account."), at=MOMENT,
            )
        ),
    ),
    "TaskIn": taken(
        ("company", "title", "due_date"), company=COMPANY, title=text(200, minLength=1), question=text(10_000), due_date=DAY,
        department=text(30, "Code of the department that is asked."), assignee=text(254, "E-mail address of a person who answers tasks."),
        about=text(40, "Our id of the record that it is about, such as dsp_5 or inv_42."), currency=CURRENCY,
        amount={**POSITIVE, "description": "At stake; needs `currency`."},
        external_id=text(80, "Your id: the same one asks once."),
    ),
    "TaskStep": taken(
        (), body=text(10_000, "The words; needed except to close and to cancel."),
        version={**WHOLE, "description": "The version that you read: another one is refused."},
    ),
    "TaskAgain": taken(("body",), body=_WORD, version=WHOLE, due_date=DAY, department=text(30)),
}  # fmt: skip
