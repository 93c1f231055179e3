"""Reading documents: issued ones (`documents`), and what the check holds a batch of them against (`facts`)."""

from invoicing.selectors.documents import (
    CONTESTED,
    PAGE,
    SORTS,
    STATES,
    SUMMED,
    Filters,
    Slice,
    Totals,
    contested,
    credited,
    customers_like,
    in_sight,
    matching,
    slice_of,
    totals,
)

__all__ = [
    "CONTESTED", "PAGE", "SORTS", "STATES", "SUMMED", "Filters", "Slice", "Totals", "contested", "credited", "customers_like", "in_sight",
    "matching", "slice_of", "totals",
]  # fmt: skip
