"""`manage.py match_receipts`: the engine over everything that waits."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from arops.lib import clock
from cashapp.services import match_receipts
from org.actors import SystemActor
from org.models import Company


class Command(BaseCommand):
    """Match receipts to open items."""

    help = "Match the receipts that wait to what is open: post what is sure, propose the rest."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which companies, and whether to post."""
        parser.add_argument("--company", help="code of one company")
        parser.add_argument("--propose-only", action="store_true", help="post nothing, whatever the policy says")

    def handle(self, *args: Any, **options: Any) -> None:
        """Company by company."""
        companies = Company.objects.filter(code=options["company"]) if options["company"] else Company.objects.all()
        for company in companies:
            run = match_receipts(
                company=company,
                actor=SystemActor("match_receipts"),
                today=clock.today(),
                now=clock.now(),
                post=False if options["propose_only"] else None,
            )
            self.stdout.write(f"{company.code}: {run.seen} receipts: {run.words}")
