"""The shapes of what the API takes and answers, as the OpenAPI document tells them.

The document is checked against the running server by the tests; the reading itself is done by each app's payload module, whose
messages point at the field.
"""

from arops.api.schemas import (
    cases,
    charges,
    checks,
    inquiries,
    ladder,
    money,
    orders,
    papers,
    plans,
    promises,
    records,
    reports,
    tasks,
    work,
)
from arops.api.schemas.operations import (
    ANY,
    MODE,
    accepted,
    bulk,
    bulk_answer,
    found,
    held,
    page,
    page_parameters,
    parameters,
    reads,
    upload,
    writes,
    written,
)
from arops.api.schemas.parts import Schema, ref

COMPONENTS: dict[str, Schema] = {
    name: schema
    for module in (records, money, checks, orders, papers, cases, charges, plans, promises, tasks, reports, work, inquiries, ladder)
    for name, schema in module.COMPONENTS.items()
}

__all__ = [
    "ANY",
    "COMPONENTS",
    "MODE",
    "accepted",
    "bulk",
    "bulk_answer",
    "found",
    "held",
    "page",
    "page_parameters",
    "parameters",
    "reads",
    "ref",
    "upload",
    "writes",
    "written",
]  # fmt: skip
