"""What may be billed, at which price, on which invoice: planned from the facts that the check looks at, too. Pure."""
