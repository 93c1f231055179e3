"""The audit file of a case, to take out."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.views.decorators.http import require_safe

from arops.lib.files import download_open
from arops.lib.http import redirect_htmx, toast
from disputes.services.binder import TooLarge, audit_file, may_export
from disputes.views.shared import case_in_sight, case_url
from org.access import allowed


@allowed("disputes.view")
@require_safe
def file(request: HttpRequest, pk: int) -> Any:
    """The case as one file, for whoever audits it."""
    user: Any = request.user
    case = case_in_sight(request, pk)
    if not may_export(user, case.company_id):
        raise PermissionDenied("taking a case out needs the permission audit.view or reports.export")
    try:
        made = audit_file(actor=user, dispute=case)
    except TooLarge as error:
        return toast(request, redirect_htmx(request, case_url(pk)), str(error), tone="bad")
    response = download_open(made.file, made.name, "application/zip")
    response["X-Manifest-SHA256"] = made.manifest_sha256
    return response
