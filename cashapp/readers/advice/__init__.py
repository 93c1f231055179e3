"""Readers of remittance advices: bytes in, frozen dataclasses out. Pure, like all of `cashapp.readers`."""
