"""Advices of payers: taken, joined to receipts, set aside."""
