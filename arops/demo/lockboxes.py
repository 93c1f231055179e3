"""A lockbox file as a bank writes it (BAI, fixed width): cheques, the invoices on their stubs, totals at every level. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cashapp.readers.lockbox import LockboxProfile, Place

BANK = LockboxProfile(data=12, repeat=30, invoice=Place(1, 20), paid=Place(21, 10))
"""The demo bank's layout: invoice and amount, thirty columns each, as many as a stub names."""

_PER_RECORD = 2


@dataclass(frozen=True, slots=True)
class Cheque:
    """A cheque: its number, amount (minor units), who drew it, and what its stub says each invoice gets."""

    number: str
    amount: int
    payer: str
    account: str
    stub: tuple[tuple[str, int], ...] = ()


def lockbox_file(number: str, cheques: Sequence[Cheque], day: date) -> bytes:
    """One lockbox, one batch."""
    total = sum(cheque.amount for cheque in cheques)
    body = [record for n, cheque in enumerate(cheques, 1) for record in _cheque(n, cheque, day)]
    lines = [
        f"100{'ALDERMERE':<10}{'0121000248':<10}{day:%y%m%d}0700", f"2{'ALDERMERE':<10}{'0121000248':<10}{'0000000001'}400080",
        f"5001000{number:0>7}{day:%y%m%d}{'ALDERMERE':<10}{'0121000248':<10}", *body,
        f"7001000{number:0>7}{day:%y%m%d}{len(cheques):03d}{total:010d}", f"8001000{number:0>7}{day:%y%m%d}{len(cheques):04d}{total:010d}",
    ]  # fmt: skip
    lines.append(f"9{len(lines) + 1:06d}")
    return ("\n".join(f"{line:<80}" for line in lines) + "\n").encode("ascii", "replace")


def _cheque(n: int, cheque: Cheque, day: date) -> list[str]:
    digits = "".join(c for c in cheque.account if c.isdigit())[-10:]
    found = [f"6001{n:03d}{cheque.amount:010d}{'021000021'}{digits:0>10}{cheque.number:0>10}{day:%m%d%y}{cheque.payer[:28]:<28}"]
    for at in range(0, len(cheque.stub), _PER_RECORD):
        last = 9 if at + _PER_RECORD >= len(cheque.stub) else 0
        data = "".join(f"{invoice:<20}{paid:010d}" for invoice, paid in cheque.stub[at : at + _PER_RECORD])
        found.append(f"4001{n:03d}6{at // _PER_RECORD + 1:02d}{last}{data}")
    return found
