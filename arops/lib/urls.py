"""Connection URLs from the environment, as Django's settings want them."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


def database(url: str) -> dict[str, Any]:
    """Django's DATABASES entry for `postgresql://user:password@host:port/name?host=/socket/dir`; empty fields fall back to libpq's.

    Raises ValueError for any other scheme: the books live in PostgreSQL's constraints and triggers.
    """
    parts = urlsplit(url or "postgresql:///arops")
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError(f"DATABASE_URL must be a postgresql:// URL, not {parts.scheme}://")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or query.pop("port", "")),
        "OPTIONS": query,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def cache_url(url: str) -> dict[str, dict[str, Any]]:
    """Django's CACHES for a Redis URL; each process its own memory where there is none (commands, checks)."""
    if not url:
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    return {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url.replace("redis+socket://", "unix://")}}
