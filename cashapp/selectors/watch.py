"""What each rule posted and how much of it people took back; what was normal when it was switched on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q

from cashapp.engine.watching import Normal, Watched, watch
from cashapp.models import BackTest, CashRule, Match, RuleMatrix
from cashapp.selectors.rules import active_matrix, content_of

LOOKED_AT, BEFORE = 90, 365
"""Days that are watched, and days before them that say what is normal where no trial does."""
BY_HAND = ("manual", "split")


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
    """Every rule that posted in the last 90 days, judged; those that drift first."""
    first = today - timedelta(days=LOOKED_AT)
    lately = counted(company_id, first, today)
    earlier = counted(company_id, first - timedelta(days=BEFORE), first - timedelta(days=1))
    tried = _tried(company_id)
    found = [
        watch(rule, seen.posted, seen.taken_back, tried.get(rule) or _earlier(earlier.get(rule)), len(lately))
        for rule, seen in lately.items()
    ]
    order = {"drifts": 0, "too_few": 2}
    return sorted(found, key=lambda w: (order.get(w.verdict, 1), -w.posted, w.rule))


def _earlier(seen: Counted | None) -> Normal:
    if seen is None:
        return Normal(0, 0, "nothing is known from before")
    return Normal(seen.taken_back, seen.posted, f"{seen.taken_back:,} of {seen.posted:,} in the year before")


def _tried(company_id: int) -> Mapping[str, Normal]:
    """What was normal by the trial of the version in force, and of each rule in force."""
    found: dict[str, Normal] = {}
    matrix = active_matrix(company_id)
    subjects: list[RuleMatrix | CashRule] = [matrix] if matrix else []
    subjects += CashRule.objects.filter(company=company_id, state=CashRule.State.ACTIVE).order_by("pk")
    for subject in subjects:
        test = subject.tests.filter(state_of=content_of(subject)).order_by("-pk").first()  # type: ignore[attr-defined]
        if test:
            only = None if isinstance(subject, RuleMatrix) else subject.name
            found |= _of_test(test, only)
    return found


def _of_test(test: BackTest, only: str | None) -> dict[str, Normal]:
    """Of a version every rule that posted in its trial; of an own rule that rule alone, under its name."""
    made = {}
    for rule, ways in test.figures["after"]["rules"].items():
        posted, right = ways.get("post", (0, 0))
        if posted and (only is None or only in rule):
            made[rule] = Normal(posted - right, posted, f"{posted - right:,} of {posted:,} in its trial")
    return made
