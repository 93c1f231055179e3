"""Everybody at once on one document: money comes in and is short, settlements are asked for, signed, approved and taken back, memos are
issued elsewhere, cases opened, amended and opened again, the night closes what is settled. Nobody waits for another for ever, and all
sums hold."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from arops.lib.refusal import Refused
from cashapp.services import Share, apply_receipt
from disputes.models import Dispute, SignOff
from disputes.services import amend_dispute, open_dispute, reopen_dispute
from disputes.services.settled import close_settled
from disputes.services.settling import withdraw_settlement
from disputes.services.signing import save_sign_off_rule, sign
from invoicing.models import Invoice
from ledger.errors import LedgerError
from ledger.verify import verify_books
from org.actors import NotAllowed, SystemActor
from org.models import User
from tests.cashapp.worlds import make_bank, money_in
from tests.disputes.settling_desk import DAY, NOW, bill, contest, make_desk, settle, wish_memo
from tests.factories import make_user
from workflow.services.approvals import approve

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(jobs):
    """Run all at the same moment; whatever is neither done nor refused in words."""
    gate, odd = Barrier(len(jobs)), []

    def run(job):
        gate.wait()
        try:
            job()
        except (Refused, NotAllowed, LedgerError):
            pass
        except Exception as error:  # a deadlock, a constraint: what no page has words for
            odd.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[job], daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return odd


def test_everybody_at_once_on_one_document():
    desk = make_desk()
    bank, other = make_bank(desk.company, currency="USD"), SystemActor("erp")
    second = make_user("supervisor", desk.company)
    for _ in range(3):
        invoice = bill(desk, f"INV-{Invoice.objects.count()}")
        cases = [contest(desk, invoice, amount) for amount in (100_00, 90_00, 80_00, 70_00)]
        signing, waiting, closed, open_one = cases
        save_sign_off_rule(
            actor=desk.supervisor, company=desk.company, department=desk.logistics, resolution="goodwill", stage="", from_amount=0,
            currency="USD",
        )  # fmt: skip
        to_sign = settle(desk.supervisor, signing, "goodwill", reason_code="goodwill")
        to_approve = settle(desk.specialist, waiting)
        settle(desk.supervisor, closed, "withdrawn")
        memo = wish_memo(desk.specialist, invoice, 60_00)
        receipts = [money_in(bank, amount, desk.customer) for amount in (150_00, 140_00, 130_00, 120_00)]

        def fresh(case):
            return Dispute.objects.get(pk=case.pk)

        def pay(receipt, amount, short, item=invoice.open_item_id):
            shares = [Share(item, amount, short=short, reason="price" if short else "")]
            return lambda: apply_receipt(actor=desk.senior, receipt=receipt, version=0, shares=shares, today=DAY, now=NOW)

        jobs = [
            *(pay(receipt, receipt.amount, 10_00) for receipt in receipts),
            lambda m=to_approve: approve(actor=User.objects.get(pk=second.pk), approval=m.approval, now=NOW, today=DAY),
            lambda m=memo: approve(actor=User.objects.get(pk=desk.supervisor.pk), approval=m, now=NOW, today=DAY),
            lambda m=to_approve: withdraw_settlement(actor=desk.specialist, settlement=m, now=NOW, today=DAY),
            lambda m=to_sign: sign(actor=desk.mover, sign_off=SignOff.objects.get(settlement=m), given=True, note="", now=NOW, today=DAY),
            lambda c=closed: reopen_dispute(actor=desk.senior, dispute=fresh(c), version=fresh(c).version, today=DAY, reason="again"),
            lambda c=open_one: amend_dispute(actor=desk.senior, dispute=fresh(c), version=fresh(c).version, today=DAY, amount=75_00),
            lambda c=open_one: settle(desk.senior, fresh(c), "withdrawn"),
            lambda i=invoice: open_dispute(actor=other, open_item=i.open_item, amount=50_00, reason="price", today=DAY, source=f"s:{i.pk}"),
            lambda: close_settled(actor=other, company=desk.company, today=DAY),
        ]
        assert at_once(jobs) == []
        close_settled(actor=other, company=desk.company, today=DAY)
        assert verify_books(DAY) == []
        assert all(case.amount <= case.claimed for case in Dispute.objects.all())
