"""A bank file brought by a person: imported, matched at once, and kept aside when somebody has to decide first."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q

from cashapp.models import BankAccount
from cashapp.services.errors import StatementHeld, UnknownBankAccount
from cashapp.services.importing import ImportResult, import_bank_file
from cashapp.services.matching import MatchRun, match_receipts
from cashapp.services.refunds.paying import pay_from_statements
from org.actors import Actor, SystemActor
from workflow.models import StoredFile
from workflow.services import store_file

REFUNDS = SystemActor("refunds")
"""Whoever sees in a statement that a refund left the bank."""


@dataclass
class Taken:
    """What came of a file: the import, and the matching of its receipts."""

    result: ImportResult
    run: MatchRun = field(default_factory=MatchRun)


def take_bank_file(
    *, actor: Actor, content: bytes, name: str, today: date, now: datetime, bank_account: BankAccount | None = None, accept_gap: str = ""
) -> Taken:
    """Import a file and match what it brought. A file that waits for a decision (a gap, an account to set up) is kept: the refusal
    names it as `stored_file_id`. Raises what `import_bank_file` raises.
    """
    try:
        result = import_bank_file(
            actor=actor, content=content, name=name, today=today, bank_account=bank_account, accept_gap=accept_gap,
            company=bank_account.company if bank_account else None,
        )  # fmt: skip
    except (StatementHeld, UnknownBankAccount) as refusal:
        stored, _ = store_file(actor=actor, name=name or "bank file", content=content)
        refusal.stored_file_id = stored.pk
        raise
    taken = Taken(result)
    for company in result.companies:
        pay_from_statements(actor=REFUNDS, company=company)
        own = [r for r in result.receipts if r.company_id == company.pk]
        if own and actor.can("cash.apply", company.pk):
            run = match_receipts(company=company, actor=actor, today=today, now=now, receipts=own)
            taken.run.seen += run.seen
            taken.run.posted += run.posted
            taken.run.kept += run.kept
            taken.run.suggested += run.suggested
            taken.run.asked += run.asked
    return taken


def kept_file(*, actor: Actor, pk: int, brought: Collection[int] = ()) -> StoredFile | None:
    """A file that this person brought before and that waits for a decision. The same bytes are one file, whoever brought them first:
    `brought` are keys of those that this person is known to have brought, too."""
    mine = Q(added_by=actor.label) | Q(pk__in=brought)
    return StoredFile.objects.filter(mine, pk=pk, bank_files=None).first()
