"""Orders' lives with seeded faults and known truth: what the check is measured on, and the demo company lives from.

A generator of its own: it makes clean lives and breaks them in known places; it doesn't ask the rules what they would find.
"""

from invoicing.checks.lives.faults import FAULTS, Fault
from invoicing.checks.lives.loading import facts_of
from invoicing.checks.lives.making import make_broken, make_lives
from invoicing.checks.lives.model import CONVERSIONS, SYSTEM, TAX_RATES, Expected, Life
from invoicing.checks.lives.showcase import showcase

__all__ = ["CONVERSIONS", "FAULTS", "SYSTEM", "TAX_RATES", "Expected", "Fault", "Life", "facts_of", "make_broken", "make_lives", "showcase"]
