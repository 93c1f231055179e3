"""Advices as rows from another system: read, looked up, taken in once; an outcome for each row."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from arops.lib.rows import Problem
from cashapp.models import Remittance
from cashapp.readers.advice.keys import content_of
from cashapp.readers.advice.rows import AdviceRow, read_advice
from cashapp.services.receiving import Received, in_one_go
from cashapp.services.remittances.taking import Said, take_advices
from customers.models import Customer
from customers.services import find_customer
from org.actors import Actor
from org.models import Company

_AS_RECEIVED = "an advice stays as it came: set it aside, and send the right one under a new id"


@dataclass(frozen=True, slots=True)
class _Ready:
    """A row with all it refers to found."""

    index: int
    row: AdviceRow
    company: Company
    customer: Customer | None


def receive_remittances(
    rows: Sequence[Any], *, actor: Actor, source_system: str, atomic: bool = False, dry_run: bool = False
) -> list[Received]:
    """Take advices in as another system sends them; one outcome a row, in order.

    Good rows are taken and bad ones rejected; with `atomic` one bad row rejects all. The same row again, known by its external id or by
    what it says, is `unchanged`. `dry_run` says what would happen and changes nothing.
    """
    read = [read_advice(row, source_system=source_system) for row in rows]
    return in_one_go(lambda: _receive(read, actor), atomic=atomic, dry_run=dry_run)


def _receive(read: Sequence[AdviceRow | list[Problem]], actor: Actor) -> list[Received]:
    companies = {c.code: c for c in Company.objects.visible_to(actor, "cash.import")}
    outcomes: dict[int, Received] = {}
    ready = []
    for index, row in enumerate(read):
        judged = _judge(index, row, companies, actor) if isinstance(row, AdviceRow) else Received(index, None, "rejected", None, tuple(row))
        if isinstance(judged, _Ready):
            ready.append(judged)
        else:
            outcomes[index] = judged
    for company in sorted({r.company.pk for r in ready}):
        _take(_new_ones([r for r in ready if r.company.pk == company], outcomes), actor, outcomes)
    return [outcomes[index] for index in range(len(read))]


def _judge(index: int, row: AdviceRow, companies: dict[str, Company], actor: Actor) -> _Ready | Received:
    company = companies.get(row.company)
    if company is None:
        return _rejected(
            index, row, Problem("/company", "missing_reference", f"{row.company} is no company that you may take advices in for")
        )
    customer = None
    if row.customer:
        among = Customer.objects.visible_to(actor, "cash.import").filter(company=company)
        reference: Any = row.customer.id or {k: v for k, v in asdict(row.customer).items() if k != "id"}
        customer = find_customer(reference, among, row.source_system)
        if customer is None:
            return _rejected(index, row, Problem("/customer", "missing_reference", f"there is no such customer in {company.code}"))
    elif actor.reach("cash.import").customers is not None:
        return _rejected(index, row, Problem("/customer", "required", "this key is limited to chosen customers: name one"))
    return _Ready(index, row, company, customer)


def _rejected(index: int, row: AdviceRow, *problems: Problem, pk: int | None = None) -> Received:
    return Received(index, row.external_id, "rejected", pk, problems)


def _new_ones(ready: Sequence[_Ready], outcomes: dict[int, Received]) -> list[_Ready]:
    """Those whose id wasn't used before, in the books or earlier in the call."""
    wanted = {r.row.external_id for r in ready if r.row.external_id}
    rows = Remittance.objects.filter(company=ready[0].company, external_id__in=wanted)
    known = {(r.source_system, r.external_id): (r.pk, r.key.partition("-")[0]) for r in rows}
    seen: set[tuple[str, str | None]] = set()
    fresh = []
    for item in ready:
        key = (item.row.source_system, item.row.external_id)
        if item.row.external_id and key in known:
            pk, said = known[key]
            same = said == content_of(item.row.advice)
            same_row = Received(item.index, item.row.external_id, "unchanged", pk)
            outcomes[item.index] = (
                same_row if same else _rejected(item.index, item.row, Problem("/external_id", "issued", _AS_RECEIVED), pk=pk)
            )
        elif item.row.external_id and key in seen:
            problem = Problem("/external_id", "duplicate", "another row of this call has the same id")
            outcomes[item.index] = _rejected(item.index, item.row, problem)
        else:
            seen.add(key)
            fresh.append(item)
    return fresh


def _take(items: Sequence[_Ready], actor: Actor, outcomes: dict[int, Received]) -> None:
    """One company's rows, together. What was said before under no id, or another, is that advice; one without an id gets this one's."""
    if not items:
        return
    said = [Said(r.customer.pk if r.customer else None, None, r.row.external_id, r.row.source_system) for r in items]
    taken = take_advices(
        actor=actor, company=items[0].company, advices=[r.row.advice for r in items], source=Remittance.Source.API, format="API", said=said
    )
    fresh = {r.pk for r in taken.remittances}
    for item, remittance in zip(items, taken.rows, strict=True):
        outcome = "created" if remittance.pk in fresh else "unchanged"
        if outcome == "unchanged" and item.row.external_id and not remittance.external_id:
            remittance.external_id, remittance.source_system = item.row.external_id, item.row.source_system
            remittance.save(update_fields=["external_id", "source_system"])
        outcomes[item.index] = Received(item.index, item.row.external_id, outcome, remittance.pk)
