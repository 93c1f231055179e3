"""What every page shows around its content: the rail by permission, the business date, the person's preferences."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from arops.help import help_for
from arops.lib import clock


@dataclass(frozen=True, slots=True)
class NavItem:
    """A link of the rail: shown to those who hold the permission, or one of several."""

    label: str
    name: str
    icon: str
    key: str
    permission: str
    phone: bool = False
    group: str = "Work"
    inner: tuple[tuple[str, str], ...] = ()
    """Pages behind it that the palette opens from everywhere: what they are called there, and their address's name."""


CASH_PAGES = (
    ("Remittances", "cashapp:remittances"), ("Mails with advices", "cashapp:mails"), ("Bank files", "cashapp:files"),
    ("Reconciliation with the bank", "cashapp:bank-days"), ("Unapplied cash", "cashapp:unapplied"), ("Refunds", "cashapp:refunds"),
    ("Bank details for refunds", "cashapp:payouts"), ("Returned items", "cashapp:returns"), ("Cash figures", "cashapp:figures"),
    ("Payers", "cashapp:payers"), ("Matching rules", "cashapp:rules"), ("Deduction codes", "cashapp:codes"),
    ("Match policy", "cashapp:policies"), ("Bank accounts", "cashapp:accounts"),
)  # fmt: skip

COLLECTIONS_PAGES = (
    ("Inbox: what customers ask", "collections:inbox"), ("Payment plans", "collections:plans"), ("Late charges", "collections:charges"),
    ("Escalations", "collections:escalations"), ("Blockers: papers that hold payments up", "collections:blockers"),
    ("Work done and what it brought", "collections:effort"), ("Strategies", "collections:strategies"),
    ("Templates of answers", "collections:templates"), ("Statements by schedule", "collections:statements"),
    ("Portfolios", "collections:portfolios"), ("How we collect", "collections:policy-first"),
)  # fmt: skip

NAV = (
    NavItem("My queue", "collections:queue", "queue", "q", "collections.work", True),
    NavItem("Customers", "customers:list", "customers", "c", "customers.view", True),
    NavItem("Orders", "orders:index", "truck", "k", "orders.view"),
    NavItem("To bill", "invoicing:unbilled", "plus", "b", "invoices.view"),
    NavItem("Exceptions", "invoicing:exceptions", "alert", "e", "invoices.view"),
    NavItem("Invoices", "invoicing:list", "invoice", "i", "invoices.view"),
    NavItem("Cash", "cashapp:workbench", "cash", "w", "cash.view", True, inner=CASH_PAGES),
    NavItem("Disputes", "disputes:list", "dispute", "d", "disputes.view", True),
    NavItem("Tasks", "workflow:tasks", "note", "t", "tasks.answer tasks.view"),
    NavItem("Sign-offs", "disputes:sign-offs", "sign", "f", "tasks.answer"),
    NavItem("Approvals", "workflow:approvals", "check", "v", "approvals.view"),
    NavItem("Promises", "collections:promises", "promise", "p", "collections.view"),
    NavItem("Dunning", "collections:dunning", "bell", "l", "collections.view", inner=COLLECTIONS_PAGES),
    NavItem("Outbox", "messaging:outbox", "mail", "m", "collections.view"),
    NavItem("Dashboard", "reports:dashboard", "chart", "r", "reports.view", True, "Oversight"),
    NavItem("Root causes", "disputes:causes", "search", "n", "disputes.view", False, "Oversight"),
    NavItem("Ageing", "reports:aging", "ageing", "a", "reports.view", False, "Oversight"),
    NavItem("Periods", "ledger:periods", "lock", "o", "reports.view", False, "Oversight"),
    NavItem("Exchange rates", "ledger:rates", "rates", "x", "rates.view", False, "Oversight"),
    NavItem("Tax rates", "customers:tax-rates", "rates", "y", "rates.view", False, "Oversight"),
    NavItem("Jobs", "workflow:jobs", "job", "j", "jobs.view", False, "Oversight"),
    NavItem("Audit trail", "workflow:audit", "shield", "u", "audit.view", False, "Oversight"),
    NavItem("Rights", "org:changes", "key", "h", "access.confirm", False, "Set-up"),
    NavItem("Settings", "org:users", "sliders", "s", "users.manage", False, "Set-up"),
)

FEW = 4
"""Links that a phone shows all of."""


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Context of every page; little for those who aren't logged in."""
    user: Any = getattr(request, "user", None)
    own = getattr(user, "preferences", None) or {}
    preferences = {
        "theme": _cookie(request, "theme", "light dark", own.get("theme", "")),
        "density": _cookie(request, "density", "compact comfortable", own.get("density", "compact")),
    }
    if user is None or not user.is_authenticated:
        return {"prefs": preferences, "demo": settings.DEMO}
    return {
        "prefs": preferences | {"rail": _cookie(request, "rail", "slim"), "keys": _letters(request, own)},
        "nav": _navigation(user, request.path), "business_date": clock.today(), "demo": settings.DEMO,
        "request_id": getattr(request, "request_id", ""),
        "help_page": help_for(request.resolver_match.view_name if request.resolver_match else ""),
    }  # fmt: skip


def _navigation(user: Any, path: str) -> list[dict[str, Any]]:
    found = [(item, _url(item.name)) for item in NAV if any(map(user.can, item.permission.split()))]
    known = [(item, url) for item, url in found if url]
    here = max((url for _, url in known if path.startswith(url)), key=len, default="")
    few = len(known) <= FEW
    return [
        {
            "item": item,
            "url": url,
            "current": url == here,
            "phone": item.phone or few,
            "inner": [(label, _url(name)) for label, name in item.inner],
        }
        for item, url in known
    ]


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _letters(request: HttpRequest, own: dict[str, Any]) -> bool:
    return _cookie(request, "keys", "on off", "on" if own.get("keys", True) else "off") == "on"


def _cookie(request: HttpRequest, name: str, allowed: str, otherwise: str = "") -> str:
    """The browser's choice, else the person's own (`otherwise`), which goes with them to every browser."""
    value = request.COOKIES.get(f"arops_{name}", "")
    return value if value in allowed.split() else otherwise
