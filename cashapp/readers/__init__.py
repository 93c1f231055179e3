"""Readers of bank files: bytes in, frozen dataclasses out. Pure: no Django, no database, no clock, no network.

`detect.read` is the one entrance. Bank files come from outside, so the product calls it through `arops.lib.sandbox.run_bounded`.
"""
