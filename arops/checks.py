"""What a production server must not start with (`check --deploy`, and at every start: see `arops.wsgi`)."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection
from django.db.utils import Error as DatabaseError


@register(Tags.security)
def production_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """DEBUG, the development secret and a database role that owns the journal are refused in production."""
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(Error("DEBUG is on.", hint="Unset DEBUG.", id="arops.E001"))
    if not settings.SECRET_KEY or settings.SECRET_KEY == settings.DEFAULT_SECRET:
        found.append(Error("SECRET_KEY is missing or the development one.", hint="Set SECRET_KEY.", id="arops.E002"))
    if settings.DEMO:
        found.append(Error("AROPS_DEMO is on: it shows logins to everyone.", hint="Unset AROPS_DEMO.", id="arops.E004"))
    return found


@register(Tags.database)
def runtime_role(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The role the product runs as may neither own the journal nor be a superuser: an owner can switch the triggers off."""
    if not settings.PRODUCTION or not databases:
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolsuper OR EXISTS (SELECT FROM pg_tables WHERE tablename LIKE 'ledger\\_%%' AND tableowner = current_user)"
                " FROM pg_roles WHERE rolname = current_user"
            )
            row = cursor.fetchone()
    except DatabaseError as error:
        return [Error(f"The database can't be asked: {error}", id="arops.E005")]
    if row and row[0]:
        return [Error("The database role owns the journal tables.", hint="Run as the runtime role, migrate as the owner.", id="arops.E003")]
    return []


def refuse_unsafe_start() -> None:
    """End the process with the reasons when production would run with DEBUG, the default secret or a role that owns the journal."""
    found = [*production_settings(None), *runtime_role(None, databases=["default"])]
    if found:
        raise SystemExit("ArOps doesn't start:\n" + "\n".join(f"  {message}" for message in found))
