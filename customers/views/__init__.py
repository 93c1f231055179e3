"""Pages about what customers want of invoices, their papers, taxes. The customers themselves are shown by `reports`."""
