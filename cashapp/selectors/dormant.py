"""Credits that nobody claims: how long nothing was heard, which rule counts, what the owner was told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Max

from cashapp.engine import dormancy
from cashapp.engine.dormancy import Clock
from cashapp.models import CreditWord, DormancyRule
from ledger.asof import Scope, item_balances
from ledger.models import Line, OpenItem
from messaging.models import Message
from org.actors import Actor, Reach
from org.models import Company

KIND = "dormant_credit"
"""Of the messages to owners."""
STATES = {
    "dormant": "Dormant, owner not told",
    "due": "Dormant, to be reported",
    "to_write": "Owner to be written to",
    "written": "Owner written to",
    "no_rule": "No rule for its country",
    "quiet": "Not yet",
}
WITHOUT_RULE = 365
"""Days of silence after which a credit without a rule is listed, so that it isn't forgotten."""
TONES = {"dormant": "bad", "due": "bad", "to_write": "warn", "written": "info", "no_rule": "warn", "quiet": ""}


@dataclass(frozen=True, slots=True)
class Credit:
    """An open credit: `amount` > 0 is what is its owner's, in minor units; who that is, since when it is quiet, its clock and its rule."""

    item: OpenItem
    amount: int
    country: str
    region: str
    rule: DormancyRule | None
    clock: Clock | None
    quiet_since: date
    told_on: date | None
    state: str

    @property
    def state_label(self) -> str:
        """The state in words."""
        return STATES[self.state]

    @property
    def tone(self) -> str:
        """How urgent it is, as a colour."""
        return TONES[self.state]


def credits_of(actor: Actor, company: Company, today: date, item_ids: Collection[int] | None = None) -> list[Credit]:
    """Every open credit of a company in sight, the most urgent and the largest first. Money of unknown payers counts by the company's own
    country, for it has no other; it is shown to those who see the whole company."""
    reach = actor.reach("cash.view")
    accounts = ("receivable", "unidentified") if _whole(reach, company) else ("receivable",)
    scope = Scope(reach, company_ids=[company.pk], item_ids=item_ids, kinds=("receipt", "credit_memo"), accounts=accounts)
    open_amounts = {row.item_id: -row.balance for row in item_balances(today, scope) if row.balance < 0}
    items = OpenItem.objects.filter(pk__in=open_amounts).select_related("customer", "company").order_by("pk")
    moved, words, told = _moved(open_amounts, today), _words(open_amounts), _told(open_amounts)
    rules = {(r.country, r.region): r for r in DormancyRule.objects.filter(company=company)}
    found = [
        _credit(item, open_amounts[item.pk], rules, max(moved.get(item.pk, item.document_date), words.get(item.pk, date.min)),
                told.get(item.pk), today)
        for item in items
    ]  # fmt: skip
    order = list(STATES)
    return sorted(found, key=lambda c: (order.index(c.state), -c.amount, c.item.pk))


def _whole(reach: Reach, company: Company) -> bool:
    return reach.everything or company.pk in reach.companies


def _credit(item: OpenItem, amount: int, rules: dict[Any, DormancyRule], since: date, told_on: date | None, today: date) -> Credit:
    country = (item.customer.country if item.customer else "") or item.company.country
    region = dormancy.region_of(country, item.customer.address) if item.customer else ""
    plain = [dormancy.Rule(r.country, r.region, r.months, r.notice_months) for r in rules.values()]
    rule = dormancy.rule_for(plain, country, region)
    clock = dormancy.clock_of(rule, since) if rule else None
    old = (today - since).days > WITHOUT_RULE
    state = clock.state(today, told_on) if clock else "no_rule" if old else "quiet"
    kept = rules[rule.country, rule.region] if rule else None
    return Credit(item, amount, country, region, kept, clock, since, told_on, state)


def _moved(item_ids: Collection[int], today: date) -> dict[int, date]:
    """Item → the day of its last line."""
    lines = Line.objects.filter(open_item__in=item_ids, entry__effective_date__lte=today)
    return dict(lines.order_by().values_list("open_item").annotate(day=Max("entry__effective_date")))


def _words(item_ids: Collection[int]) -> dict[int, date]:
    """Item → the day of its owner's last word."""
    return dict(CreditWord.objects.filter(open_item__in=item_ids).order_by().values_list("open_item").annotate(day=Max("day")))


def _told(item_ids: Collection[int]) -> dict[int, date]:
    """Item → the day on which its owner was last written to (a letter that failed or was taken back doesn't count)."""
    found: dict[int, date] = {}
    letters = Message.objects.went_to_customers().filter(kind=KIND, dedupe_key__startswith="dormant:")
    for key in letters.order_by("created_at").values_list("dedupe_key", flat=True):
        item = int(key.split(":")[1])
        if item in item_ids:
            found[item] = date.fromisoformat(key.split(":")[2])
    return found
