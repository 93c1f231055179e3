"""What people keep doing by hand with cash in the demo's story: fees that banks keep, a payment that came back, deposits that nobody asked
back; and the company's rules for credits that nobody claims."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

from arops.demo.plan import Plan, PlanPayment, banking_day
from arops.demo.setup import SYSTEM, World
from cashapp.services.reconciling import save_rule

FEE = 15_00
FEE_WORDS = "WIRE LESS FEE OF OUR BANK"
PAYERS, TIMES = 2, 5
"""Customers whose bank keeps a fee of each of their wires, and how many of them at least."""
DEPOSIT, DEPOSIT_WORDS = 642_50, "DEPOSIT FOR SPARE PARTS"
_LATELY, _CLEARED = timedelta(days=240), timedelta(days=20)
_BACK, _LONG_AGO = timedelta(days=45), timedelta(days=440)
"""Within which days a payment came back; how long ago the deposits were made, so that their owners are to be written to."""

DORMANT = {
    "US": (("", 18, 6, "Rule of the house: gone through before the state asks"), ("CA", 36, 6, "Rule of the house for California"),
           ("DE", 60, 12, "Rule of the house for Delaware")),
    "DE": (("", 36, 6, "Rule of the house, as claims lapse after three years"),),
}  # fmt: skip
"""Country of a company → region, months, months of notice and where it comes from; examples, no advice."""


def keep_fees(plan: Plan) -> None:
    """Have the banks of some customers keep a fee: their wires name nothing and come short, so that somebody books the charges by hand."""
    taken_back = {(p.account, -p.amount) for p in plan.payments if p.amount < 0}
    wires = defaultdict[tuple[str, str], list[PlanPayment]](list)
    for payment in plan.payments:
        whole = payment.short == 0 and len(payment.invoices) == 1 and payment.amount == payment.invoices[0][1] > 100 * FEE
        lately = plan.today - _LATELY <= payment.day <= plan.today - _CLEARED
        if whole and lately and payment.kind in ("clean", "missing") and (payment.account, payment.amount) not in taken_back:
            wires[payment.company, payment.customer].append(payment)
    payers = sorted((key for key, some in wires.items() if len(some) >= TIMES), key=lambda key: (-len(wires[key]), key))
    for key in payers[:PAYERS]:
        for payment in wires[key]:
            payment.amount, payment.short, payment.text, payment.kind = payment.amount - FEE, FEE, FEE_WORDS, "missing"


def add_oddities(plan: Plan) -> None:
    """A payment of the specialist's that the bank takes back some days later, and deposits of long ago for work that never was ordered."""
    hers = {c.number for c in plan.customers if c.company == "US01" and c.collector == 0}
    taken_back = {(p.account, -p.amount) for p in plan.payments if p.amount < 0}
    good = [p for p in plan.payments if p.kind == "clean" and p.customer and (p.account, p.amount) not in taken_back]
    lately = [p for p in good if p.customer in hers and len(p.invoices) == 1 and plan.today - _BACK <= p.day <= plan.today - _CLEARED]
    for paid in lately[-1:]:
        back = banking_day(paid.day + timedelta(days=4))
        plan.payments.append(replace(paid, day=back, amount=-paid.amount, text=f"NSF {paid.text}", kind="return", invoices=[]))
    for company in ("US01", "DE01"):
        first = next((p for p in good if p.company == company and p.day > plan.today - _LONG_AGO), None)
        if first:
            plan.payments.append(replace(first, amount=DEPOSIT, text=DEPOSIT_WORDS, kind="deposit", invoices=[]))
    plan.payments.sort(key=lambda p: (p.day, p.company, p.payer))


def save_dormancy_rules(world: World, today: date) -> None:
    """The rules by which each company looks for credits that nobody claims."""
    for company in world.companies.values():
        for region, months, notice, basis in DORMANT.get(company.country, DORMANT["US"]):
            save_rule(
                actor=SYSTEM, company=company, country=company.country, region=region, months=months, notice_months=notice,
                basis=f"{basis}, since {today.year - 1}",
            )  # fmt: skip
