"""WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arops.settings")
application = get_wsgi_application()

from arops.checks import refuse_unsafe_start  # noqa: E402 - needs the settings

refuse_unsafe_start()
