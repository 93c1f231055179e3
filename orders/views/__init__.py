"""Pages of contracts, purchase orders, orders, deliveries and work orders."""
