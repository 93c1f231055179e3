"""What is usual, as numbers. Pure."""
