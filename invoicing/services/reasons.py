"""Why a memo is issued or a balance given up: the company's own list, or the standard one while it has none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from arops.lib.refusal import Refused
from invoicing.models import MemoReason
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

_STANDARD = """
price             | Price or rate wrong                  | credit_memo debit_memo            | pricing_setup     |
contract_terms    | Contract not followed                | credit_memo debit_memo            | contract_setup    |
quantity          | Quantity wrong                       | credit_memo debit_memo            | order_entry       |
not_delivered     | Not delivered                        | credit_memo                       | logistics         | evidence
damaged           | Damaged or returned                  | credit_memo                       | logistics         | evidence
service_not_done  | Work not done or not signed off      | credit_memo                       | service_execution | evidence
duplicate         | Billed twice                         | credit_memo                       | billing_output    |
tax               | Tax wrong                            | credit_memo debit_memo            | tax_setup         |
wrong_details     | Purchase order or address wrong      | credit_memo                       | customer_master   |
underbilled       | Billed too little                    | debit_memo                        | billing_output    |
goodwill          | Goodwill                             | credit_memo adjustment            |                   |
correction        | Correction of the account            | adjustment                        |                   |
rebate            | Rebate or bonus agreed               | adjustment credit_memo            | contract_setup    | evidence
small_balance     | Small balance, not worth collecting  | write_off                         |                   |
uncollectable     | Uncollectable                        | write_off                         |                   | evidence
insolvent         | Customer insolvent                   | write_off                         |                   | evidence
overpaid          | Paid too much or twice               | refund                            |                   |
credit_unused     | Credit the customer can't use        | refund                            |                   |
"""
ROUNDING = frozenset({"small_balance"})
"""Write-offs that go to rounding and tolerance; all others are bad debt."""
_CODE = re.compile(r"[a-z0-9_]{1,30}", re.ASCII)


class ReasonRefused(Refused):
    """A reason that isn't in the list for this kind, or that needs a file."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason as chosen: `origin` is the point of the order's life it stands for."""

    code: str
    name: str
    kinds: tuple[str, ...]
    origin: str = ""
    needs_evidence: bool = False


def _parse(line: str) -> Reason:
    code, name, kinds, origin, evidence = (part.strip() for part in line.split("|"))
    return Reason(code, name, tuple(kinds.split()), origin, bool(evidence))


STANDARD = tuple(_parse(line) for line in _STANDARD.strip().splitlines())


def reasons_for(company_id: int, kind: str) -> list[Reason]:
    """The reasons to choose from for a kind: the company's active ones, else the standard."""
    rows = list(MemoReason.objects.filter(company=company_id).order_by("name"))
    own = [Reason(r.code, r.name, tuple(r.kinds), r.origin, r.needs_evidence) for r in rows if r.is_active]
    return [reason for reason in (own if rows else STANDARD) if kind in reason.kinds]


def reason_of(company_id: int, kind: str, code: str, *, files: int) -> Reason:
    """The reason by its code. Raises ReasonRefused for one that isn't there, or that needs a file and has none."""
    found = next((reason for reason in reasons_for(company_id, kind) if reason.code == code), None)
    if found is None:
        raise ReasonRefused("choose a reason")
    if found.needs_evidence and not files:
        raise ReasonRefused(f"“{found.name}” needs evidence: add a file that shows it")
    return found


@transaction.atomic
def standard_reasons(*, company: Company) -> int:
    """Give a company the standard list, to be changed as it likes; those it has stay. Answers with how many it has now."""
    MemoReason.objects.bulk_create(
        (
            MemoReason(
                company=company, code=r.code, name=r.name, kinds=list(r.kinds), origin=r.origin, needs_evidence=r.needs_evidence
            )
            for r in STANDARD
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    return MemoReason.objects.filter(company=company).count()


KINDS = ("credit_memo", "debit_memo", "adjustment", "write_off", "refund")
ORIGINS = (
    "order_entry", "pricing_setup", "contract_setup", "service_execution", "logistics", "billing_output", "customer_master", "tax_setup",
)  # fmt: skip
"""Points of the order's life."""


@transaction.atomic
def save_reason(
    *, actor: Actor, company: Company, code: str, name: str, kinds: Sequence[str], origin: str = "", needs_evidence: bool = False,
    is_active: bool = True,
) -> MemoReason:  # fmt: skip
    """Add a reason to the company's list, or change the one with that code; a list that was the standard one becomes the company's own.

    A code stays for good, for memos bear it: what isn't wanted any more is switched off. Raises ReasonRefused, NotAllowed.
    """
    require(actor, "settings.manage", company.pk)
    if not _CODE.fullmatch(code):
        raise ReasonRefused("a code is up to 30 small letters, digits and underscores")
    if not name.strip() or not kinds or not set(kinds) <= set(KINDS):
        raise ReasonRefused("give the reason a name, and at least one kind it is for")
    if origin and origin not in ORIGINS:
        raise ReasonRefused("this is no point of the order’s life")
    if not MemoReason.objects.filter(company=company).exists():
        standard_reasons(company=company)
    values: dict[str, Any] = {"name": name.strip()[:100], "kinds": sorted(set(kinds), key=KINDS.index), "origin": origin}
    values |= {"needs_evidence": needs_evidence, "is_active": is_active}
    before = MemoReason.objects.filter(company=company, code=code).values(*values).first()
    row, _ = MemoReason.objects.update_or_create(company=company, code=code, defaults=values)
    if before != values:
        record(actor=actor, type="memo_reason.saved", company_id=company.pk, subject=row, code=code, before=before, after=values)
    return row
