"""Pages of payment plans, a file a topic."""
