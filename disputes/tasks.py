"""Cases in the background: what they are to files, tasks and approvals."""

from disputes.services import asking, settling
from workflow.services.subjects import register_subject

register_subject("disputes.dispute", view="disputes.view", edit="disputes.work", url_name="disputes:detail")

FOLLOW = (asking, settling)
"""What follows from answers of departments and from approvals, known once this module is loaded."""
