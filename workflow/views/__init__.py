"""Pages of the workflow app."""
