"""Text, tables and archives from outside, read within limits: what bank files and imports share. Pure; meant for `arops.lib.sandbox`."""

from arops.lib.reading.errors import ReadError

__all__ = ["ReadError"]
