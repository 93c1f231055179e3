"""Ground floor: money, clock, http, tables, sheets. Knows no app."""
