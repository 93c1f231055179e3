"""Late charges: assessed once a period, waived through approval; their policies and the legal limits."""
