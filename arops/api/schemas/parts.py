"""Pieces of the API's JSON schemas (2020-12, as OpenAPI 3.1 has them)."""

from typing import Any

Schema = dict[str, Any]

AMOUNT: Schema = {
    "type": "string",
    "pattern": r"^-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,4})?$",
    "description": "Major units as text, no more decimals than the currency has.",
    "examples": ["1234.50"],
}
POSITIVE: Schema = {**AMOUNT, "pattern": r"^(0|[1-9][0-9]{0,12})(\.[0-9]{1,4})?$"}
DECIMAL: Schema = {
    "type": "string",
    "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,8})?$",
    "description": "A plain decimal as text.",
    "examples": ["2.5"],
}
CURRENCY: Schema = {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217 code.", "examples": ["USD"]}
DAY: Schema = {"type": "string", "format": "date", "examples": ["2026-10-31"]}
MOMENT: Schema = {"type": "string", "format": "date-time"}
WHOLE: Schema = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
VERSION: Schema = {
    "type": "integer",
    "minimum": 0,
    "maximum": 2**62,
    "description": "The sender's own counter of changes: an older one than we hold changes nothing.",
}
FLAG: Schema = {"type": "boolean"}
COMPANY: Schema = {"type": "string", "minLength": 1, "maxLength": 20, "description": "Code of the company.", "examples": ["US01"]}
SOURCE: Schema = {"type": "string", "maxLength": 40, "description": "The sender's system; without it, the key's."}
EXTERNAL: Schema = {"type": "string", "maxLength": 80, "description": "The sender's id, unique with source_system in a company."}
REFERENCE: Schema = {
    "description": "Another record: our id or its number, or the sender's id.",
    "anyOf": [
        {"type": "string", "minLength": 1, "maxLength": 120},
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["external_id"],
            "properties": {"external_id": {"type": "string", "minLength": 1, "maxLength": 80}, "source_system": SOURCE},
        },
    ],
    "examples": [{"external_id": "C-100"}],
}


def text(limit: int, description: str = "", **more: Any) -> Schema:
    """Text of at most `limit` characters."""
    return {"type": "string", "maxLength": limit, **({"description": description} if description else {}), **more}


def one_of(*values: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(values)}


def nullable(schema: Schema) -> Schema:
    """The schema, or null."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def public_id(prefix: str) -> Schema:
    """Our id of a kind of record."""
    return {"type": "string", "pattern": f"^{prefix}_[0-9]+$", "examples": [f"{prefix}_42"]}


def ref(name: str) -> Schema:
    """A component."""
    return {"$ref": f"#/components/schemas/{name}"}


def taken(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    """An object that callers send: unknown fields are refused; what isn't required may be null."""
    fields = {name: schema if name in required else nullable(schema) for name, schema in properties.items()}
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": fields}


def given(**properties: Schema) -> Schema:
    """An object that we answer with: every field is there."""
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


def listed(schema: Schema, **more: Any) -> Schema:
    """A list of these."""
    return {"type": "array", "items": schema, **more}
