"""What can go with an answer: copies of the invoices that an inquiry speaks of, the statement, papers of our own."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from collections_app.models import Inquiry, OwnPaper
from invoicing.models import Invoice

COPIES, STATEMENT = "copies", "statement"
MOST_COPIES = 20


@dataclass(frozen=True, slots=True)
class Enclosure:
    """Something that can go with an answer, by its code, in words."""

    code: str
    label: str
    detail: str = ""


def copies_of(inquiry: Inquiry) -> list[Invoice]:
    """The documents of the items that an inquiry speaks of, those of its customer alone; at most so many as a mail carries."""
    if inquiry.customer_id is None:
        return []
    rows = Invoice.objects.filter(open_item__inquiries__inquiry=inquiry, customer=inquiry.customer_id).select_related("customer", "company")
    return list(rows.order_by("document_date", "pk").distinct()[:MOST_COPIES])


def papers_of(company_id: int, today: date) -> list[OwnPaper]:
    """Papers of our own that are valid on the day."""
    valid = Q(valid_to=None) | Q(valid_to__gte=today)
    rows = OwnPaper.objects.filter(valid, company=company_id, is_active=True).select_related("stored_file").defer("stored_file__content")
    return list(rows.order_by("name"))


def enclosures_for(inquiry: Inquiry, today: date) -> list[Enclosure]:
    """What can go with an answer to this inquiry."""
    found = []
    copies = copies_of(inquiry)
    if copies:
        numbers = ", ".join(invoice.number for invoice in copies[:4]) + (" …" if len(copies) > 4 else "")
        found.append(Enclosure(COPIES, f"{'Copy' if len(copies) == 1 else 'Copies'} of {numbers}"))
    if inquiry.customer_id is not None:
        found.append(Enclosure(STATEMENT, "Statement of account", f"as of {today:%-d %b %Y}"))
    papers = papers_of(inquiry.company_id, today)
    return found + [Enclosure(p.code, p.name, f"until {p.valid_to:%-d %b %Y}" if p.valid_to else "") for p in papers]
