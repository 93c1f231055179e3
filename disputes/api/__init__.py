"""Disputes over the API."""

from disputes.api.cases import DisputeByExternalId, DisputeDetail, Disputes, DisputesBulk
from disputes.api.evidence import DisputeFiles
from disputes.api.notes import DisputeNotes

__all__ = ["DisputeByExternalId", "DisputeDetail", "DisputeFiles", "DisputeNotes", "Disputes", "DisputesBulk"]
