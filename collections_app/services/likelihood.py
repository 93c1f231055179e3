"""What acting brought is measured from the books, once a week: by it the work list is ranked (see policy/likelihood)."""

from datetime import date, timedelta

from django.db import transaction

from collections_app.models import Likelihood
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
    return sum(c.acted + c.left for c in counted.values())
