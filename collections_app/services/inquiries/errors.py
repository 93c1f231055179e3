"""What is refused about inquiries, in words that say what to do."""

from arops.lib.refusal import Refused


class InquiryRefused(Refused):
    """What can't be done with an inquiry; the message says why."""


class StaleInquiry(InquiryRefused):
    """Somebody changed it meanwhile."""
