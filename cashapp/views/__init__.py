"""Pages of cash: the workbench, receipts, bank files and accounts, the match policy."""
