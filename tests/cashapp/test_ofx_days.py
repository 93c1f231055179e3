"""OFX says what an account closed with, never what it opened with: its days chain and are signed all the same."""

from datetime import date, timedelta

import pytest

from cashapp.models import BankStatement, ReconcilingItem
from cashapp.selectors.bank_day import Account
from cashapp.services import reconciling
from cashapp.services.reconciling.preparing import DayRefused
from tests.cashapp.worlds import make_bank, take
from tests.factories import DAY, make_user

from .desk import NOW

pytestmark = pytest.mark.django_db
NEXT, THIRD = DAY + timedelta(days=1), DAY + timedelta(days=2)


def ofx(closing: str, as_of: date, *movements: tuple[date, str, str]) -> bytes:
    """A statement: its balance as of a day, and movements (day, amount, the bank's id)."""
    told = "".join(
        f"<STMTTRN><TRNTYPE>{'CREDIT' if amount[0] != '-' else 'FEE'}<DTPOSTED>{day:%Y%m%d}<TRNAMT>{amount}"
        f"<FITID>{key}<NAME>Payer {key}</STMTTRN>"
        for day, amount, key in movements
    )
    return (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD"
        "<BANKACCTFROM><BANKID>021000021<ACCTID>4711<ACCTTYPE>CHECKING</BANKACCTFROM>"
        f"<BANKTRANLIST><DTSTART>{movements[0][0]:%Y%m%d}<DTEND>{as_of:%Y%m%d}{told}</BANKTRANLIST>"
        f"<LEDGERBAL><BALAMT>{closing}<DTASOF>{as_of:%Y%m%d}120000</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    ).encode()


def test_days_fed_by_ofx_chain_though_downloads_overlap_and_are_signed_by_another():
    bank = make_bank(currency="USD", identifier="4711")
    first, second = (DAY, "100.00", "A1"), (DAY, "-5.00", "A2")
    take(ofx("1095.00", DAY, first, second), "a.ofx")
    take(ofx("1135.00", NEXT, first, second, (NEXT, "40.00", "A3")), "b.ofx")  # a download tells of the days before again
    ana, eva = make_user("specialist", bank.company), make_user("supervisor", bank.company)
    for day, opening, closing in ((DAY, 1000_00, 1095_00), (NEXT, 1095_00, 1135_00)):
        found = Account(bank).day(day)
        assert (found.bank_opening, found.bank_closing, found.unexplained) == (opening, closing, 0)
        assert not any(item.blocks for item in found.items)
        row = reconciling.prepare_day(actor=ana, account=bank, day=day, now=NOW)
        assert reconciling.sign_day(actor=eva, reconciliation=row, now=NOW).state == "signed"
    assert BankStatement.objects.get(closing_date=NEXT).repeated == 2


def test_a_movement_that_no_file_told_of_blocks_the_day():
    bank = make_bank(currency="USD", identifier="4711")
    take(ofx("100.00", DAY, (DAY, "100.00", "A1")), "a.ofx")
    take(ofx("190.00", THIRD, (THIRD, "40.00", "A3")), "c.ofx")  # 50.00 of the day between is nowhere
    ana = make_user("specialist", bank.company)
    with pytest.raises(DayRefused):
        reconciling.prepare_day(actor=ana, account=bank, day=THIRD, now=NOW)
    reconciling.refresh_day(actor=ana, account=bank, day=THIRD)
    assert ReconcilingItem.objects.get(blocks=True).amount == 50_00


def test_what_is_booked_after_the_moment_of_the_balance_is_not_in_it():
    bank = make_bank(currency="USD", identifier="4711")
    take(ofx("100.00", DAY, (DAY, "100.00", "A1"), (NEXT, "7.00", "A2")), "a.ofx")
    account = Account(bank)
    assert [account.bank_balance(day) for day in (DAY - timedelta(days=1), DAY, NEXT)] == [0, 100_00, 107_00]
    take(ofx("110.00", THIRD, (NEXT, "7.00", "A2"), (THIRD, "3.00", "A3")), "b.ofx")
    assert not any(item.blocks for item in Account(bank).day(THIRD).items)
