"""The same call twice has one effect: the answer is kept in the transaction of the effect, and given again.

Rules (IETF draft on the Idempotency-Key header): missing where needed 400, the same key with another body 422. A twin that
arrives while the first still works waits for it on the unique index, and then replays; if the first takes longer than the
lock's patience, 409. What failed is not kept: a caller may mend its call and use the key again.
"""

import hashlib
import json
from collections.abc import Callable

from django.db import IntegrityError, OperationalError, connection, transaction
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api.problems import ApiProblem
from org.actors import Actor
from workflow.models import IdempotencyKey

PATIENCE = "20s"


class _Failed(Exception):
    """Carries a refusal out of the transaction, which rolls back."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def once(request: Request, actor: Actor, work: Callable[[], Response], *, needed: bool) -> Response:
    """Do `work`, or give the answer it gave before for this caller and key."""
    key = request.headers.get("Idempotency-Key")
    if key is None and not needed:
        with transaction.atomic():
            return work()
    _check(key)
    assert key is not None
    digest = hashlib.sha256(
        f"{request.method} {request.path}\n{json.dumps(request.data, sort_keys=True, default=str)}".encode()
    ).hexdigest()
    try:
        return _once(actor.label, key, digest, work)
    except _Failed as failed:
        return failed.response


def _check(key: str | None) -> None:
    if not key or len(key) > 255 or not key.isprintable():
        raise ApiProblem(
            400, "idempotency_key_needed", "send an Idempotency-Key header of 1 to 255 characters: a retry with it has no second effect"
        )


def _once(caller: str, key: str, digest: str, work: Callable[[], Response]) -> Response:
    with transaction.atomic():
        if kept := IdempotencyKey.objects.filter(caller=caller, key=key).first():
            return _replay(kept, digest)
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
                row = IdempotencyKey.objects.create(caller=caller, key=key, request_hash=digest, status=0)
        except IntegrityError:  # the twin finished while we waited
            return _replay(IdempotencyKey.objects.get(caller=caller, key=key), digest)
        except OperationalError as error:
            raise ApiProblem(
                409, "in_flight", "a call with this key is still at work: try again shortly", headers={"Retry-After": "5"}
            ) from error
        response = work()
        if response.status_code >= 400:
            raise _Failed(response)
        row.status, row.response = response.status_code, json.loads(json.dumps(response.data, default=str))
        row.save(update_fields=["status", "response"])
        return response


def _replay(kept: IdempotencyKey, digest: str) -> Response:
    if kept.request_hash != digest:
        raise ApiProblem(422, "idempotency_key_reused", "this key was used for another call: take a new one")
    return Response(kept.response, status=kept.status, headers={"Idempotent-Replayed": "true"})
