"""Pages of reports, customers and search."""
