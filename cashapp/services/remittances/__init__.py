"""Advices: taken in from every source, keyed by hand, set aside, joined to receipts."""

from cashapp.services.remittances.taking import Taken, take_advice_file, take_advices

__all__ = ["Taken", "take_advice_file", "take_advices"]
