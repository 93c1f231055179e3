"""Zip archives from outside, within limits (`arops.lib.reading.archive`)."""

from arops.lib.reading.archive import MAX_MEMBERS, MAX_RATIO, MAX_UNPACKED, content, is_zip, members, open_zip

__all__ = ["MAX_MEMBERS", "MAX_RATIO", "MAX_UNPACKED", "content", "is_zip", "members", "open_zip"]
