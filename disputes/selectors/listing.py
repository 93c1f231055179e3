"""What is in dispute of items."""

from collections.abc import Collection

from django.db.models import Sum

from arops.lib.bulk import in_array
from disputes.models import Dispute


def disputed_by_item(item_ids: Collection[int] | None = None) -> dict[int, int]:
    """Open item → minor units of it that are contested now (never more than its balance is asked of the reader)."""
    if item_ids is not None and not item_ids:
        return {}
    found = Dispute.objects.all().open()
    if item_ids is not None:
        found = found.filter(open_item__in=in_array(item_ids))
    return dict(found.values_list("open_item").annotate(total=Sum("amount")).order_by())
