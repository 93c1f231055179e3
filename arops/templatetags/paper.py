"""Template tags of papers that customers get: words, amounts, days and numbers in the language of the paper, which its context names."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString

from arops.lib.merging import amount_in, day_in, merge, number_in, short_day_in, sum_in
from arops.templatetags.arops import money, plain_decimal
from arops.templatetags.arops import price as plain_price

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: Mapping[str, Any], name: str, **values: Any) -> str:
    """A text of the paper's words, `w`, with its fields filled in."""
    return merge(context["w"][name], {field: str(value) for field, value in values.items()})


@register.simple_tag(takes_context=True)
def amount(context: Mapping[str, Any], minor: int) -> str | SafeString:
    """An amount of the document's currency in a column: the product's own manner in English, the language's in others."""
    language, currency = context["language"], context["invoice"].currency
    return money(minor, currency) if language == "en" else amount_in(minor, currency, language)


@register.simple_tag(takes_context=True)
def sum_of(context: Mapping[str, Any], minor: int) -> str:
    """An amount with its currency, as it stands in a sentence."""
    return sum_in(minor, context["invoice"].currency, context["language"])


@register.simple_tag(takes_context=True)
def day(context: Mapping[str, Any], value: date | None) -> str:
    """A day in full."""
    return day_in(value, context["language"]) if value else ""


@register.simple_tag(takes_context=True)
def short(context: Mapping[str, Any], value: date | None) -> str:
    """A day of few signs."""
    return short_day_in(value, context["language"]) if value else ""


@register.simple_tag(takes_context=True)
def quantity(context: Mapping[str, Any], value: Decimal) -> str:
    """A quantity without idle zeros."""
    return number_in(plain_decimal(value), context["language"])


@register.simple_tag(takes_context=True)
def price(context: Mapping[str, Any], value: Decimal) -> str:
    """A price with two decimals at least."""
    return number_in(plain_price(value), context["language"])
