"""What tells that an advice was sent before: a key of what it says, whatever file, name, archive, line ends or format brought it.

Payers send the same advice by EDI and again as a list, forward a mail twice, re-save a workbook. What counts is who pays what for which
document. Two advices that say the very same within one file are two payments, told apart by their place among equals.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple

from .model import Advice


def keys_of(advices: Iterable[Advice]) -> Iterator[str]:
    """A key for each of a file's advices, in their order."""
    seen: Counter[str] = Counter()
    for advice in advices:
        said = content_of(advice)
        seen[said] += 1
        yield said if seen[said] == 1 else f"{said}-{seen[said]}"


def content_of(advice: Advice) -> str:
    """sha256 of what the advice says. Its words count only where it has no lines: the rest of a mail changes as it is forwarded."""
    head = (advice.currency, advice.total, advice.payment_date, advice.payer_name, advice.payer_account, advice.trace, advice.reference)
    lines = [_plain(part) for line in advice.lines for part in astuple(line)]
    words = [] if lines else [_plain(advice.text)]
    return hashlib.sha256("\x1f".join([*map(_plain, head), *lines, *words]).encode("utf-8", "surrogatepass")).hexdigest()


def _plain(part: object) -> str:
    """As text, without the difference that blanks, line ends and capitals make."""
    return "" if part is None else " ".join(str(part).split()).casefold()
