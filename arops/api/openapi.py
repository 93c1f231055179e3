"""The OpenAPI document: generated from the views once a process, completed with what all calls share."""

import re
from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator

from arops.api.schemas import COMPONENTS, ref

ABOUT = """Receivables of ArOps, for ERPs and other systems.

* Send `Authorization: Bearer ar_live_…`; an administrator makes keys, or `manage.py create_api_key`.
* Amounts are text in major units beside a currency (`"1234.50"`, `"USD"`); days are ISO days, moments are UTC.
* Records have our id (`inv_42`) and the sender's (`source_system`, `external_id`); either may be used to refer to them.
* Lists come in pages: ask again with `cursor` = `next`. Send `Accept: text/csv` for CSV.
* What moves money needs an `Idempotency-Key`: a retry with the same key has no second effect.
* Errors are `application/problem+json` with pointers to the fields that are wrong.
"""
PROBLEMS = {
    "4XX": "What is wrong with the call.",
    "500": "Something failed on our side; nothing was changed.",
}


_SENTENCE = re.compile(r"(?<=[.])\s|\n\n")


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[misc]
    """API keys in the document."""

    target_class = "arops.api.auth.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "description": "An API key of ArOps."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[misc]
    """Sessions in the document."""

    target_class = "arops.api.auth.SessionUser"
    name = "Session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The session's cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "A person who is logged in."}


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the components, the problems and the tags; a hook of drf-spectacular."""
    result["info"]["description"] = ABOUT
    result["components"].setdefault("schemas", {}).update(COMPONENTS)
    problem = {"application/problem+json": {"schema": ref("Problem")}}
    for path, operations in result["paths"].items():
        for operation in operations.values():
            name = path.removeprefix("/api/v1/").split("/")[0]
            operation["tags"] = [name]
            operation.setdefault("summary", _SENTENCE.split(operation.get("description", ""), maxsplit=1)[0].rstrip("."))
            for status, words in PROBLEMS.items():
                operation["responses"][status] = {"description": words, "content": problem}
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
    return result


@cache
def document() -> dict[str, Any]:
    """The document, made once: it depends on nothing but the code."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made
