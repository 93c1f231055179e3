"""What acting brought, and how likely debts are to be paid as it is: measured from the books once a week, and by it the work list is ranked
(see policy/likelihood, policy/chances)."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db import transaction

from arops.lib.bulk import copy_rows
from collections_app.models import Chance, CustomerChance, Likelihood
from collections_app.policy.chances import Cells, Chances, learned_of, quarters_of
from collections_app.policy.likelihood import WINDOW
from collections_app.selectors.chances import cells_of
from collections_app.selectors.likelihood import count_cases
from org.models import Company

EVERY = timedelta(days=7)


@transaction.atomic
def measure_likelihood(*, company: Company, day: date) -> int:
    """Count the cases anew where the last count is a week old, and say of how many items; 0 where it isn't.

    Derived from the books: nobody's right is needed, and nothing else is changed by it.
    """
    if Likelihood.objects.filter(company=company, measured_on__gt=day - EVERY).exists():
        return 0
    counted = count_cases(company, day)
    Likelihood.objects.filter(company=company).delete()
    Likelihood.objects.bulk_create(
        Likelihood(
            company=company, measured_on=day, age_from=band, acted=c.acted, acted_paid=c.acted_paid, left=c.left, left_paid=c.left_paid
        )
        for band, c in counted.items()
    )  # fmt: skip
    learn_chances(company=company, day=day)
    return sum(c.acted + c.left for c in counted.values())


@transaction.atomic
def learn_chances(*, company: Company, day: date) -> int:
    """Learn anew from the half year before the day how likely debts are to be paid, and say from how many cases."""
    cells = cells_of(company, day)
    learned = learned_of(cells, WINDOW)
    Chance.objects.filter(company=company).delete()
    Chance.objects.bulk_create(_chances(company, day, cells, learned))
    CustomerChance.objects.filter(customer__company=company).delete()
    copy_rows("collections_app_customerchance", ["customer_id", "quarters"], ((pk, quarters_of(own)) for pk, own in learned.own.items()))
    return learned.cases


def _chances(company: Company, day: date, cells: Cells, learned: Chances) -> Iterator[Chance]:
    counts: dict[int, list[int]] = {age: [0, 0] for age in learned.by_age}
    for (_, (age, _)), of_it in cells.items():
        counts[age][0] += of_it.cases
        counts[age][1] += of_it.paid
    for age, rate in learned.by_age.items():
        yield Chance(company=company, measured_on=day, age_from=age, chance=rate, cases=counts[age][0], paid=counts[age][1])
    for (age, standing), chance in learned.by_kind.items():
        yield Chance(company=company, measured_on=day, age_from=age, standing=standing, chance=chance)
