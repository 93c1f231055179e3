"""What a customer's rules about invoices take and mean. Pure."""

from collections.abc import Mapping
from typing import Any


class RequirementError(ValueError):
    """A rule that can't be kept as written; the message says why."""


def fits_mask(text: str, mask: str) -> bool:
    """Whether the text looks like the mask: # is a digit, @ a letter, * anything to the end, all else itself (in any case)."""
    for n, sign in enumerate(mask):
        if sign == "*":
            return True
        if n >= len(text):
            return False
        here = text[n]
        fits = here.isascii() and here.isdigit() if sign == "#" else here.isalpha() if sign == "@" else here.upper() == sign.upper()
        if not fits:
            return False
    return len(text) == len(mask)


def read_params(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a kind of rule, checked. Raises RequirementError."""
    if kind == "po_format":
        mask = given.get("mask")
        if not isinstance(mask, str) or not 0 < len(mask.strip()) <= 40:
            raise RequirementError("say what the number looks like: # for a digit, @ for a letter, * for the rest")
        return {"mask": mask.strip()}
    if kind == "bill_within":
        days = given.get("days")
        if type(days) is not int or not 1 <= days <= 365:
            raise RequirementError("days are a whole number from 1 to 365")
        return {"days": days}
    if kind == "attachment":
        wanted = given.get("kind")
        if not isinstance(wanted, str) or not wanted:
            raise RequirementError("say which document is to be attached")
        return {"kind": wanted}
    return {}
