"""Lists of the order's life by file: kept, and handed to a job."""

import secrets

from customers.services import NotSaved
from orders.services.batch import PERMISSION
from org.actors import Actor, require
from workflow.models import Job
from workflow.services import store_file
from workflow.services.jobs import create_job

KIND = "orders_import"
RESOURCES = ("contracts", "purchase-orders", "orders", "deliveries", "work-orders", "unit-conversions")


def start_import(*, actor: Actor, resource: str, content: bytes, name: str, mode: str = "partial", source_system: str = "arops") -> Job:
    """Keep a file of records and make the job that will save them; whoever calls rings for it. Raises NotAllowed, NotSaved."""
    require(actor, PERMISSION)
    if resource not in RESOURCES:
        raise NotSaved(f"a list is of one of {', '.join(RESOURCES)}")
    stored, _ = store_file(actor=actor, name=name, content=content)
    return create_job(
        actor=actor, kind=KIND, slot=f"import:{resource}:{secrets.token_hex(16)}", file=stored,
        params={"resource": resource, "mode": mode, "source_system": source_system},
    )  # fmt: skip
