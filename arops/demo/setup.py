"""The demo's companies: books, rates, bank accounts, departments, people, the ERP's key, customers and their contacts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from arops.demo.day import CODES, LOCKBOX
from arops.demo.lockboxes import BANK
from arops.demo.plan import COMPANIES, Plan, PlanCustomer
from arops.demo_logins import DEMO_LOGINS, DEMO_PASSWORD
from arops.lib import money
from cashapp.models import BankAccount, DeductionCode, MatchPolicy
from cashapp.services import create_bank_account
from cashapp.services.accounts import save_lockboxes
from collections_app.services.strategies import create_standard_strategy
from customers.models import Customer
from customers.services import Saved, save_contacts, save_customers
from ledger.services import open_books, open_periods, set_rate
from org.actors import Actor, SystemActor
from org.models import ApiKey, Company, Department, Membership, User
from org.services import add_user, create_api_key

SYSTEM = SystemActor("demo")
DEPARTMENTS = (
    ("orders", "Order management"), ("service", "Service operations"), ("logistics", "Logistics"), ("sales", "Sales"),
    ("projects", "Projects"), ("billing", "Billing"),
)  # fmt: skip
COLLEAGUES = (("jonas@demo.example", "Jonas Vogel"), ("priya@demo.example", "Priya Raman"))
"""Two more specialists, so that there are portfolios beside Ana's; nobody logs in as them."""

ASKED = (
    ("lena@demo.example", "Lena Fischer", "orders"), ("nils@demo.example", "Nils Berg", "logistics"),
    ("carla@demo.example", "Carla Reyes", "projects"), ("tomas@demo.example", "Tomas Brandt", "billing"),
    ("sofia@demo.example", "Sofia Marin", "sales"),
)  # fmt: skip
"""People of other departments who answer questions, beside Omar of service; nobody logs in as them."""

RETURNED_FEE = 35_00
"""What a customer is billed with when its bank takes a payment back, in cents."""

PORTFOLIO_ROLES = {"specialist"}
RISK = {"prompt": "A", "discount": "A", "week": "B", "slow": "B", "short": "C", "late": "C", "very_late": "D", "silent": "D"}


@dataclass
class World:
    """What was set up, by the names that the plan uses."""

    plan: Plan
    people: dict[str, User]
    companies: dict[str, Company] = field(default_factory=dict)
    accounts: dict[str, BankAccount] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    erp: Actor = SYSTEM
    secret: str = ""

    def collector(self, customer: str) -> User:
        """Who looks after a customer."""
        found = self.customers[customer].collector
        assert found is not None
        return found


def set_up(plan: Plan) -> World:
    """Everything that stands before the first invoice."""
    first = min(i.day for i in plan.invoices)
    companies = {c.code: _company(c.code, first, plan.today) for c in COMPANIES}
    world = World(plan, _people(list(companies.values())), companies)
    _rates(first, plan.today)
    for c in COMPANIES:
        world.accounts[c.code] = create_bank_account(
            actor=SYSTEM, company=companies[c.code], name=f"{c.code} operating account", currency=c.currency, identifiers=[c.account]
        )
        create_standard_strategy(actor=SYSTEM, company=companies[c.code])
        MatchPolicy.objects.create(company=companies[c.code], returned_fees={c.currency: RETURNED_FEE})
    save_lockboxes(actor=SYSTEM, account=world.accounts["US01"], numbers=[LOCKBOX], profile=BANK)
    for company in companies.values():
        DeductionCode.objects.bulk_create(
            DeductionCode(company=company, code=code, reason=reason, changed_by=SYSTEM.label) for code, reason in CODES
        )
    key, world.secret = create_api_key(actor=SYSTEM, name="Demo ERP", scopes=["all"], source_system="erp")
    world.erp = ApiKey.objects.get(pk=key.pk)
    _customers(world)
    return world


def _company(code: str, first: date, today: date) -> Company:
    c = next(c for c in COMPANIES if c.code == code)
    company = Company.objects.create(
        code=code, name=c.name, base_currency=c.currency, country=c.country, address=c.address, email=f"ar.{code.lower()}@aldermere.example"
    )
    open_books(company=company)
    open_periods(company=company, first=first, months=(today.year - first.year) * 12 + today.month - first.month + 4)
    Department.objects.bulk_create(Department(company=company, code=short, name=name) for short, name in DEPARTMENTS)
    return company


def _people(companies: list[Company]) -> dict[str, User]:
    """A person per role, a second controller, and two colleagues. One hash for all of them: hashing ten times over takes seconds."""
    found: dict[str, User] = {}
    for login in DEMO_LOGINS:
        where = companies[:1] if login.role == "sales" else companies
        scope = Membership.Scope.PORTFOLIO if login.role in PORTFOLIO_ROLES else Membership.Scope.COMPANY
        person = add_user(email=login.email, name=login.name, password=None, roles=[(c, login.role) for c in where], scope=scope)
        found.setdefault(login.role, person)
    for email, name in COLLEAGUES:
        roles = [(c, "specialist") for c in companies]
        found[name.split()[0].lower()] = add_user(email=email, name=name, password=None, roles=roles, scope=Membership.Scope.PORTFOLIO)
    User.objects.filter(email__in=[login.email for login in DEMO_LOGINS]).update(password=make_password(DEMO_PASSWORD))
    for email, name, _ in ASKED:
        add_user(email=email, name=name, password=None, roles=[(c, "collaborator") for c in companies])
    _departments()
    return found


def _departments() -> None:
    """Whoever answers questions belongs to a department in each company."""
    theirs = {email: code for email, _, code in ASKED}
    there = {(d.company_id, d.code): d for d in Department.objects.all()}
    for membership in Membership.objects.filter(role="collaborator").select_related("user"):
        membership.department = there[membership.company_id, theirs.get(membership.user.email, "service")]
        membership.save(update_fields=["department"])


def _rates(first: date, today: date) -> None:
    """The euro in dollars, a rate a month, slowly moving."""
    day, n = first.replace(day=1), 0
    while day <= today:
        set_rate(actor=SYSTEM, currency="EUR", base="USD", day=day, rate=Decimal("1.0800") + Decimal(n * 37 % 90) / 1000)
        day, n = (day + timedelta(days=32)).replace(day=1), n + 1


def _customers(world: World) -> None:
    rows = [_customer_row(c, world) for c in world.plan.customers]
    all_good(save_customers(rows, actor=world.erp, source_system="erp"))
    contacts = [_contact_row(c) for c in world.plan.customers if c.habit != "silent"]
    all_good(save_contacts(contacts, actor=world.erp, source_system="erp"))
    world.customers = {c.number: c for c in Customer.objects.select_related("company", "collector")}


def _customer_row(c: PlanCustomer, world: World) -> dict[str, object]:
    team = ("specialist", "jonas" if c.company == "DE01" else "priya", "senior")
    limit = {"company": c.company, "currency": c.currency}
    return limit | {
        "number": c.number, "external_id": c.number, "name": c.name, "country": c.country, "address": c.address, "parent": c.parent,
        "payment_terms": c.terms, "segment": c.segment, "risk": RISK[c.habit], "collector": world.people[team[c.collector]].email,
        "credit_limit": money.to_text(c.weight * 75_000_00, c.currency), "language": {"DE": "de", "FR": "fr"}.get(c.country, "en"),
    }  # fmt: skip


def _contact_row(c: PlanCustomer) -> dict[str, object]:
    return {"customer": c.number, "external_id": f"{c.number}-1", "name": c.contact, "email": c.email, "phone": f"+1 555 01{c.number[-2:]}"}


def all_good(saved: Sequence[Saved]) -> None:
    """The plan's rows are good; a refusal is a mistake of the demo, told with its reasons."""
    reasons: dict[str, int] = defaultdict(int)
    for row in saved:
        for problem in row.problems:
            reasons[problem.detail] += 1
    assert not reasons, dict(reasons)
