"""What time it is where a customer is, and whether that is a time to call. Pure.

A customer's country names one time zone, or several: then the hours of both ends are given, and it is a time to call only when it is
one everywhere. Zones are those of the IANA database, the widest apart of each country that has several.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

FROM, TO = 8, 18
"""Hours of the day within which business is called. Ours; US rules for consumers (8 to 21) are wider."""

ZONES: dict[str, tuple[str, ...]] = {
    "AE": ("Asia/Dubai",), "AR": ("America/Argentina/Buenos_Aires",), "AT": ("Europe/Vienna",),
    "AU": ("Australia/Sydney", "Australia/Perth"),
    "BE": ("Europe/Brussels",), "BG": ("Europe/Sofia",), "BR": ("America/Sao_Paulo", "America/Rio_Branco"),
    "CA": ("America/St_Johns", "America/Vancouver"), "CH": ("Europe/Zurich",), "CL": ("America/Santiago",), "CN": ("Asia/Shanghai",),
    "CO": ("America/Bogota",), "CY": ("Asia/Nicosia",), "CZ": ("Europe/Prague",), "DE": ("Europe/Berlin",), "DK": ("Europe/Copenhagen",),
    "EE": ("Europe/Tallinn",), "EG": ("Africa/Cairo",), "ES": ("Europe/Madrid",), "FI": ("Europe/Helsinki",), "FR": ("Europe/Paris",),
    "GB": ("Europe/London",), "GR": ("Europe/Athens",), "HK": ("Asia/Hong_Kong",), "HR": ("Europe/Zagreb",), "HU": ("Europe/Budapest",),
    "ID": ("Asia/Jakarta", "Asia/Jayapura"), "IE": ("Europe/Dublin",), "IL": ("Asia/Jerusalem",), "IN": ("Asia/Kolkata",),
    "IS": ("Atlantic/Reykjavik",), "IT": ("Europe/Rome",), "JP": ("Asia/Tokyo",), "KE": ("Africa/Nairobi",), "KR": ("Asia/Seoul",),
    "LT": ("Europe/Vilnius",), "LU": ("Europe/Luxembourg",), "LV": ("Europe/Riga",), "MA": ("Africa/Casablanca",), "MT": ("Europe/Malta",),
    "MX": ("America/Mexico_City", "America/Tijuana"), "MY": ("Asia/Kuala_Lumpur",), "NG": ("Africa/Lagos",), "NL": ("Europe/Amsterdam",),
    "NO": ("Europe/Oslo",), "NZ": ("Pacific/Auckland",), "PE": ("America/Lima",), "PH": ("Asia/Manila",), "PK": ("Asia/Karachi",),
    "PL": ("Europe/Warsaw",), "PT": ("Europe/Lisbon",), "RO": ("Europe/Bucharest",), "RS": ("Europe/Belgrade",), "SA": ("Asia/Riyadh",),
    "SE": ("Europe/Stockholm",), "SG": ("Asia/Singapore",), "SI": ("Europe/Ljubljana",), "SK": ("Europe/Bratislava",),
    "TH": ("Asia/Bangkok",),
    "TR": ("Europe/Istanbul",), "TW": ("Asia/Taipei",), "UA": ("Europe/Kyiv",), "US": ("America/New_York", "America/Los_Angeles"),
    "VN": ("Asia/Ho_Chi_Minh",), "ZA": ("Africa/Johannesburg",),
}  # fmt: skip


_BY_STATE = {
    "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY", "America/Phoenix": "AZ", "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK", "Pacific/Honolulu": "HI",
}  # fmt: skip
STATES = {f"US-{state}": (zone,) for zone, states in _BY_STATE.items() for state in states.split()}
"""States by the zone that most of their people live in."""


ALL_ZONES: tuple[str, ...] = tuple(sorted({zone for zones in (*ZONES.values(), *STATES.values()) for zone in zones}))
"""Every zone known here."""


@dataclass(frozen=True, slots=True)
class LocalTime:
    """`10:12`, or `04:12 to 07:12` where the country has several zones; whether it is a time to call everywhere there."""

    text: str
    is_open: bool


def local_time(places: Iterable[str], now: datetime) -> LocalTime | None:
    """The time at the first of these places (ISO 3166 codes, the most exact first) whose zone is known here; None where none is."""
    zones = next((found for place in places if (found := STATES.get(place) or ZONES.get(place))), ())
    if not zones:
        return None
    there = sorted((now.astimezone(ZoneInfo(zone)) for zone in zones), key=lambda moment: moment.replace(tzinfo=None))
    texts = list(dict.fromkeys(f"{moment:%H:%M}" for moment in there))
    return LocalTime(" to ".join(texts), all(FROM <= moment.hour < TO and moment.weekday() < 5 for moment in there))
