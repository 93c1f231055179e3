"""Pages of invoices and memos."""
