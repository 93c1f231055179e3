"""Writing records one at a time and many at once, the same way for every resource."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from arops.api.bulk import OUTCOMES, read_call, respond
from arops.api.idempotency import once
from arops.api.ids import public
from arops.api.lists import RecordView
from arops.api.problems import ApiProblem
from arops.api.views import object_of


class WriteView(RecordView):
    """A resource that is written row by row through one service; `money`: a call without an Idempotency-Key is refused."""

    money: ClassVar[bool] = False
    outcomes: ClassVar[Sequence[str]] = OUTCOMES

    def save(self, rows: list[Any], *, atomic: bool = False, dry_run: bool = False) -> Sequence[Any]:
        """Save rows by the service: one Result a row."""
        raise AssertionError("a resource says how it is saved")

    def key_of(self, saved: Any) -> int | None:
        """Our key of the row, where the service tells one."""
        key: int | None = saved.pk
        return key

    def total_of(self) -> Callable[[Mapping[str, Any]], Decimal | None] | None:
        """What a row adds to the control total; None where rows have no amount."""
        return None

    def result(self, saved: Any) -> dict[str, Any]:
        """A row's outcome as bulk answers give it."""
        return {
            "index": saved.index, "external_id": saved.external_id, "outcome": saved.outcome, "id": public(self.kind, self.key_of(saved)),
            "errors": errors_of(saved),
        }  # fmt: skip

    def one(self, row: Any) -> Response:
        """Save one row: 201 created, 200 otherwise; a problem when it is refused (409 for what was issued and never changes)."""
        (saved,) = self.save([object_of(row)])
        return self.answer(saved)

    def answer(self, saved: Any) -> Response:
        """What is told about one row."""
        if saved.outcome == "rejected":
            errors = errors_of(saved)
            status = 409 if any(e["code"] in ("issued", "duplicate_number", "conflict", "stale") for e in errors) else 422
            raise ApiProblem(status, errors[0]["code"], errors[0]["detail"], errors)
        made = self.rows().filter(pk=self.key_of(saved)).first()
        if made is None:  # someone who works on a portfolio, and the record is of none
            raise ApiProblem(422, "out_of_sight", "the record would be out of your sight: name one of your customers")
        return Response(self.whole(made), status=201 if saved.outcome == "created" else 200)

    def create(self, request: Request) -> Response:
        """Save the row of the body, once."""
        row = request.data
        return once(request, self.actor, lambda: self.one(row), needed=self.money)

    def upsert(self, request: Request, source: str, external_id: str) -> Response:
        """Save the row of the body under the sender's id in the address. The id itself makes a repeat harmless."""
        row = {**object_of(request.data), "source_system": source, "external_id": external_id}
        return once(request, self.actor, lambda: self.one(row), needed=False)

    def many(self, request: Request) -> Response:
        """Save the rows of a bulk call, once."""
        call = read_call(request.data, self.total_of())

        def work() -> Response:
            saved = self.save(call.rows, atomic=call.atomic, dry_run=call.dry_run)
            return respond([self.result(s) for s in saved], call, self.outcomes)

        return once(request, self.actor, work, needed=self.money, dry_run=call.dry_run)


def errors_of(saved: Any) -> list[dict[str, str]]:
    """Problems as the API tells them."""
    return [{"pointer": p.pointer, "code": p.code, "detail": p.detail} for p in saved.problems]
