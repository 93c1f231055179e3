"""The ways to settle a case, as plain data, and how an amount with tax is taken apart."""

from collections.abc import Sequence
from dataclasses import dataclass

from arops.lib import money


@dataclass(frozen=True, slots=True)
class Way:
    """A way to settle a case: what one needs to choose it, what it asks for, what it does.

    `rights` are held besides the sight of the case; `amount` says what the amount is: `agreed` of what is contested, `free`, or nothing.
    """

    code: str
    label: str
    does: str
    rights: tuple[str, ...] = ("disputes.work",)
    amount: str = ""
    needs_document: bool = False
    costs: bool = False
    asks_reason: bool = False
    needs_words: str = ""


WAYS: dict[str, Way] = {
    way.code: way
    for way in (
        Way(
            "credited", "Credit memo", "A credit memo for what is agreed, set off against the document; the rest is chased again.",
            ("disputes.work", "memos.request"), "agreed", needs_document=True, costs=True, asks_reason=True,
        ),
        Way(
            "rejected", "Reject", "A letter with the evidence goes to the customer; all of it is chased again.",
            ("disputes.resolve",), needs_words="write the reasons: they stand in the letter",
        ),
        Way(
            "goodwill", "Goodwill", "What is agreed is given up though it wasn’t our mistake.",
            ("disputes.resolve",), "agreed", costs=True, asks_reason=True, needs_words="say why it is given up: whoever decides reads it",
        ),
        Way(
            "rebilled", "Cancel and bill again", "A credit memo for all that is left of the document, and a draft that bills it again.",
            ("disputes.work", "memos.request"), "agreed", needs_document=True, costs=True, asks_reason=True,
        ),
        Way(
            "corrected", "Corrected document", "The document is sent again as it is now; nothing is allowed.",
            ("disputes.work", "invoices.send"), needs_document=True, needs_words="say what was corrected: it stands in the mail",
        ),
        Way(
            "debited", "Debit memo", "What was billed too little is billed in addition; nothing is allowed.",
            ("disputes.work", "memos.request"), "free", needs_document=True, asks_reason=True,
        ),
        Way("paid", "Paid after all", "The customer paid what it had contested; what is left of it is chased again."),
        Way("withdrawn", "Withdrawn", "The customer takes it back; all of it is chased again."),
    )
}  # fmt: skip
"""Code of `Dispute.Resolution` → the way, in the order of the form."""


def split_gross(gross: int, net: int, tax: int) -> tuple[int, int]:
    """A part of a line with tax, taken apart as the line itself is: never more net or tax than the line has.

    >>> split_gross(10_00, 84_03, 15_97)
    (840, 160)
    """
    whole = net + tax
    if not 0 <= gross <= whole or min(net, tax) < 0:
        raise ValueError("a part of a line is between nothing and all of it")
    share = (2 * gross * tax + whole) // (2 * whole) if whole else 0
    return gross - share, share


def split_free(gross: int, net: int, tax: int) -> tuple[int, int]:
    """An amount with tax, however large, at the proportion of net to tax of something else.

    >>> split_free(238_00, 100_00, 19_00)
    (20000, 3800)
    """
    whole = net + tax
    share = (2 * gross * tax + whole) // (2 * whole) if whole > 0 and tax > 0 else 0
    return gross - share, share


def fit_in(shares: Sequence[tuple[int, int]], lines: Sequence[tuple[int, int]], net: int, tax: int) -> list[tuple[int, int]]:
    """Shares (net, tax) of lines (net, tax) with so many cents moved between net and tax that all of them take no more of either than is
    left: else credits that were each rounded fairly come to more tax, or more net, than was billed. The last one takes what is left.

    >>> fit_in([(50, 10), (50, 10)], [(100, 19), (100, 19)], 101, 19)
    [(51, 9), (50, 10)]
    """
    total, taxed = sum(n + t for n, t in shares), sum(t for _, t in shares)
    least, most = max(0, total - net), min(tax, total)
    if least > most:
        return list(shares)
    more, fitted = max(least - taxed, 0) or min(most - taxed, 0), []
    for (own_net, own_tax), (line_net, line_tax) in zip(shares, lines, strict=True):
        step = min(more, line_tax - own_tax, own_net) if more > 0 else max(more, -own_tax, own_net - line_net)
        fitted.append((own_net - step, own_tax + step))
        more -= step
    return fitted


def share_out(amount: int, contested: Sequence[int]) -> list[int]:
    """What of an agreed amount falls on each of the contested parts: in their proportion, none more than was contested of it, to the cent.

    >>> share_out(50_00, [60_00, 40_00])
    [3000, 2000]
    """
    if not 0 <= amount <= sum(contested):
        raise ValueError("no more is agreed than is contested")
    return money.split(amount, contested) if amount else [0] * len(contested)
