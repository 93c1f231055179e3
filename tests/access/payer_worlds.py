"""Who pays for whom, what a payer is known by, and an account that was never seen before, for the crawl."""

from datetime import date

from cashapp.models import BankAccount, PayerAlias, PayerRelation
from cashapp.services.account_raising import raise_changes
from cashapp.services.payer_relations import NewRelation, propose_relation
from customers.models import Customer
from org.models import User
from tests.cashapp.worlds import money_in
from tests.factories import SYSTEM, make_customer


def make_payers(customer: Customer, collector: User, bank: BankAccount, name: str, today: date) -> None:
    """A relation in force between two customers of the collector, one that waits, an alias, a new account."""
    company = customer.company
    payer = make_customer(company, f"{name} Paying Centre", collector=collector, number=f"Z-{name}")
    wanted = NewRelation("centre", customer, today, payer=payer, reason="as agreed")
    agreed = propose_relation(actor=SYSTEM, company=company, wanted=wanted)
    PayerRelation.objects.filter(pk=agreed.pk).update(state="active", decided_by="somebody")
    propose_relation(
        actor=SYSTEM, company=company, wanted=NewRelation("factor", customer, today, payer_name=f"{name} Factor", reason="letter")
    )
    for account in (f"OLD{name}", f"OLDER{name}"):
        PayerAlias.objects.create(company=company, customer=customer, kind="account", value=account, created_by=SYSTEM.label)
    receipt = money_in(bank, 70_00, customer, "from elsewhere", account=f"NEW{name}")
    raise_changes(SYSTEM, company.pk, [(receipt, customer.pk)])
