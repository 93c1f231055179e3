"""Dataclasses as JSON and back, by type hints: what comes in can only become what the hints name.

Carries None, bool, int, float, str, date, Decimal, tuples, lists, dicts with text keys, Literals and dataclasses. A union may hold at
most one structured type (dataclass, sequence, dict) besides plain ones, for nothing in the JSON says which it was.
"""

import dataclasses
import types
from collections.abc import Mapping as MappingABC
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_PLAIN = (bool, int, float, str)


class CodecError(ValueError):
    """A value that the hints don't allow."""


def encode(value: Any) -> Any:
    """JSON's own types for a value; CodecError for what can't be carried."""
    if value is None or isinstance(value, _PLAIN):
        return value
    if type(value) is date:
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: encode(getattr(value, name)) for name in _names(type(value))}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: encode(item) for key, item in value.items()}
    raise CodecError(f"{type(value).__name__} can't be carried")


def decode(value: Any, hint: Any) -> Any:
    """The value that `hint` describes; CodecError where the JSON is of another shape."""
    if hint is Any:
        return value
    if hint is None or hint is types.NoneType:
        return _checked(value, value is None, hint)
    if hint in _PLAIN:
        return _checked(value, type(value) is hint or (hint is float and type(value) is int), hint)
    if hint is date or hint is Decimal:
        return _written(value, hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _dataclass(value, hint)
    return _generic(value, hint)


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {name: hints[name] for name in _names(kind)}


def _checked(value: Any, fits: bool, hint: Any) -> Any:
    if not fits:
        raise CodecError(f"{type(value).__name__} where {getattr(hint, '__name__', hint)} belongs")
    return value


def _written(value: Any, hint: Any) -> Any:
    _checked(value, isinstance(value, str), hint)
    try:
        return date.fromisoformat(value) if hint is date else Decimal(value)
    except (ValueError, InvalidOperation):
        raise CodecError(f"{value[:30]!r} where {hint.__name__} belongs") from None


def _dataclass(value: Any, kind: Any) -> Any:
    _checked(value, isinstance(value, dict), kind)
    hints = _hints(kind)
    if set(value) - set(hints):
        raise CodecError(f"{kind.__name__} has no field {sorted(set(value) - set(hints))[0]!r}")
    try:
        return kind(**{name: decode(item, hints[name]) for name, item in value.items()})
    except TypeError as error:
        raise CodecError(str(error)) from None


def _generic(value: Any, hint: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _checked(value, any(value == choice and type(value) is type(choice) for choice in arguments), hint)
    if origin in (Union, types.UnionType):
        return _union(value, arguments)
    if origin is tuple and len(arguments) == 2 and arguments[1] is ...:
        return tuple(decode(item, arguments[0]) for item in _checked(value, isinstance(value, list), hint))
    if origin is tuple:
        items = _checked(value, isinstance(value, list) and len(value) == len(arguments), hint)
        return tuple(decode(item, part) for item, part in zip(items, arguments, strict=True))
    if origin in (list, Sequence):
        return [decode(item, arguments[0]) for item in _checked(value, isinstance(value, list), hint)]
    if origin in (dict, MappingABC):
        return {key: decode(item, arguments[1]) for key, item in _checked(value, isinstance(value, dict), hint).items()}
    raise CodecError(f"{hint!r} can't be carried")


def _union(value: Any, choices: tuple[Any, ...]) -> Any:
    for choice in choices:
        try:
            return decode(value, choice)
        except CodecError:
            continue
    raise CodecError(f"{type(value).__name__} fits none of {choices}")
