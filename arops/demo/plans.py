"""The demo's payment plans: one that runs and whose first instalment is missed, one offered, a settlement that waits for approval, one that
ended because an instalment stayed away, and one that is still being drawn up."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from arops.demo.setup import SYSTEM, World
from collections_app.models import DunningLetter, Escalation, PaymentPlan, PromiseItem
from collections_app.policy.plans import Terms
from collections_app.selectors.plans import coverable_rows
from collections_app.services.plans import ask_for_plan, make_plan, sign_plan
from collections_app.services.plans.nightly import run_plans
from customers.models import Customer
from ledger.models import OpenItem
from ledger.selectors import first_open_day
from org.models import User

MANY = 5
SHORT = "Lost their largest customer; paid well for years"


class Plans:
    """What was agreed with customers who can't pay at once."""

    def __init__(self, world: World, today: date, now: datetime) -> None:
        self.world, self.today, self.now = world, today, now

    def make(self) -> None:
        """Customers with late invoices that are neither in dispute nor promised, and for whom no letter waits; Ana's own first."""
        company = self.world.companies["US01"]
        day = first_open_day(company.pk, self.today - timedelta(days=9)) or self.today
        chosen = self._chosen(company.pk, day)
        if len(chosen) < 3:
            return
        self._signed(chosen[0], day, Terms(day, self.today - timedelta(days=1), number=4, rate=Decimal(6)))
        self._plan(chosen[1], self.today, Terms(self.today, self.today + timedelta(days=7), "fortnightly", number=3))
        total = sum(amount for _, amount in chosen[2])
        self._plan(chosen[2], self.today, Terms(self.today, self.today + timedelta(days=10), number=2), pays=total * 7 // 10)
        for rows in chosen[3:4]:
            begins = first_open_day(company.pk, self.today - timedelta(days=24)) or self.today
            self._signed(rows, begins, Terms(begins, begins + timedelta(days=7), number=3))
        run_plans(actor=SYSTEM, company=company, day=self.today)
        for rows in chosen[4:5]:
            self._draft(rows, self.today, Terms(self.today, self.today + timedelta(days=14), number=3, rate=Decimal(4)), None)

    def _signed(self, rows: list[tuple[OpenItem, int]], day: date, terms: Terms) -> None:
        """A plan that runs from the day on."""
        plan = self._plan(rows, day, terms)
        who = self._collector(plan.customer_id)
        sign_plan(actor=who, plan=plan, signed_by="their treasurer", signed_on=day, today=day, note="by phone")

    def _chosen(self, company_id: int, day: date) -> list[list[tuple[OpenItem, int]]]:
        ana = self.world.people["specialist"]
        climbing = Escalation.objects.filter(company=company_id).values("customer")
        told = DunningLetter.objects.filter(company=company_id, needs_approval=True).values("customer")
        promised = set(PromiseItem.objects.filter(promise__state="open").values_list("open_item", flat=True))
        found = []
        late = OpenItem.objects.past_due(day).filter(company=company_id, currency="USD", kind="invoice").values("customer")
        there = (
            Customer.objects.filter(pk__in=late)
            .exclude(collector=None)
            .exclude(pk__in=climbing)
            .exclude(pk__in=told)
            .select_related("company")
        )
        for customer in sorted(there, key=lambda c: (c.collector_id != ana.pk, c.pk)):
            rows = [(i, a) for i, a in coverable_rows(customer, "USD") if i.due_date < day and a == i.balance and i.pk not in promised]
            if rows and sum(a for _, a in rows[:3]) < 5_000_00:
                found.append(rows[:3])
            if len(found) == MANY:
                break
        return found

    def _collector(self, customer: int | None) -> User:
        return User.objects.get(portfolio=customer)

    def _plan(self, rows: list[tuple[OpenItem, int]], day: date, terms: Terms, pays: int | None = None) -> PaymentPlan:
        plan = self._draft(rows, day, terms, pays)
        ask_for_plan(actor=self._collector(plan.customer_id), plan=plan, today=day, now=self.now)
        plan.refresh_from_db()
        return plan

    def _draft(self, rows: list[tuple[OpenItem, int]], day: date, terms: Terms, pays: int | None) -> PaymentPlan:
        customer = Customer.objects.select_related("company").get(pk=rows[0][0].customer_id)
        collector = self._collector(customer.pk)
        return make_plan(actor=collector, customer=customer, items=[i for i, _ in rows], terms=terms, today=day, pays=pays, note=SHORT)
