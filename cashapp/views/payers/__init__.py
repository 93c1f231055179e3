"""Pages about payers: who pays for whom, what they are known by, accounts that are suddenly new."""
