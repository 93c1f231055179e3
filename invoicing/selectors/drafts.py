"""Drafts in sight, and what is held back of whom."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from invoicing.billing.progress import contract_sum
from invoicing.checks.pricing import version_on
from invoicing.models import Draft, Finding, Invoice
from invoicing.selectors.batch import Batch
from invoicing.selectors.chain import Chain
from invoicing.selectors.facts import load
from invoicing.selectors.unbilled import Asked, probe, probe_line
from ledger.models import OpenItem
from orders.models import Contract
from org.actors import Actor

STATES = {"": "On their way", "draft": "Not checked", "held": "Held", "clear": "Ready", "issued": "Issued", "discarded": "Discarded"}
"""State in the address → what its tab says."""


def drafts(actor: Actor, *, state: str = "", origin: str = "", text: str = "", customer: int | None = None) -> QuerySet[Draft]:
    """Drafts in sight, the latest first; without a state those that are neither issued nor discarded."""
    found: Any = Draft.objects.visible_to(actor, "invoices.view").select_related("company", "customer", "owner", "invoice")
    found = found.filter(state=state) if state else found.live()
    if origin:
        found = found.filter(origin=origin)
    if customer is not None:
        found = found.filter(customer=customer)
    if text:
        found = found.filter(
            Q(customer__name__icontains=text)
            | Q(customer__number__iexact=text)
            | Q(number__icontains=text)
            | Q(payload__po_number__icontains=text)
        )
    open_now = Count("findings", filter=Q(findings__state="open"))
    return found.annotate(open_findings=open_now).order_by("-pk")  # type: ignore[no-any-return]


def counts(actor: Actor) -> dict[str, int]:
    """State → drafts in sight, of those on their way."""
    found: Any = Draft.objects.visible_to(actor, "invoices.view").live()
    by_state = Counter(dict(found.order_by().values_list("state").annotate(n=Count("pk"))))
    return {"": sum(by_state.values()), **by_state}


def findings_of(draft: Draft) -> list[Finding]:
    """What stands about a draft: open findings first, those that were decided after them; what was fixed is left out."""
    found = draft.findings.exclude(state="fixed").select_related("task")
    rank = {"block": 0, "warn": 1, "note": 2}
    return sorted(found, key=lambda f: (f.state != "open", rank.get(f.severity, 3), f.pk))


@dataclass(frozen=True, slots=True)
class Held:
    """Retainage of an invoice that is still held, and what a draft of its release stands at."""

    invoice: Invoice
    balance: int
    days: int
    draft: Draft | None


def retained(actor: Actor, today: date, customer: int | None = None) -> list[Held]:
    """Invoices of which retainage is still held, the oldest first."""
    items: Any = OpenItem.objects.visible_to(actor, "invoices.view").filter(kind=OpenItem.Kind.RETAINAGE).exclude(balance=0)
    if customer is not None:
        items = items.filter(customer=customer)
    balances = {(company, number): balance for company, number, balance in items.values_list("company", "number", "balance")}
    invoices = Invoice.objects.filter(
        company__in={c for c, _ in balances}, number__in=[n for _, n in balances], kind="invoice", retainage__gt=0
    ).select_related("company", "customer").order_by("document_date", "pk")  # fmt: skip
    found = [i for i in invoices if (i.company_id, i.number) in balances]
    live = {key: d for d in Draft.objects.live().filter(origin="retainage").prefetch_related("bases") for key in _released(d)}
    return [Held(i, balances[i.company_id, i.number], (today - i.document_date).days, live.get(i.pk)) for i in found]


def _released(draft: Draft) -> list[int]:
    return [int(basis.key.split(":")[1]) for basis in draft.bases.all() if basis.key.startswith("retainage:")]


@dataclass(frozen=True, slots=True)
class Progress:
    """A contract billed by progress: what it comes to, what was billed, its claim that is a draft."""

    contract: Contract
    total: int | None
    billed: int
    retainage_percent: Any
    draft: Draft | None

    @property
    def left(self) -> int | None:
        """What may still be claimed; None where no sum was agreed."""
        return None if self.total is None else self.total - self.billed

    @property
    def done(self) -> int | None:
        """Per cent billed so far."""
        return None if not self.total else round(100 * self.billed / self.total)


def progress(actor: Actor, today: date, customer: int | None = None, pk: int | None = None) -> list[Progress]:
    """Contracts in sight of which the version in force is billed by progress."""
    found: Any = Contract.objects.visible_to(actor, "orders.view").filter(versions__billing="progress").distinct()
    if customer is not None:
        found = found.filter(customer=customer)
    if pk is not None:
        found = found.filter(pk=pk)
    contracts = list(found.select_related("company", "customer").order_by("customer__name", "number"))
    live = {key: d for d in Draft.objects.live().filter(origin="progress").prefetch_related("bases") for key in _claimed(d)}
    rows = []
    for company in dict.fromkeys(c.company_id for c in contracts):
        mine = [c for c in contracts if c.company_id == company]
        asked = Asked(company, today)
        placed = [probe(asked, c.customer_id, [probe_line("", contract=c.pk)]) for c in mine]
        facts = load(Batch(placed, Chain(placed)))[1]
        for contract in mine:
            known = facts.contracts[contract.pk]
            version = version_on(known, today)
            if version and version.billing == "progress":
                total, kept = contract_sum(version), version.retainage_percent
                rows.append(Progress(contract, total, known.billed_amount, kept, live.get(contract.pk)))
    return rows


def _claimed(draft: Draft) -> list[int]:
    return [int(basis.key.split(":")[1]) for basis in draft.bases.all() if basis.key.startswith("progress:")]
