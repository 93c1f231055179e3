"""`manage.py run_job KIND --company CODE [--date DAY]`: one kind of background work, here and now."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arops.lib import clock
from arops.lib.refusal import Refused
from org.actors import SystemActor
from org.models import Company
from workflow.models import Job
from workflow.services.jobs import KINDS, run_job, start_job


class Command(BaseCommand):
    """Start work by hand and do it in this process."""

    help = "Run one kind of background work for a company and a day; without a kind, list what there is. Exit 1 when it fails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What, for whom, of which day."""
        parser.add_argument("kind", nargs="?", help="such as nightly.matching")
        parser.add_argument("--company", metavar="CODE")
        parser.add_argument("--date", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the business day (today by default)")

    def handle(self, *args: Any, **options: Any) -> None:
        """List, or start and do."""
        if not options["kind"]:
            for kind in KINDS.values():
                self.stdout.write(f"{kind.code:<24} {kind.label}{'' if kind.by_hand else ' (needs its own input)'}")
            return
        company = Company.objects.filter(code=options["company"]).first()
        if company is None:
            raise CommandError("name a company with --company; there are: " + ", ".join(Company.objects.values_list("code", flat=True)))
        try:
            job = start_job(actor=SystemActor("command"), kind=options["kind"], company=company, day=options["date"] or clock.today())
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        job = run_job(job_id=job.pk, now=clock.now(), wait=True)
        if job.state != Job.State.DONE:
            raise CommandError(f"{job}: {job.error}")
        self.stdout.write(f"{job} {', '.join(f'{name} {value}' for name, value in job.counts.items())}")
