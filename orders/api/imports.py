"""Files of the order's life over the API."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.idempotency import once
from arops.api.resources import job_shape
from arops.api.uploads import UploadView, mode_of, upload_of
from arops.api.views import ApiView
from orders.services.importing import RESOURCES, start_import
from workflow.doorbell import ring


class RecordsImport(UploadView):
    """Records by file, in the background; `resource` is which."""

    permission = write_permission = "orders.edit"
    resource: ClassVar[str]

    def post(self, request: Request) -> Response:
        """Keep the file, and answer with the job."""
        return once(request, self.actor, lambda: self._take(request), needed=False)

    def _take(self, request: Request) -> Response:
        upload = upload_of(request, {"mode"})
        job = start_import(
            actor=self.actor, resource=self.resource, content=upload.content, name=upload.name, mode=mode_of(upload),
            source_system=self.source_system,
        )  # fmt: skip
        ring(job)
        return Response(job_shape(job), status=202)


def imports() -> dict[str, type[ApiView]]:
    """A view for each resource, its call told in the document."""
    return {resource: _import_of(resource) for resource in RESOURCES}


def _import_of(resource: str) -> type[ApiView]:
    name = resource.replace("-", "_")
    view: type[ApiView] = type(f"ImportOf{name}", (RecordsImport,), {"resource": resource, "__doc__": RecordsImport.__doc__})

    def post(self: Any, request: Request) -> Response:
        return RecordsImport.post(self, request)

    post.__doc__ = (
        f"Create or update {resource.replace('-', ' ')} by a CSV, Excel or JSONL file. Lists have a row for each line, with the API's "
        "field names as headings (`line_quantity` and so on for lines). GET /jobs/{id} has a result a record; errors have line and column."
    )
    told = schemas.writes(f"imports_{name}", schemas.upload(mode=schemas.MODE), schemas.accepted(), media="multipart/form-data")
    view.post = told(post)  # type: ignore[attr-defined]
    return view
