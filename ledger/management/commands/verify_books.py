"""`manage.py verify_books [--as-of DAY] [--company CODE]`: prints what doesn't tie and ends with 1, or says that everything does."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from arops.lib import clock
from ledger.verify import check_names, verify_books
from org.models import Company
from workflow.services.audit import chain_head


class Command(BaseCommand):
    """Re-derive the books from their lines."""

    help = "Re-derive every balance from the journal and compare; exit 1 and the differences when something does not tie."

    def add_arguments(self, parser: CommandParser) -> None:
        """--as-of DAY, today by default; --company CODE, as often as wanted, all by default."""
        parser.add_argument("--as-of", type=date.fromisoformat, default=None, metavar="YYYY-MM-DD")
        parser.add_argument("--company", action="append", metavar="CODE", help="only this company; may be given more than once")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        day = options["as_of"] or clock.today()
        differences = verify_books(day, _companies(options["company"]))
        for difference in differences:
            self.stderr.write(f"{difference.check}: {difference.detail}")
        if differences:
            raise CommandError(f"the books do not tie as of {day}: {len(differences)} differences")
        self.stdout.write(f"The books tie as of {day}: {len(check_names())} checks, no difference. Audit chain: {chain_head()}.")


def _companies(codes: list[str] | None) -> list[Company] | None:
    if not codes:
        return None
    found = list(Company.objects.filter(code__in=codes))
    missing = set(codes) - {company.code for company in found}
    if missing:
        raise CommandError(f"there is no company {', '.join(sorted(missing))}")
    return found
