"""What each rule posted and how much of it people took back; what was normal when it was switched on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q

from cashapp.engine.trials import named
from cashapp.engine.watching import Normal, Watched, watch
from cashapp.models import BackTest, CashRule, Match, RuleMatrix
from cashapp.selectors.rules import active_matrix, content_of

LOOKED_AT, BEFORE = 90, 365
"""Days that are watched, and days before them that say what is normal where no trial does."""
BY_HAND = ("manual", "split", "transfer", "conversion")


@dataclass(frozen=True, slots=True)
class Counted:
    """Matches of a rule, and how many of them were taken back (not those that the bank took back)."""

    posted: int
    taken_back: int


def counted(company_id: int, first: date, last: date) -> dict[str, Counted]:
    """By rule: matches of receipts of those days, except those by hand."""
    rows = Match.objects.filter(receipt__company=company_id, receipt__value_date__range=(first, last), receipt__returned_on=None)
    found = rows.exclude(rule__in=BY_HAND).order_by().values("rule").annotate(
        posted=Count("pk"), back=Count("pk", filter=Q(reversed_by__isnull=False))
    )  # fmt: skip
    return {row["rule"]: Counted(row["posted"], row["back"]) for row in found}


def watched(company_id: int, today: date) -> list[Watched]:
    """Every rule that posted in the last 90 days, the published ones and those of the company, judged; those that drift first."""
    first = today - timedelta(days=LOOKED_AT)
    lately = counted(company_id, first, today)
    earlier = counted(company_id, first - timedelta(days=BEFORE), first - timedelta(days=1))
    tried = _tried(company_id)
    own = _own(company_id, first, today)
    rules = len(lately) + len(own)
    found = [
        watch(rule, seen.posted, seen.taken_back, tried.get(rule) or _earlier(earlier.get(rule)), rules) for rule, seen in lately.items()
    ]
    found += [watch(name, seen.posted, seen.taken_back, normal, rules) for name, seen, normal in own]
    order = {"drifts": 0, "too_few": 2}
    return sorted(found, key=lambda w: (order.get(w.verdict, 1), -w.posted, w.rule))


def _earlier(seen: Counted | None) -> Normal:
    if seen is None:
        return Normal(0, 0, "nothing is known from before")
    return Normal(seen.taken_back, seen.posted, f"{seen.taken_back:,} of {seen.posted:,} in the year before")


def _tried(company_id: int) -> Mapping[str, Normal]:
    """What was normal by the trial with which the version in force was switched on, for each published rule that posted in it."""
    matrix = active_matrix(company_id)
    test = _test_of(matrix) if matrix else None
    posted = {rule: ways["post"] for rule, ways in test.figures["after"]["rules"].items() if ways.get("post")} if test else {}
    return {rule: _normal(pair) for rule, pair in posted.items()}


def _test_of(subject: RuleMatrix | CashRule) -> BackTest | None:
    """The last trial of just its content (what is in force doesn't change any more)."""
    found: BackTest | None = subject.tests.filter(state_of=content_of(subject)).order_by("-pk").first()  # type: ignore[attr-defined]
    return found


def _normal(pair: Sequence[int]) -> Normal:
    posted, right = pair
    return Normal(posted - right, posted, f"{posted - right:,} of {posted:,} in its trial")


def _own(company_id: int, first: date, last: date) -> list[tuple[str, Counted, Normal]]:
    """Own rules in force: what they had a part in of those days, and what was normal in their trial."""
    found = []
    for rule in CashRule.objects.filter(company=company_id, state=CashRule.State.ACTIVE).order_by("pk"):
        rows = Match.objects.filter(receipt__company=company_id, receipt__value_date__range=(first, last), receipt__returned_on=None)
        seen = rows.filter(reasons__contains=[named(rule.name)]).aggregate(
            posted=Count("pk"), back=Count("pk", filter=Q(reversed_by__isnull=False))
        )  # fmt: skip
        test = _test_of(rule)
        normal = _normal(test.figures["own"]["post"]) if test and test.figures.get("own") else Normal(0, 0, "nothing is known from before")
        if seen["posted"]:
            found.append((named(rule.name), Counted(seen["posted"], seen["back"]), normal))
    return found
