"""What the engine is given: receipts to clear, items in reach, payers, policy. A few queries, however many receipts."""

import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from types import MappingProxyType
from typing import Any, cast

from django.db.models import Q

from cashapp import engine
from cashapp.models import MatchPolicy, Receipt, RuleMatrix
from cashapp.selectors.account_changes import cautions_of
from cashapp.selectors.advice_lines import Codes, advised_references, reason_of, reasons_of_codes
from cashapp.selectors.payers import payers_of
from cashapp.selectors.rules import active_matrix, active_rules
from disputes.selectors import disputed_by_item
from ledger.errors import MissingRate
from ledger.models import OpenItem
from ledger.selectors import moved_to_instalments, rate_on

CLOSED_DAYS = 180
"""How far back closed invoices are shown to the engine, so that it knows a second payment when it sees one."""

PROCESSES = min(2, os.cpu_count() or 1)
"""Processes that a long batch is thought about by."""

_COLUMNS = (
    "pk",
    "customer_id",
    "number",
    "kind",
    "currency",
    "balance",
    "document_date",
    "due_date",
    "discount_until",
    "discount_amount",
    "po_number",
)
_KIND = {"late_fee": "debit_memo", "instalment": "debit_memo"}


def policy_of(company_id: int) -> MatchPolicy:
    """The company's policy, or the careful defaults (not saved)."""
    return MatchPolicy.objects.filter(company=company_id).first() or MatchPolicy(company_id=company_id)


def engine_policy(
    policy: MatchPolicy, matrix: RuleMatrix | None = None, rules: tuple[engine.OwnRule, ...] = (), *, in_force: bool = True
) -> engine.Policy:
    """The policy as the engine wants it, with the version of the matrix and the own rules in force; with those given instead, where
    they are only tried (not `in_force`). Bands of a version go before the policy's thresholds. Raises OwnRuleError."""
    if in_force:
        matrix, rules = active_matrix(policy.company_id), active_rules(policy.company_id)
    bands = matrix and matrix.bands and engine.read_bands(matrix.bands, post=policy.auto_threshold, propose=policy.suggest_threshold)
    known = {"tolerance_fixed": MappingProxyType({k: int(v) for k, v in policy.tolerances.items()})} if policy.tolerances else {}
    if policy.new_account_limits:
        known["new_account_limits"] = MappingProxyType({k: int(v) for k, v in policy.new_account_limits.items()})
    return engine.Policy(
        auto_threshold=policy.auto_threshold, suggest_threshold=policy.suggest_threshold, tolerance_percent=policy.tolerance_percent,
        discount_grace_days=policy.discount_grace_days, matrix=engine.read_cells(matrix.cells) if matrix else {}, bands=bands or None,
        rules=rules, **cast(Any, known),
    )  # fmt: skip


def candidates_of(company_id: int, today: date) -> list[engine.Candidate]:
    """Open receivables of the company, credits on account among them, and what was closed lately. Receipts that wait are no candidates."""
    items = OpenItem.objects.collectable().filter(company=company_id, customer__isnull=False)
    waiting = Q(kind="receipt", receipt__on_account=False)
    still_open = items.exclude(balance=0).exclude(pk__in=items.filter(waiting).exclude(balance=0).values("pk"))
    closed = items.filter(balance=0, kind__in=["invoice", "debit_memo"], document_date__gte=today - timedelta(days=CLOSED_DAYS))
    closed = closed.exclude(pk__in=moved_to_instalments(company_id))
    disputed = disputed_by_item()
    rows = [*still_open.order_by().values_list(*_COLUMNS), *closed.order_by().values_list(*_COLUMNS)]
    return [_candidate(row, disputed) for row in rows]


def _candidate(row: tuple[Any, ...], disputed: dict[int, int]) -> engine.Candidate:
    pk, customer, number, kind, currency, balance, document, due, until, discount, po = row
    open_discount = min(discount, balance) if balance > 0 else 0
    contested = max(0, min(disputed.get(pk, 0), balance))
    return engine.Candidate(
        pk, customer, number, cast(Any, _KIND.get(kind, kind)), currency, balance, document, due, until, open_discount, po, contested
    )


def engine_receipts(receipts: Iterable[Receipt]) -> list[engine.Receipt]:
    """Receipts as the engine wants them: what of each is not applied (read with their open items), and what is said of documents, by the
    advices joined to it, else by the bank."""
    rows = list(receipts)
    advised, cautions = advised_references(rows), cautions_of(rows)
    coded = {r.company_id for r in rows for s in r.structured if s.get("code")}
    codes = reasons_of_codes(coded) if coded else {}
    return [
        engine.Receipt(
            r.pk, r.unapplied, r.currency, r.value_date, r.payer_name, r.payer_account, r.text, advised.get(r.pk) or _by_bank(r, codes),
            r.customer_id, r.company_id, r.channel, cautions.get(r.pk, ""),
        )
        for r in rows
    ]  # fmt: skip


def _by_bank(receipt: Receipt, codes: Codes) -> tuple[engine.Reference, ...]:
    """What the bank's file says of documents; a reason of the payer's that we know is ours to the engine."""
    return tuple(
        engine.Reference(s["number"], s.get("amount"), s.get("discount"), reason_of(codes, receipt.customer_id, s.get("code", "")))
        for s in receipt.structured
        if s.get("number")
    )


def propose(company_id: int, receipts: Iterable[Receipt], policy: MatchPolicy, today: date) -> list[engine.Proposal]:
    """The engine's proposals for receipts of one company."""
    wanted, candidates = engine_receipts(receipts), candidates_of(company_id, today)
    rules = replace(engine_policy(policy), rates=rates_between({r.currency for r in wanted}, {c.currency for c in candidates}, today))
    return engine.match(wanted, candidates, payers_of(company_id, today), rules, processes=PROCESSES)


def rates_between(paid: Collection[str], owed: Collection[str], today: date) -> dict[tuple[str, str], Decimal]:
    """What one unit of each currency of the receipts is worth in each other currency that is owed, where a rate is known."""
    found = {}
    for source, target in product(sorted(paid), sorted(owed)):
        if source != target:
            with suppress(MissingRate):
                found[source, target] = round(rate_on(source, target, today), 8)
    return found
