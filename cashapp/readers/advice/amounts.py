"""Amounts as EDI writes them: a sign before, no zero before or after the mark, nothing that parts thousands."""

from cashapp.readers.model import amount_of


def amount(text: str, currency: str, line: int | None, *, mark: str = ".") -> int | None:
    """Minor units of `.50`, `100.`, `+7` or `-0`, with `mark` for the decimals; None for an empty text; ReadError else."""
    clean = text.strip()
    if not clean:
        return None
    sign, digits = ("-" if clean[0] == "-" else ""), clean[1:] if clean[0] in "+-" else clean
    digits = digits.replace(mark, ".") if "." not in digits else digits
    whole, point, fraction = digits.partition(".")
    minor = amount_of((whole or ("0" if fraction else "")) + (point + fraction if fraction else ""), currency, line)
    return -minor if sign else minor
