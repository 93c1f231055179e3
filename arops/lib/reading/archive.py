"""Zip archives from outside, opened only after their directory has been judged: too big, too dense, too many, encrypted, or nested.

The limits come from measured bombs: 135 kB can unzip to gigabytes, while a real workbook is packed about 15 : 1.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

from .errors import ReadError

MAX_UNPACKED = 100 * 1024 * 1024
MAX_RATIO = 200
MAX_MEMBERS = 1000
_SMALL = 1024 * 1024
"""A ratio says nothing about a member that unpacks to less than this."""


def is_zip(data: bytes) -> bool:
    """By the signature of the first local header, not by any name."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def open_zip(data: bytes) -> zipfile.ZipFile:
    """The archive after its directory passed the limits; ReadError otherwise."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError) as error:
        raise ReadError(None, f"the file is damaged ({error}): open it where it was made, save it again, and bring that") from None
    if len(infos) > MAX_MEMBERS:
        raise ReadError(None, f"the archive holds {len(infos)} files, more than {MAX_MEMBERS}")
    for info in infos:
        if info.flag_bits & 0x1:
            raise ReadError(None, f"{info.filename!r} is encrypted: save it without a password")
        if info.file_size > _SMALL and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise ReadError(None, f"{info.filename!r} unpacks to more than {MAX_RATIO} times its size: refused as a zip bomb")
    total = sum(info.file_size for info in infos)
    if total > MAX_UNPACKED:
        raise ReadError(None, f"the archive unpacks to {total // 1024 // 1024} MB, more than {MAX_UNPACKED // 1024 // 1024} MB")
    return archive


def members(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file; what macOS and Windows add for themselves is passed over."""
    for info in archive.infolist():
        if not info.is_dir() and not info.filename.startswith("__MACOSX/") and not info.filename.endswith((".DS_Store", "Thumbs.db")):
            yield info.filename, content(archive, info.filename)


def content(archive: zipfile.ZipFile, name: str) -> bytes:
    """One member, at most as long as the directory said."""
    try:
        info = archive.getinfo(name)
        with archive.open(info) as member:
            data = member.read(info.file_size + 1)
    except KeyError:
        raise ReadError(None, f"the archive lacks {name!r}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise ReadError(None, f"the file is damaged ({error}): open it where it was made, save it again, and bring that") from None
    if len(data) > info.file_size:
        raise ReadError(None, f"{name!r} is longer than the archive's directory says")
    return data
