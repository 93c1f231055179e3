"""The demo's day of cash as people work it, through the services that their pages use: from files in a folder to signed-off days."""

from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from arops.demo.day import PLANS
from cashapp.models import BankAccount, DayReconciliation, Receipt, Remittance, RemittanceJoin, StatementLine
from cashapp.services import leave_on_account, return_receipt
from cashapp.services.errors import CashError
from cashapp.services.reconciling import prepare_day, sign_day
from cashapp.services.remittances import take_advice_file
from cashapp.services.remittances.joining import match_joined
from cashapp.services.remittances.mail import take_mails
from cashapp.services.uploading import take_bank_file
from ledger.errors import LedgerError
from messaging.services.receiving import receive_mail
from org.models import Company, User


def in_this_process(path: str, payload: bytes, *, kwargs: dict[str, Any] | None = None, **limits: float) -> Any:
    """A reader without its sandbox, which has tests of its own."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)(payload, **(kwargs or {}))


class Desk:
    """A senior who brings and clears, a supervisor who signs."""

    def __init__(self, folder: Path, today: date, now: datetime) -> None:
        self.folder, self.today, self.now = folder, today, now
        self.senior, self.supervisor = (
            User.objects.get(memberships__role=r, memberships__company__code="US01") for r in ("senior", "supervisor")
        )
        self.companies = {c.code: c for c in Company.objects.filter(code__in=PLANS)}

    def bring_bank_files(self) -> int:
        """Statements and the lockbox file, each matched at once; answers with how many receipts they brought."""
        count = 0
        for path in sorted(p for p in self.folder.iterdir() if p.name.endswith((".bai2.txt", ".camt053.xml", ".lockbox.txt"))):
            taken = take_bank_file(actor=self.senior, content=path.read_bytes(), name=path.name, today=self.today, now=self.now)
            count += len(taken.result.receipts)
        for company in self.companies.values():
            match_joined(actor=self.senior, company=company, today=self.today, now=self.now)
        return count

    def bring_advices(self) -> None:
        """What came overnight, before the money: files dropped on the page, mails in the mailbox."""
        for code, company in self.companies.items():
            for path in sorted((self.folder / "remittances" / code).iterdir()):
                take_advice_file(actor=self.senior, company=company, content=path.read_bytes(), name=path.name, today=self.today)
            for path in sorted((self.folder / "mails" / code).iterdir()):
                receive_mail(actor=self.senior, company=company, content=path.read_bytes())
        take_mails(today=self.today, now=self.now)

    def send_back(self) -> int:
        """The bounced payment, reversed with all that hung on it."""
        lines = list(StatementLine.objects.filter(treatment="return", handled=False).exclude(returns=None))
        for line in lines:
            assert line.returns
            return_receipt(actor=self.supervisor, receipt=line.returns, reason="NSF", today=self.today, now=self.now, line=line)
        return len(lines)

    def clear(self) -> None:
        """What nobody can decide stays with its payer, to be asked about; a stranger's stays unidentified."""
        waiting = Receipt.objects.filter(company__in=self.companies.values(), value_date=self.today).to_clear().exclude(customer=None)
        for receipt in waiting.select_related("open_item", "company"):
            try:
                leave_on_account(actor=self.senior, receipt=receipt, version=receipt.version, now=self.now)
            except (CashError, LedgerError):
                continue

    def sign_off(self) -> list[DayReconciliation]:
        """The day of both accounts: prepared by one, signed off by the other."""
        signed = []
        for account in BankAccount.objects.filter(company__in=self.companies.values()).order_by("pk"):
            row = prepare_day(actor=self.senior, account=account, day=self.today, now=self.now)
            signed.append(sign_day(actor=self.supervisor, reconciliation=row, now=self.now))
        return signed


def joined() -> tuple[int, int]:
    """How many advices came by file or mail, and how many are joined to a receipt."""
    found = RemittanceJoin.objects.filter(ended_at=None).values("remittance").distinct().count()
    return Remittance.objects.exclude(source=Remittance.Source.HAND).count(), found
