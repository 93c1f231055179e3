"""What the demo's customers contested in a year and a half, and how it ended. Pure: told from the plan, whose payments it cuts by what is
credited.

Two things run through it: control panels of US01 were billed at last year's price until the price list was mended five months ago (the
problem whose fix is measured), and some customers contest what others wouldn't.
"""

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from arops.demo.plan import COMPANIES, Plan, PlanInvoice, PlanPayment
from arops.lib import money

MENDED, WINDOW = 150, 150
"""Days since the price list was mended; days of invoices before it that tell how often it went wrong."""
PANEL, PANEL_CASES = "CTL-PNL", 13
SETTLED_EVERY, OPEN_SHARE, MOST_OPEN = 29, 0.6, 24
REASONS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "price": ("sales", ("price_setup", "order_price", "contract_price"),
              ("The contract says 128.00 an hour, you billed 142.50.", "Our rate card has another price for this.")),
    "quantity": ("logistics", ("billed_more", "goods_short"), ("We got eight, not twelve.", "The second visit was half a day.")),
    "po_missing": ("orders", ("order_po",), ("There is no purchase order on it, so we can't approve it.", "That order number isn't ours.")),
    "not_delivered": ("service", ("work_early", "work_proof"), ("The second visit never took place.", "Nobody here signed for this.")),
    "damaged": ("logistics", ("goods_damaged",), ("It came damaged, see the photos.",)),
    "freight": ("orders", ("order_fees",), ("Freight was agreed to be free above 2,000.",)),
    "tax": ("billing", ("tax_setup",), ("We sent you our exemption certificate in spring.",)),
    "terms": ("sales", ("order_terms",), ("We have 60 days by contract.",)),
}  # fmt: skip
"""Reason → the department that is asked, what is found in the end, what customers say."""
NOT_OURS = ("customer_records", "customer_short")
ENDS = ("credited",) * 7 + ("paid",) * 5 + ("rejected",) * 4 + ("withdrawn",) * 3 + ("goodwill",) * 2 + ("corrected",)
STATES = (
    "open", "late", "link", "investigating", "customer", "nobody", "asked", "rebilled", "answered", "decision", "debited",
)  # fmt: skip
"""Where those stand that are open today."""
ALONE = 600_00
"""Of more than this a specialist can't issue a credit memo alone."""


@dataclass(frozen=True, slots=True)
class Contest:
    """An invoice, or lines of it, contested from a day on. `amount` in minor units; `ends` empty while it is open, then `state` says more.
    `lines` are (number, amount)."""

    invoice: str
    company: str
    customer: str
    opened: date
    reason: str
    words: str
    amount: int
    lines: tuple[tuple[int, int], ...]
    department: str
    cause: str
    ends: str = ""
    closed: date | None = None
    state: str = ""
    letter: bool = False

    @property
    def credit(self) -> int:
        """What is credited of it."""
        return self.amount if self.ends in ("credited", "goodwill") else 0


def make_contests(plan: Plan, taken: Collection[str], seed: int = 11) -> list[Contest]:
    """All of them, by the day they were opened; the payments of what was credited are cut by it. Invoices in `taken` are left alone."""
    rng, paid = random.Random(seed), {number for p in plan.payments for number, _ in p.invoices}
    by_number = {i.number: i for i in plan.invoices}
    made = [*_of_panels(plan, by_number, rng), *_settled(plan, by_number, taken, rng)]
    credits = {c.invoice: c.credit for c in made if c.credit}
    plan.payments = [_cut(p, credits) for p in plan.payments]
    left = [i for i in plan.invoices if i.number not in paid and i.number not in taken and i.due < plan.today - timedelta(days=4)]
    return sorted([*made, *_open(left, plan, rng)], key=lambda c: (c.opened, c.invoice))


def _cut(payment: PlanPayment, credits: dict[str, int]) -> PlanPayment:
    cut = sum(credits.get(number, 0) for number, _ in payment.invoices)
    if not cut:
        return payment
    invoices = [(number, amount - credits.get(number, 0)) for number, amount in payment.invoices]
    return replace(payment, amount=payment.amount - cut, invoices=invoices)


def _alone(plan: Plan, by_number: dict[str, PlanInvoice]) -> Iterator[tuple[PlanPayment, PlanInvoice]]:
    """Payments of one invoice that name it and pay all of it, late enough for a case to have been settled before."""
    for payment in plan.payments:
        if payment.kind == "clean" and len(payment.invoices) == 1:
            invoice = by_number[payment.invoices[0][0]]
            if payment.amount == invoice.total and (payment.day - invoice.day).days > 24:
                yield payment, invoice


def _settled(plan: Plan, by_number: dict[str, PlanInvoice], taken: Collection[str], rng: random.Random) -> Iterator[Contest]:
    """One in so many of the payments of the last year came after a case."""
    last = plan.today - timedelta(days=12)
    found = [(p, i) for p, i in _alone(plan, by_number) if plan.today - timedelta(days=390) < p.day < last and i.number not in taken]
    fussy = {c.number for n, c in enumerate(plan.customers) if n % 31 == 3}
    for n, (payment, invoice) in enumerate(found):
        if _is_panel(invoice, plan) or not (n % SETTLED_EVERY == 5 or (invoice.customer in fussy and n % 3 == 0)):
            continue
        reason, ends = rng.choice(list(REASONS)), rng.choice(ENDS)
        if ends == "corrected":
            reason = "po_missing"
        department, causes, words = REASONS[reason]
        closed = payment.day - timedelta(days=rng.randint(2, 4))
        opened = max(invoice.day + timedelta(days=5), closed - timedelta(days=rng.choice([3, 4, 5, 6, 7, 8, 9, 11, 14, 18])))
        yield Contest(
            invoice.number, invoice.company, invoice.customer, opened, reason, rng.choice(words), *_part(invoice, rng, reason), department,
            rng.choice(causes if ends in ("credited", "corrected", "paid") else NOT_OURS), ends, None if ends == "paid" else closed,
            letter=ends == "rejected" and closed > plan.today - timedelta(days=70),
        )  # fmt: skip


def _is_panel(invoice: PlanInvoice, plan: Plan) -> bool:
    return invoice.company == "US01" and any(sku == PANEL for sku, *_ in invoice.lines)


def _of_panels(plan: Plan, by_number: dict[str, PlanInvoice], rng: random.Random) -> Iterator[Contest]:
    """Control panels billed at last year's price, before the list was mended, and once after."""
    mended = plan.today - timedelta(days=MENDED)
    panels = [(p, i) for p, i in _alone(plan, by_number) if _is_panel(i, plan)]
    before = [
        (p, i) for p, i in panels if mended - timedelta(days=WINDOW) <= i.day < mended - timedelta(days=30) and p.day < mended
    ]  # fmt: skip
    after = [(p, i) for p, i in panels if mended + timedelta(days=40) < i.day and p.day < plan.today - timedelta(days=20)]
    for payment, invoice in [*before[:: max(1, len(before) // PANEL_CASES)][:PANEL_CASES], *after[:1]]:
        number, gross = next((n, g) for n, (g, line) in enumerate(_gross(invoice), 1) if line[0] == PANEL)
        amount = gross * 85 // 1895
        closed = payment.day - timedelta(days=rng.randint(2, 4))
        opened = max(invoice.day + timedelta(days=5), closed - timedelta(days=rng.randint(6, 12)))
        yield Contest(
            invoice.number, invoice.company, invoice.customer, opened,
            "price", "We agreed 1,810.00 for the panel; this is last year's price list.", amount, ((number, amount),), "sales",
            "price_setup", "credited", closed,
        )  # fmt: skip


def _gross(invoice: PlanInvoice) -> list[tuple[int, tuple[object, ...]]]:
    """What each line comes to with tax, and the line."""
    currency = next(c.currency for c in COMPANIES if c.code == invoice.company)
    amounts = [money.round_to_minor(quantity * price, currency) for *_, quantity, price in invoice.lines]
    return [(a + t, line) for a, t, line in zip(amounts, money.split(invoice.tax, amounts), invoice.lines, strict=True)]


def _part(invoice: PlanInvoice, rng: random.Random, reason: str) -> tuple[int, tuple[tuple[int, int], ...]]:
    """How much is contested: all of it where the number is missing, else a line or a share of one."""
    if reason in ("po_missing", "terms"):
        return invoice.total, ()
    number, gross = rng.choice(list(enumerate((g for g, _ in _gross(invoice)), 1)))
    amount = max(1, gross * rng.choice([100, 50, 25, 10]) // 100)
    return amount, ((number, amount),)


def _open(left: Sequence[PlanInvoice], plan: Plan, rng: random.Random) -> Iterator[Contest]:
    """What is contested today: one overdue invoice of some customers, in every state in turn."""
    today = plan.today
    by_customer: dict[str, PlanInvoice] = {}
    for invoice in left:
        if invoice.customer not in by_customer or invoice.total > by_customer[invoice.customer].total:
            by_customer[invoice.customer] = invoice
    chosen = [invoice for invoice in by_customer.values() if rng.random() < OPEN_SHARE][:MOST_OPEN]
    owners, asked = {c.number: c.collector for c in plan.customers}, 0
    for n, invoice in enumerate(chosen):
        reason, state = rng.choice(list(REASONS)), STATES[n % len(STATES)]
        amount, lines = _part(invoice, rng, "terms" if state == "rebilled" else reason)
        if asked < 3 and owners[invoice.customer] < 2 and invoice.tax > ALONE:
            state, asked = "approval", asked + 1
        if state in ("decision", "approval") and invoice.tax:
            # The tax is credited as found: nothing in the records says otherwise.
            reason, amount, lines = "tax", invoice.tax, ()
        department, causes, words = REASONS[reason]
        age = min((today - invoice.due).days + 2, {"open": 3, "nobody": 2, "late": 16}.get(state, 12))
        yield Contest(
            invoice.number, invoice.company, invoice.customer, today - timedelta(days=rng.randint(max(1, age - 5), age)), reason,
            rng.choice(words), amount, lines, department, causes[0], state=state,
        )  # fmt: skip
