"""The check before issue: pure rules over what was agreed, ordered, done and is about to be billed."""
