"""What stands below every app: companies, jobs, the log of events."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.ids import private, public
from arops.api.lists import DetailView, ListView, RecordView, limit_of
from arops.api.problems import invalid
from arops.lib import money
from org.models import Company
from workflow.models import Approval, AuditSeal, Event, Job
from workflow.services.audit import settled_id


class CompanyRecords(RecordView):
    """The companies in the caller's reach."""

    permission, kind = "customers.view", "company"

    def rows(self) -> models.QuerySet[Any]:
        """Companies in sight."""
        return Company.objects.visible_to(self.actor, "customers.view")

    def shape(self, row: Company) -> dict[str, Any]:
        """Code, name, currency."""
        return {
            "id": public("company", row.pk), "code": row.code, "name": row.name, "base_currency": row.base_currency,
            "country": row.country, "vat_id": row.vat_id, "tax_number": row.tax_number, "registration": row.registration,
            "peppol_id": row.peppol_id, "updated_at": row.updated_at.isoformat(),
        }  # fmt: skip


class Companies(CompanyRecords, ListView):
    """The companies."""

    filters: ClassVar = {"code": "code"}

    @schemas.reads("companies_list", schemas.page("Company"), schemas.page_parameters("code"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of companies."""
        return super().get(request, *args, **kwargs)


class CompanyDetail(CompanyRecords, DetailView):
    """One company."""

    @schemas.reads("companies_get", schemas.found("Company"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A company by id."""
        return super().get(request, *args, **kwargs)


def job_shape(job: Job) -> dict[str, Any]:
    """A run of work as the API shows it."""
    return {
        "id": public("job", job.pk), "kind": job.kind, "company": job.company.code if job.company else None, "state": job.state,
        "done": job.done, "total": job.total, "percent": job.percent, "counts": job.counts, "error": job.error,
        "file": job.file.name if job.file else None, "created_at": job.created_at.isoformat(),
        "started_at": job.started_at.isoformat() if job.started_at else None,
        "finished_at": job.finished_at.isoformat() if job.finished_at else None, "attempts": job.attempts,
    }  # fmt: skip


class JobRecords(RecordView):
    """Jobs of the caller's companies for those who may see jobs; for everyone the jobs they began."""

    kind = "job"

    def rows(self) -> models.QuerySet[Any]:
        """Jobs in sight, without the file's content."""
        own = Q(created_by=self.actor.label)
        reach = self.actor.reach("jobs.view")
        seen = Q() if reach.everything else own | Q(company__in=reach.companies)
        return Job.objects.filter(seen).select_related("company", "file").defer("file__content")

    def shape(self, row: Job) -> dict[str, Any]:
        """State and progress."""
        return job_shape(row)

    def whole(self, row: Job) -> dict[str, Any]:
        """With the outcome of each row."""
        return job_shape(row) | {"results": row.results}


class Jobs(JobRecords, ListView):
    """The jobs."""

    stamp = ""
    filters: ClassVar = {"kind": "kind", "state": "state", "company": "company__code"}

    @schemas.reads(
        "jobs_list",
        schemas.page("Job"),
        schemas.page_parameters(
            "kind", "company", updated_since=False, state=(schemas.ANY, "waiting, running, done, failed or cancelled.")
        ),
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of jobs."""
        return super().get(request, *args, **kwargs)

    def filtered(self, rows: models.QuerySet[Any], wanted: Any) -> models.QuerySet[Any]:
        """Without the results, which a job's own address gives."""
        return super().filtered(rows, wanted).defer("results")


class JobDetail(JobRecords, DetailView):
    """One job."""

    @schemas.reads("jobs_get", schemas.found("JobWhole"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A job by id, with the outcome of each row where its work has rows."""
        return super().get(request, *args, **kwargs)


class ApprovalRecords(RecordView):
    """What people asked for and others allowed; decided on pages alone, where one sees what will be done."""

    permission, kind = "approvals.view", "approval"

    def rows(self) -> models.QuerySet[Any]:
        """Requests in sight."""
        return Approval.objects.visible_to(self.actor, "approvals.view").select_related("company")

    def shape(self, row: Approval) -> dict[str, Any]:
        """A request and what became of it."""
        return {
            "id": public("approval", row.pk), "kind": row.kind, "company": row.company.code, "state": row.state, "title": row.title,
            "customer": public("customer", row.customer_ref), "currency": row.currency, "amount": money.to_text(row.amount, row.currency),
            "reason": row.reason, "requested_by": row.requested_by, "requested_on": row.requested_on.isoformat(),
            "decided_by": row.decided_by or None, "on_behalf_of": row.on_behalf_of or None,
            "decided_at": row.decided_at.isoformat() if row.decided_at else None, "note": row.decision_note,
            "subject": about_shape(row.subject_type, row.subject_id), "result": about_shape(row.result_type, row.result_id),
            "payload_sha256": row.payload_hash,
        }  # fmt: skip


class Approvals(ApprovalRecords, ListView):
    """The requests."""

    stamp = ""
    filters: ClassVar = {"kind": "kind", "state": "state", "company": "company__code"}

    @schemas.reads(
        "approvals_list", schemas.page("Approval"),
        schemas.page_parameters(
            "kind", "company", updated_since=False, state=(schemas.ANY, "waiting, alone, approved, rejected, withdrawn or void.")
        ),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of requests for approval."""
        return super().get(request, *args, **kwargs)


class ApprovalDetail(ApprovalRecords, DetailView):
    """One request."""

    @schemas.reads("approvals_get", schemas.found("Approval"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A request by id: what was asked for, by whom it was decided, and what was made of it."""
        return super().get(request, *args, **kwargs)


def about_shape(label: str, key: int | None) -> dict[str, Any] | None:
    """A row as its model and its public id, where it has one."""
    kind = SUBJECTS.get(label)
    return {"type": label, "id": public(kind, key) if kind else str(key)} if label else None


SUBJECTS = {
    "customers.customer": "customer", "customers.contact": "contact", "invoicing.invoice": "invoice", "cashapp.receipt": "receipt",
    "cashapp.bankaccount": "bank_account", "ledger.openitem": "item", "workflow.job": "job", "orders.contract": "contract",
    "orders.purchaseorder": "purchase_order", "orders.salesorder": "order", "orders.delivery": "delivery", "orders.workorder": "work_order",
    "orders.unitconversion": "unit_conversion", "workflow.approval": "approval",
    "workflow.task": "task", "disputes.dispute": "dispute", "collections_app.promise": "promise", "collections_app.inquiry": "inquiry",
    "collections_app.paymentplan": "payment_plan", "collections_app.charge": "charge", "collections_app.escalation": "escalation",
    "collections_app.dunningletter": "dunning_letter", "collections_app.statementschedule": "statement_schedule",
    "collections_app.sentstatement": "sent_statement",
}  # fmt: skip
"""Model → the kind of id that its rows have."""


def event_shape(event: Event) -> dict[str, Any]:
    """An event as the API shows it."""
    subject = about_shape(event.subject_type, event.subject_id)
    return {
        "id": public("event", event.pk), "type": event.type, "at": event.at.isoformat(),
        "company": event.company.code if event.company else None, "actor": event.actor, "subject": subject,
        "customer": public("customer", event.customer_ref), "data": event.data,
    }  # fmt: skip


class Events(RecordView):
    """What happened, in the order it was recorded."""

    permission, kind = "audit.view", "event"
    parameters: ClassVar = frozenset({"after", "limit", "type", "company", "customer"})
    csv = True

    def rows(self) -> models.QuerySet[Any]:
        """Events of companies seen whole, and of the customers a key is limited to; those of no company for whoever sees all."""
        reach = self.actor.reach("audit.view")
        found = Event.objects.select_related("company")
        if reach.everything:
            return found
        seen = Q(company__in=reach.companies)
        if reach.customers is not None:  # a key of chosen customers: what is on record as theirs
            seen |= Q(company__in=reach.portfolios, customer_ref__in=reach.customers)
        return found.filter(seen)

    def shape(self, row: Event) -> dict[str, Any]:
        """See event_shape."""
        return event_shape(row)

    @schemas.reads(
        "events_list", schemas.page("Event"),
        schemas.parameters("after", "limit", "company", "customer", type=(schemas.ANY, "Such as invoice.issued.")),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Events after one of them, the oldest first; `next` is the `after` of the next call, also when there is nothing new."""
        wanted = request.query_params
        rows = self.rows().filter(pk__gt=_after(wanted.get("after", "0")), pk__lte=_horizon())
        for name, lookup in {"type": "type", "company": "company__code"}.items():
            rows = rows.filter(**{lookup: wanted[name]}) if name in wanted else rows
        if "customer" in wanted:
            rows = rows.filter(customer_ref=private("customer", wanted["customer"]))
        limit = limit_of(request)
        page = [self.shape(row) for row in rows.order_by("pk")[:limit]]
        return Response({"data": page, "next": page[-1]["id"] if page else wanted.get("after", "0")})


def _horizon() -> int:
    """The last event before which none can still appear: a number is drawn before its transaction commits, and a reader who has gone
    past it would never see it. While somebody writes for long, the chain's last seal is as far as it goes."""
    last = AuditSeal.objects.order_by("-upto_event_id").first()
    return settled_id(patience=1.0) or (last.upto_event_id if last else 0)


def _after(text: str) -> int:
    digits = text.removeprefix("evt_")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 19):
        raise invalid("?after", "invalid", "after is the id of an event, or 0 for the first")
    return int(digits)
