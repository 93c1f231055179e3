"""Why a refund, or the account it goes to, is refused."""

from cashapp.services.errors import CashError


class PayoutRefused(CashError):
    """Bank details that can't be taken, approved or used; the message says why."""


class RefundRefused(CashError):
    """A refund that can't be asked for, handed over, paid or cancelled so; the message says why."""
