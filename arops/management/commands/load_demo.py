"""`manage.py load_demo [--date DAY] [--share PART]`: the demo company, into an empty database."""

import time
from argparse import BooleanOptionalAction
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections, transaction

from arops.demo.load import load
from arops.lib import clock
from org.models import Company


@contextmanager
def _owner() -> Iterator[None]:
    """On the owner's connection where there is one: only the owner may ANALYZE, and without that the planner walks whole tables."""
    if "owner" not in connections.databases:
        yield
        return
    ordinary = connections["default"]
    connections["default"] = connections["owner"]
    connections["default"].alias = "default"
    try:
        yield
    finally:
        connections["default"].alias = "owner"
        connections["default"] = ordinary


class Command(BaseCommand):
    """Load the demo company: all of it, or nothing."""

    help = "Load the demo company into an empty database: three companies, 400 customers, 18 months."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """--date: the business date the story ends on; --share: how much of it, for tests."""
        parser.add_argument("--date", type=date.fromisoformat, default=None, metavar="YYYY-MM-DD", help="the day on which the story ends")
        parser.add_argument("--as-owner", action=BooleanOptionalAction, default=True, help="work on the tables' owner's connection")
        parser.add_argument("--share", type=float, default=1.0, help="part of the customers, 0 to 1")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say what is there."""
        if Company.objects.exists():
            raise CommandError("the database holds companies already: the demo goes into an empty one")
        began, today = time.monotonic(), options["date"] or clock.today()
        with _owner() if options["as_owner"] else nullcontext(), transaction.atomic():
            world = load(today=today, now=clock.now(), share=options["share"], folder=settings.VAR_DIR / "demo")
        plan = world.plan
        self.stdout.write(
            f"Demo company up to {today}: {len(plan.customers)} customers, {len(plan.invoices):,} invoices, {len(plan.payments):,} payments"
            f" ({time.monotonic() - began:.0f} s). Bank files to import: {settings.VAR_DIR / 'demo'}"
        )
