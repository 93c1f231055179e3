"""What people type about contracts, orders and work: filters of lists, records by hand, tables to import."""
