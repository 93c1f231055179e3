"""A day at the bank: it ties whatever happened, is prepared by one and signed by another, and stays as it was signed."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from cashapp.models import BankAccount, BankTie, DayReconciliation, ReconcilingItem, Reopening, StatementLine
from cashapp.selectors.bank_day import Account
from cashapp.selectors.bank_grid import grid, posted_later
from cashapp.selectors.verified import CHECKS
from cashapp.services import reconciling
from cashapp.services.reconciling.preparing import DayChanged, DayRefused
from cashapp.services.reconciling.signing import SamePerson, digest_of
from cashapp.services.returning import return_receipt
from ledger.verify import verify_books
from org.actors import NotAllowed
from org.models import User
from reports.night import STEPS
from tests.cashapp.worlds import TODAY, Row, camt, make_bank, money_in, take
from tests.factories import DAY, SYSTEM, make_customer, make_user

NOW = datetime.fromisoformat("2026-09-20T08:00:00+00:00")
NEXT = DAY + timedelta(days=1)


def _people(bank: BankAccount) -> tuple[User, User]:
    return make_user("specialist", bank.company), make_user("supervisor", bank.company)


def _signed(bank: BankAccount, day: date = DAY) -> tuple[DayReconciliation, User, User]:
    ana, eva = _people(bank)
    row = reconciling.prepare_day(actor=ana, account=bank, day=day, now=NOW)
    return reconciling.sign_day(actor=eva, reconciliation=row, now=NOW), ana, eva


@pytest.mark.django_db
def test_a_day_of_receipts_fees_and_a_return_ties_line_by_line() -> None:
    """Opening 1,000.00; 500.00 and 80.00 come in, a fee of 3.00 goes; the next day the bank takes the 80.00 back."""
    bank = make_bank()
    rows = [Row(500_00, "INV-1", "Nordia"), Row(80_00, "INV-2", "Hart"), Row(-3_00, "account fee")]
    take(camt(rows, opening=1000_00))
    day = Account(bank).day(DAY)
    assert (day.bank_opening, day.bank_movements, day.bank_closing) == (1000_00, 577_00, 1577_00)
    assert (day.ledger_closing, day.unexplained) == (580_00, 0)
    assert {(i.kind, i.amount) for i in day.items} == {("opening", 1000_00), ("not_receivable", -3_00)}

    take(camt([Row(-80_00, "INV-2 returned", "Hart", reversal=True, day=NEXT)], opening=1577_00, number=2, day=NEXT), "b.xml")
    assert ("bank_only", -80_00) in {(i.kind, i.amount) for i in Account(bank).day(NEXT).items}
    line = StatementLine.objects.get(treatment="return")
    receipt = bank.receipts.get(amount=80_00)  # type: ignore[attr-defined]
    return_receipt(actor=SYSTEM, receipt=receipt, reason="no funds", today=TODAY, now=NOW, line=line)
    after = Account(bank).day(NEXT)
    assert {(i.key, i.amount) for i in after.items} == {("opening", 1000_00), ("class:Bank charges", -3_00)} and not after.unexplained


@pytest.mark.django_db
def test_money_that_the_bank_shows_a_day_later_is_timing_and_what_it_never_shows_is_ours_to_explain() -> None:
    bank = make_bank()
    customer = make_customer(bank.company)
    take(camt([Row(10_00)]))
    money_in(bank, 70_00, customer)  # told by hand on DAY
    take(camt([Row(-25_00, "rent", day=NEXT)], opening=10_00, number=2, day=NEXT), "b.xml")
    assert {(i.kind, i.amount) for i in Account(bank).day(NEXT).items} == {("ledger_only", -70_00), ("not_receivable", -25_00)}
    ana, _ = _people(bank)
    row = reconciling.prepare_day(actor=ana, account=bank, day=NEXT, now=NOW)
    item = ReconcilingItem.objects.get(reconciliation=row, kind="ledger_only")
    assert item.owner == ana, "what is unmatched and nobody's is the preparer's"
    reconciling.explain_item(actor=ana, account=bank, day=NEXT, key=item.key, explanation="cheque in the post", owner=ana)
    row.refresh_from_db()
    assert row.state == "open", "a day that is explained further has to be prepared again"
    later = reconciling.refresh_day(actor=ana, account=bank, day=NEXT + timedelta(days=1))
    carried = ReconcilingItem.objects.get(reconciliation=later, kind="ledger_only")
    assert (carried.explanation, carried.owner) == ("cheque in the post", ana)


@pytest.mark.django_db
def test_one_prepares_another_signs_and_the_database_refuses_the_same() -> None:
    bank = make_bank()
    take(camt([Row(10_00)]))
    ana, eva = _people(bank)
    with pytest.raises(DayRefused, match="no statement"):
        reconciling.prepare_day(actor=ana, account=bank, day=NEXT, now=NOW)
    row = reconciling.prepare_day(actor=eva, account=bank, day=DAY, now=NOW)
    with pytest.raises(NotAllowed):
        reconciling.sign_day(actor=ana, reconciliation=row, now=NOW)
    with pytest.raises(SamePerson):
        reconciling.sign_day(actor=eva, reconciliation=row, now=NOW)
    with pytest.raises(DayRefused, match="a person"):
        reconciling.sign_day(actor=SYSTEM, reconciliation=row, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        DayReconciliation.objects.filter(pk=row.pk).update(state="signed", signed_by=eva.label, ledger_mark=1)
    money_in(bank, 5_00, day=DAY)
    other = make_user("controller", bank.company)
    with pytest.raises(DayChanged, match="changed since"):
        reconciling.sign_day(actor=other, reconciliation=row, now=NOW)
    again = reconciling.prepare_day(actor=eva, account=bank, day=DAY, now=NOW)
    signed = reconciling.sign_day(actor=other, reconciliation=again, now=NOW, version=again.version)
    assert signed.state == "signed" and signed.signed_hash == digest_of(signed)


@pytest.mark.django_db
def test_a_balance_that_starts_from_a_signed_day_is_the_sum_of_all_lines() -> None:
    bank = make_bank()
    take(camt([Row(10_00), Row(4_00, day=DAY)]))
    money_in(bank, 1_00, day=DAY - timedelta(days=3))
    _signed(bank)
    money_in(bank, 7_00, day=DAY)  # booked into the signed day, and before it, afterwards
    money_in(bank, 2_00, day=DAY - timedelta(days=2))
    money_in(bank, 5_00, day=NEXT)
    account = Account(bank)
    for days in range(-4, 4):
        day = DAY + timedelta(days=days)
        plain = sum(account.book_lines().filter(entry__effective_date__lte=day).values_list("amount", flat=True))
        assert account.ledger_balance(day) == plain, day
    assert len(account.signed) == 1 and account.ledger_balance(NEXT) == 29_00


@pytest.mark.django_db
def test_what_was_signed_stays_and_what_comes_later_is_shown_carried_or_opened_again() -> None:
    bank = make_bank()
    take(camt([Row(10_00)]))
    row, ana, eva = _signed(bank)
    for refused in (
        lambda: DayReconciliation.objects.filter(pk=row.pk).update(explained=1),
        lambda: ReconcilingItem.objects.create(reconciliation=row, key="x", kind="timing", amount=0, since=DAY, label="x"),
        lambda: DayReconciliation.objects.filter(pk=row.pk).delete(),
    ):
        with pytest.raises((ProgrammingError, InternalError)), transaction.atomic():
            refused()
    money_in(bank, 7_00, day=DAY)
    assert posted_later([row]) == {row.pk: 7_00} and verify_books(TODAY) == []
    (cells,) = [r.cells for r in grid([bank], [DAY, NEXT])]
    assert cells[0].state == "differs"
    with pytest.raises(DayRefused, match="signed off"):
        reconciling.prepare_day(actor=ana, account=bank, day=DAY, now=NOW)
    with pytest.raises(DayRefused, match="why"):
        reconciling.carry_later(actor=eva, reconciliation=row, reason=" ")
    carried = reconciling.carry_later(actor=eva, reconciliation=row, reason="told late by the ERP")
    assert posted_later([carried]) == {} and carried.signed_hash == digest_of(carried)
    was = carried.signed_hash
    opened = reconciling.reopen_day(actor=eva, reconciliation=carried, reason="the late one belongs in")
    kept = Reopening.objects.get(reconciliation=opened)
    assert (opened.state, kept.was_hash, kept.was_signed_by, kept.reason) == ("open", was, eva.label, "the late one belongs in")


@pytest.mark.django_db
def test_a_gap_blocks_until_it_is_explained_or_the_missing_statement_is_there() -> None:
    bank = make_bank()
    third = DAY + timedelta(days=2)
    take(camt([Row(10_00)]))
    take(camt([Row(5_00, day=third)], opening=40_00, number=3, day=third), "c.xml", accept_gap="the bank was down")
    ana, eva = _people(bank)
    with pytest.raises(DayRefused, match="explain"):
        reconciling.prepare_day(actor=ana, account=bank, day=third, now=NOW)
    key = ReconcilingItem.objects.get(reconciliation=reconciling.refresh_day(actor=ana, account=bank, day=third), blocks=True).key
    reconciling.explain_item(actor=ana, account=bank, day=third, key=key, explanation="statement 2 is asked for", owner=None)
    row = reconciling.prepare_day(actor=ana, account=bank, day=third, now=NOW)
    assert reconciling.sign_day(actor=eva, reconciliation=row, now=NOW).explained == 30_00
    assert [r.cells[1].state for r in grid([bank], [DAY, NEXT, third])] == ["quiet"]


@pytest.mark.django_db
def test_lines_are_laid_together_by_hand_when_both_sides_come_to_the_same() -> None:
    bank = make_bank()
    take(camt([Row(-100_00, "two refunds in one", day=NEXT)], day=NEXT))
    ana, _ = _people(bank)
    receipts = [money_in(bank, amount, day=NEXT) for amount in (60_00, 40_00)]
    for receipt in receipts:
        return_receipt(actor=SYSTEM, receipt=receipt, reason="told by hand", today=NEXT, now=NOW, day=NEXT)
    out = [b.id for b in Account(bank).book_lines().filter(amount__lt=0)]  # type: ignore[attr-defined]
    line = StatementLine.objects.get()
    with pytest.raises(DayRefused, match="differ"):
        reconciling.tie_lines(actor=ana, account=bank, bank_lines=[line.pk], book_lines=out[:1], today=TODAY)
    tie = reconciling.tie_lines(actor=ana, account=bank, bank_lines=[line.pk], book_lines=out, today=TODAY)
    assert {i.kind for i in Account(bank).day(NEXT).items} == {"ledger_only"} and Account(bank).day(NEXT).unexplained == 0
    with pytest.raises(DayRefused, match="nothing is tied"):
        reconciling.tie_lines(actor=ana, account=bank, bank_lines=[line.pk], book_lines=out, today=TODAY)
    reconciling.untie(actor=ana, tie=tie)
    assert "not_receivable" in {i.kind for i in Account(bank).day(NEXT).items}


@pytest.mark.django_db
def test_the_night_reckons_yesterday_for_every_account() -> None:
    bank = make_bank()
    take(camt([Row(10_00)]))
    assert "bank_days" in [step.code for step in STEPS]
    assert reconciling.prepare_accounts(actor=SYSTEM, company=bank.company, day=DAY) == {"accounts": 1, "unmatched": 0, "gaps": 0}
    row = DayReconciliation.objects.get()
    assert (row.state, row.bank_closing, row.prepared_by) == ("open", 10_00, "")


MOVES = st.lists(
    st.tuples(st.sampled_from(["statement", "gap", "told", "return", "bounce", "sign", "reopen"]), st.integers(0, 5)),
    min_size=3,
    max_size=8,
)


class AnyHistory(TestCase):
    """Whatever comes in, is posted, taken back, signed and opened again, every day ties and the books verify."""

    @settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(MOVES)
    def test_ties(self, moves: list[tuple[str, int]]) -> None:
        bank = make_bank()
        bank.refresh_from_db()
        customer, (ana, eva) = make_customer(bank.company), _people(bank)
        day, balance = DAY - timedelta(days=12), 0
        for n, (move, size) in enumerate(moves):
            if move in ("statement", "gap", "bounce"):
                gap = 11_00 if move == "gap" and n else 0
                rows = [Row((i + 1) * 10_00 + n, f"{n}-{i}", "Payer", day=day) for i in range(size % 3)] + [Row(-1_00, "fee", day=day)]
                received = bank.receipts.filter(returned_on=None, statement_line__isnull=False).order_by("pk").first()  # type: ignore[attr-defined]
                if move == "bounce" and received:
                    rows.append(Row(-received.amount, received.text, "Payer", day=day, reversal=True))
                take(camt(rows, opening=balance + gap, number=n + 1, day=day), f"{n}.xml", **({"accept_gap": "asked for"} if gap else {}))
                balance += gap + sum(r.amount for r in rows)
                day += timedelta(days=1)
            elif move == "told":
                money_in(bank, 10_00 * (size + 1), customer, day=DAY - timedelta(days=12 - size))
            elif move == "return":
                self._return(bank, size)
            else:
                self._sign(bank, ana, eva, move)
        found = Account(bank)
        for n in range(0, 16, 2):
            self.assertEqual(found.day(DAY + timedelta(days=n - 14)).unexplained, 0)
        self.assertEqual(verify_books(TODAY, [bank.company]), [])

    def _return(self, bank: BankAccount, size: int) -> None:
        """The oldest receipt goes back: by the bank's own line where there is one, else told by hand."""
        line = StatementLine.objects.returns().filter(statement__bank_account=bank).exclude(returns=None).first()
        receipt = line.returns if line else bank.receipts.filter(returned_on=None).order_by("pk").first()  # type: ignore[attr-defined]
        if receipt and receipt.returned_on is None:
            return_receipt(actor=SYSTEM, receipt=receipt, reason="back", today=TODAY, now=NOW, line=line, day=DAY)

    def _sign(self, bank: BankAccount, ana: User, eva: User, move: str) -> None:
        signed = DayReconciliation.objects.filter(bank_account=bank, state="signed").first()
        last = Account(bank).last_day
        if move == "reopen" and signed:
            reconciling.reopen_day(actor=eva, reconciliation=signed, reason="looked again")
        elif last:
            row = reconciling.refresh_day(actor=ana, account=bank, day=last)
            for item in ReconcilingItem.objects.filter(reconciliation=row, blocks=True, explanation="") if row.state == "open" else ():
                reconciling.explain_item(actor=ana, account=bank, day=last, key=item.key, explanation="known", owner=None)
            if row.state == "open":
                prepared = reconciling.prepare_day(actor=ana, account=bank, day=last, now=NOW)
                reconciling.sign_day(actor=eva, reconciliation=prepared, now=NOW)


@pytest.mark.django_db
def test_verify_books_finds_what_was_signed_without_the_books_and_ties_that_do_not_come_to_the_same() -> None:
    bank = make_bank()
    take(camt([Row(10_00)]))
    figures = {"bank_opening": 0, "bank_movements": 90_00, "bank_closing": 90_00, "ledger_movements": 90_00, "ledger_closing": 90_00}
    DayReconciliation.objects.create(
        bank_account=bank, day=DAY, state="signed", prepared_by="user:1", signed_by="user:2", ledger_mark=10**9, **figures
    )
    book = Account(bank).book_lines().get()
    BankTie.objects.create(bank_account=bank, statement_lines=[0], ledger_lines=[book.pk], amount=10_00, made_by="user:1")
    assert {d.check for d in verify_books(TODAY, [bank.company])} == set(CHECKS)
