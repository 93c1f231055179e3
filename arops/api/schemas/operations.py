"""What operations take and answer, for `extend_schema`."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from arops.api.schemas.parts import CURRENCY, DAY, FLAG, MOMENT, WHOLE, Schema, listed, nullable, one_of, ref, taken, text

JSON = "application/json"
MODE: Schema = {**one_of("partial", "atomic"), "default": "partial"}
ANY: Schema = {"type": "string", "minLength": 1, "maxLength": 500}
PARAMETERS: dict[str, tuple[Schema, str]] = {
    "limit": ({"type": "integer", "minimum": 1, "maximum": 500, "default": 100}, "Rows a page."),
    "cursor": (ANY, "`next` of the page before."),
    "updated_since": (
        MOMENT,
        "Rows changed at that moment or later. Ask from the `until` of your last call: what commits late is then among them.",
    ),
    "company": (ANY, "Code of a company."),
    "customer": (ANY, "Our id of a customer, such as cus_7."),
    "currency": (CURRENCY, ""),
    "number": (ANY, ""),
    "as_of": (DAY, "The books at the end of that day; without it, today's."),
    "known_at": (ANY, "As known at that moment (or at the end of that day)."),
    "first": (DAY, "First day."),
    "due_before": (DAY, "Due before that day."),
    "collector": (ANY, "A person's e-mail address; for reports also `me` or `none`."),
    "state": (one_of("open", "closed", "all"), "By what is open now."),
    "basis": (one_of("due", "document"), "The date that days are counted from."),
    "buckets": (ANY, "Upper bounds in days, such as `0,30,60,90`."),
    "credits": (one_of("apart", "aged"), "Credits in a column of their own, or in the buckets by their own dates."),
    "by": (ANY, "Any of company, customer, parent, collector, segment, currency, parted by commas."),
    "days": ({"type": "integer", "minimum": 1, "maximum": 366, "default": 90}, "Days of credit sales behind the measures."),
    "after": (ANY, "Id of an event (or 0 for the first): what was recorded after it."),
}


def parameters(*names: str, **own: tuple[Schema, str]) -> list[OpenApiParameter]:
    """Query parameters by name; those that only one call has are given with schema and description."""
    wanted = {name: PARAMETERS.get(name, (ANY, "")) for name in names} | own
    return [OpenApiParameter(name, type=schema, description=words) for name, (schema, words) in wanted.items()]


def page_parameters(*names: str, updated_since: bool = True, **own: tuple[Schema, str]) -> list[OpenApiParameter]:
    """Those of a list: paging and its filters."""
    return parameters("limit", "cursor", *(["updated_since"] if updated_since else []), *names, **own)


def idempotency(needed: bool) -> OpenApiParameter:
    """The header that makes a retry safe."""
    words = "The same key again gets the first answer, and has no second effect." + (" Needed, except for a dry run." if needed else "")
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
    return OpenApiParameter("Idempotency-Key", type=schema, location=OpenApiParameter.HEADER, required=needed, description=words)


def page(name: str) -> dict[Any, Any]:
    """A page of a list, as JSON or CSV."""
    schema = {
        "type": "object", "required": ["data", "next"], "additionalProperties": False,
        "properties": {
            "data": listed(ref(name)),
            "next": {"type": ["string", "null"], "description": "Cursor of the next page."},
            "until": {**MOMENT, "description": "The next call's updated_since, where the list takes it; the same on each page."},
        },
    }  # fmt: skip
    return {(200, JSON): OpenApiResponse(schema, "One page."), (200, "text/csv"): OpenApiResponse({"type": "string"}, "One page.")}


def found(name: str, *, csv: bool = False) -> dict[Any, Any]:
    """One record or report."""
    more = {(200, "text/csv"): OpenApiResponse({"type": "string"}, "Its rows.")} if csv else {}
    return {(200, JSON): OpenApiResponse(ref(name), "Found.")} | more


def written(name: str, *, upsert: bool = True) -> dict[Any, Any]:
    """A record created, or (where the sender's id was known) as it is now."""
    known = {(200, JSON): OpenApiResponse(ref(name), "It was there; updated where it differed.")} if upsert else {}
    return {(201, JSON): OpenApiResponse(ref(name), "Created.")} | known


def bulk(name: str, *, total: bool = False) -> Schema:
    """A bulk call of up to 5,000 rows."""
    control = taken((), count=WHOLE, **({"total": text(39, "Sum of the rows' amounts.")} if total else {}))
    return {
        "type": "object", "additionalProperties": False, "required": ["rows"],
        "description": "partial: good rows are kept, bad ones are told. atomic: one bad row refuses all.",
        "properties": {
            "mode": MODE,
            "dry_run": {**FLAG, "default": False},
            "rows": listed(ref(name), minItems=1, maxItems=5000),
            "control": nullable(control) | {"description": "What the caller counted and summed; another figure refuses the whole call."},
        },
    }  # fmt: skip


def bulk_answer(name: str = "BulkAnswer") -> dict[Any, Any]:
    """The outcome of each row."""
    return {
        (200, JSON): OpenApiResponse(ref(name), "Every row went well."),
        (207, JSON): OpenApiResponse(ref(name), "Some rows were rejected" + (", or held." if name == "DocumentsAnswer" else ".")),
    }


def held() -> dict[Any, Any]:
    """A document that the check holds."""
    return {(202, JSON): OpenApiResponse(ref("DraftWhole"), "Held by the check: kept as a draft, with what was found. Nothing is booked.")}


def upload(**fields: Schema) -> Schema:
    """A form with one file, and what may stand beside it."""
    file = {"type": "string", "format": "binary"}
    return {"type": "object", "additionalProperties": False, "required": ["file"], "properties": {"file": file, **fields}}


def accepted() -> dict[Any, Any]:
    """Work that goes on in the background."""
    return {(202, JSON): OpenApiResponse(ref("Job"), "Accepted; ask GET /jobs/{id} for progress and results.")}


def reads(operation: str, answer: dict[Any, Any], params: list[OpenApiParameter] | None = None, **more: Any) -> Any:
    """`extend_schema` of a reading call."""
    return extend_schema(operation_id=operation, parameters=params or [], responses=answer, request=None, **more)


def writes(
    operation: str, body: Schema, answer: dict[Any, Any], *, money: bool = False, media: str = JSON, idempotent: bool = True, **more: Any
) -> Any:
    """`extend_schema` of a writing call; `money`: the Idempotency-Key is needed."""
    params = [idempotency(money)] if idempotent else []
    return extend_schema(operation_id=operation, parameters=params, request={media: body}, responses=answer, **more)
