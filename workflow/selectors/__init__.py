"""Reading jobs, the audit trail, tasks: what of them someone sees, and how it is narrowed."""

from workflow.selectors.trail import (
    FIRST,
    GROUPS,
    LAST,
    Asked,
    currencies_of,
    event_types,
    events_in_sight,
    jobs_in_sight,
    result_columns,
    sees_inside,
    sort_of,
)

__all__ = [
    "FIRST", "GROUPS", "LAST", "Asked", "currencies_of", "event_types", "events_in_sight", "jobs_in_sight", "result_columns", "sees_inside",
    "sort_of",
]  # fmt: skip
