"""Lists of card sales: gross, fee and net of each, by batch. The sale is the receipt, in full; what the processor kept is a charge.

gross + fee = net, with the fee as what it moves (below zero). Processors write it as 2.90 or as -2.90: the net column says which.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from arops.lib import money

from .model import CARD, FEE, BankEntry, ReadError, RemittanceRef

_PAYOUT = re.compile(r"\b(pay-?out|withdrawal|transfer to|deposit to bank|auszahlung|virement|retiro)\b", re.IGNORECASE)


def fee(gross: int, written: int, net: int | None, line: int) -> int:
    """What the fee moves, in minor units: below zero for one that was kept. ReadError where gross and fee don't make the net."""
    if net is None:
        return -abs(written) if gross >= 0 else written
    for moved in (written, -written):
        if gross + moved == net:
            return moved
    raise ReadError(line, f"gross and fee don't make the net amount: {gross}, {written} and {net} (in the smallest unit)")


def sale(entry: BankEntry, *, settlement: bool) -> BankEntry:
    """A row as card business: what is taken back of a sale is a returned item, a payout to the bank is none."""
    if entry.amount < 0 and settlement and not _PAYOUT.search(f"{entry.text} {entry.payer_name}"):
        return replace(entry, channel="return", is_reversal=True, type_code=CARD)
    return replace(entry, channel="card")


def entries(items: Sequence[tuple[BankEntry, int, str]], *, lump: bool) -> tuple[BankEntry, ...]:
    """Sales with their fees beside them; with `lump` a batch is one receipt, whose parts are its sales, and one fee."""
    if lump:
        items = _lumped(items)
    return tuple(found for entry, kept, batch in items for found in _pair(entry, kept, batch))


def _pair(entry: BankEntry, kept: int, batch: str) -> list[BankEntry]:
    sold = replace(entry, customer_reference=entry.customer_reference or batch) if batch else entry
    if not kept:
        return [sold]
    what = " ".join(filter(None, ["Card fee", f"of batch {batch}" if batch else "", entry.bank_reference]))
    charge = replace(
        sold, amount=kept, type_code=FEE, channel="card", structured=(), text=what, is_reversal=False,
        bank_reference=f"{entry.bank_reference}/fee" if entry.bank_reference else "",
    )  # fmt: skip
    return [sold, charge]


def _lumped(items: Sequence[tuple[BankEntry, int, str]]) -> list[tuple[BankEntry, int, str]]:
    """Sales of one batch and day as one; what has no batch, or is taken back, stays as it is."""
    found: list[tuple[BankEntry, int, str]] = []
    batches: dict[tuple[str, object, str], list[tuple[BankEntry, int, str]]] = {}
    for item in items:
        entry, _, batch = item
        if not batch or entry.amount <= 0:
            found.append(item)
            continue
        key = (batch, entry.booking_date, entry.currency)
        if key not in batches:
            found.append(item)
        batches.setdefault(key, []).append(item)
    return [_one(batches.get((i[2], i[0].booking_date, i[0].currency), [i]) if i[0].amount > 0 else [i]) for i in found]


def _one(sales: Sequence[tuple[BankEntry, int, str]]) -> tuple[BankEntry, int, str]:
    first, _, batch = sales[0]
    if len(sales) == 1:
        return sales[0]
    parts = tuple(part for entry, _, _ in sales for part in _parts(entry))
    names = ", ".join(filter(None, (entry.payer_name for entry, _, _ in sales)))
    told = [f"{entry.payer_name} {money.to_text(entry.amount, entry.currency)} {entry.text}".strip() for entry, _, _ in sales]
    lumped = replace(
        first, amount=sum(entry.amount for entry, _, _ in sales), structured=parts, text="\n".join([f"Card batch {batch}", *told])[:4000],
        payer_name=f"Card batch {batch}", payer_account="", bank_reference=batch, customer_reference="",
    )  # fmt: skip
    return (lumped if names else replace(lumped, payer_name="")), sum(kept for _, kept, _ in sales), batch


def _parts(entry: BankEntry) -> Sequence[RemittanceRef]:
    """The documents of a sale: its only one gets all of it."""
    if len(entry.structured) == 1:
        return (replace(entry.structured[0], amount=entry.amount),)
    return entry.structured
