"""`check`: every rule asked of a document, in the table's order; what an earlier finding explains is not told again."""

from collections.abc import Iterable

from arops.lib.collecting import without_collection
from invoicing.checks.case import Case
from invoicing.checks.facts import Billed, Facts
from invoicing.checks.found import Found
from invoicing.checks.policy import Policy
from invoicing.checks.table import DEBITS, RULES, Rule
from invoicing.checks.tally import Tally

_BY_KIND: dict[str, tuple[Rule, ...]] = {}


def check(document: Billed, facts: Facts, policy: Policy | None = None) -> tuple[Found, ...]:
    """What the customer would not pay of one document, rule by rule. Nothing depends on the order of its lines."""
    return _run(Case(document, facts, policy or Policy(), Tally()))


def check_batch(documents: Iterable[Billed], facts: Facts, policy: Policy | None = None) -> list[tuple[Found, ...]]:
    """The same for many documents, in their order: what one draws on orders and contracts counts for those after it."""
    rules, tally, found = policy or Policy(), Tally(), []
    with without_collection():
        for document in documents:
            case = Case(document, facts, rules, tally)
            found.append(_run(case))
            if document.kind in DEBITS:
                tally.record(case)
    return found


def _run(case: Case) -> tuple[Found, ...]:
    kind = case.document.kind
    rules = _BY_KIND.get(kind)
    if rules is None:
        rules = _BY_KIND[kind] = tuple(rule for rule in RULES if kind in rule.kinds)
    return tuple([rule.found(hit) for rule in rules for hit in rule.find(case)])
