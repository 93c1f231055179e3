"""`manage.py verify_case_file FILE`: says whether an audit file of a case is still what was made, and ends with 1 where it isn't."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from disputes.policy.binding import MANIFEST, verify
from disputes.selectors.binder import EXPORTED
from workflow.models import Event


class Command(BaseCommand):
    """Hold an audit file against its manifest, and the manifest against the audit trail."""

    help = "Recompute the hashes of an audit file of a case, and look its manifest up in the audit trail; exit 1 where something differs."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        try:
            with options["file"].open("rb") as opened:
                faults = verify(opened)
        except OSError as error:
            raise CommandError(f"{options['file']} can't be read: {error.strerror}") from error
        if faults:
            raise CommandError("; ".join(faults))
        with zipfile.ZipFile(options["file"]) as made:
            told = made.read(MANIFEST)
        event = Event.objects.filter(type=EXPORTED, data__manifest_sha256=hashlib.sha256(told).hexdigest()).order_by("pk").first()
        if event is None:
            raise CommandError("its members fit its manifest, but the audit trail here doesn't tell of such a manifest")
        case = json.loads(told).get("case", "")
        self.stdout.write(f"{case}: all members are as they were put in; made {event.at:%Y-%m-%d %H:%M} UTC by {event.actor}.")
