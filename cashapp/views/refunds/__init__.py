"""Pages of refunds and of the bank details that they go to."""
