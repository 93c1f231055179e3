"""First paint of the workbench in a real browser, as part of `manage.py bench workbench`; left out where no browser is installed."""

import shutil
from collections.abc import Sequence
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.test.testcases import LiveServerThread

PAINTS = "performance.getEntriesByType('paint').find(e => e.name === 'first-contentful-paint')?.startTime"
ROUNDS = 10
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class _Served:
    """The application as the live server wants its handler: static files are the application's own matter."""

    def __new__(cls, app: Any) -> Any:
        return app if isinstance(app, WSGIHandler) else WSGIHandler()


def first_paints(client: Client, paths: Sequence[str]) -> list[float]:
    """Seconds to the first contentful paint of each path, asked again and again with the login of `client`; none without a browser."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return []
    if browser is None:
        return []
    server = LiveServerThread("127.0.0.1", _Served)  # type: ignore[arg-type]
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    try:
        with sync_playwright() as playwright:
            return _painted(playwright, browser, f"http://127.0.0.1:{server.port}", client.cookies["sessionid"].value, paths)
    finally:
        server.terminate()


def _painted(playwright: Any, browser: str, base: str, session: str, paths: Sequence[str]) -> list[float]:
    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    opened = playwright.chromium.launch(executable_path=browser, args=flags)
    try:
        context = opened.new_context(base_url=base, viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
        page = context.new_page()
        page.goto(paths[0])  # style sheets and scripts are in the browser's cache, as in an office
        found = []
        for n in range(ROUNDS):
            page.goto(paths[n % len(paths)])
            found.append(page.evaluate(PAINTS))
        return [at / 1000 for at in found if at is not None]
    finally:
        opened.close()
