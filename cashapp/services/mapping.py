"""A bank's list looked at before its layout is saved: the proposal, and whether the whole sample reads."""

from datetime import date, timedelta

from arops.lib.sandbox import run_bounded
from cashapp.models import BankAccount
from cashapp.readers.lockbox import LockboxProfile
from cashapp.readers.mapping import Mapping
from cashapp.readers.model import BankFile as ParsedFile
from cashapp.readers.sniff import Proposal
from cashapp.services.importing import READ_MEMORY_MB, READ_SECONDS
from org.actors import Actor, require
from workflow.models import StoredFile
from workflow.services import store_file


def keep_sample(*, actor: Actor, account: BankAccount, name: str, content: bytes) -> tuple[StoredFile, Proposal]:
    """Look at a sample in bounds and keep it while its columns are chosen. Raises InputRefused with line and reason, NotAllowed."""
    require(actor, "cash.import", account.company_id)
    proposal = propose(content, name)
    stored, _ = store_file(actor=actor, name=name, content=content)
    return stored, proposal


def propose(content: bytes, name: str) -> Proposal:
    """How the list seems to be laid out, with open questions. Raises InputRefused."""
    found: Proposal = run_bounded(
        "cashapp.readers.detect.propose", content, seconds=READ_SECONDS, memory_mb=READ_MEMORY_MB, kwargs={"name": name}
    )
    return found


def try_out(content: bytes, name: str, mapping: Mapping, today: date) -> ParsedFile:
    """The whole sample read by a mapping; nothing is imported. Raises InputRefused with the first line that can't be read."""
    kwargs = {"name": name, "mapping": mapping, "latest": today + timedelta(days=5)}
    parsed: ParsedFile = run_bounded("cashapp.readers.detect.read", content, seconds=READ_SECONDS, memory_mb=READ_MEMORY_MB, kwargs=kwargs)
    return parsed


def try_lockbox(content: bytes, profile: LockboxProfile) -> ParsedFile:
    """A sample of a lockbox file read by a layout; nothing is imported. Raises InputRefused with the line that can't be read."""
    parsed: ParsedFile = run_bounded(
        "cashapp.readers.lockbox.try_out", content, seconds=READ_SECONDS, memory_mb=READ_MEMORY_MB, kwargs={"profile": profile}
    )
    return parsed
