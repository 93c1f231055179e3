"""What the demo's people did, told from the plan: calls, promises kept and broken. Pure."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from arops.demo.plan import Plan, PlanInvoice

HALF_KEPT = 5
"""Promises of two invoices of which one came."""

SAID = {
    "no_answer": ("Rang twice, nobody picked up.", "Left a message with the front desk.", "Voice mail; asked to be called back."),
    "paid_already": ("Says it left their bank on Monday.", "Paid in last week's run, will send the remittance."),
    "wrong_contact": ("Has moved to purchasing; accounts payable is at the shared mailbox now.",),
    "refused": ("Won't pay before the site manager has signed the report.",),
    "": ("Asked for a copy of the invoice, sent while on the phone.", "Friendly; the approver is back on Thursday."),
}


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done on a day about a customer's invoices. `kind` is call or promise; `until` a promise's day; `word` an outcome."""

    day: date
    kind: str
    customer: str
    invoices: tuple[str, ...] = ()
    until: date | None = None
    word: str = ""
    text: str = ""


def make_work(plan: Plan, seed: int = 7) -> list[Act]:
    """Everything done, in the order of days."""
    rng, paid = random.Random(seed), {number for p in plan.payments for number, _ in p.invoices}
    left = [i for i in plan.invoices if i.number not in paid and i.due < plan.today - timedelta(days=4)]
    acts = [*_about_paid(plan, rng), *_about_open(left, plan.today, rng), *_half_kept(plan, left)]
    return sorted(acts, key=lambda a: (a.day, a.customer, a.kind, a.invoices))


def _about_paid(plan: Plan, rng: random.Random) -> Iterator[Act]:
    """Late invoices that were paid in the end: a call, a promise."""
    by_number = {i.number: i for i in plan.invoices}
    for payment in plan.payments:
        invoices = [by_number[number] for number, _ in payment.invoices]
        if not invoices or payment.kind in ("rest", "mistake") or payment.day < plan.today - timedelta(days=300):
            continue
        late = (payment.day - min(i.due for i in invoices)).days
        chance = rng.random()
        if late > 8 and chance < 0.40:
            yield from _promise_before(payment.day, payment.customer, invoices, rng)
        elif late > 4 and chance < 0.80:
            yield _call(payment.day - timedelta(days=rng.randint(2, 5)), payment.customer, rng)


def _half_kept(plan: Plan, left: Sequence[PlanInvoice]) -> Iterator[Act]:
    """Two invoices promised together of which one is paid on the day and one isn't, in the last weeks."""
    unpaid: dict[str, PlanInvoice] = {}
    for invoice in left:
        unpaid.setdefault(invoice.customer, invoice)
    days = {i.number: i.day for i in plan.invoices}
    last, count = plan.today - timedelta(days=8), 0
    for payment in plan.payments:
        rest, given = unpaid.get(payment.customer), payment.day - timedelta(days=4)
        if payment.kind != "clean" or not rest or not last - timedelta(days=40) < payment.day <= last or payment.amount < 0:
            continue
        numbers = tuple(number for number, _ in payment.invoices)
        if max(rest.day, *(days[number] for number in numbers)) < given and count < HALF_KEPT:
            count += 1
            del unpaid[payment.customer]
            yield Act(given, "promise", payment.customer, (*numbers, rest.number), payment.day, "promise", "Both go out this week.")


def _promise_before(paid: date, customer: str, invoices: Sequence[PlanInvoice], rng: random.Random) -> Iterator[Act]:
    """A promise given some days before the money came: two in three are kept."""
    given = max(paid - timedelta(days=rng.randint(4, 14)), max(i.day for i in invoices) + timedelta(days=1))
    if given < paid:
        until = max(given, paid + timedelta(days=rng.choice([4, 3, 2, 1, 1, 0, 0, 0, -6, -7, -8])))
        yield Act(given, "promise", customer, tuple(i.number for i in invoices), until, "promise", "Goes out with the next payment run.")


def _about_open(left: Sequence[PlanInvoice], today: date, rng: random.Random) -> Iterator[Act]:
    """What is overdue today: by customer, some called, some promised, some broke their word."""
    by_customer: dict[str, list[PlanInvoice]] = {}
    for invoice in left:
        by_customer.setdefault(invoice.customer, []).append(invoice)
    for customer, invoices in by_customer.items():
        age = (today - min(i.due for i in invoices)).days
        pick = rng.choices(["none", "call", "promise", "broken"], [37, 30, 20, 13])[0]
        if pick == "call":
            yield from (_call(today - timedelta(days=rng.randint(1, min(age, 60))), customer, rng) for _ in range(rng.randint(1, 3)))
        elif pick == "promise":
            given, until = today - timedelta(days=rng.randint(1, min(age, 9))), today + timedelta(days=rng.randint(0, 12))
            yield Act(given, "promise", customer, _numbers(invoices), until, "promise", "Approved, in the run of that day.")
        elif pick == "broken" and age > 14:
            given, until = today - timedelta(days=rng.randint(12, min(age, 30))), today - timedelta(days=rng.randint(2, 9))
            yield Act(given, "promise", customer, _numbers(invoices), until, "promise", "Will be paid as soon as their customer pays.")
            yield _call(today - timedelta(days=1), customer, rng)


def _call(day: date, customer: str, rng: random.Random) -> Act:
    outcome = rng.choices(list(SAID), [40, 20, 8, 7, 25])[0]
    return Act(day, "call", customer, word=outcome, text=rng.choice(SAID[outcome]))


def _numbers(invoices: Iterable[PlanInvoice]) -> tuple[str, ...]:
    return tuple(i.number for i in invoices)
