"""Lists of invoices from other systems: a table read, its columns understood, its rows put together into documents. Pure.

table = read(data)                         # in the sandbox: arops.lib.sandbox.run_bounded("invoicing.readers.table.read", …)
mapping = guess(table)                     # which column is what; `questions` says what only a person can decide
drafts = assemble(table, mapping).drafts   # payloads as the API takes them, each knowing the cells it came from
"""
