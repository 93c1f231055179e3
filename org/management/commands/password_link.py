"""`manage.py password_link EMAIL`: the way in for whoever has the server, where no mail goes out yet."""

from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.management.base import BaseCommand, CommandError, CommandParser

from org.actors import SystemActor
from org.models import User
from org.services import OrgError, ask_new_password


class Command(BaseCommand):
    """Print a link by which a person chooses a password; the old one opens nothing any more."""

    help = "Print a link by which a person chooses a password, once. What they had before opens nothing any more."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose."""
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        person = User.objects.filter(email__iexact=options["email"]).first()
        if person is None:
            raise CommandError(f"nobody has the address {options['email']}")
        try:
            ask_new_password(actor=SystemActor("password_link"), user=person)
        except OrgError as error:
            raise CommandError(str(error)) from None
        token = default_token_generator.make_token(person)
        self.stdout.write(f"{settings.SITE_URL}/settings/choose-password/{person.pk}-{token}/")
