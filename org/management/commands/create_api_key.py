"""`manage.py create_api_key --name N --scopes all`: a key for an ERP, shown once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from arops.lib import clock
from org.actors import SystemActor
from org.models import Company
from org.policy import SCOPES
from org.services import UnknownCustomer, UnknownScope, chosen, create_api_key

SYSTEM = SystemActor("create_api_key")


class Command(BaseCommand):
    """Make an API key; its secret is the last line of the output, and stands nowhere else."""

    help = f"Make an API key and print it once. Scopes: all, or any of {', '.join(sorted(SCOPES))}."

    def add_arguments(self, parser: CommandParser) -> None:
        """Its name, what it may do, where, for whom, until when."""
        parser.add_argument("--name", required=True, help="what it is for, such as SAP")
        parser.add_argument("--scopes", nargs="+", required=True, metavar="SCOPE", help="all, or scopes such as invoices:write")
        parser.add_argument("--company", nargs="+", action="extend", default=[], metavar="CODE", help="limit it to these companies")
        parser.add_argument(
            "--customer", nargs="+", action="extend", default=[], metavar="NUMBER", help='limit it to these customers ("US01 C-100")'
        )
        parser.add_argument("--source", default="erp", help="source_system of records that name none (erp)")
        parser.add_argument("--days", type=int, help="days until it expires; without it, it doesn't")
        parser.add_argument("--test", action="store_true", help="mark it as a test key (ar_test_…)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, print it."""
        companies = list(Company.objects.filter(code__in=options["company"]))
        if unknown := set(options["company"]) - {c.code for c in companies}:
            raise CommandError(f"there is no company {', '.join(sorted(unknown))}")
        customers, unclear = chosen.by_words(SYSTEM, options["customer"])
        if unclear:
            raise CommandError(f"there is no customer, or there are several, with the number {', '.join(unclear)}")
        scopes = [scope for part in options["scopes"] for scope in part.split(",") if scope]
        expires = clock.now() + timedelta(days=options["days"]) if options["days"] is not None else None
        try:
            key, secret = create_api_key(
                actor=SYSTEM, name=options["name"], scopes=scopes, companies=companies, customer_refs=[c.key for c in customers],
                source_system=options["source"], expires_at=expires, live=not options["test"],
            )  # fmt: skip
        except (UnknownScope, UnknownCustomer) as error:
            raise CommandError(str(error)) from None
        self.stderr.write(f"{key.name}: keep it, it is not shown again.")
        self.stdout.write(secret)
