"""Views of lists kept, shared, opened with, forgotten. Sharing is told to the audit trail; what is one's own is nobody else's business."""

from urllib.parse import parse_qsl, urlencode

from django.db import transaction

from arops.lib.refusal import Refused
from org.models import Company, User
from workflow.models import StoredView
from workflow.services.recording import record

MOST = 30
"""Views that a person keeps of one list: more aren't found again."""
FLEETING = ("page", "format", "after", "before")
"""What a query string says that belongs to the moment, not to the view."""


class ViewRefused(Refused):
    """A view that can't be kept as asked."""


def lasting(query: str) -> str:
    """A query string without what belongs to the moment, in one order, so that the same filter is the same text."""
    told = [(name, value) for name, value in parse_qsl(query) if name not in FLEETING and value]
    return urlencode(sorted(told))


@transaction.atomic
def keep_view(*, owner: User, page: str, name: str, query: str, is_shared: bool = False) -> StoredView:
    """Name a filter of a list; the same name again is filled anew. Raises ViewRefused."""
    name, query = " ".join(name.split()), lasting(query)
    if not name or len(name) > 60 or len(query) > 1000:
        raise ViewRefused("name the view, in at most 60 letters")
    found = StoredView.objects.filter(owner=owner, page=page, name=name).first()
    if found is None and StoredView.objects.filter(owner=owner, page=page).count() >= MOST:
        raise ViewRefused(f"you keep {MOST} views of this list: delete one first")
    view = found or StoredView(owner=owner, page=page, name=name)
    view.query = query
    view.save()
    return share_view(owner=owner, view=view, is_shared=is_shared)


@transaction.atomic
def share_view(*, owner: User, view: StoredView, is_shared: bool) -> StoredView:
    """Let the people of one's companies open it too, or no longer."""
    if view.is_shared != is_shared:
        view.companies = list(Company.objects.visible_to(owner).values_list("pk", flat=True)) if is_shared else []
        view.is_shared = is_shared
        view.save(update_fields=["companies", "is_shared"])
        record(actor=owner, type="view.shared" if is_shared else "view.unshared", subject=view, page=view.page, name=view.name)
    return view


@transaction.atomic
def forget_view(*, owner: User, view: StoredView) -> None:
    """Delete it; who opened the list with it finds the list as it comes."""
    if view.is_shared:
        share_view(owner=owner, view=view, is_shared=False)
    view.delete()


@transaction.atomic
def open_with(*, user: User, page: str, view: StoredView | None) -> None:
    """With which view the person finds a list; None: as it comes."""
    person = User.objects.select_for_update().get(pk=user.pk)
    kept = dict(person.preferences.get("views", {}))
    kept.pop(page, None)
    if view is not None:
        kept[page] = view.pk
    person.preferences = {**person.preferences, "views": kept}
    person.save(update_fields=["preferences"])
    user.preferences = person.preferences
