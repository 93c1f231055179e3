"""`make pictures`: the README's pictures, taken from the running demo (`make run` in another terminal), so that they never go stale.

Each page is taken at 1400 × 900 in light and dark, as the person named, and written to docs/pictures/NAME-light.png and NAME-dark.png.
"""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from arops.demo_logins import DEMO_LOGINS
from arops.doctor import find_chromium

HERE = Path(__file__).parent / "pictures"
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run".split()


@dataclass(frozen=True, slots=True)
class Picture:
    """A page to take: as whom, at which address, and keys to press or a link to follow first."""

    name: str
    role: str
    path: str
    press: str = ""
    follow: str = ""


PICTURES = (
    Picture("workbench", "specialist", "/cash/"),
    Picture("investigation", "senior", "/invoices/exceptions/?q=INV-20003", follow="tbody a[data-open]"),
    Picture("exceptions", "senior", "/invoices/exceptions/", press="Space"),
    Picture("approvals", "supervisor", "/approvals/", press="Space"),
    Picture("case", "senior", "/disputes/?view=all&state=waiting&sort=-opened", follow="tbody a[data-open]"),
    Picture("finding", "specialist", "/disputes/?view=mine", follow="tr:has-text('INV-30020') a[data-open]", press="v"),
    Picture("causes", "supervisor", "/disputes/causes/?company=US01"),
    Picture("problem", "supervisor", "/disputes/causes/problems/", follow="a:has-text('PRB-000001')"),
    Picture("bank-days", "supervisor", "/cash/reconciliation/"),
    Picture("cash-figures", "supervisor", "/cash/figures/?company=US01"),
    Picture("queue", "specialist", "/queue/", press="Space"),
    Picture("customer", "specialist", "/customers/?sort=-overdue", follow="table.table tbody th a"),
    Picture("call", "specialist", "/queue/?kind=call", follow="a[href*='/queue/call/']"),
    Picture("inbox", "specialist", "/queue/inbox/", follow="tbody a[data-open]"),
    Picture("plan", "supervisor", "/queue/plans/?view=all", follow="main tbody a"),
    Picture("strategy", "supervisor", "/queue/strategies/", follow="main tbody a"),
    Picture("escalation", "supervisor", "/queue/escalations/", follow="main tbody a"),
    Picture("dashboard", "controller", "/dashboard/"),
    Picture("ageing", "controller", "/reports/aging/"),
    Picture("dunning", "collections_manager", "/queue/dunning/"),
)


@contextmanager
def window(browser: Any, base: str, role: str, theme: str) -> Iterator[Any]:
    """A logged-in window."""
    login = next(login for login in DEMO_LOGINS if login.role == role)
    context = browser.new_context(base_url=base, viewport={"width": 1400, "height": 900}, color_scheme=theme, locale="en-US")
    page = context.new_page()
    page.goto("/login/")
    page.fill("#login input[name=username]", login.email)
    page.fill("#login input[name=password]", login.password)
    page.click("#login button")
    page.wait_for_url(lambda url: "/login/" not in url)
    yield page
    context.close()


def take(browser: Any, base: str, picture: Picture, theme: str) -> Path:
    """Take one picture; the file it was written to."""
    with window(browser, base, picture.role, theme) as page:
        page.goto(picture.path)
        if picture.follow:
            page.locator(picture.follow).first.click()
            page.wait_for_load_state("networkidle")
        if picture.press:
            page.keyboard.press(picture.press)
        page.wait_for_load_state("networkidle")
        target = HERE / f"{picture.name}-{theme}.png"
        page.screenshot(path=target)
        return target


def main() -> None:
    """Take all of them, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--url", default=os.environ.get("AROPS_URL", "http://127.0.0.1:8000"))
    options = parser.parse_args()
    HERE.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for picture in PICTURES:
            if not options.names or picture.name in options.names:
                for theme in ("light", "dark"):
                    print(take(browser, options.url, picture, theme))
        browser.close()


if __name__ == "__main__":
    main()
