"""Why changes of rules are refused."""

from cashapp.services.errors import CashError


class RuleRefused(CashError):
    """Cells, bands or a rule that can't be, or a state that doesn't allow the step; the message says what to do."""


class NotTried(RuleRefused):
    """Switching on needs a fresh trial of just what is to be switched on; the message says what is missing."""


class MakerIsNotChecker(RuleRefused):
    """Whoever made it can't be the one who switches it on."""


class StaleVersion(CashError):
    """Somebody changed it meanwhile: look at it again. Answers as 409."""
