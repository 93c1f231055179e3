"""A form that is sent twice does its work once."""

from collections.abc import Callable

from django.db import connection, transaction

from org.actors import Actor
from workflow.models import IdempotencyKey


@transaction.atomic
def once(*, actor: Actor, token: str, make: Callable[[], int]) -> tuple[int, bool]:
    """The key of what `make` made, and whether it was made now. The same actor's same form (`token`) answers what it made before; of two
    sent at the same moment one waits. Without a token it is made every time."""
    if not token:
        return make(), True
    key = f"form:{token}"[:255]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{actor.label}:{key}"])
    sent = IdempotencyKey.objects.filter(caller=actor.label, key=key).first()
    if sent:
        return int(sent.response["made"]), False
    made = make()
    IdempotencyKey.objects.create(caller=actor.label, key=key, request_hash="", status=201, response={"made": made})
    return made, True
