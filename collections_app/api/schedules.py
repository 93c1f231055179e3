"""Schedules of statements over the API: read, made, changed, ended."""

from dataclasses import fields, replace
from typing import Any, ClassVar

from django.db import models
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.idempotency import once
from arops.api.ids import private, public
from arops.api.lists import DetailView, ListView, RecordView
from arops.api.problems import ApiProblem, invalid, refused
from arops.api.render import iso
from arops.api.schemas.ladder import SCHEDULE_STATE
from arops.api.views import object_of
from arops.lib import clock, money
from arops.lib.rows import Fields, Problem, amount, day, one_of, read_row, reference, text, whole, yes_or_no
from collections_app.models import StatementSchedule
from collections_app.policy.statement_days import next_day
from collections_app.selectors.statement_schedules import schedules_in_sight
from collections_app.services.statement_schedules import ScheduleDraft, end_schedule, save_schedule
from customers.services.saving import Customers
from org.models import Company

SCHEDULE = "statements.schedule"
OWN: Fields = {
    "name": text(60, needed=True), "day": whole(1, 31), "every_months": whole(1, 12), "format": one_of("pdf", "xlsx", "both"),
    "for_group": yes_or_no, "only_overdue": yes_or_no, "starts_on": day,
}  # fmt: skip
NAMES = tuple(field.name for field in fields(ScheduleDraft))


class ScheduleRecords(RecordView):
    """Schedules in sight."""

    permission, write_permission, kind = "collections.view", SCHEDULE, "statement_schedule"

    def rows(self) -> models.QuerySet[Any]:
        """Schedules in sight, with when each sent last."""
        return schedules_in_sight(self.actor)

    def shape(self, row: Any) -> dict[str, Any]:
        """A schedule, and when it falls next."""
        base = row.company.base_currency
        following = next_day(row.day, row.every_months, row.starts_on, clock.today()) if row.is_active else None
        return {
            "id": public("statement_schedule", row.pk), "company": row.company.code, "name": row.name,
            "customer": public("customer", row.customer_id), "segment": row.segment or None, "day": row.day,
            "every_months": row.every_months, "format": row.format, "for_group": row.for_group, "only_overdue": row.only_overdue,
            "minimum": money.to_text(row.minimum, base), "currency": base, "starts_on": row.starts_on.isoformat(),
            "active": row.is_active, "next_on": iso(following),
            "last_on": iso(row.last),
        }  # fmt: skip

    def again(self, pk: int, status: int = 200) -> Response:
        """A schedule as it is now."""
        return Response(self.shape(self.rows().get(pk=pk)), status=status)


class Schedules(ScheduleRecords, ListView):
    """GET the schedules in sight, by key; POST one."""

    stamp, changes = "", ("updated_at", "sent__updated_at")
    filters: ClassVar = {"company": "company__code", "customer": "customer_id", "segment": "segment", "state": "is_active"}

    def filter_value(self, name: str, value: str) -> Any:
        """Ids as keys; in force or ended."""
        if name == "state":
            if value not in ("active", "ended"):
                raise invalid("?state", "invalid", "state is active or ended")
            return value == "active"
        return private("customer", value) if name == "customer" else value

    @schemas.reads(
        "statement_schedules_list", schemas.page("StatementSchedule"),
        schemas.page_parameters(
            "company", "customer", segment=(schemas.ANY, ""), state=(SCHEDULE_STATE, "Without it, both."),
        ),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of schedules: who gets a statement on which day."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("statement_schedules_create", schemas.ref("StatementScheduleIn"), schemas.written("StatementSchedule"))
    def post(self, request: Request) -> Response:
        """Make a schedule for a customer, a segment or all. The same again answers 200; another one for the same is 409: change that."""
        return once(request, self.actor, lambda: self._make(object_of(request.data)), needed=False)

    def _make(self, said: dict[str, Any]) -> Response:
        seen = Company.objects.visible_to(self.actor, SCHEDULE)
        company: Company | None = seen.filter(code=said.get("company")).first() if _is_code(said.get("company")) else None
        taken = _fields(company) | {"company": text(20, needed=True), "customer": reference, "segment": text(40)}
        values, problems = read_row(said, taken, required=("company", "name"))
        if company is None and not any(p.pointer == "/company" for p in problems):
            problems.append(Problem("/company", "missing_reference", "there is no such company, or you may not schedule statements for it"))
        customer = None
        if said.get("customer") is not None and not problems:
            customers = Customers([said], actor=self.actor, permission=SCHEDULE, source_system=self.source_system)
            customer = customers.find(said)
        if isinstance(customer, Problem):
            problems.append(customer)
        if problems or company is None or isinstance(customer, Problem):
            raise refused(problems)
        own = {name: values[name] for name in values if name in NAMES and name != "customer"}
        return self._keep(company, ScheduleDraft(**{"starts_on": clock.today()} | own, customer=customer), "starts_on" in own)

    def _keep(self, company: Company, draft: ScheduleDraft, says_start: bool) -> Response:
        whom = {"customer": draft.customer} if draft.customer else {"customer": None, "segment": draft.segment}
        there = self.rows().filter(company=company, is_active=True, **whom).first()
        if there is None:
            return self.again(save_schedule(actor=self.actor, company=company, draft=draft).pk, status=201)
        known = _draft_of(there)
        if known == (draft if says_start else replace(draft, starts_on=known.starts_on)):
            return self.again(there.pk)
        words = f"there is {public('statement_schedule', there.pk)} for the same: change or end that one"
        where = "/customer" if draft.customer else "/segment"
        raise ApiProblem(409, "conflict", words, [{"pointer": where, "code": "conflict", "detail": words}])


class ScheduleDetail(ScheduleRecords, DetailView):
    """One schedule by our id."""

    @schemas.reads("statement_schedules_get", schemas.found("StatementSchedule"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A schedule by id."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("statement_schedules_change", schemas.ref("StatementScheduleChange"), schemas.found("StatementSchedule"))
    def patch(self, request: Request, public_id: str) -> Response:
        """Change the fields that are sent; `active` false ends it for good. Whom it is for never changes."""
        return once(request, self.actor, lambda: self._change(public_id, object_of(request.data)), needed=False)

    def _change(self, public_id: str, said: dict[str, Any]) -> Response:
        row: Any = self.rows().filter(pk=private("statement_schedule", public_id)).first()
        if row is None:
            raise Http404
        values, problems = read_row(said, _fields(row.company) | {"active": yes_or_no})
        active = values.pop("active", row.is_active)
        if active and not row.is_active:
            problems.append(Problem("/active", "invalid", "an ended schedule stays so: make a new one"))
        if problems:
            raise refused(problems)
        draft = replace(_draft_of(row), **values)
        if draft != _draft_of(row):
            save_schedule(actor=self.actor, company=row.company, draft=draft, schedule=row)
        if not active:
            end_schedule(actor=self.actor, schedule=row)
        return self.again(row.pk)


def _fields(company: Company | None) -> dict[str, Any]:
    """What a schedule says, its least amount in the company's currency."""
    return {**OWN, "minimum": amount(company.base_currency if company else "", least=0)}


def _draft_of(row: StatementSchedule) -> ScheduleDraft:
    return ScheduleDraft(**{name: getattr(row, name) for name in NAMES})


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and "\x00" not in value
