"""Why the ledger refuses, in words for people. PostgreSQL judges; this only translates what it said."""

from django.db import Error as DatabaseError

from arops.lib.refusal import Refused


class LedgerError(Refused):
    """Something the books don't allow."""


class PeriodNotOpen(LedgerError):
    """The day lies in a closed period, or in none."""


class OverApplied(LedgerError):
    """More would be applied to an item than is open on it (or taken back than was applied)."""


class Unbalanced(LedgerError):
    """The lines of an entry don't sum to zero, or don't fit their accounts."""


class AlreadyReversed(LedgerError):
    """An entry can be reversed once."""


class DuplicateNumber(LedgerError):
    """The company already has a document of that kind and number."""


class MissingRate(LedgerError):
    """No exchange rate on or before the day."""


class AmountTooLarge(LedgerError):
    """An amount, in the document's currency or the company's, is more than the books hold."""


NUMERIC_VALUE_OUT_OF_RANGE = "22003"

_MEANING: dict[str, tuple[type[LedgerError], str]] = {
    "entry_period_open": (PeriodNotOpen, ""),
    "open_item_never_overshoots": (OverApplied, "more would be applied than is open: look at the item again, someone may have applied it"),
    "open_item_base_never_overshoots": (
        OverApplied,
        "more would be applied than is open: look at the item again, someone may have applied it",
    ),
    "open_item_closed_in_both": (Unbalanced, "an item must close in both currencies at once"),
    "entry_balances": (Unbalanced, ""),
    "entry_sealed": (Unbalanced, ""),
    "line_fits_account": (Unbalanced, ""),
    "entry_reversal_fits": (Unbalanced, ""),
    "ledger_entry_reverses_id_key": (AlreadyReversed, "this was already reversed"),
    "open_item_number_once": (DuplicateNumber, "there is already a document of this kind with this number"),
}


def translate(error: DatabaseError) -> LedgerError | None:
    """The LedgerError that the database's refusal stands for; None for anything else."""
    diagnostics = getattr(error.__cause__, "diag", None)
    if getattr(error.__cause__, "pgcode", None) == NUMERIC_VALUE_OUT_OF_RANGE:
        return AmountTooLarge("the amount is too large for the books: look at it, and at the exchange rate")
    meaning = _MEANING.get(getattr(diagnostics, "constraint_name", None) or "")
    if not meaning:
        return None
    kind, words = meaning
    return kind(words or getattr(diagnostics, "message_primary", None) or str(error))
