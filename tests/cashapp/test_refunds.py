"""Credits paid back: bank details in two hands, approved refunds handed over once, seen leaving the bank, taken back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from lxml import etree

from cashapp.models import PayoutAccount, Refund, RefundExport
from cashapp.selectors.bank_day import Account
from cashapp.services.refunds import pain
from cashapp.services.refunds.accounts import (
    Details,
    approve_payout_account,
    checked,
    propose_payout_account,
    refuse_payout_account,
    retire_payout_account,
)
from cashapp.services.refunds.asking import ask_refund, cancel_refund
from cashapp.services.refunds.errors import PayoutRefused, RefundRefused
from cashapp.services.refunds.exporting import export_refunds
from cashapp.services.refunds.paying import pay_from_statements, pay_refund, return_refund
from cashapp.services.uploading import take_bank_file
from customers.models import Contact
from ledger.models import Line, OpenItem
from ledger.verify import verify_books
from messaging.models import Message
from org.actors import NotAllowed
from tests.cashapp.worlds import TODAY, Row, camt, make_bank
from tests.factories import SYSTEM, issue, make_customer, make_user, rate
from workflow.services.approvals import MakerIsChecker, approve, reject

from .desk import NOW, acme, bank

IBAN, OTHER_IBAN = "DE02120300000000202051", "DE02500105170137075030"
LATER = TODAY + timedelta(days=5)
__all__ = ["acme", "bank"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def people(bank):
    return {n: make_user(n, bank.company) for n in ("senior", "supervisor", "controller", "specialist", "auditor")}


def details(account=IBAN, **fields):
    return Details(**{"holder": "ACME GmbH", "scheme": "iban", "account": account, "bank": "", "country": "", "currency": "EUR"} | fields)


def propose(actor, customer, account=IBAN):
    return propose_payout_account(actor=actor, customer=customer, details=details(account), words="letter, checked by telephone")


def allow_details(actor, payout):
    return approve_payout_account(actor=actor, payout=payout, today=TODAY, now=NOW, words="called back")


def ask(actor, item, payout, amount, token="t"):
    return ask_refund(
        actor=actor, item=item, amount=amount, payout=payout, reason_code="overpaid", day=TODAY, token=token, today=TODAY, now=NOW
    )


def allow(actor, refund):
    approve(actor=actor, approval=refund.approval, now=NOW, today=TODAY)
    return Refund.objects.get(pk=refund.pk)


def export(actor, bank, *refunds, day=LATER, form="csv"):
    return export_refunds(
        actor=actor, company=bank.company, refunds=[r.pk for r in refunds], format=form, execution_date=day, bank_account=bank,
        today=TODAY, now=NOW,
    )  # fmt: skip


@pytest.fixture
def approved(bank, acme, people):
    """A refund of 120.00 that may be handed over from LATER on."""
    payout = allow_details(people["controller"], propose(people["senior"], acme))
    credit = issue(acme, -300_00, kind="credit_memo", number="CM-1", currency="EUR")
    return allow(people["supervisor"], ask(people["senior"], credit, payout, 120_00))


class TestBankDetails:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"account": "DE02120300000000202052"}, "check digits"),
            ({"bank": "NONSENSE1"}, "BIC"),
            ({"holder": " "}, "in whose name"),
            ({"currency": "EURO"}, "no currency"),
            ({"scheme": "us", "account": "12", "bank": "021000021"}, "4 to 17 digits"),
            ({"scheme": "us", "account": "١٢٣٤٥", "bank": "021000021"}, "4 to 17 digits"),
            ({"scheme": "us", "account": "123456789", "bank": "021000022"}, "routing number"),
        ],
    )
    def test_what_is_wrong_is_named(self, given, said):
        with pytest.raises(PayoutRefused, match=said):
            checked(details(**given))

    def test_one_proposes_another_approves_and_those_known_before_are_told(self, acme, people):
        Contact.objects.create(customer=acme, name="Eva", email="eva@acme.example")
        payout = propose(people["senior"], acme)
        Contact.objects.create(customer=acme, name="Thief", email="thief@evil.example")
        PayoutAccount.objects.filter(pk=payout.pk).update(proposed_at=Contact.objects.get(name="Thief").created_at)
        Contact.objects.filter(name="Eva").update(created_at=payout.proposed_at - timedelta(days=90))
        with pytest.raises(NotAllowed):
            approve_payout_account(actor=people["specialist"], payout=payout, today=TODAY, now=NOW, words="x")
        done = allow_details(people["controller"], payout)
        assert (done.state, done.usable_from) == ("active", LATER)
        told = Message.objects.get(kind="bank_details")
        assert told.recipients == ["eva@acme.example"]
        assert IBAN not in told.body and "2051" in told.body

    def test_the_proposer_approves_neither_by_service_nor_in_the_database(self, acme, people):
        payout = propose(people["controller"], acme)
        with pytest.raises(MakerIsChecker):
            allow_details(people["controller"], payout)
        with pytest.raises(MakerIsChecker):
            approve_payout_account(actor=SYSTEM, payout=payout, today=TODAY, now=NOW, words="x")
        with pytest.raises(IntegrityError, match="payout_account_maker_is_not_checker"), transaction.atomic():
            PayoutAccount.objects.filter(pk=payout.pk).update(state="active", decided_by=payout.proposed_by, usable_from=TODAY)

    def test_details_never_change_and_others_take_their_place(self, acme, people):
        first = allow_details(people["controller"], propose(people["senior"], acme))
        with pytest.raises(Exception, match="bank details never change"), transaction.atomic():
            PayoutAccount.objects.filter(pk=first.pk).update(account=OTHER_IBAN)
        with pytest.raises(PayoutRefused, match="there already"):
            propose(people["senior"], acme)
        second = allow_details(people["controller"], propose(people["senior"], acme, OTHER_IBAN))
        assert [p.state for p in PayoutAccount.objects.filter(pk__in=[first.pk, second.pk]).order_by("pk")] == ["retired", "active"]
        third = propose(people["senior"], acme)
        with pytest.raises(PayoutRefused, match="say why"):
            refuse_payout_account(actor=people["controller"], payout=third, now=NOW, words=" ")
        assert refuse_payout_account(actor=people["controller"], payout=third, now=NOW, words="a stranger").state == "refused"


class TestRefunds:
    def test_from_the_credit_to_the_bank_and_the_books_tie(self, bank, acme, people, approved):
        assert (approved.state, OpenItem.objects.get(number="CM-1").balance) == ("approved", -180_00)
        made = export(people["controller"], bank, approved)
        assert (made.count, made.total) == (1, 120_00)
        assert b"120.00" in bytes(made.stored_file.content) and IBAN.encode() in bytes(made.stored_file.content)
        paid = pay_refund(actor=people["controller"], refund=approved, bank_account=bank, day=LATER)
        lines = Line.objects.filter(entry=paid.payout_id).values_list("account__kind", "amount")
        assert dict(lines) == {"refunds": 120_00, "cash": -120_00}
        assert verify_books(LATER) == []

    def test_the_same_form_twice_is_one_refund(self, acme, people):
        payout = propose(people["senior"], acme)
        credit = issue(acme, -300_00, kind="credit_memo", currency="EUR")
        first, again = (ask(people["senior"], credit, payout, 50_00) for _ in range(2))
        assert first.pk == again.pk

    def test_who_asked_or_proposed_the_account_neither_approves_nor_hands_over(self, bank, acme, people):
        payout = propose(people["controller"], acme)
        credit = issue(acme, -300_00, kind="credit_memo", currency="EUR")
        refund = ask(people["supervisor"], credit, payout, 50_00)
        for maker in ("supervisor", "controller"):
            with pytest.raises(MakerIsChecker):
                allow(people[maker], refund)
        allow_details(people["supervisor"], payout)
        refund = allow(make_user("controller", bank.company), refund)
        with pytest.raises(RefundRefused, match="you asked for"):
            export(people["supervisor"], bank, refund)
        assert export(people["controller"], bank, refund).count == 1

    def test_new_details_rest_and_those_that_are_gone_get_nothing(self, bank, acme, people, approved):
        with pytest.raises(RefundRefused, match="rest until"):
            export(people["controller"], bank, approved, day=LATER - timedelta(days=1))
        retire_payout_account(actor=people["senior"], payout=approved.payout_account, now=NOW, words="closed")
        with pytest.raises(RefundRefused, match="retired"):
            export(people["controller"], bank, approved)
        assert Refund.objects.get(pk=approved.pk).state == "approved"

    def test_what_was_handed_over_is_handed_over_once(self, bank, people, approved):
        export(people["controller"], bank, approved)
        with pytest.raises(RefundRefused, match="handed to payables"):
            export(people["controller"], bank, approved)
        with pytest.raises(RefundRefused, match="can be cancelled"):
            cancel_refund(actor=people["supervisor"], refund=approved, reason="x", today=TODAY, now=NOW)
        assert RefundExport.objects.count() == 1

    def test_an_account_of_another_customer_or_currency_is_no_place_to_pay(self, bank, acme, people):
        stranger = make_customer(bank.company, "Other", currency="EUR")
        credit = issue(acme, -300_00, kind="credit_memo", currency="EUR")
        with pytest.raises(RefundRefused, match="of this customer"):
            ask(people["senior"], credit, propose(people["senior"], stranger), 10_00)
        pounds = propose_payout_account(actor=people["senior"], customer=acme, details=details(currency="GBP"), words="letter")
        with pytest.raises(RefundRefused, match="in GBP, the credit in EUR"):
            ask(people["senior"], credit, pounds, 10_00)

    def test_refused_cancelled_and_come_back_leave_the_credit_open(self, bank, acme, people, approved):
        credit = approved.open_item
        waiting = ask(people["senior"], credit, approved.payout_account, 30_00, token="w")
        reject(actor=people["supervisor"], approval=waiting.approval, now=NOW, today=TODAY, note="no")
        assert Refund.objects.get(pk=waiting.pk).state == "refused"
        taken = ask(people["senior"], credit, approved.payout_account, 40_00, token="x")
        assert cancel_refund(actor=people["senior"], refund=taken, reason="x", today=TODAY, now=NOW).state == "cancelled"
        export(people["controller"], bank, approved)
        pay_refund(actor=people["controller"], refund=approved, bank_account=bank, day=LATER)
        back = return_refund(actor=people["controller"], refund=approved, reason="account closed", day=LATER)
        assert (back.state, OpenItem.objects.get(pk=credit.pk).balance) == ("returned", -300_00)
        third = allow(people["supervisor"], ask(people["senior"], credit, approved.payout_account, 10_00, token="y"))
        cancel_refund(actor=people["supervisor"], refund=third, reason="set off instead", today=TODAY, now=NOW)
        assert OpenItem.objects.get(pk=credit.pk).balance == -300_00
        assert verify_books(LATER) == []

    def test_paid_at_another_rate_the_difference_is_exchange(self, bank, acme, people):
        assert bank.company.base_currency != "GBP"
        rate("GBP", bank.company.base_currency, "1.50")
        rate("GBP", bank.company.base_currency, "1.60", LATER)
        pounds = make_bank(bank.company, "GBP", "GB29NWBK60161331926819", name="Pounds")
        customer = make_customer(bank.company, "Brit", currency="GBP")
        payout = propose_payout_account(actor=people["senior"], customer=customer, details=details(currency="GBP"), words="letter")
        allow_details(people["controller"], payout)
        credit = issue(customer, -100_00, kind="credit_memo", currency="GBP")
        refund = allow(people["supervisor"], ask(people["senior"], credit, payout, 100_00))
        export(people["controller"], pounds, refund)
        paid = pay_refund(actor=people["controller"], refund=refund, bank_account=pounds, day=LATER)
        base = dict(Line.objects.filter(entry=paid.payout_id).values_list("account__kind", "base_amount"))
        assert base == {"refunds": 150_00, "cash": -160_00, "fx": 10_00}
        assert verify_books(LATER) == []


def test_a_statement_that_shows_it_leaving_pays_it_once(bank, people, approved):
    export(people["controller"], bank, approved)
    rows = [Row(-120_00, "something else"), Row(-120_00, f"REFUND {approved.number} CM-1"), Row(-120_00, f"{approved.number}0")]
    take_bank_file(actor=people["specialist"], content=camt(rows, opening=500_00, day=LATER), name="day.xml", today=LATER, now=NOW)
    paid = Refund.objects.get(pk=approved.pk)
    assert (paid.state, paid.paid_line.text) == ("paid", f"REFUND {approved.number} CM-1")
    assert pay_from_statements(actor=SYSTEM, company=bank.company) == []
    sheet = Account(bank).day(LATER)
    assert {i.kind for i in sheet.items if i.amount == -120_00} == {"not_receivable"}, "the other two are no refunds"
    assert verify_books(LATER) == []


def test_pain_001_says_who_gets_what(bank, people, approved):
    made = export(people["controller"], bank, approved, form="pain.001")
    tree = etree.fromstring(bytes(made.stored_file.content))
    found = {tag: [e.text for e in tree.iter(f"{{{pain.NAMESPACE}}}{tag}")] for tag in ("CtrlSum", "EndToEndId", "IBAN", "InstdAmt", "Dt")}
    assert found == {
        "CtrlSum": ["120.00", "120.00"], "EndToEndId": [approved.number], "IBAN": [bank.identifiers[0], IBAN],
        "InstdAmt": ["120.00"], "Dt": [LATER.isoformat()],
    }  # fmt: skip


def test_pages_lead_from_the_credit_to_the_file_and_hide_the_account(bank, acme, people, settings):
    settings.BUSINESS_DATE = TODAY
    credit = issue(acme, -300_00, kind="credit_memo", number="CM-9", currency="EUR")
    senior, controller, auditor = Client(), Client(), Client()
    for client, name in ((senior, "senior"), (controller, "controller"), (auditor, "auditor")):
        client.force_login(people[name])
    new = reverse("cashapp:payout-new", args=[acme.pk])
    given = {"holder": "ACME GmbH", "scheme": "iban", "account": IBAN, "currency": "EUR", "words": "letter"}
    assert "check digits" in senior.post(new, given | {"account": "DE00"}).content.decode()
    senior.post(new, given)
    payout = PayoutAccount.objects.get()
    page = reverse("cashapp:payout", args=[payout.pk])
    assert IBAN in controller.get(page).content.decode()
    seen = auditor.get(page).content.decode()
    assert IBAN not in seen and "2051" in seen
    controller.post(reverse("cashapp:payout-decide", args=[payout.pk]), {"do": "approve", "words": "called back"})
    data = {"document_date": TODAY.isoformat(), "reason_code": "overpaid", "amount": "120.00", "payout": payout.pk, "token": "p"}
    senior.post(reverse("cashapp:refund-new", args=[credit.pk]), data)
    refund = Refund.objects.get()
    assert f"…{IBAN[-4:]}" in controller.get(reverse("workflow:approval", args=[refund.approval_id])).content.decode()
    approve(actor=people["supervisor"], approval=refund.approval, now=NOW, today=TODAY)
    over = reverse("cashapp:refund-hand-over", args=[bank.company_id])
    form = {"keys": [refund.pk], "currency": "EUR", "format": "csv", "execution_date": LATER.isoformat()}
    assert senior.post(over, form).status_code == 403
    controller.post(over, form)
    made = RefundExport.objects.get()
    assert bytes(controller.get(reverse("cashapp:refund-export", args=[made.pk])).content) == bytes(made.stored_file.content)
    for name, keys in (("refunds", []), ("refund", [refund.pk]), ("refund-exports", []), ("payouts", [])):
        assert controller.get(reverse(f"cashapp:{name}", args=keys)).status_code == 200
