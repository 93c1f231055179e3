"""Reads for reports, customer pages and search."""
