"""Every address of the product, with whom it is for and sample values for what stands in it."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from arops.api.ids import PREFIXES
from arops.api.views import ApiView

SAMPLES = 14
"""How many rows of a table are tried to find one that an address takes."""

VALUES = {
    "currency": ["EUR"], "tab": ["items"], "slug": ["reference/metrics"], "source": ["erp"], "subject": ["customers.customer"],
    "step": ["answer"], "syntax": ["ubl"], "what": ["pdf"], "verb": ["reject"], "kind": ["credit_memo"], "records": ["orders"],
    "number": ["1"], "ordinal": ["1"], "move": ["renew"], "way": ["recall"], "token": ["0-none"],
}  # fmt: skip
"""What stands in an address but is nobody's key."""


@dataclass(frozen=True)
class Address:
    """One URL pattern: `name` with its namespace, the names of what stands in it, the view, and the permission it states."""

    name: str
    parameters: tuple[str, ...]
    view: Any

    @property
    def api(self) -> type[ApiView] | None:
        """The API's view class, if it is one of those."""
        found = getattr(self.view, "cls", None) or getattr(self.view, "view_class", None)
        return found if isinstance(found, type) and issubclass(found, ApiView) else None

    @property
    def policy(self) -> str | None:
        """The permission for reading, or how the view says whom it is for; None when it says nothing."""
        return self.api.permission if self.api else getattr(self.view, "policy", None)

    @property
    def write_policy(self) -> str | None:
        """The permission for everything that isn't reading."""
        return (self.api.write_permission or self.api.permission) if self.api else self.policy

    @property
    def is_public(self) -> bool:
        """Whether it answers without a login; API views ask for a key themselves."""
        return self.api is None and getattr(self.view, "login_required", True) is False

    @property
    def has_key(self) -> bool:
        """Whether a key of something of somebody's stands in it."""
        return any(p not in VALUES for p in self.parameters)

    def url(self, *keys: int | str) -> str:
        """The address with these keys for its parameters, in order; parameters that are no keys get their first value."""
        given = iter(keys)
        return reverse(self.name, kwargs={p: VALUES[p][0] if p in VALUES else next(given) for p in self.parameters})

    def keys(self, start: int, side: str) -> Iterator[tuple[int | str, ...]]:
        """Candidates for the keys: rows that were made after `start`, in the form that each parameter takes."""
        wanted = [list(self._candidates(p, start, side)) for p in self.parameters if p not in VALUES]
        return itertools.product(*wanted)

    def _candidates(self, parameter: str, start: int, side: str) -> Iterator[int | str]:
        rows = range(start + 1, start + 1 + SAMPLES)
        if parameter == "pk" or parameter.endswith("_pk"):
            yield from rows
        elif parameter == "public_id":
            kind = getattr(self.api, "kind", "") or self.name.partition(":")[2].partition("-")[0].removesuffix("s")
            yield from (f"{PREFIXES[kind]}_{row}" for row in rows)
        elif parameter == "external_id":
            yield from (f"X-{side}", *(f"INV-{side}-{n}" for n in (0, 3, 4)), f"R-{side}")
        elif parameter == "key":
            yield from (f"{kind}:{row}:EUR" for row in rows for kind in ("call", "dispute", "apply_credit", "remind"))
        else:
            raise AssertionError(f"{self.name}: say in tests/access what may stand for <{parameter}>")


def all_addresses() -> list[Address]:
    """Every pattern with a name, in every namespace; one without a name is a mistake, for it couldn't be crawled."""
    return list(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, namespace: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = ":".join(filter(None, [namespace, entry.namespace or ""]))
            yield from _walk(entry, inner)
        elif isinstance(entry, URLPattern):
            assert entry.name, f"the address {entry.pattern} has no name"
            yield Address(f"{namespace}:{entry.name}" if namespace else entry.name, tuple(entry.pattern.converters), entry.callback)
