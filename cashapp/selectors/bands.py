"""Bands by what a trial measured, and customers with bands of their own as a person may see them."""

from collections.abc import Iterable
from dataclasses import dataclass

from cashapp.engine.measured_bands import NEVER, Measured, Shown, measured
from cashapp.engine.trials import samples, samples_of_customers
from cashapp.models import BackTest, RuleMatrix
from cashapp.selectors.engine_input import policy_of
from cashapp.selectors.matrix import bands_of
from customers.models import Customer
from org.actors import Actor


@dataclass(frozen=True, slots=True)
class OwnBand:
    """A customer from whose score on its receipts post alone; `shown` is the evidence, None where only the band is known."""

    customer: Customer
    threshold: int
    shown: Shown | None = None

    @property
    def words(self) -> str:
        """From which score on its receipts post alone."""
        return "never" if self.threshold >= NEVER else f"from {self.threshold}"


def measured_by(test: BackTest) -> Measured:
    """The bands that the answers of a trial bear out; what was in force is kept where they are too few."""
    bands, after = bands_of(test.matrix, policy_of(test.company_id)), test.figures["after"]
    return measured(samples(after), samples_of_customers(after), post=bands.post, propose=bands.propose)


def customers_of(actor: Actor, found: Measured) -> list[OwnBand]:
    """Customers in sight for whom a trial bears out bands of their own, by name."""
    return [OwnBand(c, found.customers[c.pk].threshold, found.customers[c.pk]) for c in _in_sight(actor, found.customers)]


def customers_shown(actor: Actor, matrix: RuleMatrix | None) -> list[OwnBand]:
    """Customers in sight that have bands of their own in a version of the matrix, by name."""
    own = {int(pk): int(band["post"]) for pk, band in (matrix.bands.get("customers", {}) if matrix else {}).items()}
    return [OwnBand(c, own[c.pk]) for c in _in_sight(actor, own)]


def _in_sight(actor: Actor, keys: Iterable[int]) -> list[Customer]:
    return list(Customer.objects.visible_to(actor, "cash.view").filter(pk__in=list(keys)).order_by("name", "pk"))
