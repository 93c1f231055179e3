"""A zip archive of advices, as people pack what they send together: read in the order of the names, one broken file refuses all."""

from collections.abc import Callable

from arops.lib.reading import ReadError, archive

from .model import AdviceFile

_MOST = 200
Read = Callable[[bytes, str], AdviceFile]


def is_bundle(data: bytes) -> bool:
    """Whether it is an archive, and no workbook."""
    return archive.is_zip(data) and b"xl/" not in data


def read(data: bytes, read_one: Read) -> AdviceFile:
    """The advices of every file in the archive. ReadError names the file; archives within are refused."""
    found = sorted(archive.members(archive.open_zip(data)))
    if not found:
        raise ReadError(None, "the archive holds no file")
    if len(found) > _MOST:
        raise ReadError(None, f"the archive holds {len(found)} files, more than {_MOST}")
    files = [_member(name, content, read_one) for name, content in found]
    return AdviceFile(
        "+".join(sorted({file.format for file in files})),
        tuple(advice for file in files for advice in file.advices),
        tuple(f"{name}: {note}" for (name, _), file in zip(found, files, strict=True) for note in file.notes),
    )


def _member(name: str, content: bytes, read_one: Read) -> AdviceFile:
    try:
        if is_bundle(content):
            raise ReadError(None, "an archive within the archive")
        return read_one(content, name)
    except ReadError as error:
        raise ReadError(error.line, f"{name[:80]}: {error.reason}") from None
