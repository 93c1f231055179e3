"""Why cash application refuses, in words for people."""

from arops.lib.refusal import Refused


class CashError(Refused):
    """Something that can't be done with this file or receipt; the message says why and what to do."""


class AlreadyImported(CashError):
    """The same file, or every statement in it, was imported before."""


class UnknownBankAccount(CashError):
    """A file speaks of accounts that aren't set up; `accounts` are their numbers and currencies as they stand in it (either may be empty),
    `stored_file_id` is the file kept for later."""

    stored_file_id: int | None = None

    def __init__(self, message: str, accounts: tuple[tuple[str, str], ...] = ()) -> None:
        self.accounts = accounts
        super().__init__(message)

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The numbers alone, each once."""
        return tuple(dict.fromkeys(number for number, _ in self.accounts))


class StatementHeld(CashError):
    """A statement contradicts itself or the one before it. It can be accepted with a reason by someone who may reverse cash;
    until then the file is kept as `stored_file_id`."""

    stored_file_id: int | None = None


class DoesNotFoot(StatementHeld):
    """Opening balance and entries don't make the closing balance."""


class StatementGap(StatementHeld):
    """The opening balance isn't the last closing balance: a statement in between is missing."""


class StaleReceipt(CashError):
    """Someone else changed the receipt meanwhile: look at it again. Answers as 409."""


class ReceiptLeased(StaleReceipt):
    """Someone else is working on the receipt right now."""


class AllocationError(CashError):
    """The allocation doesn't add up, or an item can't take it; the message names the item and the amounts."""


class OutsideGroup(AllocationError):
    """The items belong to a customer outside the payer's group."""


class OverLimit(AllocationError):
    """More would be written off, or allowed as discount, than this person may by himself."""


class NothingToUndo(CashError):
    """It was undone before, or something was built on it since."""


class JoinRefused(CashError):
    """An advice and a receipt that can't be joined or taken apart; the message says why."""
