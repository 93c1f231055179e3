"""Money given back: bank details in two hands, refunds asked for and approved, handed to payables once, seen leaving the bank."""
