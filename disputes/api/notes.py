"""Words on a case over the API."""

from typing import Any

from django.db import models
from django.http import Http404
from drf_spectacular.utils import OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.idempotency import once
from arops.api.ids import private
from arops.api.lists import RecordView
from arops.api.problems import refused
from arops.api.views import object_of
from arops.lib.rows import read_row
from disputes.api.shapes import note_shape
from disputes.models import Dispute
from disputes.payload import NOTED
from disputes.services import note_dispute

ADDED = {(201, "application/json"): OpenApiResponse(schemas.ref("DisputeNote"), "Added.")}


class OfDispute(RecordView):
    """What belongs to one case that the caller may work."""

    permission, write_permission, kind = "disputes.view", "disputes.work", "dispute"

    def rows(self) -> models.QuerySet[Any]:
        """Cases that the caller works."""
        seen: models.QuerySet[Any] = Dispute.objects.visible_to(self.actor, "disputes.work")
        return seen

    def case(self, public_id: str) -> Dispute:
        """The case. Raises Http404."""
        found: Dispute | None = self.rows().filter(pk=private("dispute", public_id)).first()
        if found is None:
            raise Http404
        return found


class DisputeNotes(OfDispute):
    """POST a note."""

    @schemas.writes("dispute_notes_create", schemas.ref("DisputeNoteIn"), ADDED)
    def post(self, request: Request, public_id: str) -> Response:
        """Add a word to a case: among ourselves, unless it says that the customer may read it. Nothing is mailed."""
        return once(request, self.actor, lambda: self._note(self.case(public_id), object_of(request.data)), needed=False)

    def _note(self, case: Dispute, said: dict[str, Any]) -> Response:
        values, problems = read_row(said, NOTED, required=("body",))
        if problems:
            raise refused(problems)
        internal = not values.get("visible_to_customer", False)
        note = note_dispute(actor=self.actor, dispute=case, body=values["body"], is_internal=internal)
        note.refresh_from_db()
        return Response(note_shape(note), status=201)
