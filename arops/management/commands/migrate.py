"""`manage.py migrate`: as the owner of the tables where one is configured, and with the runtime role's rights set afterwards."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections, transaction

from arops.lib.grants import grant_statements


class Command(DjangoMigrate):
    """Migrate, then grant the runtime role what it needs and no more."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Run Django's migrate on the owner's connection, then the grants."""
        if options["database"] == "default" and "owner" in connections.databases:
            options["database"] = "owner"
        super().handle(*args, **options)
        if options["database"] == "owner" and not options["plan"] and not options["check_unapplied"]:
            runtime = settings.DATABASES["default"]["USER"]
            # In one transaction: a process at work must never meet a table whose rights are taken and not yet given back.
            with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
                for statement in grant_statements(runtime, apps.get_models(include_auto_created=True), cursor):
                    cursor.execute(statement)
