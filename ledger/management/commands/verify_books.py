"""`manage.py verify_books [--as-of DAY]`: prints what doesn't tie and ends with 1, or says that everything does."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from arops.lib import clock
from ledger.verify import CHECKS, verify_books


class Command(BaseCommand):
    """Re-derive the books from their lines."""

    help = "Re-derive every balance from the journal and compare; exit 1 and the differences when something does not tie."

    def add_arguments(self, parser: CommandParser) -> None:
        """--as-of DAY, today by default."""
        parser.add_argument("--as-of", type=date.fromisoformat, default=None, metavar="YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        day = options["as_of"] or clock.today()
        differences = verify_books(day)
        for difference in differences:
            self.stderr.write(f"{difference.check}: {difference.detail}")
        if differences:
            raise CommandError(f"the books do not tie as of {day}: {len(differences)} differences")
        self.stdout.write(f"The books tie as of {day}: {len(CHECKS) + 1} checks, no difference.")
