"""Pages of the bank's day, of cash that isn't applied, and of credits that nobody claims."""
