"""What the advices of receipts say, as the engine matches by it: three queries, however many receipts."""

from collections import defaultdict
from collections.abc import Iterable

from cashapp.engine import Reference
from cashapp.engine.advised import Told, references_of, share_of
from cashapp.models import DeductionCode, Receipt, RemittanceJoin, RemittanceLine

Codes = dict[tuple[int | None, str], str]


def advised_references(receipts: Iterable[Receipt]) -> dict[int, tuple[Reference, ...]]:
    """Receipt → what its advices say of documents. Of an advice for several receipts, the lines of this one where they can be told."""
    amounts = {r.pk: r.amount for r in receipts if r.split_from_id is None}
    companies = {r.company_id for r in receipts}
    pairs = _live_joins(amounts, companies)
    if not pairs:
        return {}
    references = _references_of({advice for advice, _ in pairs}, companies)
    shared: dict[int, int] = defaultdict(int)
    for advice, _ in pairs:
        shared[advice] += 1
    found: dict[int, tuple[Reference, ...]] = {}
    for advice, receipt in pairs:
        said = references.get(advice, ())
        if receipt in amounts:
            found[receipt] = found.get(receipt, ()) + (share_of(said, amounts[receipt]) if shared[advice] > 1 else said)
    return {receipt: said for receipt, said in found.items() if said}


def _live_joins(amounts: dict[int, int], companies: set[int]) -> list[tuple[int, int]]:
    """Advice and receipt of every join of these receipts, and of the other receipts of the same advices."""
    live = RemittanceJoin.objects.filter(ended_at=None).order_by("pk")
    own = live.filter(receipt__in=list(amounts)) if len(amounts) <= 1000 else live.filter(receipt__company__in=companies)
    return list(live.filter(remittance__in=own.order_by().values("remittance")).values_list("remittance", "receipt"))


def _references_of(advices: set[int], companies: set[int]) -> dict[int, tuple[Reference, ...]]:
    codes = reasons_of_codes(companies)
    told: dict[int, list[Told]] = defaultdict(list)
    lines = RemittanceLine.objects.filter(remittance__in=advices).order_by("remittance", "ordinal")
    for line in lines.select_related("remittance"):
        told[line.remittance_id].append(told_of(line, codes))
    return {advice: references_of(lines) for advice, lines in told.items()}


def told_of(line: RemittanceLine, codes: Codes) -> Told:
    """A line as the engine reads it (read with its remittance)."""
    reason = reason_of(codes, line.remittance.customer_id, line.code)
    is_adjustment = line.kind == RemittanceLine.Kind.ADJUSTMENT
    return Told(line.reference, line.po_number, is_adjustment, line.gross, line.discount, line.adjustment, line.paid, reason)


def reasons_of_codes(companies: Iterable[int]) -> Codes:
    """(Customer or None, code in capitals) → the reason that it is to us; codes that nobody mapped are not among them."""
    rows = DeductionCode.objects.filter(company__in=companies).exclude(reason="").order_by()
    return {(customer, code): reason for customer, code, reason in rows.values_list("customer", "code", "reason")}


def reason_of(codes: Codes, customer: int | None, code: str) -> str:
    """What a payer's code is to us: as he uses it, else as everybody does; empty where nobody said."""
    plain = code.strip().upper()
    return codes.get((customer, plain)) or codes.get((None, plain), "") if plain else ""
