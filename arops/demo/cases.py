"""The demo's cases, worked through the services that people's pages use: opened, asked about, found, settled, decided by another."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from arops.demo.contests import Contest
from arops.demo.mistakes import Mistake
from arops.demo.setup import SYSTEM, World
from arops.demo.times import Times
from arops.lib import pdf
from disputes.models import Cause, Dispute, Settlement
from disputes.services import NewDispute, move_dispute, note_dispute, open_disputes
from disputes.services.asking import ask_about
from disputes.services.causes import standard_causes
from disputes.services.closing import close_dispute
from disputes.services.findings import record_finding
from disputes.services.levels import standard_levels
from disputes.services.settled import close_settled
from disputes.services.settling import settle_dispute
from disputes.services.signing import save_sign_off_rule
from disputes.services.texts import standard_texts
from invoicing.models import InvoiceLine
from ledger.models import OpenItem
from org.models import Company, Department, User
from workflow.models import Approval, Task
from workflow.services.approvals import approve
from workflow.services.attachments import attach
from workflow.services.tasks import answer_task, close_task

QUESTIONS = {
    "sales": "They name another price. What was agreed, and since when?", "logistics": "How many arrived, and who signed for them?",
    "orders": "Which order number did the customer give us?", "service": "Was this done as billed, and who signed for it?",
    "billing": "Was the certificate on file when this was billed?",
}  # fmt: skip
ANSWERS = {
    "sales": "Their amendment came in March; the list had the old one.", "logistics": "Eight arrived, the driver's note says so.",
    "orders": "It was in the mail with the order; nobody typed it in.", "service": "Six hours by the technician's sheet, signed on site.",
    "billing": "It was on file, the tax code wasn't changed.",
}  # fmt: skip
CODES = {"price": "price", "quantity": "quantity", "tax": "tax", "terms": "contract_terms", "po_missing": "wrong_details",
         "freight": "price", "damaged": "damaged", "not_delivered": "service_not_done"}  # fmt: skip
"""Reason of a case → reason of its credit memo."""
REASON_OF = {"goodwill": "goodwill", "rebilled": "wrong_details", "debited": "underbilled"}
FOUND = {
    "price_setup": "The price list still had last year's price.", "order_price": "Typed in by hand at the order desk.",
    "contract_price": "The amendment was signed, and never set up.", "billed_more": "The technician's sheet has less than we billed.",
    "goods_short": "The delivery note shows what was missing.", "order_po": "The number was in the customer's mail with the order.",
    "work_early": "Billed when it was planned, not when it was done.", "work_proof": "Nobody on site signed the report.",
    "goods_damaged": "The driver noted open boxes.", "order_fees": "Freight is included by contract.",
    "order_terms": "The order says 60 days.",
    "tax_setup": "The certificate was on file, the tax code wasn't changed.", "customer_records": "Order, delivery and invoice agree.",
    "customer_short": "Nothing differs; no reason was given.", "cash_credit": "A credit of theirs was booked late.",
    "billed_price": "Billed by hand at another price than ordered.",
    "customer_discount": "Paid after the discount days.", "billed_less": "A visit was left out.",
}  # fmt: skip
"""Cause → what stands in the finding."""
OUTSIDE = ("r.salas@northline.example", "Rosa Salas, Northline Freight")
SHORT_CAUSES = (("customer_short", "paid"), ("customer_records", "paid"), ("cash_credit", "credited"), ("customer_discount", "goodwill"))
PHOTO = b"Driver's note: two of the boxes open, contents crushed. Signed at the gate.\n"


def set_up_cases(world: World) -> None:
    """Causes, service levels and texts as delivered, in every company."""
    for company in world.companies.values():
        standard_causes(actor=SYSTEM, company=company)
        standard_levels(actor=SYSTEM, company=company)
        standard_texts(actor=SYSTEM, company=company)


class Cases:
    """Events of cases by day: those planned, and those that short payments opened."""

    def __init__(self, world: World, contests: Sequence[Contest], mistakes: Sequence[Mistake], now: datetime) -> None:
        self.world, self.today, self.now, self.plan = world, world.plan.today, now, world.plan
        self.people, self.times = world.people, Times()
        self.before, self.after = defaultdict[date, list[Callable[[], object]]](list), defaultdict[date, list[Callable[[], object]]](list)
        self.cases: dict[str, int] = {}
        self.companies = [company.pk for company in world.companies.values()]
        self.causes = {(c.company.code, c.code): c for c in Cause.objects.select_related("company", "owner")}
        self.departments = {(d.company.code, d.code): d for d in Department.objects.select_related("company")}
        self.opening: dict[date, list[Contest]] = defaultdict(list)
        for contest in contests:
            self.opening[contest.opened].append(contest)
            self._plan(contest)
        self.waiting = next((m.number for m in mistakes if m.waiting), "none waits")
        self.mistakes = {m.number: m for m in mistakes}
        self.rests = {p.invoices[0][0] for p in self.plan.payments if p.kind == "rest"}
        self.seen, self.deductions = 0, 0

    # what happens when

    def _plan(self, c: Contest) -> None:
        """The days of a case: asked and answered by a department, found, settled."""
        if c.closed:
            mid = c.opened + (c.closed - c.opened) // 2
            if hash_of(c.invoice) % 5 < 2 and (c.closed - c.opened).days > 5:
                self.before[c.opened + timedelta(days=1)].append(lambda: self.ask(c.invoice, c.department, c.opened + timedelta(days=1)))
                self.before[mid].append(lambda: self.answer(c.invoice, c.department, mid))
            found = c.closed - timedelta(days=1)
            self.before[found].append(lambda: self.find(c.invoice, c.cause, c.ends, c.credit, found))
            self.before[c.closed].append(lambda: self.settle(c, c.closed or found))
        elif c.ends == "paid":
            self.before[c.opened + timedelta(days=2)].append(
                lambda: self.find(c.invoice, "customer_records", "paid", 0, c.opened + timedelta(days=2))
            )
        else:
            day = min(self.today, c.opened + timedelta(days=1))
            self.before[day].append(lambda: self.stand(c.invoice, c.state, c.department, c.cause, day))

    def _plan_mistake(self, n: int, m: Mistake, case: Dispute) -> None:
        """Older ones were found and credited; of the younger each stands elsewhere; the last waits untouched."""
        opened = case.opened_on
        if m.waiting:
            return
        if (self.today - m.paid_on).days > 22:
            end = min(opened + timedelta(days=2 + n % 4), self.today)
            self.after[end].append(lambda: self.credit_mistake(m, end))
        else:
            state = "signing" if m.cause == "work_proof" else ("decision", "link", "asked", "investigating")[n % 4]
            day = min(opened + timedelta(days=1), self.today)
            self.after[day].append(lambda: self.stand(m.number, state, "logistics", m.cause, day))

    def _plan_short(self, n: int, number: str, case: Dispute) -> None:
        """A short payment of the plan: most of the rests come; of the others some are credited or given up, some still wait."""
        day = min(case.opened_on + timedelta(days=2 + n % 3), self.today)
        if case.opened_on > self.today - timedelta(days=9):
            return
        if number in self.rests or n % 5 == 4:
            self.after[day].append(lambda: self.find(number, SHORT_CAUSES[n % 2][0], "paid", 0, day))
        else:
            cause, ends = SHORT_CAUSES[n % 4]
            self.after[day].append(lambda: self.end_short(number, cause, "goodwill" if ends == "paid" else ends, day))

    def _plan_deductions(self) -> None:
        """What is done about the cases that the last statements' short payments opened."""
        new = Dispute.objects.filter(source__startswith="short_pay:", pk__gt=self.seen).select_related("open_item").order_by("pk")
        for case in new:
            number, self.seen = case.open_item.number, case.pk
            self.deductions += 1
            if number in self.mistakes:
                n = list(self.mistakes).index(number)
                self._plan_mistake(n, self.mistakes[number], case)
            else:
                self._plan_short(self.deductions, number, case)

    def work(self, first: date, end: date) -> None:
        """What was opened and done in these days, before the bank's money of them is in."""
        for day in sorted(day for day in {*self.opening, *self.before} if first <= day <= end):
            with self.times.on(day):
                self.open(self.opening.pop(day, []), day)
                for act in self.before.pop(day, []):
                    act()

    def follow(self, first: date, end: date) -> None:
        """What was done about short payments of these days; then the nights close what was paid."""
        self._follow(end)
        self._plan_deductions()
        if end == self.today:
            self._follow(end)
        with self.times.on(end):
            for company in self.world.companies.values():
                close_settled(actor=SYSTEM, company=company, today=end)

    def _follow(self, end: date) -> None:
        for day in sorted(day for day in self.after if day <= end):
            with self.times.on(day):
                for act in self.after.pop(day):
                    act()

    # deeds

    def open(self, contests: Iterable[Contest], day: date) -> None:
        """Open the day's cases, each by whoever collects from the customer."""
        by_person: dict[User, list[NewDispute]] = defaultdict(list)
        chosen = {c.invoice: c for c in contests}
        for item in OpenItem.objects.filter(number__in=chosen, kind="invoice").select_related("customer__collector"):
            c = chosen[item.number]
            if item.balance != item.amount or item.customer is None or item.customer.collector is None:
                continue
            by_person[item.customer.collector].append(self._wish(c, item))
        for person, wanted in by_person.items():
            for case in open_disputes(actor=person, wanted=wanted, today=day):
                self.cases[case.source.removeprefix("demo:")] = case.pk

    def _wish(self, c: Contest, item: OpenItem) -> NewDispute:
        lines = dict(InvoiceLine.objects.filter(invoice__open_item=item, number__in=[n for n, _ in c.lines]).values_list("number", "pk"))
        kind = Dispute.Kind.LINES if lines else Dispute.Kind.INVOICE if c.amount == item.amount else Dispute.Kind.AMOUNT
        owner = self.people["senior"] if hash_of(c.invoice) % 6 == 0 else None
        return NewDispute(
            item,
            c.amount,
            c.reason,
            f"demo:{c.invoice}",
            c.words,
            owner,
            kind=kind,
            lines=[(lines[n], a) for n, a in c.lines if n in lines],
        )

    def case(self, number: str) -> Dispute | None:
        """The open case about an invoice, however it was opened."""
        found = Dispute.objects.open().select_related("company", "open_item", "customer__collector", "invoice", "owner", "cause")
        if number in self.cases:
            return found.filter(pk=self.cases[number]).first()
        items = list(OpenItem.objects.filter(company__in=self.companies, number=number, kind="invoice").values_list("pk", flat=True))
        return found.filter(open_item__in=items).first()

    def ask(self, number: str, department: str, day: date, *, due: int = 4, email: str = "", name: str = "") -> Task | None:
        """Ask a department."""
        if not (case := self.case(number)):
            return None
        return ask_about(
            actor=self._actor(case), dispute=case, department=self.departments[case.company.code, department], email=email, name=name,
            question=QUESTIONS[department], due_date=day + timedelta(days=due), today=day, now=_at(day),
        )  # fmt: skip

    def answer(self, number: str, department: str, day: date, *, read: bool = True) -> None:
        """The department answers what it was asked."""
        case = self.case(number)
        asked = Task.objects.filter(subject_type="disputes.dispute", subject_id=case.pk, state="open").first() if case else None
        if asked and case:
            who = User.objects.filter(memberships__department=asked.department_id).first()
            assert who is not None
            answer_task(actor=who, task=asked, body=ANSWERS[department], today=day)
            if read:
                close_task(actor=self._actor(case), task=asked, now=_at(day, 16), today=day)

    def find(self, number: str, cause: str, remedy: str, amount: int, day: date, lines: Sequence[int] = ()) -> None:
        """Say why it arose."""
        if case := self.case(number):
            sources = [
                {"document": "invoice", "number": number, "day": case.open_item.document_date.isoformat(), "value": str(case.amount)}
            ]
            record_finding(
                actor=self._actor(case), dispute=case, cause=self.causes[case.company.code, cause], remedy=remedy,
                amount=min(amount, case.claimed), version=case.version, today=day, lines=lines, looked_at=sources,
                words=FOUND.get(cause, ""),
            )  # fmt: skip

    def settle(self, c: Contest, day: date) -> None:
        """End a case in its way; who may not allow it alone has another allow it."""
        case = self.case(c.invoice)
        if not case:
            return
        if c.ends == "rejected" and not (c.letter and pdf.is_available()):
            close_dispute(actor=self.people["senior"], dispute=case, resolution="rejected", agreed=0, today=day, note="Rejected by mail.")
            return
        self._settle(case, c.ends, c.credit, day)

    def _settle(self, case: Dispute, ends: str, amount: int, day: date, *, decide: bool = True) -> Settlement:
        senior = ends in ("rejected", "goodwill", "corrected")
        code = CODES.get(case.reason, "price") if ends == "credited" else REASON_OF.get(ends, "")
        payload: dict[str, object] = {"tell": False}
        if ends == "corrected":
            payload["channel"] = "email"  # nobody's tax code is known here, which an e-invoice would need
        if code in ("damaged", "service_not_done"):
            actor = self._actor(case)
            payload["attachments"] = [attach(actor=actor, subject=case, kind="evidence", name="driver-note.txt", content=PHOTO).pk]
        made = settle_dispute(
            actor=self.people["senior"] if senior else self._actor(case), dispute=case, resolution=ends, amount=amount,
            version=case.version, token=f"demo:{case.pk}", today=day, now=_at(day), reason_code=code, words=WORDS[ends], payload=payload,
        )  # fmt: skip
        if decide and made.approval and made.approval.state == Approval.State.WAITING:
            self._decide(made.approval, day)
        return made

    def _decide(self, approval: Approval, day: date) -> None:
        who = "supervisor" if approval.summed <= 25_000_00 and approval.kind == "credit_memo" else "controller"
        approve(actor=self.people[who], approval=approval, now=_at(day, 15), today=day, note="Agrees with what was found.")

    def end_short(self, number: str, cause: str, ends: str, day: date) -> None:
        """What is left of a short payment is credited or given up."""
        case = self.case(number)
        if case:
            amount = case.amount
            self.find(number, cause, ends, amount, day)
            if fresh := self.case(number):
                self._settle(fresh, ends, amount, day)

    def credit_mistake(self, m: Mistake, day: date) -> None:
        """What went out wrong is credited as found."""
        if case := self.case(m.number):
            amount = case.amount
            self.find(m.number, m.cause, "credited", amount, day, m.lines)
            if fresh := self.case(m.number):
                self._settle(fresh, "credited", amount, day)

    def stand(self, number: str, state: str, department: str, cause: str, day: date) -> None:
        """Bring an open case to where it stands today."""
        case = self.case(number)
        if not case or state == "open":
            return
        if state == "nobody":
            Dispute.objects.filter(pk=case.pk).update(owner=None)
        elif state in ("asked", "late", "answered"):
            self.ask(number, department, day, due=4 if state != "late" else 2)
            if state == "answered":
                self.answer(number, department, min(self.today, day + timedelta(days=2)), read=False)
        elif state == "link":
            self.ask(number, "logistics", day, due=(self.today - day).days + 5, email=OUTSIDE[0], name=OUTSIDE[1])
        elif state in ("decision", "approval", "signing"):
            self.find(number, cause, "credited", case.amount, day)
            if state == "signing":
                self._sign_offs(case.company)
            if state != "decision" and (fresh := self.case(number)):
                self._settle(fresh, "credited", case.amount, min(self.today, day + timedelta(days=1)), decide=False)
        elif state in ("rebilled", "debited"):
            self.find(number, "order_po" if state == "rebilled" else "billed_less", state, case.amount if state == "rebilled" else 0, day)
            if fresh := self.case(number):
                self._settle(fresh, state, case.amount if state == "rebilled" else 120_00, min(self.today, day + timedelta(days=1)))
        else:
            waits = "customer" if state == "customer" else ""
            move_dispute(
                actor=self._actor(case), dispute=case, state="waiting" if waits else "investigating", version=case.version, today=day,
                waiting_on=waits,
            )  # fmt: skip
            note_dispute(
                actor=self._actor(case), dispute=case, body="Asked them for the photos." if waits else "Comparing it with the order."
            )

    def _sign_offs(self, company: Company) -> None:
        """Service has a word on what is credited for its work."""
        save_sign_off_rule(
            actor=self.people["supervisor"], company=company, department=self.departments[company.code, "service"], resolution="credited",
            stage="service_execution", from_amount=500_00, currency=company.base_currency,
        )  # fmt: skip

    def _actor(self, case: Dispute) -> User:
        """Whoever works the case."""
        return case.owner or case.customer.collector or self.people["senior"]


WORDS = {
    "credited": "As found: the difference is ours.", "goodwill": "Small, and they have paid on time for years.",
    "rejected": "Order, delivery note and our invoice agree; the price is the one of the contract in force on that day.",
    "withdrawn": "They found the delivery note.", "rebilled": "They need their order number on it.",
    "debited": "The last visit was left out.", "corrected": "With the order number they need.", "paid": "",
}  # fmt: skip


def hash_of(number: str) -> int:
    """A number of an invoice's own, by which cases differ."""
    return int(number[-5:]) * 7919 % 1009


def _at(day: date, hour: int = 10) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC)
