"""The audit file of a case: names of its members, its canonical form, its manifest, and whether a file is still what was made. Pure.

The same contents make the same bytes: members stand in a fixed order, with a fixed day, and the manifest lists the SHA-256 of each.
"""

import hashlib
import json
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import IO, Any

FORMAT = "arops.case/1"
MANIFEST = "manifest.json"
CHUNK = 1 << 20
DAY = (1980, 1, 1, 0, 0, 0)
"""The day that all members bear: the first that the format knows."""
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))})


@dataclass(frozen=True, slots=True)
class Member:
    """A file within the audit file."""

    name: str
    sha256: str
    size: int


def canonical(content: Any) -> bytes:
    """The one way to write it: keys in order, UTF-8, a line break at the end."""
    return (json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def member_name(number: int, name: str) -> str:
    """The name of a piece of evidence within the audit file: numbered, in plain letters, without a way out of its folder."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", plain.replace("\\", "/").rsplit("/", 1)[-1]).strip(".-")
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        stem, ending = plain, ""
    stem = "file" if not stem or stem.casefold() in _RESERVED else stem[:60]
    return f"evidence/{number:04d}-{stem}" + (f".{ending[:10]}" if ending else "")


class Binder:
    """An audit file that is being written: members one after the other, the manifest last."""

    def __init__(self, target: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self.members: list[Member] = []

    def add(self, name: str, content: bytes) -> Member:
        """Write a member."""
        info = zipfile.ZipInfo(name, DAY)
        info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
        self._zip.writestr(info, content)
        self.members.append(Member(name, hashlib.sha256(content).hexdigest(), len(content)))
        return self.members[-1]

    def close(self, **told: Any) -> Member:
        """Write the manifest, with what else it tells, and end the file: its own entry, which it can't list."""
        listed = [asdict(member) for member in sorted(self.members, key=lambda m: m.name)]
        made = self.add(MANIFEST, canonical({"format": FORMAT, "members": listed} | told))
        self._zip.close()
        return made


def verify(file: IO[bytes], manifest_sha256: str = "") -> list[str]:
    """What of an audit file isn't as it was made, in sentences; nothing when all of it is. `manifest_sha256` is what the audit trail told
    when it was made: without it a file whose manifest was made anew can't be told from the first."""
    try:
        with zipfile.ZipFile(file) as opened:
            return list(_faults(opened, manifest_sha256))
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError) as error:
        return [f"this is no whole audit file: {error}"]


def _faults(opened: zipfile.ZipFile, manifest_sha256: str) -> Iterable[str]:
    names = opened.namelist()
    if names.count(MANIFEST) != 1:
        yield "there is no manifest, or more than one"
        return
    told = opened.read(MANIFEST)
    if manifest_sha256 and hashlib.sha256(told).hexdigest() != manifest_sha256.strip().lower():
        yield "the manifest is not the one that the audit trail tells of"
    try:
        listed = {str(row["name"]): (str(row["sha256"]), int(row["size"])) for row in json.loads(told)["members"]}
    except (ValueError, KeyError, TypeError):
        yield "the manifest can't be read"
        return
    if len(names) != len(set(names)):
        yield "a member is there twice"
    yield from (f"{name} is missing" for name in sorted(set(listed) - set(names)))
    yield from (f"{name} is not in the manifest" for name in sorted(set(names) - set(listed) - {MANIFEST}))
    yield from (f"{name} is not what was put in" for name in sorted(set(listed) & set(names)) if _sum(opened, name) != listed[name])


def _sum(opened: zipfile.ZipFile, name: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with opened.open(name) as member:
        while chunk := member.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
