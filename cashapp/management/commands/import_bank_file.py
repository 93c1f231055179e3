"""`manage.py import_bank_file FILE…`: bank files in from the command line, each matched at once."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from arops.lib import clock
from arops.lib.refusal import InputRefused
from cashapp.models import BankAccount
from cashapp.services import import_bank_file, match_receipts
from cashapp.services.errors import CashError
from ledger.errors import LedgerError
from org.actors import SystemActor


class Command(BaseCommand):
    """Import bank files."""

    help = "Import bank files (BAI2, lockbox, MT940, camt.053/.054, OFX, CSV, Excel); each is imported whole or refused whole."

    def add_arguments(self, parser: CommandParser) -> None:
        """Files, and what to do with them."""
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--account", help="name of the bank account, for lists that don't name theirs")
        parser.add_argument("--accept-gap", default="", metavar="REASON", help="take in a statement that doesn't foot or chain")
        parser.add_argument("--no-match", action="store_true", help="record receipts only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import file by file; the first that is refused ends the run."""
        account = BankAccount.objects.get(name=options["account"]) if options["account"] else None
        actor, today = SystemActor("import_bank_file"), clock.today()
        for path in options["files"]:
            try:
                result = import_bank_file(
                    actor=actor,
                    content=path.read_bytes(),
                    name=path.name,
                    today=today,
                    bank_account=account,
                    accept_gap=options["accept_gap"],
                )
            except (OSError, InputRefused, CashError, LedgerError) as error:
                raise CommandError(f"{path.name}: {error}") from None
            self.stdout.write(f"{path.name}: {len(result.statements)} statements, {len(result.receipts)} receipts")
            for note in result.notes:
                self.stdout.write(f"  {note}")
            for company in [] if options["no_match"] else result.companies:
                run = match_receipts(company=company, actor=actor, today=today, now=clock.now())
                self.stdout.write(f"  {company.code}: {run.words}")
