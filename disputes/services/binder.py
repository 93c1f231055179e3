"""The audit file of a case: one ZIP with every step, the evidence with its SHA-256, what was said, found, decided and done about it.

The same case, seen by somebody with the same rights, makes the same bytes. What a file's manifest is goes into the audit trail, so that a
file can be held against it later (`disputes.policy.binding.verify`, `manage.py verify_case_file`).
"""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from arops.lib import pdf
from arops.lib.refusal import Refused
from disputes.models import Dispute
from disputes.policy.binding import FORMAT, Binder, canonical, member_name
from disputes.selectors.binder import EXPORTED, Seen, facts_of
from org.actors import Actor, NotAllowed, require
from workflow.models import StoredFile
from workflow.services import record

CSS = Path(settings.BASE_DIR) / "static" / "css" / "case-file.css"
IN_MEMORY = 8 * 1024 * 1024
LARGEST = 1024 * 1024 * 1024
READABLE_EVENTS = 1000


class TooLarge(Refused):
    """The evidence of a case is more than one file holds; the message says how much it is."""


@dataclass(frozen=True, slots=True)
class AuditFile:
    """An audit file as it was made: open, its name, the SHA-256 of its manifest."""

    file: IO[bytes]
    name: str
    manifest_sha256: str
    members: int


def may_export(actor: Actor, company_id: int) -> bool:
    """Whether somebody who sees a case takes its audit file out: auditors, and those who export."""
    return actor.can("audit.view", company_id) or actor.can("reports.export", company_id)


def audit_file(*, actor: Actor, dispute: Dispute) -> AuditFile:
    """Make the audit file of a case, with no more in it than the actor may see, and tell the audit trail of it. Raises TooLarge,
    NotAllowed."""
    require(actor, "disputes.view", dispute.company_id)
    if not may_export(actor, dispute.company_id):
        raise NotAllowed(f"{actor.label} may not do this: it needs audit.view or reports.export")
    with transaction.atomic():  # the case stands still while it is read
        Dispute.objects.select_for_update(of=("self",), no_key=True).get(pk=dispute.pk)
        related = ("company", "customer", "open_item", "owner", "department", "liable", "cause")
        seen = Seen(actor, Dispute.objects.select_related(*related).get(pk=dispute.pk))
        _check_size(seen)
        members = {row.pk: member_name(n, row.name) for n, row in enumerate(seen.files, 1)}
        facts = facts_of(seen, members)
    made = _write(facts, seen, members)
    record(
        actor=actor, type=EXPORTED, company_id=dispute.company_id, subject=dispute, customer_id=dispute.customer_id, number=dispute.number,
        manifest_sha256=made.manifest_sha256, members=made.members, left_out=seen.left_out,
    )  # fmt: skip
    return made


def _check_size(seen: Seen) -> None:
    size = sum(row.file.size for row in seen.files)
    if size > LARGEST:
        raise TooLarge(f"the evidence is {size // 1024 // 1024:,} MB: more than one file holds ({LARGEST // 1024 // 1024:,} MB)")


def _write(facts: dict[str, Any], seen: Seen, members: dict[int, str]) -> AuditFile:
    target = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 whoever asked for it closes it
    binder = Binder(target)
    binder.add("case.json", canonical({"format": FORMAT} | facts))
    binder.add(*_readable(facts))
    for row in seen.files:
        content = StoredFile.objects.values_list("content", flat=True).get(pk=row.file_id)
        binder.add(members[row.pk], bytes(content))
    number = seen.case.number
    manifest = binder.close(case=number, company=seen.case.company.code, left_out=seen.left_out)
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", number).strip(".-")[:60] or "case"
    return AuditFile(target, f"{plain}.zip", manifest.sha256, len(binder.members))


def _readable(facts: dict[str, Any]) -> tuple[str, bytes]:
    """The case for people: as PDF, or as a page where this server can't make one. What anybody wrote stands in it as text."""
    events = facts["events"]
    told = {"facts": facts, "names": facts["people"], "events": events[-READABLE_EVENTS:], "more": max(0, len(events) - READABLE_EVENTS)}
    html, css = render_to_string("disputes/case_file.html", told), CSS.read_text()
    if pdf.is_available():
        return "case.pdf", pdf.from_html(html, css)
    return "case.html", html.replace("<!--style-->", f"<style>{css}</style>", 1).encode()
