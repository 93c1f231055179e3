"""Cases in the background: what they are to files, tasks and approvals."""

from disputes.services import asking
from workflow.services.subjects import register_subject

register_subject("disputes.dispute", view="disputes.view", edit="disputes.work", url_name="disputes:detail")

FOLLOW = (asking,)
"""What follows from answers of departments, known once this module is loaded."""
