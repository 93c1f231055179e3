"""The demo's strategies: key accounts are told before the due date and called before a second letter, by two people's decision; a firmer
draft for small businesses is tried, and waits for somebody to put it in force or to try it against what is."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from arops.demo.setup import SYSTEM, World
from arops.lib.words import by_language
from collections_app.models import DunningRun
from collections_app.policy.standard_texts import texts_of
from collections_app.policy.strategy import StepDraft
from collections_app.selectors.dunning import cases
from collections_app.selectors.strategies import draft_of
from collections_app.services.activating import activate_version
from collections_app.services.dunning import counts_of, write_now
from collections_app.services.planned import plan_steps
from collections_app.services.strategies import change_version, create_strategy
from collections_app.services.trials import try_version
from customers.models import Customer
from ledger.models import OpenItem
from messaging.models import Message
from org.models import Company

SOON = texts_of("soon")
SCRIPT = {code: ("", speech["script"]) for code, speech in by_language("speech").items()}


LOOKED_AT, WAITING, QUIET = 60, 2, timedelta(days=8)
"""Accounts that are looked at for letters on paper, letters that wait, and how long nothing else went to them."""
FIRST, SECOND = timedelta(days=30), timedelta(days=14)
"""How long ago these accounts got their letters by mail."""


class Strategies:
    """How key accounts and small businesses of the American company are collected from."""

    def __init__(self, world: World, today: date, now: datetime) -> None:
        self.world, self.today, self.now = world, today, now

    def make(self) -> None:
        """One in force, whose calls are on the work list; one that waits."""
        company = self.world.companies["US01"]
        self._key_accounts(company)
        self._small(company)
        self._mid_market(company)
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

    def _mid_market(self, company: Company) -> None:
        """By mail twice, the last time on paper, when a second person has allowed it: two accounts were written to before, and their last
        letters wait."""
        maker, checker = self.world.people["supervisor"], self.world.people["controller"]
        told = self._told_before(company)
        version = create_strategy(actor=maker, company=company, name="Mid-market", segment="mid-market")
        base = draft_of(version)
        last = replace(base.steps[2], channel="letter", name="Final notice on paper", needs_approval=True)
        drafted = replace(base, steps=(*base.steps[:2], last), why="A final notice by post is read by whoever signs payments")
        changed = change_version(actor=maker, version=version, draft=drafted, seen=version.revision)
        try_version(actor=maker, version=changed, day=self.today)
        activate_version(actor=checker, version=changed, valid_from=self.today, today=self.today, now=self.now)
        for customer in told:
            write_now(actor=SYSTEM, customer=customer, day=self.today, now=self.now)

    def _heard_of_us(self, company: Company) -> QuerySet[Message, dict[str, Any]]:
        """Whom something was sent of late: no letter may follow so soon."""
        lately = Message.objects.filter(company=company, not_before__gt=self.now - QUIET).exclude(customer=None)
        return lately.values("customer")

    def _told_before(self, company: Company) -> list[Customer]:
        """Accounts, those of the specialist first, that got their first and second letter by the standard strategy."""
        late = OpenItem.objects.open().owed().filter(company=company, customer__segment="mid-market")
        late = late.filter(due_date__lt=self.today - timedelta(days=48)).exclude(customer__in=self._heard_of_us(company))
        hers = Q(customer__collector=self.world.people["specialist"])
        ids = list(late.order_by("customer").values_list("customer", flat=True).distinct()[:LOOKED_AT])
        own = set(late.filter(hers).values_list("customer", flat=True))
        old = self.today - timedelta(days=45)
        found = [
            case for case in cases(company, self.today - FIRST, ids)
            if case.decision.is_letter and case.decision.asked[0].debit.due_date < old
        ]  # fmt: skip
        told = [case.customer for case in sorted(found, key=lambda case: case.customer.pk not in own)[:WAITING]]
        for ago in (FIRST, SECOND) if told else ():
            day, moment = self.today - ago, self.now - ago
            for customer in told:
                write_now(actor=SYSTEM, customer=customer, day=day, now=moment)
            run = DunningRun.objects.get(company=company, day=day)
            Message.objects.filter(dunning_letter__run=run).update(state=Message.State.SENT, sent_at=moment)
            run.counts, run.finished_at = counts_of(run), moment
            run.save(update_fields=["counts", "finished_at"])
        return told
