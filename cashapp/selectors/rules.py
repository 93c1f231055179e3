"""The company's rules as the engine wants them, as they were tried, and as far as somebody sees them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from cashapp import engine
from cashapp.models import BackTest, CashRule, DriftAlarm, RuleMatrix
from cashapp.models.rules import content_sql
from org.actors import Actor
from org.models import Company
from org.querysets import own_customers
from workflow.models import Job


def active_matrix(company_id: int) -> RuleMatrix | None:
    """The version in force; None: the published matrix."""
    return RuleMatrix.objects.filter(company=company_id, state=RuleMatrix.State.ACTIVE).first()


def own_rule(rule: CashRule) -> engine.OwnRule:
    """A rule as the engine wants it. Raises OwnRuleError for one that can't be."""
    return engine.read_rule(
        id=rule.pk or 0, name=rule.name, effect=rule.effect, position=rule.position, customer_id=rule.customer_id,
        condition=rule.condition, values=rule.values,
    )  # fmt: skip


def active_rules(company_id: int) -> tuple[engine.OwnRule, ...]:
    """The rules in force, in the order in which they are asked."""
    return tuple(own_rule(r) for r in CashRule.objects.filter(company=company_id, state=CashRule.State.ACTIVE).order_by("position", "pk"))


def as_it_stands(subject: RuleMatrix | CashRule) -> Any:
    """The version or rule as the database has it at this moment, with `content`: the hash of what would be tried. Read together, so that
    a trial is of just what its hash says."""
    of = "matrix" if isinstance(subject, RuleMatrix) else "rule"
    rows: QuerySet[Any] = (
        type(subject).objects.select_related("company").annotate(content=RawSQL(content_sql(of, f"{type(subject)._meta.db_table}."), []))
    )
    return rows.get(pk=subject.pk)


def content_of(subject: RuleMatrix | CashRule) -> str:
    """The hash of what would be tried, as the database reckons it."""
    return str(as_it_stands(subject).content)


def last_test(subject: RuleMatrix | CashRule, *, as_it_stands: bool = True) -> BackTest | None:
    """The latest trial of a version or rule; of its present content alone, unless told otherwise."""
    tests = subject.tests.order_by("-pk")  # type: ignore[attr-defined]
    found: BackTest | None = (tests.filter(state_of=content_of(subject)) if as_it_stands else tests).first()
    return found


def running(subject: RuleMatrix | CashRule) -> Job | None:
    """The trial of it that waits or runs in the background."""
    of = "matrix" if isinstance(subject, RuleMatrix) else "rule"
    jobs = Job.objects.filter(kind="rule_trial", company=subject.company_id, state__in=[Job.State.WAITING, Job.State.RUNNING])
    found: Job | None = jobs.filter(**{f"params__{of}": subject.pk}).order_by("-pk").first()
    return found


def in_force(company_id: int) -> list[int]:
    """What stands beside anything that is tried: the key of the matrix in force (0: the published one) and of the rules in force."""
    matrix = active_matrix(company_id)
    rules = CashRule.objects.filter(company=company_id, state=CashRule.State.ACTIVE).order_by("pk").values_list("pk", flat=True)
    return [matrix.pk if matrix else 0, *rules]


def rules_in_sight(actor: Actor, permission: str = "cash.view") -> QuerySet[CashRule]:
    """Own rules. Where a portfolio is the limit: those of its customers, and those that name nobody."""
    rules = CashRule.objects.visible_to(actor, permission)
    reach = actor.reach(permission)
    if reach.everything or not reach.portfolios:
        return rules
    nobody = Q(customer=None, condition__payer_name__isnull=True, condition__payer_account__isnull=True, condition__text__isnull=True)
    own = own_customers(reach, "customer__collector_id") | nobody
    return rules.filter(Q(company_id__in=reach.companies) | own)


def tests_in_sight(actor: Actor) -> QuerySet[BackTest]:
    """Trials of versions, and of rules in sight."""
    tests = BackTest.objects.visible_to(actor, "cash.view")
    return tests.filter(Q(rule=None) | Q(rule__in=rules_in_sight(actor).values("pk")))


def alarms_in_sight(actor: Actor) -> QuerySet[DriftAlarm]:
    """Alarms about rules that people take back too often. They name no customer."""
    return DriftAlarm.objects.visible_to(actor, "cash.view").select_related("company")


def companies_of(actor: Actor) -> list[Company]:
    """Companies whose rules the actor sees."""
    return list(Company.objects.visible_to(actor, "cash.view").order_by("code"))


def names_of(rules: Iterable[CashRule]) -> dict[int, str]:
    """Key → name, for clashes and figures."""
    return {r.pk: r.name for r in rules}


def engine_rules(rules: Sequence[CashRule]) -> list[engine.OwnRule]:
    """Those of the rules that the engine can read; a draft may be unfinished."""
    found = []
    for rule in rules:
        try:
            found.append(own_rule(rule))
        except engine.OwnRuleError:
            continue
    return found
