"""Customers and contacts by file, in the background."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.db.models import Q

from arops.api.render import JsonError
from arops.api.uploads import json_lines, looks_like_json
from arops.lib import clock
from arops.lib.sandbox import run_bounded
from customers import payload
from customers.models import Customer
from customers.readers import Listed, value_of
from customers.services import Saved, documents, save_contacts, save_customers, taxes
from customers.services.documents import save_documents
from customers.services.taxes import save_tax_rates
from org.actors import Actor
from org.services.chosen import Chosen, connect
from workflow.models import Job
from workflow.querysets import connect_customers
from workflow.services.jobs import Tell, actor_of, register
from workflow.services.subjects import register_subject


def _chosen(actor: Actor, keys: Collection[int], numbers: Collection[str]) -> list[Chosen]:
    seen = Customer.objects.visible_to(actor, "customers.view").filter(Q(pk__in=keys) | Q(number__in=numbers))
    rows = seen.order_by("company__code", "number").values_list("pk", "company", "company__code", "number", "name")
    return [Chosen(*row) for row in rows]


connect(_chosen)
connect_customers(lambda actor, permission: Customer.objects.visible_to(actor, permission))
register_subject("customers.customer", view="customers.view", edit="documents.edit", url_name="customers:detail")
register_subject("customers.customerdocument", view="customers.view", edit="documents.edit", url_name="customers:document")

BATCH = 500


def _papers(rows: list[Any], *, actor: Actor, source_system: str, atomic: bool) -> list[Saved]:
    return save_documents(rows, actor=actor, source_system=source_system, today=clock.today(), atomic=atomic)


def _rates(rows: list[Any], *, actor: Actor, source_system: str, atomic: bool) -> list[Saved]:
    return save_tax_rates(rows, actor=actor, atomic=atomic)


KINDS: dict[str, tuple[Any, str, str]] = {
    "customers": (save_customers, " ".join(["company", *payload.CUSTOMER, "parent", "collector", "credit_limit"]), "cus"),
    "contacts": (save_contacts, " ".join(["customer", *payload.CONTACT]), "con"),
    "customer-documents": (_papers, " ".join(["company", "customer", *documents.FIELDS, "amount"]), "doc"),
    "tax-rates": (_rates, " ".join(["company", *taxes.FIELDS]), "tax"),
}
"""Resource → how its rows are saved, its fields, the prefix of its ids."""


@register("master_import", label="Customer import", permission="customers.edit")
@register("paper_import", label="Import of customers’ papers", permission="documents.edit")
@register("tax_import", label="Import of tax rates", permission="taxes.edit")
def import_rows(job: Job, tell: Tell) -> dict[str, int]:
    """Save the rows of the job's file (`params`: resource, mode, source_system); an outcome for each. Safe to repeat: rows are upserts."""
    save, fields, prefix = KINDS[job.params["resource"]]
    atomic, actor = job.params["mode"] == "atomic", actor_of(job)
    rows = list(_rows(bytes(job.file.content) if job.file else b"", fields))
    counts = {"created": 0, "updated": 0, "unchanged": 0, "rejected": 0}
    results: list[dict[str, Any]] = []
    size = len(rows) if atomic else BATCH
    for start in range(0, len(rows), max(1, size)):
        tell(start, len(rows))
        batch = rows[start : start + size]
        saved = save([value for _, value in batch], actor=actor, source_system=job.params["source_system"], atomic=atomic)
        results += [_told(line, s, prefix) for (line, _), s in zip(batch, saved, strict=True)]
    for result in results:
        counts[result["outcome"]] += 1
    job.results = results
    tell(len(rows), len(rows))
    return counts


def _rows(content: bytes, fields: str) -> Iterator[tuple[int, Any]]:
    """Line and value of each row; what is no JSON is a row that no service takes."""
    if looks_like_json(content):
        yield from ((line, str(value) if isinstance(value, JsonError) else value) for line, value in json_lines(content))
        return
    listed: Listed = run_bounded("customers.readers.read", content, seconds=60, memory_mb=768, kwargs={"fields": fields})
    yield from ((row.line, {name: value_of(name, cell) for name, cell in row.cells.items()}) for row in listed.rows)


def _told(line: int, saved: Saved, prefix: str) -> dict[str, Any]:
    errors: Sequence[dict[str, str]] = [{"pointer": p.pointer, "code": p.code, "detail": p.detail} for p in saved.problems]
    return {"line": line, "external_id": saved.external_id, "outcome": saved.outcome,
            "id": f"{prefix}_{saved.pk}" if saved.pk else None, "errors": list(errors)}  # fmt: skip
