"""What runs along with the demo's last months: a firmer strategy tried on half of a company's customers, and an account that an agency has,
which pays a part of it."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta

from arops.demo.plan import PlanInvoice
from arops.demo.setup import SYSTEM, World
from arops.demo.times import Times
from collections_app.models import Escalation, Rung, Strategy
from collections_app.selectors.strategies import draft_of
from collections_app.services.escalation.ladder import add_standard_ladder
from collections_app.services.escalation.placing import make_pack, place
from collections_app.services.escalation.raising import raise_case
from collections_app.services.experiments import enter_experiments, start_experiment
from collections_app.services.strategies import change_version, draft_version
from collections_app.services.trials import try_version

HOME, TRIED = "US01", "DE01"
AGENCY = "Fairway Recovery"
BEGAN, SHARE, TO_PAY = timedelta(days=60), 50, 21
"""How long ago the experiment began, on how many in a hundred, and how many days they have to pay."""
USUAL = 20_000_00
"""About what an agency gets, in cents."""
PLACED = timedelta(days=24)
"""An account goes to the agency in the last days before this."""


class Along:
    """Called after each span of the months."""

    def __init__(self, world: World, times: Times, now: datetime) -> None:
        self.world, self.times, self.now, self.today = world, times, now, world.plan.today
        self.tries, self.placed = False, False

    def set_up(self) -> None:
        """The usual ladder in every company."""
        for company in self.world.companies.values():
            add_standard_ladder(actor=SYSTEM, company=company)

    def after(self, end: date) -> None:
        """What somebody does at the end of the span."""
        with self.times.on(end):
            if end >= self.today - BEGAN and not self.tries:
                self._try(end)
            if self.tries:
                enter_experiments(company=self.world.companies[TRIED], day=end, actor=SYSTEM)
            if self.today > end >= self.today - PLACED and not self.placed:
                self._place(end)

    def _try(self, day: date) -> None:
        """The usual letters, half as long apart, against the usual ones."""
        maker, checker = self.world.people["supervisor"], self.world.people["collections_manager"]
        strategy = Strategy.objects.get(company=self.world.companies[TRIED], segment="")
        version = draft_version(actor=maker, strategy=strategy, why="Do they pay earlier when we write earlier?")
        base = draft_of(version)
        steps = tuple(replace(s, days=max(2, s.days // 2)) for s in base.steps)
        version = change_version(actor=maker, version=version, draft=replace(base, steps=steps), seen=version.revision)
        try_version(actor=maker, version=version, day=day)
        start_experiment(actor=checker, challenger=version, share=SHARE, horizon_days=TO_PAY, today=day, now=self.now - (self.today - day))
        self.tries = True

    def _place(self, day: date) -> None:
        """The account of whom the plan knows that it pays a part soon, and owes more besides."""
        if not (number := self._pays_soon(day)):
            return
        customer, people = self.world.customers[number], self.world.people
        agency = Rung.objects.get(company=customer.company, code="agency")
        said = "Asked for six months, promised twice, and nothing came"
        raised = raise_case(actor=people["senior"], customer=customer, currency=customer.currency, rung=agency, reason=said, day=day)
        make_pack(actor=people["supervisor"], case=self._given(raised, day))
        self.placed = True

    def _given(self, case: Escalation, day: date) -> Escalation:
        return place(actor=self.world.people["supervisor"], case=case, placed_with=AGENCY, day=day, version=case.version)

    def _pays_soon(self, day: date) -> str:
        """Of those who owe something long past due: who pays a part of it soon, by themselves, and owes about as much as agencies take."""
        plan, late = self.world.plan, defaultdict[str, list[PlanInvoice]](list)
        paid_on = {number: p.day for p in plan.payments if p.kind == "clean" for number, _ in p.invoices}
        ever = {number for p in plan.payments for number, _ in p.invoices}
        for invoice in plan.invoices:
            unpaid = invoice.number not in ever or paid_on.get(invoice.number, date.min) > day
            if invoice.company == HOME and invoice.due < day - timedelta(days=30) and unpaid:
                late[invoice.customer].append(invoice)
        last = self.today - timedelta(days=5)
        found = [
            (sum(i.total for i in owed if i.number not in ever), number) for number, owed in late.items()
            if any(day < paid_on.get(i.number, date.min) <= last for i in owed) and any(i.number not in ever for i in owed)
        ]  # fmt: skip
        return min(found, key=lambda one: (abs(one[0] - USUAL), one[1]), default=(0, ""))[1]
