"""Files beside a case over the API."""

from drf_spectacular.utils import OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.idempotency import once
from arops.api.schemas.parts import one_of, text
from arops.api.uploads import UploadView, upload_of
from disputes.api.notes import OfDispute
from disputes.api.shapes import file_shape
from workflow.models import Attachment
from workflow.services.attachments import attach

FORM = schemas.upload(kind=one_of(*Attachment.Kind.values), note=text(300))
KEPT = {(201, "application/json"): OpenApiResponse(schemas.ref("DisputeFile"), "Kept.")}


class DisputeFiles(OfDispute, UploadView):
    """POST a file."""

    @schemas.writes("dispute_attachments_create", FORM, KEPT, media="multipart/form-data")
    def post(self, request: Request, public_id: str) -> Response:
        """Keep a file as evidence beside a case: judged by what its bytes are, handed out as a download alone. The same file under the
        same name is kept once."""
        case, upload = self.case(public_id), upload_of(request, ("kind", "note"))
        kind = upload.fields.get("kind") or Attachment.Kind.values[-1]

        def work() -> Response:
            row = attach(
                actor=self.actor, subject=case, kind=kind, name=upload.name, content=upload.content, note=upload.fields.get("note", "")
            )  # fmt: skip
            row.refresh_from_db()
            return Response(file_shape(row), status=201)

        return once(request, self.actor, work, needed=False)
