"""Reading cases."""

from disputes.selectors.listing import disputed_by_item

__all__ = ["disputed_by_item"]
