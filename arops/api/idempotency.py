"""The same call twice has one effect: the answer is kept in the transaction of the effect, and given again.

Rules (IETF draft on the Idempotency-Key header): missing where needed 400, the same key with another body 422. A twin that
arrives while the first still works waits for it, and then replays; if the first takes longer than the wait, 409. What failed
is not kept: a caller may mend its call and use the key again.

The wait is on an advisory lock named by caller and key, taken before the look-up; so a twin finds either nothing or the whole
answer, and the answer is written once, as the text that was sent. The table's unique index would stop a second row in any case.
"""

import hashlib
from collections.abc import Callable

from django.db import OperationalError, connection, transaction
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api.problems import ApiProblem
from arops.api.render import Json, Rendered
from org.actors import Actor
from workflow.models import IdempotencyKey

PATIENCE = "20s"


def once(request: Request, actor: Actor, work: Callable[[], Response], *, needed: bool, dry_run: bool = False) -> Response:
    """Do `work`, or give the answer it gave before for this caller and key. A dry run has no effect, so nothing is kept of it."""
    key = request.headers.get("Idempotency-Key")
    if key is None and needed and not dry_run:
        raise ApiProblem(400, "idempotency_key_needed", f"{_WANTED}: a retry with it has no second effect")
    if key is not None and not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise ApiProblem(400, "idempotency_key_invalid", _WANTED)
    with transaction.atomic():
        if key is None or dry_run:
            return work()
        return _once(actor.label, key, _digest(request), work)


_WANTED = "send an Idempotency-Key header of 1 to 255 printable ASCII characters"


def _digest(request: Request) -> str:
    """What the call says: its address and its body; of a form its fields and files, since their boundaries differ each time."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type.startswith("multipart/"):
        for name, values in sorted(request.POST.lists()):
            digest.update(repr((name, values)).encode())
        for name, file in sorted(request.FILES.items()):
            digest.update(repr((name, file.name)).encode())
            digest.update(hashlib.sha256(file.read()).digest())
            file.seek(0)
    else:
        digest.update(request._request.body)
    return digest.hexdigest()


def _once(caller: str, key: str, digest: str, work: Callable[[], Response]) -> Response:
    _wait_for_twin(f"{caller} {key}")
    if kept := IdempotencyKey.objects.filter(caller=caller, key=key).first():
        if kept.request_hash != digest:
            raise ApiProblem(422, "idempotency_key_reused", "this key was used for another call: take a new one")
        return Response(Rendered(str(kept.response)), status=kept.status, headers={"Idempotent-Replayed": "true"})
    response = work()
    if response.status_code < 400 and getattr(response, "has_effect", True):
        text = Json().render(response.data).decode()
        IdempotencyKey.objects.create(caller=caller, key=key, request_hash=digest, status=response.status_code, response=text)
        response.data = Rendered(text)
    return response


def _wait_for_twin(name: str) -> None:
    lock = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
            cursor.execute("RESET lock_timeout")
    except OperationalError as error:
        raise ApiProblem(
            409, "in_flight", "a call with this key is still at work: try again shortly", headers={"Retry-After": "5"}
        ) from error
