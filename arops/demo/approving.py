"""Requests in the demo: memos that somebody issued alone, that were approved or rejected, and some that wait for each who decides."""

from datetime import date, datetime, timedelta
from typing import Any

from stdnum import iban

from arops.demo.setup import SYSTEM, World
from cashapp.models import PayoutAccount, Refund
from cashapp.services.refunds.accounts import Details, approve_payout_account, propose_payout_account
from cashapp.services.refunds.asking import ask_refund
from invoicing.models import Invoice
from invoicing.services.giving_up import OWED, request_write_off
from invoicing.services.memo_rows import MemoLine
from invoicing.services.memos import request_memo, request_rebill, whole_of
from invoicing.services.reasons import standard_reasons
from ledger.models import OpenItem
from org.actors import Actor
from org.models import Company
from workflow.models import Approval
from workflow.services.approvals import Evidence, approve, reject
from workflow.services.limits import standard_limits

LETTER = Evidence("notice.txt", b"Notice of the court: proceedings over the estate of the customer were opened.\n")
BILLED = {"EUR", "USD"}


def set_limits(world: World) -> None:
    """The standard limits and reasons in every company."""
    for company in world.companies.values():
        standard_limits(company=company, actor=SYSTEM, currencies=sorted(BILLED - {company.base_currency}))
        standard_reasons(company=company)


class Requests:
    """Asks, and decides some of it."""

    def __init__(self, world: World, today: date, now: datetime) -> None:
        self.world, self.today, self.now, self.count = world, today, now, 0

    def make(self) -> None:
        """Requests in each company: a handful of its invoices and items is enough to see every kind and state."""
        for company in self.world.companies.values():
            invoices = self._invoices(company)
            if len(invoices) > 5:
                self._memos(invoices)
            self._given_up(company)

    def _memos(self, invoices: list[Invoice]) -> None:
        people = self.world.people
        waiting, approved, rejected, again, small = invoices[:5]
        self._credit(waiting, 40, "price", "The rate card of this year says less.")
        done = self._credit(approved, 25, "quantity", "Two visits billed, one was done.")
        if done.state == "waiting":
            approve(actor=people["controller"], approval=done, now=self.now, today=self.today, note="Agrees with the timesheet.")
        no = self._credit(rejected, 30, "contract_terms", "They say the discount was agreed.")
        if no.state == "waiting":
            reject(actor=people["controller"], approval=no, now=self.now, today=self.today, note="The contract has no such discount.")
        self._credit(small, 1, "price", "Rounded differently on their order.")
        request_rebill(
            actor=self._asker(again), invoice=again, reason_code="wrong_details", reason="They need their new order number on it.",
            **self._common(),
        )  # fmt: skip

    def _credit(self, invoice: Invoice, percent: int, code: str, words: str) -> Approval:
        lines = [MemoLine(x.line_id, x.net * percent // 100, x.tax * percent // 100) for x in whole_of(invoice)]
        return request_memo(
            actor=self._asker(invoice), invoice=invoice, lines=lines, reason_code=code, reason=words, **self._common()
        )  # fmt: skip

    def _given_up(self, company: Company) -> None:
        senior = self.world.people["senior"]
        owed = OpenItem.objects.filter(company=company, kind__in=OWED, balance__gt=0).select_related("customer", "company")
        old = owed.order_by("due_date", "pk").first()
        if old:
            request_write_off(
                actor=senior, items=[(old, old.balance)], reason_code="insolvent", evidence=[LETTER], **self._common()
            )  # fmt: skip
        self._found_after_payment(company)
        credits = OpenItem.objects.filter(company=company, kind="credit_memo", balance__lt=0).select_related("customer", "company")
        for n, credit in enumerate(credits.order_by("balance", "pk")[:2]):
            refund = self._refund(credit, senior)
            if n and refund.approval:
                approve(actor=self.world.people["controller"], approval=refund.approval, now=self.now, today=self.today)

    def _found_after_payment(self, company: Company) -> None:
        """Two paid invoices that turn out to have billed too much: their credit memos stay open, to be paid back."""
        paid = Invoice.objects.filter(company=company, kind="invoice", open_item__balance=0, memos=None, retainage=0)
        paid = paid.filter(customer__collector__isnull=False, total__range=(500_00, 8_000_00)).exclude(open_item__disputes__isnull=False)
        for invoice in paid.select_related("company", "customer__collector", "open_item").order_by("-document_date", "-total")[:2]:
            memo = self._credit(invoice, 20, "quantity", "Found when they compared their timesheets, after they had paid.")
            if memo.state == "waiting":
                approve(actor=self.world.people["controller"], approval=memo, now=self.now, today=self.today)

    def _refund(self, credit: OpenItem, senior: Actor) -> Refund:
        """A refund to bank details that were approved before and have rested."""
        active = PayoutAccount.objects.filter(customer=credit.customer, currency=credit.currency, state="active").first()
        payout = active or self._bank_details(credit, senior)
        return ask_refund(
            actor=senior, item=credit, amount=-credit.balance, payout=payout, reason_code="credit_unused", **self._common()
        )  # fmt: skip

    def _bank_details(self, credit: OpenItem, senior: Actor) -> PayoutAccount:
        customer, us = credit.customer, credit.currency == "USD"
        assert customer is not None
        bban = f"12030000{customer.pk:010d}"
        number = (f"{customer.pk:012d}", "021000021") if us else (f"DE{iban.calc_check_digits(f'DE00{bban}')}{bban}", "")
        details = Details(customer.name, "us" if us else "iban", *number, "", credit.currency)
        words = "Their letter of last month; called back at the number in our file."
        payout = propose_payout_account(actor=senior, customer=customer, details=details, words=words)
        rested = self.today - timedelta(days=10)
        return approve_payout_account(actor=self.world.people["controller"], payout=payout, today=rested, now=self.now, words=words)

    def _invoices(self, company: Company) -> list[Invoice]:
        found = Invoice.objects.filter(company=company, kind="invoice", open_item__balance__gt=500_00, memos=None, retainage=0)
        found = found.filter(customer__collector__isnull=False).exclude(open_item__disputes__state__in=["open", "investigating"])
        return list(found.select_related("company", "customer__collector", "open_item").order_by("-document_date", "-total")[:6])

    def _asker(self, invoice: Invoice) -> Actor:
        collector = invoice.customer.collector
        assert collector is not None
        return collector

    def _common(self) -> Any:
        self.count += 1
        return {"day": self.today, "today": self.today, "now": self.now, "token": f"demo:{self.count}"}
