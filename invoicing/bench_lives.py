"""Orders' lives in the database, written by the services that the API uses: for the bench of the check, and for tests."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from customers.models import Customer
from customers.services import save_customers
from customers.services.documents import save_documents
from customers.services.requirements import save_requirements
from customers.services.taxes import save_tax_rates
from invoicing.checks.lives import CONVERSIONS, SYSTEM, TAX_RATES, Life
from invoicing.models import Invoice
from invoicing.payload import Document, read_document
from invoicing.selectors.chain import Placed
from invoicing.services.issuing import issue_documents
from orders.models import SalesOrder, WorkOrder
from orders.services.contracts import save_contracts
from orders.services.conversions import save_unit_conversions
from orders.services.ordering import save_deliveries, save_orders, save_purchase_orders
from orders.services.work import save_work_orders
from org.actors import Actor
from org.models import Company
from workflow.models import Attachment, StoredFile

BATCH = 1_000
Save = Callable[..., Sequence[Any]]


class NotLoaded(Exception):
    """A row of a life that a service refused; the message says which, and why."""


def load_lives(lives: Sequence[Life], *, company: Company, actor: Actor, today: date) -> None:
    """Write everything of the lives but the invoices about to be issued: masters, records, papers, attachments, earlier documents."""
    code = company.code
    _all(save_tax_rates, [{"company": code} | row for row in TAX_RATES], actor=actor)
    _all(save_unit_conversions, [{"company": code} | row for row in CONVERSIONS], actor=actor)
    sent = {"actor": actor, "source_system": SYSTEM}
    _all(save_customers, [row for x in lives for row in (x.customer, *x.other_customers)], **sent)
    _all(save_contracts, [row for x in lives for row in x.contracts], **sent)
    _all(save_purchase_orders, [row for x in lives for row in x.purchase_orders], **sent)
    _all(save_orders, [row for x in lives for row in x.orders], **sent)
    _all(save_deliveries, [row for x in lives for row in x.deliveries], **sent)
    _all(save_work_orders, [row for x in lives for row in x.work_orders], **sent)
    _all(save_requirements, list(_requirements(lives)), **sent, today=today)
    _all(save_documents, list(_papers(lives)), **sent, today=today)
    earlier = [row for x in lives for row in x.earlier]
    for kind in ("invoice", "credit_memo"):
        _all(issue_documents, [row for row in earlier if row["kind"] == kind], **sent, check=False)
    _attach(lives, company)


def _all(save: Save, rows: Sequence[Any], **fields: Any) -> None:
    for start in range(0, len(rows), BATCH):
        chunk = rows[start : start + BATCH]
        for saved in save(chunk, **fields):
            if saved.outcome == "rejected":
                said = "; ".join(f"{p.pointer} {p.detail}" for p in saved.problems)
                raise NotLoaded(f"{save.__name__} refused {chunk[saved.index].get('number') or chunk[saved.index]}: {said}")


def _requirements(lives: Iterable[Life]) -> Iterator[dict[str, Any]]:
    for life in lives:
        for row in life.requirements:
            yield row | {"company": life.customer["company"], "customer": life.invoice["customer"]}


def _papers(lives: Iterable[Life]) -> Iterator[dict[str, Any]]:
    for life in lives:
        for n, row in enumerate(life.documents, 1):
            who = {"company": life.customer["company"], "customer": life.invoice["customer"], "external_id": f"{life.key}-{n}"}
            yield {k: v for k, v in row.items() if v is not None} | who


def _attach(lives: Iterable[Life], company: Company) -> None:
    """One file, attached wherever a life has one."""
    models: dict[str, Any] = {"work_order": WorkOrder, "order": SalesOrder}
    file, _ = StoredFile.objects.get_or_create(
        sha256="0" * 64, defaults={"name": "paper.pdf", "size": 3, "content": b"pdf", "added_by": "system:lives"}
    )
    wanted = [row for life in lives for row in life.attachments if row["record"] in models]
    keys = {
        (kind, number): pk
        for kind, model in models.items()
        for number, pk in model.objects.filter(company=company).values_list("number", "pk")
    }
    Attachment.objects.bulk_create(
        Attachment(
            company=company, subject_type=models[x["record"]]._meta.label_lower, subject_id=keys[x["record"], x["number"]], kind=x["kind"],
            name="paper.pdf", file=file, added_by="system:lives",
        )
        for x in wanted
    )  # fmt: skip


def placed(lives: Sequence[Life], company: Company) -> list[Placed]:
    """The invoices about to be issued, as the service that takes them in hands them to the check; one statement for each kind of name."""
    customers = dict(Customer.objects.filter(company=company, source_system=SYSTEM).values_list("external_id", "pk"))
    replaced = dict(Invoice.objects.filter(company=company, source_system=SYSTEM).values_list("external_id", "pk"))
    found = []
    for n, life in enumerate(lives):
        document = read_document(life.invoice, source_system=SYSTEM)
        if not isinstance(document, Document):
            raise NotLoaded(f"{life.invoice['number']}: {document}")
        bills_again = (life.invoice.get("replaces") or {}).get("external_id")
        found.append(Placed(n, company.pk, customers[life.invoice["customer"]["external_id"]], document, replaced.get(bills_again)))
    return found
