"""The ladder and the accounts on it: proposed, raised, decided, placed outside, recalled, closed."""
