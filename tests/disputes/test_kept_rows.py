"""What of a case nobody takes back, whatever code or statement tries: as the role that the product runs as."""

import pytest
from django.db import ProgrammingError, connection, transaction

from disputes.services import note_dispute
from tests.disputes.settling_desk import bill, contest, make_desk, settle

pytestmark = pytest.mark.django_db
TRIES = (
    "DELETE FROM disputes_dispute", "UPDATE disputes_disputenote SET body = 'x'", "DELETE FROM disputes_disputenote",
    "UPDATE disputes_disputemovement SET delta = 0", "DELETE FROM disputes_disputemovement", "UPDATE disputes_disputestep SET day = now()",
    "DELETE FROM disputes_disputestep", "UPDATE disputes_settlement SET amount = 1", "UPDATE disputes_settlement SET requested_by = 'x'",
    "DELETE FROM disputes_settlement", "UPDATE disputes_signoff SET asked_by = 'x'", "DELETE FROM disputes_signoff",
    "UPDATE disputes_disputefinding SET amount = 0", "DELETE FROM disputes_disputefinding",
    "UPDATE disputes_problemmeasure SET result = '{}'",
    "TRUNCATE disputes_dispute CASCADE", "UPDATE messaging_message_attachments SET name = 'x'",
    "UPDATE workflow_tasklink SET expires_at = now() + interval '9 years'", "UPDATE workflow_tasklink SET nonce = 'x'",
)  # fmt: skip


@pytest.mark.parametrize("statement", TRIES)
def test_history_is_only_added_to(statement):
    desk = make_desk()
    case = contest(desk, bill(desk))
    note_dispute(actor=desk.senior, dispute=case, body="They are right")
    settle(desk.senior, case)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
