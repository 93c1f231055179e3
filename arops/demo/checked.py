"""What people do about the demo's invoices before they leave: rules and papers of customers, what is billed from contracts and work, what
the check holds, who is asked, who overrides."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from arops.demo.agreed import save_all
from arops.demo.faults import Fault, make_faults
from arops.demo.lives import FREIGHT, Lives, is_blanket, months_back, wants_signatures
from arops.demo.projects import PROGRESS, PROJECTS, project_contracts
from arops.demo.setup import SYSTEM, World
from customers.services.documents import receive_document, request_document, send_document
from customers.services.requirements import add_requirement
from invoicing.models import CheckPolicy, Draft, Finding
from invoicing.services import issue_documents
from invoicing.services.billing import bill_schedules, claim_progress, make_drafts
from invoicing.services.drafting import issue_draft
from invoicing.services.exceptions import ask_department, assign_exception, override_findings
from orders import services
from orders.models import Contract, WorkOrder
from workflow.services.tasks import answer_task


class Desk:
    """The billing desk on the last day."""

    def __init__(self, world: World, lives: Lives, now: datetime) -> None:
        self.world, self.lives, self.now, self.today = world, lives, now, world.plan.today
        self.sam, self.ana, self.eva, self.omar = (world.people[r] for r in ("senior", "specialist", "supervisor", "collaborator"))

    def prepare(self) -> None:
        """What stands before the months: what companies and customers want."""
        for company in self.world.companies.values():
            CheckPolicy.objects.create(company=company, pushed=CheckPolicy.Mode.RECORD, freight_skus=[FREIGHT], changed_by=SYSTEM.label)
        self._requirements()

    def work(self) -> None:
        """The desk's own work once the months are told."""
        self._papers()
        self._contracts()
        self._bill()
        CheckPolicy.objects.filter(company__code="US01").update(pushed=CheckPolicy.Mode.HOLD)
        CheckPolicy.objects.filter(company__code="US02").update(pushed=CheckPolicy.Mode.WARN)
        CheckPolicy.objects.update(recorded_until=self.now)
        self._push(make_faults(self.lives, self.world.plan.invoices))
        self._answer()
        for n, draft in enumerate(Draft.objects.held().order_by("pk")):  # pushed over the last days, not all at once
            Draft.objects.filter(pk=draft.pk).update(held_since=self.now - timedelta(days=(n * 5) % 13))

    # what customers want

    def _requirements(self) -> None:
        """Rules that the customers' invoices keep to; some were learnt from a rejection."""
        builders = {row["customer"] for row in project_contracts(self.lives)}
        for n, plan in enumerate(self.lives.covered):
            customer, since = self.world.customers[plan.number], self.lives.since
            if not is_blanket(plan) and plan.number not in builders:
                self._require(plan.number, "po_number", {}, since)
                if n % 4 == 0:
                    self._require(plan.number, "po_format", {"mask": "PO-#####"}, since, note="Their portal refuses any other form.")
            if wants_signatures(plan):
                self._require(plan.number, "sign_off", {}, since)
            if n % 5 == 1:
                self._require(plan.number, "bill_within", {"days": 45}, since)
            if customer.company.code == "US02" and n % 6 == 3:
                self._require(plan.number, "one_work_order", {}, since)

    def _require(self, number: str, kind: str, params: dict[str, object], since: date, note: str = "") -> None:
        customer = self.world.customers[number]
        add_requirement(actor=self.sam, customer=customer, kind=kind, params=params, valid_from=since, note=note)

    def _papers(self) -> None:
        """W-9 and insurance given, forms asked for; some run out soon, some are missing."""
        today = self.today
        for n, plan in enumerate(self.lives.covered[:60]):
            customer = self.world.customers[plan.number]
            if customer.country != "US":
                continue
            if n % 3 == 0:
                paper = request_document(actor=self.sam, customer=customer, kind="w9", today=today - timedelta(days=70))
                send_document(actor=self.sam, document=paper, on=today - timedelta(days=68))
            if n % 7 == 2:
                request_document(
                    actor=self.sam, customer=customer, kind="vendor_form", today=today - timedelta(days=9), waits_for="billing",
                    note="They pay nothing before their form is filled in.",
                )  # fmt: skip
            if n % 6 == 4:
                paper = request_document(actor=self.sam, customer=customer, kind="insurance", today=today - timedelta(days=300))
                ends = today + timedelta(days=12 + n)
                send_document(actor=self.sam, document=paper, on=today - timedelta(days=295), expires_on=ends, reference=f"GL-{4410 + n}")

    # what is billed here

    def _contracts(self) -> None:
        save_all(self.world, services.save_contracts, project_contracts(self.lives))

    def _bill(self) -> None:
        """Months of monitoring, milestones and progress, issued as they fell due; this month's still wait."""
        for back in range(3, 0, -1):
            day = months_back(self.today, back)
            for company in self.world.companies.values():
                self._issue(bill_schedules(actor=self.sam, company=company, day=day).drafts, day)
        self._projects()
        for company in self.world.companies.values():
            jobs = WorkOrder.objects.filter(company=company, number__startswith="WO-N").order_by("number")
            chosen = {job.pk: job for job in (*jobs[:3], *jobs.filter(customer__collector=self.ana)[:2])}  # some that Ana may issue
            make_drafts(actor=self.sam, company=company, keys=[f"work_order:{pk}" for pk in chosen], today=self.today)

    def _projects(self) -> None:
        day = months_back(self.today, 1) + timedelta(days=4)
        company = self.world.companies["US02"]
        reached = Contract.objects.filter(number__startswith=f"CT-{PROJECTS}-").order_by("number")
        self._issue(make_drafts(
            actor=self.sam, company=company, keys=[f"milestone:{c.pk}:M1" for c in reached], today=self.today, day=day
        ).drafts, day)  # fmt: skip
        for contract in Contract.objects.filter(number__startswith=f"CT-{PROGRESS}-").order_by("number"):
            for percent, on in ((20, months_back(self.today, 2)), (45, months_back(self.today, 1))):
                self._issue([self._claim(contract, percent, on)], on)
            paper = request_document(
                actor=self.sam, customer=contract.customer, kind="lien_conditional_progress", today=day, contract_number=contract.number,
                waits_for="projects", through_date=months_back(self.today, 1) - timedelta(days=1),
            )  # fmt: skip
            send_document(actor=self.sam, document=paper, on=day + timedelta(days=3))

    def _claim(self, contract: Contract, percent: int, day: date) -> Draft:
        return claim_progress(actor=self.sam, contract=contract, today=day, day=day, percent=Decimal(percent), note=f"{percent} % complete")

    def _issue(self, drafts: Iterable[Draft], day: date) -> None:
        for draft in drafts:
            if draft.state == Draft.State.CLEAR:
                issue_draft(actor=self.sam, draft=draft, now=self.now, today=day)

    # what the check holds

    def _push(self, faults: list[Fault]) -> None:
        """The ERP tells of orders and work, then pushes what it billed of them."""
        lives = [fault.life for fault in faults if fault.life.order]
        for fault in faults:
            if fault.exempt:
                self._certificate(fault)
        save_all(self.world, services.save_purchase_orders, (x.purchase_order for x in lives if x.purchase_order))
        save_all(self.world, services.save_orders, (x.order for x in lives))
        save_all(self.world, services.save_deliveries, (d for x in lives for d in x.deliveries))
        save_all(self.world, services.save_work_orders, (w for x in lives for w in x.work_orders))
        outcomes = issue_documents([fault.document for fault in faults], actor=self.world.erp, source_system="erp")
        assert {o.outcome for o in outcomes} == {"held"}, [
            (fault.rule, o) for fault, o in zip(faults, outcomes, strict=True) if o.outcome != "held"
        ]

    def _certificate(self, fault: Fault) -> None:
        customer = self.world.customers[fault.customer.number]
        paper = request_document(
            actor=self.sam, customer=customer, kind="exemption", today=self.today - timedelta(days=90), jurisdiction="US-TX-DAL"
        )
        receive_document(
            actor=self.sam, document=paper, on=self.today - timedelta(days=80), reference="TX-RES-20447", valid_from=self.lives.since,
            expires_on=self.today + timedelta(days=400),
        )  # fmt: skip

    def _answer(self) -> None:
        """Sam and Ana take some; service is asked about work, Omar answered once; one was let through with a reason."""
        found = Draft.objects.filter(state=Draft.State.HELD).select_related("customer").order_by("pk")
        held = {d.number: d for d in found}
        for n, draft in enumerate(held.values()):
            if n % 3 == 0:
                assign_exception(actor=self.eva, draft=draft, owner=self.ana if draft.customer.collector_id == self.ana.pk else self.sam)
        asked = {
            "work_not_done": "The ERP billed this work, but the work order is still open. Is it done, and when was it finished?",
            "work_not_signed": "The customer pays signed work only. Can you send the signed report?",
        }  # fmt: skip
        for rule, question in asked.items():
            finding = Finding.objects.filter(rule=rule, state="open", draft__in=held.values()).select_related("draft").first()
            if finding:
                due = self.today + timedelta(days=3)
                task = ask_department(
                    actor=self.sam, finding=finding, department="service", question=question, due_date=due, today=self.today
                )  # fmt: skip
                if rule == "work_not_signed":
                    body = "Signed on site, the sheet is with Greta; I upload it on Monday."
                    answer_task(actor=self.omar, task=task, body=body, today=self.today)
        passing = Finding.objects.filter(rule="po_expired", state="open", draft__in=held.values()).select_related("draft").first()
        if passing and passing.draft:
            reason = "Buyer confirmed by mail that the order is being extended; extension follows this week."
            override_findings(actor=self.sam, draft=passing.draft, findings=[passing], reason=reason)
