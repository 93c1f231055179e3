"""The people of the demo company, one per role, and a second controller for what takes two. Shown on the login page in demo mode only."""

from dataclasses import dataclass

DEMO_PASSWORD = "demo-arops-2026"


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A login to try a role with."""

    email: str
    name: str
    role: str
    title: str
    does: str
    password: str = DEMO_PASSWORD


DEMO_LOGINS = (
    DemoLogin("ana@demo.example", "Ana Ribeiro", "specialist", "AR specialist", "works her queue, clears cash, calls"),
    DemoLogin("sam@demo.example", "Sam Okafor", "senior", "Senior AR specialist", "hard cases, reversals, disputes"),
    DemoLogin("eva@demo.example", "Eva Lindqvist", "supervisor", "AR supervisor", "team, approvals, dunning runs"),
    DemoLogin("cleo@demo.example", "Cleo Martin", "credit_manager", "Credit manager", "limits, holds, risk"),
    DemoLogin("ben@demo.example", "Ben Asante", "collections_manager", "Collections manager", "strategy, dunning, portfolios"),
    DemoLogin("ruth@demo.example", "Ruth Keller", "controller", "Controller", "dashboard, close, reconciliation"),
    DemoLogin("hugo@demo.example", "Hugo Lang", "controller", "Second controller", "re-opens periods, confirms rights"),
    DemoLogin("omar@demo.example", "Omar Haddad", "collaborator", "Service operations", "answers what he is asked"),
    DemoLogin("lee@demo.example", "Lee Park", "sales", "Sales", "sees his customers' accounts"),
    DemoLogin("ida@demo.example", "Ida Novak", "auditor", "Auditor", "reads everything, changes nothing"),
    DemoLogin("max@demo.example", "Max Weber", "administrator", "Administrator", "users, roles, keys"),
)
