"""Template tags of the product: amounts, ages, icons, charts, links that keep the query string."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import template
from django.forms import CheckboxInput, CheckboxSelectMultiple
from django.utils.html import format_html
from django.utils.safestring import SafeString

from arops.lib import charts
from arops.lib import money as moneys

register = template.Library()


@register.filter
def money(amount: int | None, currency: str) -> SafeString:
    """An amount in minor units for people; the closing bracket of a negative hangs, so that digits stay in line."""
    if amount is None:
        return SafeString("")
    if amount == 0:
        return SafeString('<span class="zero">–</span>')
    text = moneys.format(amount, currency)
    return format_html('{}<span class="hang">)</span>', text[:-1]) if amount < 0 else format_html("{}", text)


EVENTS = {"problem.acting": "Begun to be mended", "problem.measuring": "Mended, measured from then on"}
"""Codes that would not read as words."""


@register.filter
def event_words(code: str) -> str:
    """An event's code for people: `match.posted` is Match posted."""
    return EVENTS.get(code) or code.replace(".", " ").replace("_", " ").capitalize()


@register.filter
def plain(amount: int | None, currency: str) -> str:
    """An amount as machines read it, for `data-v`."""
    return "" if amount is None else moneys.to_text(amount, currency)


@register.filter
def plain_decimal(value: Decimal) -> str:
    """A quantity or price without idle zeros, with two decimals where it has any: 2, 1.50, 0.0375."""
    text = f"{value:,f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:,f}"
    whole, point, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(2, '0')}" if point else whole


@register.filter
def price(value: Decimal) -> str:
    """A price with two decimals at least: 1,895.00, 4.35, 0.0375."""
    return plain_decimal(value) if "." in plain_decimal(value) else f"{plain_decimal(value)}.00"


@register.filter
def days_past(due: date, today: date) -> int:
    """Whole days past a due date; 0 or less when it isn't past."""
    return (today - due).days


@register.filter
def age(due: date, today: date) -> int:
    """The ageing bucket of a due date, 0 to 4, for `data-age`."""
    days = (today - due).days
    return 0 if days <= 0 else 1 if days <= 30 else 2 if days <= 60 else 3 if days <= 90 else 4


@register.filter
def short_day(day: date | None) -> str:
    """`20 Nov`."""
    return f"{day:%-d %b}" if day else ""


@register.filter
def iso_day(text: str | date | None) -> str:
    """`20 Nov 2026` of an ISO date as it stands in kept JSON; what is none stays as it is."""
    if not text:
        return ""
    try:
        return f"{date.fromisoformat(str(text)[:10]):%-d %b %Y}"
    except ValueError:
        return str(text)


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """A value of a dictionary by a key that is a variable."""
    return mapping.get(key, "") if mapping else ""


@register.filter
def pairs(mapping: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Names and values of a query: its own `items` may be a name that somebody put into the address."""
    return list(mapping.items())


@register.filter
def spaced(code: Any) -> str:
    """A code as words: `not_delivered` is `not delivered`."""
    return str(code).replace("_", " ")


@register.filter
def iso_minute(text: Any) -> str:
    """A moment in ISO 8601, such as an audit file has it, to the minute."""
    return str(text)[:16].replace("T", " ") if text else ""


@register.filter
def as_text(content: Any) -> str:
    """Whatever JSON holds, for people: a line for each part, its words by name."""
    if isinstance(content, list):
        return "\n".join(map(as_text, content))
    if isinstance(content, dict):
        return " · ".join(f"{spaced(name)}: {as_text(part)}" for name, part in content.items() if part not in (None, "", [], {}))
    return content if isinstance(content, str) else json.dumps(content)


@register.filter
def widget_kind(bound: Any) -> str:
    """How a field is laid out: `check` (a box before its words), `checks` (several of them), or `line` (words above)."""
    widget = bound.field.widget
    if isinstance(widget, CheckboxInput):
        return "check"
    return "checks" if isinstance(widget, CheckboxSelectMultiple) else "line"


@register.filter
def is_number(bound: Any) -> bool:
    """Whether a field is a number that is typed, and stands right-aligned in a table of lines."""
    return bound.field.widget.attrs.get("inputmode") == "decimal"


@register.filter
def whole(value: Any) -> int | None:
    """A field's value as a whole number, to look something up by; None for what is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite, decorative: the words beside it say the same."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The page's query string with some parameters changed (None or empty drops one)."""
    parameters = context["request"].GET.copy()
    for name, value in changes.items():
        parameters.pop(name, None)
        if value not in (None, ""):
            parameters[name] = str(value)
    return f"?{parameters.urlencode()}"


@register.inclusion_tag("components/ageing_bar.html")
def ageing_bar(amounts: Sequence[int], labels: Sequence[str], currency: str, height: int = 10, hrefs: Sequence[str] = ()) -> dict[str, Any]:
    """A stacked bar of ageing buckets with its legend."""
    said = [f"{label} {moneys.format(a, currency)}" for a, label in zip(amounts, labels, strict=True)]
    legend = [(n if n < 5 else 4, label, a) for n, (a, label) in enumerate(zip(amounts, labels, strict=True))]
    return {
        "segments": charts.segments(amounts, said, hrefs=hrefs),
        "label": "Ageing: " + "; ".join(said),
        "height": height,
        "legend": legend,
        "currency": currency,
    }


@register.inclusion_tag("components/spark.html")
def spark(values: Sequence[float], label: str = "") -> dict[str, Any]:
    """A sparkline; the figure it belongs to says what it means."""
    return {"path": charts.line(values), "end": charts.end_point(values), "label": label}


@register.inclusion_tag("components/table.html", takes_context=True)
def table(context: dict[str, Any], spec: Any, boxed: bool = False) -> dict[str, Any]:
    """A table by its spec (arops.lib.tables)."""
    return {"table": spec, "boxed": boxed, "request": context["request"]}


@register.inclusion_tag("components/field.html")
def field(bound: Any, hint: str = "", needed: bool = False) -> dict[str, Any]:
    """A form field with label, hint and error; `needed`: not called optional, since it is needed wherever it is shown."""
    return {"field": bound, "hint": hint or bound.help_text, "needed": needed}
