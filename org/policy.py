"""Who may do what: roles are sets of permissions. Pure data; a person has a role per company (see `org.models.Membership`).

A permission is `area.verb`. Reading is `area.view`; the verbs that move money stand apart, so that the one who makes
a thing is not by the same role the one who approves it.
"""

_READ = frozenset(
    "customers.view orders.view invoices.view cash.view disputes.view collections.view tasks.view approvals.view reports.view jobs.view "
    "rates.view".split()
)
_SPECIALIST = _READ | frozenset(
    "customers.edit documents.edit orders.edit invoices.issue invoices.import invoices.send cash.import cash.apply "
    "reconciliation.prepare disputes.open disputes.work memos.request tasks.create tasks.answer collections.work promises.give "
    "messages.send reports.export plans.make charges.waive escalations.raise".split()
)
_SENIOR = _SPECIALIST | frozenset(
    "cash.reverse checks.override disputes.resolve problems.work requirements.edit writeoffs.request refunds.request rules.edit "
    "bankdetails.edit payers.edit statements.schedule promises.repeat".split()
)
_SUPERVISOR = _SENIOR | frozenset(
    "memos.approve writeoffs.approve refunds.approve checks.edit disputes.configure dunning.run jobs.run work.assign "
    "customers.hold rules.approve payers.approve bankdetails.approve reconciliation.sign refunds.export "
    "strategies.edit strategies.approve dunning.approve plans.approve charges.edit charges.run charges.approve escalations.decide "
    "escalations.place templates.edit collections.configure".split()
)
_ADMIN = frozenset(
    "users.manage access.confirm settings.manage apikeys.manage jobs.view jobs.run audit.view reports.view customers.view".split()
)

ROLES: dict[str, tuple[str, frozenset[str]]] = {
    "specialist": ("AR specialist", _SPECIALIST),
    "senior": ("Senior AR specialist", _SENIOR),
    "supervisor": ("AR supervisor", _SUPERVISOR),
    "credit_manager": (
        "Credit manager",
        _READ | frozenset("customers.edit customers.hold credit.decide escalations.decide reports.export".split()),
    ),
    "collections_manager": (
        "Collections manager",
        _READ
        | frozenset(
            "collections.work promises.give promises.repeat messages.send dunning.run jobs.run work.assign customers.hold "
            "reports.export plans.make charges.waive escalations.raise statements.schedule strategies.edit strategies.approve "
            "dunning.approve plans.approve charges.run escalations.decide escalations.place templates.edit collections.configure".split()
        ),
    ),
    "controller": (
        "Controller",
        _READ
        | frozenset(
            "reports.export periods.close periods.reopen memos.request memos.approve writeoffs.request writeoffs.approve refunds.request "
            "refunds.approve checks.override checks.edit "
            "bankdetails.edit bankdetails.approve payers.approve rules.approve reconciliation.prepare reconciliation.sign refunds.export "
            "taxes.edit tasks.create tasks.answer audit.view jobs.run rates.edit strategies.approve plans.approve charges.edit charges.run "
            "charges.waive charges.approve escalations.decide access.confirm".split()
        ),
    ),
    "collaborator": ("Department collaborator", frozenset({"tasks.answer"})),
    "sales": ("Sales", frozenset("customers.view orders.view invoices.view disputes.view collections.view tasks.answer".split())),
    "auditor": ("Auditor", _READ | frozenset("audit.view reports.export".split())),
    "administrator": ("Administrator", _ADMIN),
}
"""Code of a role → (its name on screen, what it may do)."""

PERMISSIONS = frozenset().union(*(allowed for _, allowed in ROLES.values()))

SCOPES: dict[str, frozenset[str]] = {
    "companies:read": frozenset({"customers.view"}),
    "customers:read": frozenset({"customers.view"}),
    "customers:write": frozenset({"customers.view", "customers.edit"}),
    "orders:read": frozenset({"orders.view"}),
    "orders:write": frozenset({"orders.view", "orders.edit"}),
    "documents:read": frozenset({"customers.view"}),
    "documents:write": frozenset({"customers.view", "documents.edit", "requirements.edit"}),
    "taxes:read": frozenset({"rates.view"}),
    "taxes:write": frozenset({"rates.view", "taxes.edit"}),
    "invoices:read": frozenset({"invoices.view"}),
    "invoices:write": frozenset({"invoices.view", "invoices.issue", "invoices.import"}),
    "invoices:send": frozenset({"invoices.view", "invoices.send"}),
    "receipts:read": frozenset({"cash.view"}),
    "receipts:write": frozenset({"cash.view", "cash.import", "cash.apply"}),
    "remittances:read": frozenset({"cash.view"}),
    "remittances:write": frozenset({"cash.view", "cash.import"}),
    "disputes:read": frozenset({"disputes.view"}),
    "disputes:write": frozenset({"disputes.view", "disputes.open", "disputes.work"}),
    "collections:read": frozenset({"collections.view"}),
    "collections:write": frozenset({"collections.view", "collections.work", "promises.give"}),
    "escalations:write": frozenset({"collections.view", "escalations.raise"}),
    "statements:write": frozenset({"collections.view", "statements.schedule"}),
    "reports:read": frozenset({"reports.view", "reports.export"}),
    "fx:read": frozenset({"rates.view"}),
    "fx:write": frozenset({"rates.view", "rates.edit"}),
    "jobs:read": frozenset({"jobs.view"}),
    "approvals:read": frozenset({"approvals.view"}),
    "tasks:read": frozenset({"tasks.view"}),
    "tasks:write": frozenset({"tasks.view", "tasks.create"}),
    "tasks:answer": frozenset({"tasks.view", "tasks.answer"}),
    "events:read": frozenset({"audit.view"}),
}
"""Scope of an API key → the permissions it stands for."""

READING = frozenset(p for p in PERMISSIONS if p.endswith(".view")) | {"reports.export"}
"""Permissions that change nothing. Whoever holds only these is refused every request that could (see `org.access`)."""


def permissions_of(role: str) -> frozenset[str]:
    """What the role may do; nothing for a role that no longer exists."""
    return ROLES[role][1] if role in ROLES else frozenset()


def permissions_of_scopes(scopes: list[str]) -> frozenset[str]:
    """What a key with these scopes may do; unknown scopes stand for nothing."""
    return frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))
