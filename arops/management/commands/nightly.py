"""`manage.py nightly [--date DAY] [--company CODE] [--again]`: the night's work, here and now."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arops.lib import clock
from org.models import Company
from reports.night import ACTOR, put_in
from workflow.models import Job
from workflow.services.audit import chain_head
from workflow.services.jobs import retry_job, run_job


class Command(BaseCommand):
    """Run the night of every company, step by step; what is done already is left alone."""

    help = (
        "Match receipts, keep the ageing, judge promises, dun, send, seal the audit trail, verify the books. Safe to repeat: a night "
        "that is done stays done, one that failed or was killed is taken up. Exit 1 when a step failed or the books do not tie."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which day, which companies."""
        parser.add_argument("--date", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the business day (today by default)")
        parser.add_argument("--company", metavar="CODE", help="only this company")
        parser.add_argument("--again", action="store_true", help="run a night that is done once more")

    def handle(self, *args: Any, **options: Any) -> None:
        """Company by company; tell what came of each step."""
        day = options["date"] or clock.today()
        companies = Company.objects.filter(code=options["company"]) if options["company"] else Company.objects.all()
        if options["company"] and not companies:
            raise CommandError(f"there is no company {options['company']}")
        nights = [self._run(company, day, options["again"]) for company in companies]
        self.stdout.write(f"Audit chain: {chain_head()}")
        failed = [job.company.code for job in nights if job.company and job.state != Job.State.DONE]
        if failed:
            raise CommandError(f"the night of {day} failed in {', '.join(failed)}")

    def _run(self, company: Company, day: date, again: bool) -> Job:
        job = put_in(company=company, day=day)
        ended = Job.State.FAILED, Job.State.CANCELLED
        if job.state in ended or (again and job.state == Job.State.DONE):
            job = retry_job(actor=ACTOR, job=job)
        elif job.state == Job.State.DONE:
            self.stdout.write(f"{company.code} {day}: done already (--again to repeat)")
        job = run_job(job_id=job.pk, now=clock.now(), wait=True)
        self._tell(company, day, job)
        return job

    def _tell(self, company: Company, day: date, job: Job) -> None:
        self.stdout.write(f"{company.code} {day}: {job.state}{f', {job.error}' if job.error else ''}")
        for step in job.results:
            self.stdout.write(f"  {step['step']:<10} {step['state']:<10} {step['detail']}")
