"""Refunds, the bank details that they go to, and a code for deductions, for the crawl."""

from datetime import datetime, timedelta

from cashapp.models import PayoutAccount, Refund
from cashapp.services.deduction_codes import map_code
from cashapp.services.refunds.accounts import Details, approve_payout_account, propose_payout_account
from cashapp.services.refunds.asking import ask_refund
from cashapp.services.refunds.exporting import export_refunds
from customers.models import Customer
from ledger.models import OpenItem
from tests.factories import SYSTEM, issue, make_user
from workflow.services import store_file
from workflow.services.approvals import approve

IBANS = ("DE02120300000000202051", "DE02500105170137075030")


def make_refunds(customer: Customer, name: str, now: datetime) -> None:
    """Details that wait with the paper that shows them, details in use, a refund handed over in a file, one that waits."""
    company, today = customer.company, now.date()
    map_code(actor=SYSTEM, company=company, code=f"DMG-{name}", reason="damaged", customer=customer)
    paper, _ = store_file(actor=SYSTEM, name=f"{name}-bank.txt", content=f"our bank, {name}".encode())
    decider = make_user("controller", company)
    first, _ = (_details(customer, iban, paper) for iban in IBANS)
    approve_payout_account(actor=decider, payout=first, today=today - timedelta(days=9), now=now, words="called")
    done, _ = (_ask(_credit(customer, name, n), first, n, now) for n in (1, 2))
    approve(actor=decider, approval=done.approval, now=now, today=today)
    export_refunds(
        actor=SYSTEM, company=company, refunds=[done.pk], format="csv", execution_date=today, bank_account=None, today=today, now=now
    )


def _details(customer: Customer, iban: str, paper: object) -> PayoutAccount:
    details = Details(customer.name, "iban", iban, "", "", "EUR")
    return propose_payout_account(actor=SYSTEM, customer=customer, details=details, words="letter", evidence=paper)  # type: ignore[arg-type]


def _credit(customer: Customer, name: str, n: int) -> OpenItem:
    return issue(customer, -20_00 - n, kind="credit_memo", number=f"CR-{name}-{n}", currency="EUR")


def _ask(item: OpenItem, payout: PayoutAccount, n: int, now: datetime) -> Refund:
    senior = make_user("senior", item.company)
    return ask_refund(
        actor=senior, item=item, amount=10_00, payout=payout, reason_code="overpaid", day=now.date(), token=f"crawl:{item.pk}:{n}",
        today=now.date(), now=now,
    )  # fmt: skip
