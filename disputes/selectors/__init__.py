"""Reading cases."""

from disputes.selectors.listing import dispute_list, disputed_by_item, disputed_by_reason, history_of

__all__ = ["dispute_list", "disputed_by_item", "disputed_by_reason", "history_of"]
