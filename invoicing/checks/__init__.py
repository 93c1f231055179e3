"""The check before issue: pure rules over what was agreed, ordered, done and is about to be billed.

`check(document, facts, policy)` looks at one document, `check_batch(documents, facts, policy)` at many, in their order, counting what each
draws on purchase orders, contracts and work orders for those after it. Both answer `Found`s. No database, no clock.
"""
