"""The check before issue: pure rules over what was agreed, ordered, done and is about to be billed.

`check(document, facts, policy)` looks at one document, `check_batch(documents, facts, policy)` at many, in their order, counting what each
draws on purchase orders, contracts and work orders for those after it. Both answer `Found`s. No database, no clock.
"""

from invoicing.checks.engine import check, check_batch
from invoicing.checks.facts import Billed, BilledLine, Facts
from invoicing.checks.found import Found, Source
from invoicing.checks.policy import Policy
from invoicing.checks.table import BY_CODE, ORIGINS, RULES, SEVERITIES, Rule

__all__ = [
    "BY_CODE",
    "ORIGINS",
    "RULES",
    "SEVERITIES",
    "Billed",
    "BilledLine",
    "Facts",
    "Found",
    "Policy",
    "Rule",
    "Source",
    "check",
    "check_batch",
]
