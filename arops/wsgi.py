"""WSGI entry point for gunicorn."""

import os
from threading import Timer

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arops.settings")
application = get_wsgi_application()

from arops.checks import refuse_unsafe_start  # noqa: E402 - needs the settings
from arops.lib import pdf  # noqa: E402

refuse_unsafe_start()
# Loading the libraries behind PDFs takes a second: neither the first request nor the first to open an invoice waits for it.
_warm = Timer(10, pdf.is_available)
_warm.daemon = True
_warm.start()
