"""Lines and what they refer to: linked when a document is issued, and later to what came after it. A line is linked once."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from invoicing.models import Invoice
from invoicing.selectors.chain import Chain, Links, Placed, inherited
from invoicing.selectors.issued import documents_of
from invoicing.selectors.rows import gather, grouped
from org.actors import Actor, require
from org.models import Company

CHUNK = 1_000
_FIELDS = ("sales_order", "purchase_order", "job", "agreement")


def of_batch(placed: Sequence[Placed], chain: Chain, about: Mapping[int, int]) -> dict[int, list[Links]]:
    """What each line of the documents refers to, by the document's key. `about`: the issued documents that memos are about; what a memo
    doesn't name itself, its lines refer to as those lines do."""
    found = {p.key: chain.links(p) for p in placed}
    if about:
        earlier = _links_of(sorted(set(about.values())))
        for p in placed:
            theirs = earlier.get(about.get(p.key, 0))
            if theirs:
                found[p.key] = [
                    _merged(link, inherited(theirs, x.number))
                    for x, link in zip(p.document.lines, found[p.key], strict=True)
                ]  # fmt: skip
    return found


def _merged(own: Links, other: Links) -> Links:
    return Links(*(getattr(own, name) or getattr(other, name) for name in _FIELDS))


def _links_of(invoices: Sequence[int]) -> dict[int, dict[int, Links]]:
    rows = gather(
        "SELECT invoice_id, number, sales_order_id, purchase_order_id, job_id, agreement_id FROM invoicing_invoiceline"
        " WHERE invoice_id = ANY(%s)", list(invoices),
    )  # fmt: skip
    return {pk: dict(lines) for pk, lines in grouped((row[0], (row[1], Links(*row[2:]))) for row in rows).items()}


def link_lines(*, actor: Actor, company: Company) -> dict[str, int]:
    """Link lines of issued documents to orders, purchase orders, work orders and contracts that came after them. A line that has a link
    keeps it. Safe to repeat. Raises NotAllowed."""
    require(actor, "invoices.issue", company.pk)
    keys = _unlinked(company)
    linked = 0
    for start in range(0, len(keys), CHUNK):
        linked += _link(keys[start : start + CHUNK])
    return {"documents": len(keys), "lines": linked}


def link_document(pk: int) -> int:
    """The same for one document that now names something else: how many lines were linked further."""
    return _link([pk])


def _unlinked(company: Company) -> list[int]:
    """Documents that name something by which a line could be linked further: what isn't on record needs no look at each line."""
    rows = gather(
        "SELECT DISTINCT l.invoice_id FROM invoicing_invoiceline l JOIN invoicing_invoice i ON i.id = l.invoice_id WHERE i.company_id = %s"
        " AND ((l.work_order <> '' AND l.job_id IS NULL) OR (l.contract <> '' AND l.agreement_id IS NULL)"
        " OR (i.order_reference <> '' AND l.sales_order_id IS NULL) OR (l.purchase_order_id IS NULL AND i.po_number <> '' AND EXISTS"
        " (SELECT FROM orders_purchaseorder p WHERE p.customer_id = i.customer_id AND p.number = i.po_number))) ORDER BY 1",
        company.pk,
    )  # fmt: skip
    return [row[0] for row in rows]


@transaction.atomic
def _link(keys: Sequence[int]) -> int:
    placed = documents_of(list(Invoice.objects.filter(pk__in=keys).order_by("pk")))
    chain, known = Chain(placed), _links_of(keys)
    rows = []
    for p in placed:
        for x, link in zip(p.document.lines, chain.links(p), strict=True):
            before = known[p.key][x.number]
            merged = _merged(before, link)
            if merged != before:
                rows.append((p.key, x.number, merged.sales_order, merged.purchase_order, merged.job, merged.agreement))
    if rows:
        gather(
            "UPDATE invoicing_invoiceline l SET sales_order_id = v.o, purchase_order_id = v.p, job_id = v.j, agreement_id = v.a FROM"
            " unnest(%s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS v(invoice, number, o, p, j, a)"
            " WHERE l.invoice_id = v.invoice AND l.number = v.number RETURNING 1",
            *[list(column) for column in zip(*rows, strict=True)],
        )  # fmt: skip
    return len(rows)
