"""The rules of cases: clocks, proposals, measurements. Pure."""
