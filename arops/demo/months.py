"""Eighteen months of work, by the month (at first by the quarter): documents issued, people's work done, statements imported, cash
matched by the engine and cleared by hand."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from arops.demo import bankfiles
from arops.demo.cases import Cases
from arops.demo.cashwork import FEE_WORDS
from arops.demo.deeds import Deeds
from arops.demo.lives import Lives
from arops.demo.plan import COMPANIES, PlanCompany, PlanInvoice, PlanPayment
from arops.demo.setup import SYSTEM, World
from arops.demo.work import Act, make_work
from arops.lib import money
from cashapp.models import Receipt, StatementLine
from cashapp.selectors.returns import candidates_for
from cashapp.services import import_bank_file, match_receipts
from cashapp.services.applying import apply_receipt, leave_on_account
from cashapp.services.errors import CashError
from cashapp.services.returning import return_receipt
from cashapp.services.settling import Share
from collections_app.services.judging import decide_promises
from invoicing.services import issue_documents
from ledger.models import OpenItem
from ledger.selectors import lock_items

CLEARED_AFTER = timedelta(days=12)
"""People have cleared what is older than this; younger receipts still wait in the queue."""

WEEKLY = timedelta(days=64)
"""Since when they come by the week."""

SAID = (("price difference", "price"), ("freight", "freight"), ("damage", "damaged"))
"""Words of a payment that say why it is short."""

MONTHLY = timedelta(days=400)
"""Since when statements come by the month; before that, by the quarter. (People's work is told of the last 300 days.)"""


def banking_days_back(today: date, count: int) -> date:
    """The day `count` banking days before today."""
    day = today
    while count:
        day -= timedelta(days=1)
        count -= day.weekday() < 5
    return day


class Months:
    """The run of the months; keeps each account's closing balance so that statements chain."""

    def __init__(self, world: World, lives: Lives, cases: Cases, now: datetime) -> None:
        self.lives, self.world, self.cases, self.today, self.now = lives, world, cases, world.plan.today, now
        self.balances = {c.code: 250_000_00 for c in COMPANIES}
        self.numbers = {c.code: 0 for c in COMPANIES}
        self.truth: dict[tuple[str, date, int, str], list[PlanPayment]] = defaultdict(list)
        self.deeds = Deeds(world)
        for payment in world.plan.payments:
            self.truth[payment.company, payment.day, payment.amount, payment.account].append(payment)

    def run(self) -> Iterator[tuple[int, date]]:
        """Span by span up to the last imported day, counted, each with its last day; the last banking days' money waits in files."""
        plan, last = self.world.plan, banking_days_back(self.today, 3)
        acts = make_work(plan)
        for n, (first, end) in enumerate(_spans(min(i.day for i in plan.invoices), self.today)):
            self._issue([i for i in plan.invoices if first <= i.day <= end])
            self.cases.work(first, end)
            self._work(acts, first, end)
            paid = [p for p in plan.payments if first <= p.day <= min(end, last)]
            for company in COMPANIES:
                self._bank(company, [p for p in paid if p.company == company.code], min(end, last))
                self._decide(company, first, end)
            self.cases.follow(first, end)
            yield n, end

    def waiting(self) -> dict[str, list[PlanPayment]]:
        """Money of the last banking days that nobody has imported yet, by company."""
        last = banking_days_back(self.today, 3)
        return {c.code: [p for p in self.world.plan.payments if p.company == c.code and p.day > last] for c in COMPANIES}

    def _issue(self, invoices: Sequence[PlanInvoice]) -> None:
        outcomes = issue_documents(
            [self.lives.documents.get(i.number) or _document(i, self.lives.invoices.get(i.number)) for i in invoices],
            actor=self.world.erp, source_system="erp",
        )  # fmt: skip
        wrong = [p for o in outcomes for p in o.problems]
        assert not wrong, wrong[:3]

    def _work(self, acts: Iterable[Act], first: date, end: date) -> None:
        for act in acts:
            if first <= act.day <= end:
                with self.cases.times.on(act.day):
                    self.deeds.do(act)

    def _bank(self, company: PlanCompany, payments: Sequence[PlanPayment], day: date) -> None:
        """Import a statement, let the engine match, clear by hand what has waited long enough."""
        if not payments:
            return
        books = self.world.companies[company.code]
        name, content, _ = self._statement(company, payments, day)
        with self.cases.times.on(day):
            import_bank_file(actor=self.world.people["senior"], content=content, name=name, today=self.today, company=books)
            match_receipts(company=books, actor=SYSTEM, today=day)
        self._take_back(company)
        old = Q(value_date__lte=self.today - CLEARED_AFTER) | Q(text__contains=self.cases.waiting)
        waiting = Receipt.objects.filter(old, company=books).to_clear()
        self._clear(list(waiting.select_related("open_item", "company").order_by("pk")))

    def _statement(self, company: PlanCompany, payments: Sequence[PlanPayment], day: date) -> tuple[str, bytes, int]:
        self.numbers[company.code] += 1
        made = bankfiles.statement(company, payments, opening=self.balances[company.code], day=day, number=self.numbers[company.code])
        self.balances[company.code] = made[2]
        return made

    def _take_back(self, company: PlanCompany) -> None:
        """What banks took back is reversed with all that hung on it, and its fee billed."""
        lines = StatementLine.objects.filter(treatment="return", handled=False, statement__bank_account__company__code=company.code)
        for line in lines.select_related("statement"):
            receipt, day = next((r for r in candidates_for(line) if r.payer_account in line.text), None), line.booking_date
            if receipt is None:
                continue
            with self.cases.times.on(day):
                return_receipt(
                    actor=self.world.people["supervisor"], receipt=receipt, reason="NSF", today=day, now=self.now, line=line
                )  # fmt: skip

    def _clear(self, receipts: Sequence[Receipt]) -> None:
        """What a person finds out by asking: the plan knows what each payment was for. Strangers' money stays unidentified."""
        for receipt in receipts:
            payment = self._payment_of(receipt)
            if payment and payment.kind == "deposit":
                self._keep(receipt, payment)
            if not payment or not payment.invoices or not (shares := _shares(receipt, payment)):
                continue
            with suppress(CashError), self.cases.times.on(receipt.value_date):  # a judgement may ask for someone else: it waits
                apply_receipt(
                    actor=self.world.people["senior"], receipt=receipt, version=receipt.version, shares=shares, today=receipt.value_date,
                    now=self.now, payer_id=receipt.customer_id or self.world.customers[payment.customer].pk,
                )  # fmt: skip

    def _keep(self, receipt: Receipt, payment: PlanPayment) -> None:
        """A deposit stays with who paid it."""
        with self.cases.times.on(receipt.value_date):
            leave_on_account(
                actor=self.world.people["senior"], receipt=receipt, version=receipt.version, now=self.now,
                payer_id=receipt.customer_id or self.world.customers[payment.customer].pk, reason="No order is known yet",
            )  # fmt: skip

    def _decide(self, company: PlanCompany, first: date, end: date) -> None:
        """The nights' verdicts on promises: every few days, as late as the month's receipts are matched."""
        books = self.world.companies[company.code]
        for day in [
            first + timedelta(days=n) for n in (6, 13, 20) if end - first < timedelta(days=32) and first + timedelta(days=n) < end
        ] + [end]:
            decide_promises(company=books, today=day, actor=SYSTEM)

    def _payment_of(self, receipt: Receipt) -> PlanPayment | None:
        found = self.truth.get((receipt.company.code, receipt.value_date, receipt.amount, receipt.payer_account), [])
        return next((p for p in found if p.text in receipt.text), found[0] if found else None)


def _shares(receipt: Receipt, payment: PlanPayment) -> tuple[Share, ...]:
    """The payment's invoices as they stand; nothing when the money and what is open don't fit."""
    numbers = [number for number, _ in payment.invoices]
    items = list(OpenItem.objects.filter(company=receipt.company_id, number__in=numbers, kind="invoice").order_by("pk"))
    left, shares = receipt.unapplied, []
    for item in lock_items([i.pk for i in items]).values():
        discount = item.discount_amount if item.discount_until and payment.day <= item.discount_until else 0
        short = payment.short if item.number == numbers[0] else 0
        reason = next((reason for words, reason in SAID if words in payment.text), "short_payment")
        cash = item.balance - discount - short
        if cash <= 0 or cash > left:
            return ()
        is_fee = payment.text == FEE_WORDS
        shares.append(Share(item.pk, cash, discount, short=0 if is_fee else short, reason=reason, charges=short if is_fee else 0))
        left -= cash
    return tuple(shares) if not left and len(shares) == len(numbers) else ()


def _document(invoice: PlanInvoice, behind: dict[str, Any] | None) -> dict[str, Any]:
    """The invoice as the ERP sends it, with the order behind it where there is one."""
    currency = next(c.currency for c in COMPANIES if c.code == invoice.company)
    amounts = [money.round_to_minor(quantity * price, currency) for *_, quantity, price in invoice.lines]
    lines = [
        {
            "sku": sku, "description": words, "unit": unit, "quantity": str(quantity), "unit_price": str(price),
            "amount": money.to_text(amount, currency), "tax_amount": money.to_text(tax, currency),
        }
        for (sku, words, unit, quantity, price), amount, tax in zip(invoice.lines, amounts, money.split(invoice.tax, amounts), strict=True)
    ]  # fmt: skip
    if behind:
        lines = [{**line, **more} for line, more in zip(lines, behind["lines"], strict=True)]
    order = {"order": behind["order"]} if behind else {}
    return order | {
        "company": invoice.company, "number": invoice.number, "external_id": invoice.number, "customer": {"external_id": invoice.customer},
        "currency": currency, "document_date": invoice.day.isoformat(), "due_date": invoice.due.isoformat(), "po_number": invoice.po,
        "total": money.to_text(invoice.total, currency), "lines": lines,
    }  # fmt: skip


def _spans(first: date, today: date) -> Iterator[tuple[date, date]]:
    """First and last days of what is worked in one go: quarters long ago, then calendar months, the last weeks one by one up to today."""
    day = first.replace(day=1)
    while day <= today:
        following = day + timedelta(days=7) if day > today - WEEKLY else _months_on(day, 3 if day < today - MONTHLY else 1)
        yield day, min(following - timedelta(days=1), today)
        day = following


def _months_on(day: date, count: int) -> date:
    for _ in range(count):
        day = (day + timedelta(days=32)).replace(day=1)
    return day
