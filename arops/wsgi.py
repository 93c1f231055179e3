"""WSGI entry point for gunicorn."""

import os
from threading import Thread

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arops.settings")
application = get_wsgi_application()

from arops.checks import refuse_unsafe_start  # noqa: E402 - needs the settings
from arops.lib import pdf  # noqa: E402

refuse_unsafe_start()
# Loading the libraries behind PDFs takes a second: it isn't the first one to open an invoice who waits for it.
Thread(target=pdf.is_available, name="pdf", daemon=True).start()
