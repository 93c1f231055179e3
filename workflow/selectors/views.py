"""Kept views of a list, as its page offers them."""

from dataclasses import dataclass

from org.models import User
from workflow.models import StoredView


@dataclass(frozen=True, slots=True)
class Offered:
    """A view with whether it is the one shown, one's own, and the one that the list is opened with."""

    view: StoredView
    is_here: bool
    is_own: bool
    is_first: bool


def views_of(user: User, page: str, query: str) -> list[Offered]:
    """The person's views of a list and those shared; `query` is what is shown (see `lasting`)."""
    first = (user.preferences or {}).get("views", {}).get(page)
    rows = StoredView.objects.of(user).filter(page=page).select_related("owner")
    return [Offered(v, v.query == query, v.owner_id == user.pk, v.pk == first) for v in rows]


def first_view(user: User, page: str) -> StoredView | None:
    """The view that the person opens a list with; None: as it comes, also where the view is gone or no longer shared."""
    first = (user.preferences or {}).get("views", {}).get(page)
    return StoredView.objects.of(user).filter(page=page, pk=first).first() if first else None
