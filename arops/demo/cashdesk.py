"""What lies on the demo's cash desk beside the files: agreements on who pays for whom, bank details that wait, refunds handed over, cheques
that are being keyed, and what a customer told by telephone."""

from datetime import date, datetime, timedelta

from arops.demo.setup import World
from cashapp.models import Receipt, Refund, RefundExport
from cashapp.readers.advice.model import Advice, AdviceLine
from cashapp.services.asking import ask_about
from cashapp.services.cheques import NewCheque, key_cheque, open_batch
from cashapp.services.pausing import wait_for
from cashapp.services.payer_relations import NewRelation, decide_relation, propose_relation
from cashapp.services.refunds.accounts import Details, propose_payout_account
from cashapp.services.refunds.exporting import export_refunds
from cashapp.services.remittances.keying import key_remittance
from customers.models import Customer
from ledger.models import OpenItem

HOME = "US01"
PAID_BY = (("factor", "Northgate Factoring LLC", "US5550001177"), ("agent", "Oakline Shared Services Inc", "US5550004410"))
"""Who pays for customers and is none: what it is, its name and account."""


class CashDesk:
    """Things of the American company."""

    def __init__(self, world: World, today: date, now: datetime) -> None:
        self.world, self.today, self.now = world, today, now
        self.home, self.sam, self.ruth = world.companies[HOME], world.people["senior"], world.people["controller"]

    def make(self) -> None:
        """All of it, for customers who owe something and have said nothing else lately."""
        soon = OpenItem.objects.open().owed().filter(company=self.home, kind="invoice", due_date__gt=self.today, currency="USD")
        items = {item.customer: item for item in soon.select_related("customer__company").order_by("due_date", "pk")[:60]}
        chosen = [(customer, item) for customer, item in items.items() if customer][:6]
        if len(chosen) < 6:
            return
        self._relations([customer for customer, _ in chosen[:2]])
        self._bank_details(chosen[2][0])
        self._cheques(chosen[3:5])
        self._told(*chosen[5])
        self._handed_over()
        self._put_aside()

    def _relations(self, customers: list[Customer]) -> None:
        """One that counts, and one that waits for somebody else."""
        for n, (customer, (kind, name, account)) in enumerate(zip(customers, PAID_BY, strict=False)):
            wanted = NewRelation(
                kind, customer, self.today - timedelta(days=40), payer_name=name, payer_account=account, reason="Their letter of last month"
            )  # fmt: skip
            made = propose_relation(actor=self.sam, company=self.home, wanted=wanted)
            if n == 0:
                decide_relation(actor=self.ruth, relation=made, approved=True, now=self.now - timedelta(days=39))

    def _bank_details(self, customer: Customer) -> None:
        details = Details(customer.name, "us", f"{customer.pk:012d}", "021000021", "", "USD")
        propose_payout_account(actor=self.sam, customer=customer, details=details, words="Told by telephone: not called back yet")

    def _cheques(self, paid: list[tuple[Customer, OpenItem]]) -> None:
        """Two of three are keyed."""
        total = sum(item.balance for _, item in paid) + 310_00
        batch = open_batch(
            actor=self.sam, bank_account=self.world.accounts[HOME], deposit_date=self.today, expected_count=3, expected_total=total,
            today=self.today,
        )  # fmt: skip
        for n, (customer, item) in enumerate(paid):
            lines = (AdviceLine(reference=item.number, paid=item.balance),)
            cheque = NewCheque(item.balance, f"{7120 + n}", self.today - timedelta(days=2), customer.name, customer=customer, lines=lines)
            key_cheque(actor=self.sam, batch=batch, cheque=cheque)

    def _told(self, customer: Customer, item: OpenItem) -> None:
        """Money that is on its way."""
        line = AdviceLine(reference=item.number, paid=item.balance)
        advice = Advice("USD", item.balance, (line,), self.today + timedelta(days=1), customer.name, text="Told by telephone")
        key_remittance(actor=self.sam, company=self.home, advice=advice, customer=customer)

    def _put_aside(self) -> None:
        """A receipt that the supervisor is asked about, and one that waits for its advice."""
        waiting = Receipt.objects.filter(company=self.home, value_date__lt=self.today - timedelta(days=1)).to_clear()
        found = list(waiting.exclude(customer=None).order_by("-amount", "pk")[:2])
        for receipt in found[:1]:
            question = "They say it covers a sister of theirs too. May I apply it there?"
            ask_about(actor=self.sam, receipt=receipt, version=receipt.version, question=question, now=self.now)
        for receipt in found[1:]:
            wait_for(
                actor=self.sam, receipt=receipt, version=receipt.version, until=self.today + timedelta(days=3), what="their remittance",
                today=self.today, now=self.now,
            )  # fmt: skip

    def _handed_over(self) -> None:
        """The approved refunds of the German company are with payables, to be paid in two days."""
        company = self.world.companies["DE01"]
        approved = list(Refund.objects.filter(company=company, state=Refund.State.APPROVED).values_list("pk", flat=True))
        if approved:
            export_refunds(
                actor=self.ruth, company=company, refunds=approved, format=RefundExport.Format.PAIN,
                execution_date=self.today + timedelta(days=2), bank_account=self.world.accounts["DE01"], today=self.today, now=self.now,
            )  # fmt: skip
