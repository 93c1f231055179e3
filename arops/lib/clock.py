"""The only place that asks what day it is. Views, API, tasks and commands ask here and pass the day on; the domain never does."""

from datetime import date, datetime

from django.conf import settings
from django.utils import timezone


def today() -> date:
    """The business date: `BUSINESS_DATE` where it is set (demo, replays), else the calendar day in the server's time zone."""
    fixed: date | None = getattr(settings, "BUSINESS_DATE", None)
    return fixed or timezone.localdate()


def now() -> datetime:
    """The moment, in UTC: for `posted_at`, `sent_at` and the like; never for a business date."""
    return timezone.now()
