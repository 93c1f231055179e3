"""The demo's strategies: key accounts are told before the due date and called before a second letter, by two people's decision; a firmer
draft for small businesses is tried, and waits for somebody to put it in force or to try it against what is."""

from dataclasses import replace
from datetime import date, datetime

from arops.demo.setup import SYSTEM, World
from collections_app.policy.strategy import StepDraft
from collections_app.selectors.strategies import draft_of
from collections_app.services.activating import activate_version
from collections_app.services.planned import plan_steps
from collections_app.services.strategies import change_version, create_strategy
from collections_app.services.trials import try_version
from org.models import Company

SOON = {
    "en": ("Due soon: {total}, account {number}", "Dear {customer},\n\nso that nothing is overlooked: the following falls due within days."
           "\n\n{items}\n\nIf anything stands in the way of payment, tell us at {answer_to}.\n\nKind regards\n{company}"),
    "de": ("Bald fällig: {total}, Konto {number}", "Guten Tag {customer},\n\ndamit nichts übersehen wird: Folgendes wird in den nächsten "
           "Tagen fällig.\n\n{items}\n\nSteht der Zahlung etwas entgegen, schreiben Sie uns an {answer_to}.\n\n"
           "Mit freundlichen Grüßen\n{company}"),
}  # fmt: skip
SCRIPT = {"en": ("", "Good day, this is {company}. {oldest} has been due for {days} days, {total} in all. Is anything in the way?")}


class Strategies:
    """How key accounts and small businesses of the American company are collected from."""

    def __init__(self, world: World, today: date, now: datetime) -> None:
        self.world, self.today, self.now = world, today, now

    def make(self) -> None:
        """One in force, whose calls are on the work list; one that waits."""
        company = self.world.companies["US01"]
        self._key_accounts(company)
        self._small(company)
        plan_steps(company=company, day=self.today, actor=SYSTEM)

    def _key_accounts(self, company: Company) -> None:
        maker, checker = self.world.people["supervisor"], self.world.people["controller"]
        version = create_strategy(actor=maker, company=company, name="Key accounts", segment="key account")
        base = draft_of(version)
        steps = (
            StepDraft("email", -5, "Falls due soon", SOON, "friendly", "collector"),
            StepDraft("call", 4, "Ask what is in the way", SCRIPT, minutes=8),
            replace(base.steps[1], days=15, signer="collector", with_copies=True),
            StepDraft("task", 25, "Speak with sales before the next letter", minutes=10),
            replace(base.steps[2], signer="collector", with_statement=True, needs_approval=True),
        )
        drafted = replace(base, steps=steps, stops=("plan", "inquiry"), why="A call before a letter: they pay when somebody asks")
        changed = change_version(actor=maker, version=version, draft=drafted, seen=version.revision)
        try_version(actor=maker, version=changed, day=self.today)
        activate_version(actor=checker, version=changed, valid_from=self.today, today=self.today, now=self.now)

    def _small(self, company: Company) -> None:
        maker = self.world.people["supervisor"]
        version = create_strategy(actor=maker, company=company, name="Small businesses", segment="small business")
        base = draft_of(version)
        drafted = replace(base, quiet_days=5, steps=tuple(replace(s, days=max(2, s.days // 2)) for s in base.steps), why="Twice as fast")
        changed = change_version(actor=maker, version=version, draft=drafted, seen=version.revision)
        try_version(actor=maker, version=changed, day=self.today)
