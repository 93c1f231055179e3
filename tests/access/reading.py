"""Which query parameters an answer came of: asked without any, a view that never looks at `q` answers the same with one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.http import QueryDict

from arops import middleware

EVERY = "*"
"""All of them were gone through."""
ECHOES = ("urlencode", "__deepcopy__", "copy")
"""What only carries the parameters on, into links and into copies that are looked at themselves."""


@contextmanager
def looked_at() -> Iterator[set[str]]:
    """The names of parameters that are looked at meanwhile."""
    found: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        silent = [0]
        for name in ("get", "__getitem__", "getlist", "__contains__"):
            patch.setattr(QueryDict, name, _noting(getattr(QueryDict, name), found, silent), raising=False)
        for name in ("items", "lists", "values", "dict", "keys", "__iter__"):
            patch.setattr(QueryDict, name, _noting(getattr(QueryDict, name), found, silent, EVERY), raising=False)
        for name in ECHOES:
            patch.setattr(QueryDict, name, _silently(getattr(QueryDict, name), silent), raising=False)
        patch.setattr(middleware, "_without_nul", _silently(middleware._without_nul, silent))  # every request's, the same for each name
        yield found


def _noting(method: Any, found: set[str], silent: list[int], name: str = "") -> Any:
    def noted(self: QueryDict, *args: Any, **kwargs: Any) -> Any:
        if not silent[0]:
            found.add(name or str(args[0]))
        return method(self, *args, **kwargs)

    return noted


def _silently(method: Any, silent: list[int]) -> Any:
    def quiet(*args: Any, **kwargs: Any) -> Any:
        silent[0] += 1
        try:
            return method(*args, **kwargs)
        finally:
            silent[0] -= 1

    return quiet
