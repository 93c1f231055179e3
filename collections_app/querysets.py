"""Collections rows in sight of an actor."""

from typing import Self

from org.querysets import ScopedQuerySet


class ByCustomerQuerySet(ScopedQuerySet):
    """Rows that hang on a customer."""

    collector_path = "customer__collector_id"


class PromiseQuerySet(ByCustomerQuerySet):
    """Promises to pay."""

    def open(self) -> Self:
        """Promises not decided yet."""
        return self.filter(state="open")
