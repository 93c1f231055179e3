"""What the check found, as the API tells it."""

from typing import Any

from arops.api.ids import PREFIXES, public
from arops.lib import money
from invoicing.checks import Found
from invoicing.models import Finding

KINDS = {
    "contract": "contract", "purchase_order": "purchase_order", "order": "order", "delivery": "delivery", "work_order": "work_order",
    "customer": "customer", "invoice": "invoice", "draft": "draft",
}  # fmt: skip
"""Kind of a source → the name of its public id; others have none."""


def told(found: Found, currency: str) -> dict[str, Any]:
    """A finding of a document that is being pushed."""
    sources = [
        {"document": s.document, "number": s.number, "key": s.key, "line": s.line, "revision": s.revision,
         "day": s.day.isoformat() if s.day else None, "value": s.value}
        for s in found.sources
    ]  # fmt: skip
    return _shape(found, currency, sources) | {"state": "open", "reason": ""}


def kept(finding: Finding) -> dict[str, Any]:
    """A finding that is kept with its document."""
    return _shape(finding, finding.currency, finding.sources) | {"state": finding.state, "reason": finding.reason}


def _shape(found: Any, currency: str, sources: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "rule": found.rule, "severity": found.severity, "lines": list(found.lines), "origin": found.origin, "words": found.words,
        "expected": found.expected, "billed": found.billed, "effect": money.to_text(found.effect, currency), "remedy": found.remedy,
        "reasoning": found.reasoning, "sources": [_source(s) for s in sources],
    }  # fmt: skip


def _source(source: dict[str, Any]) -> dict[str, Any]:
    kind = KINDS.get(source["document"], "")
    known = public(kind, source["key"]) if kind in PREFIXES and source["key"] else None
    return {name: source[name] for name in ("document", "number", "line", "revision", "day", "value")} | {"id": known}
