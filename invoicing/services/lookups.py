"""What a batch of documents is held against, fetched in a handful of queries for all of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from arops.lib.merging import language_of
from customers.models import Customer
from customers.querysets import CustomerQuerySet
from invoicing.models import Invoice
from invoicing.payload import Document, Problem, Reference
from ledger.errors import MissingRate
from ledger.models import OpenItem, Period
from ledger.selectors import first_open_day, rate_on
from org.actors import Actor
from org.models import Company


@dataclass(frozen=True, slots=True)
class Known:
    """A document that is in the books already."""

    pk: int
    kind: str
    number: str
    payload_hash: str
    customer_id: int
    currency: str
    issued_by: str
    source_system: str
    total: int = 0


class Buyer(NamedTuple):
    """A customer as issuing needs it: key, payment terms, and the language of its papers."""

    pk: int
    terms: str
    language: str


@dataclass
class Lookups:
    """Companies, customers, earlier documents, rates and periods that a batch needs."""

    companies: dict[str, Company]
    customers: dict[tuple[int, str, str, str], Buyer]
    by_external: dict[tuple[int, str, str], Known]
    by_number: dict[tuple[int, str, str], Known]
    by_id: dict[tuple[int, str], Known]
    spans: dict[int, list[tuple[date, date]]]
    kept: dict[tuple[int, str], OpenItem] = field(default_factory=dict)
    """Retainage not released yet, by company and number of the invoice that it is of."""
    rates: dict[tuple[str, str, date], Decimal | None] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: Sequence[Document], actor: Actor, permission: str = "invoices.issue") -> "Lookups":
        """Fetch for these documents what the actor may use: companies and customers where the permission is held."""
        codes = {d.company for d in documents}
        companies = {c.code: c for c in Company.objects.visible_to(actor, permission).filter(code__in=codes)}
        placed = [(companies[d.company], d) for d in documents if d.company in companies]
        spans: dict[int, list[tuple[date, date]]] = {}
        for company_id, span in Period.objects.filter(company__in=companies.values(), state=Period.State.OPEN).values_list(
            "company_id", "span"
        ):
            spans.setdefault(company_id, []).append((span.lower, span.upper))
        customers = _customers(placed, Customer.objects.visible_to(actor, permission))
        earlier = _documents(placed)
        return cls(companies, customers, *earlier, spans=spans, kept=_kept(placed, *earlier))

    def customer(self, company: Company, reference: Reference, source_system: str) -> Buyer | None:
        """A customer, by our id or number, or by the sender's id."""
        if reference.external_id:
            return self.customers.get((company.pk, "external", reference.source_system or source_system, reference.external_id))
        return self.customers.get((company.pk, "id", "", reference.id))

    def rate(self, company: Company, currency: str, day: date) -> Decimal | None:
        """The rate of the day; None when there is none."""
        key = currency, company.base_currency, day
        if key not in self.rates:
            try:
                self.rates[key] = rate_on(*key)
            except MissingRate:
                self.rates[key] = None
        return self.rates[key]

    def document(self, company: Company, reference: Reference, source_system: str) -> Known | None:
        """An invoice or memo in the books, by our id or number, or by the sender's id; one of the same batch is none yet."""
        if reference.external_id:
            known = self.by_external.get((company.pk, reference.source_system or source_system, reference.external_id))
        else:
            known = self.by_id.get((company.pk, reference.id)) or self.by_number.get((company.pk, "invoice", reference.id))
        return known if known and known.pk > 0 else None

    def period_problem(self, company: Company, day: date) -> Problem | None:
        """Why a document of that day can't be posted; None when it can."""
        if any(first <= day < end for first, end in self.spans.get(company.pk, ())):
            return None
        opening = first_open_day(company.pk, day)
        offer = f"; the first day that takes postings is {opening}" if opening else ""
        return Problem("/document_date", "period_closed", f"{day} lies in no open period of {company.code}{offer}")


def _customers(placed: Iterable[tuple[Company, Document]], in_sight: CustomerQuerySet) -> dict[tuple[int, str, str, str], Buyer]:
    externals: set[str] = set()
    ids: set[str] = set()
    companies: set[int] = set()
    for company, document in placed:
        companies.add(company.pk)
        reference = document.customer
        (externals if reference.external_id else ids).add(reference.external_id or reference.id)
    found: dict[tuple[int, str, str, str], Buyer] = {}
    base = in_sight.filter(company__in=companies)
    for pk, company, source, external, terms, language in base.filter(external_id__in=externals).values_list(
        "pk", "company_id", "source_system", "external_id", "payment_terms", "language"
    ):
        found[company, "external", source, external] = Buyer(pk, terms, language_of(language))
    numbers = base.filter(number__in=ids) if ids else base.none()
    for pk, company, number, terms, language in numbers.values_list("pk", "company_id", "number", "payment_terms", "language"):
        found[company, "id", "", number] = Buyer(pk, terms, language_of(language))
    keys = {int(i[4:]) for i in ids if i.startswith("cus_") and i[4:].isdecimal() and i.isascii() and len(i) < 22}
    by_key = base.filter(pk__in=keys) if keys else base.none()
    for pk, company, terms, language in by_key.values_list("pk", "company_id", "payment_terms", "language"):
        found[company, "id", "", f"cus_{pk}"] = Buyer(pk, terms, language_of(language))
    return found


def referred_to(document: Document) -> list[Reference]:
    """The documents that one names: what it is about, what it replaces, whose retainage it bills."""
    named = [document.refers_to, document.replaces, *(line.releases for line in document.lines)]
    return [reference for reference in named if reference]


def _kept(
    placed: Sequence[tuple[Company, Document]], by_external: Mapping[Any, Known], by_number: Mapping[Any, Known], by_id: Mapping[Any, Known]
) -> dict[tuple[int, str], OpenItem]:
    """Retainage of the documents that memos and releases are about, locked, so that two of them take it one after the other."""
    if not any(d.is_release or d.kind == "credit_memo" for _, d in placed):
        return {}
    numbers = {known.number for found in (by_external, by_number, by_id) for known in found.values() if known.kind == "invoice"}
    items = OpenItem.objects.select_for_update(of=("self",), no_key=True).filter(kind=OpenItem.Kind.RETAINAGE, number__in=numbers)
    kept = items.filter(company__in={company.pk for company, _ in placed}).exclude(balance=0).order_by("pk")
    return {(item.company_id, item.number): item for item in kept}


def _documents(
    placed: Sequence[tuple[Company, Document]],
) -> tuple[dict[tuple[int, str, str], Known], dict[tuple[int, str, str], Known], dict[tuple[int, str], Known]]:
    """Earlier documents with the same external ids or numbers, and those that memos refer to."""
    companies = {company.pk for company, _ in placed}
    references = [r for _, d in placed for r in referred_to(d)]
    externals = {d.external_id for _, d in placed if d.external_id} | {r.external_id for r in references if r.external_id}
    numbers = {d.number for _, d in placed} | {r.id for r in references if r.id}
    keys = {int(r.id[4:]) for r in references if r.id.startswith("inv_") and r.id[4:].isdecimal() and r.id.isascii() and len(r.id) < 22}
    by_external: dict[tuple[int, str, str], Known] = {}
    by_number: dict[tuple[int, str, str], Known] = {}
    by_id: dict[tuple[int, str], Known] = {}
    base = Invoice.objects.filter(company__in=companies)
    for found in (base.filter(external_id__in=externals), base.filter(number__in=numbers), base.filter(pk__in=keys)):
        for pk, company, source, external, *rest in found.values_list(
            "pk",
            "company_id",
            "source_system",
            "external_id",
            "kind",
            "number",
            "payload_hash",
            "customer_id",
            "currency",
            "issued_by",
            "source_system",
            "total",
        ):
            known = Known(pk, *rest)
            by_number[company, known.kind, known.number] = by_id[company, f"inv_{pk}"] = known
            if external:
                by_external[company, source, external] = known
    return by_external, by_number, by_id
