"""The demo's late charges and its ladder: interest in the United States since two months, a waiver that waits and one that was allowed;
accounts that the night proposes, one that waits for a decision and one with an agency."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from arops.demo.along import AGENCY
from arops.demo.setup import SYSTEM, World
from collections_app.models import Charge, Escalation, Rung
from collections_app.policy.charges import Tier
from collections_app.selectors.charges import month_before
from collections_app.services.charges.notices import send_notice
from collections_app.services.charges.policies import NewPolicy, save_limit, save_policy
from collections_app.services.charges.running import run_charges
from collections_app.services.charges.waiving import request_waiver
from collections_app.services.escalation.deciding import confirm_proposal, decide, dismiss_proposal
from collections_app.services.escalation.placing import make_pack, place
from collections_app.services.escalation.raising import propose_escalations, raise_case
from ledger.models import OpenItem
from org.models import Company
from workflow.services.approvals import approve

DECIDED = "Called their owner together with Ana: half this week, the rest by the end of the month"
BY_HAND = (
    ("credit_manager", "Orders twice as much as before, and its insurer lowered the limit"),
    ("controller", "They offer a settlement of two thirds at once: yours to decide"),
)
TEXAS = "Texas Finance Code § 303.009: whatever the weekly ceiling, it is at least 18 % a year"


class Ladder:
    """What is charged for late payment, and who climbs."""

    def __init__(self, world: World, today: date, now: datetime) -> None:
        self.world, self.today, self.now = world, today, now

    def make(self) -> None:
        """Charges first, so that the page of an account shows them."""
        self._charges()
        for company in self.world.companies.values():
            propose_escalations(actor=SYSTEM, company=company, day=self.today)
        self._climbing()

    def _charges(self) -> None:
        company, month = self.world.companies["US01"], month_before(self.today)
        begins = month_before(month.first).first
        tiers = (Tier(0, Decimal(12)), Tier(61, Decimal(18)), Tier(121, Decimal(21)))
        wanted = NewPolicy(
            "Interest on late payment", "rate", tiers, begins, grace_days=10, minimum_charge=5_00, minimum_due=250_00, notice="mail"
        )  # fmt: skip
        save_policy(actor=SYSTEM, company=company, wanted=wanted, today=begins)
        save_limit(
            actor=SYSTEM, company=company, place="US-TX", max_rate=Decimal(18), max_fee=None, source=TEXAS, valid_from=begins
        )  # fmt: skip
        run_charges(company=company, period=month, day=self.today.replace(day=1), actor=SYSTEM, now=self.now)
        ana, eva = self.world.people["specialist"], self.world.people["supervisor"]
        mine = Charge.objects.filter(company=company, state="posted", customer__collector=ana).select_related(
            "open_item", "company", "customer"
        )
        largest = list(mine.order_by("-amount", "pk")[:3])
        for charge in largest[2:]:
            send_notice(actor=ana, charge=charge, now=self.now)
        for n, charge in enumerate(largest[:2]):
            asked = request_waiver(
                actor=ana, charge=charge, reason="Our invoice came a week late", token=f"demo:{n}", today=self.today, now=self.now
            )  # fmt: skip
            if n == 1 and asked.state == "waiting":
                approve(actor=eva, approval=asked, now=self.now, today=self.today)

    def _climbing(self) -> None:
        company = self.world.companies["US01"]
        ana, eva = self.world.people["specialist"], self.world.people["supervisor"]
        proposed = list(Escalation.objects.filter(company=company, state="proposed").order_by("-amount", "pk").select_related("rung"))
        if len(proposed) < 3:
            return
        confirm_proposal(actor=ana, case=proposed[0], version=proposed[0].version)
        last = dismiss_proposal(actor=eva, case=proposed[-1], reason="Goes to the agency at once", version=proposed[-1].version)
        agency = Rung.objects.get(company=company, code="agency")
        day = self.today - timedelta(days=6)
        raised = raise_case(
            actor=ana, customer=last.customer, currency=last.currency, rung=agency, reason="No answer since spring", day=day
        )
        make_pack(actor=eva, case=place(actor=eva, case=raised, placed_with=AGENCY, day=day, version=raised.version))
        self._each_role(company)

    def _each_role(self, company: Company) -> None:
        """One case that was decided, and one that waits for each who decides: proposals sent up, the higher rungs by hand."""
        sam, eva = self.world.people["senior"], self.world.people["supervisor"]
        proposed = Escalation.objects.filter(company=company, state="proposed").select_related("rung").order_by("amount", "pk")
        for rung in Rung.objects.filter(company=company, code__in=("supervisor", "collections_manager")):
            for case in proposed.filter(rung=rung)[:1]:
                up = confirm_proposal(actor=sam, case=case, version=case.version)
                if rung.code == "supervisor":
                    decide(actor=eva, case=up, outcome="accepted", words=DECIDED, day=self.today, version=up.version)
        climbing = Escalation.objects.filter(company=company, closed_on=None).values("customer")
        late = OpenItem.objects.past_due(self.today).filter(company=company, kind="invoice", currency="USD", balance__gt=2_000_00)
        late = late.exclude(customer__in=climbing).exclude(customer__collector=None).select_related("customer__company")
        chosen = {item.customer: item for item in late.order_by("-due_date", "-pk")[:60]}
        for (code, why), customer in zip(BY_HAND, chosen, strict=False):
            rung = Rung.objects.get(company=company, code=code)
            raise_case(actor=sam, customer=customer, currency="USD", rung=rung, reason=why, day=self.today)
