"""The help shows the pages of docs, finds them, and does no harm whatever stands in them; what they list is what there is."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from arops import help as manual
from org import policy
from tests.factories import make_company, make_user

ROOT = Path(settings.BASE_DIR)


def enter(role="collaborator"):
    client = Client()
    client.force_login(make_user(role, make_company()))
    return client


@pytest.mark.django_db
def test_every_page_of_docs_is_drawn_and_listed():
    client = enter()
    listed = client.get(reverse("help")).content.decode()
    pages = manual.docs()
    assert {"how-to/import-invoices", "reference/keys", "explanation/as-of"} <= pages.keys()
    for doc in pages.values():
        body = client.get(doc.url).content.decode()
        assert f'href="{doc.url}"' in listed, doc.slug
        assert "<h1" in body and "style=" not in body, doc.slug


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["../README", "how-to/../../arops/settings", "how-to/nothing", "pictures", "reference/keys.md", "%00"])
def test_only_pages_of_docs_are_shown(slug):
    assert enter().get(f"/help/{slug}/").status_code == 404


def test_the_help_is_for_those_who_are_logged_in(db):
    assert Client().get(reverse("help")).status_code == 302


def test_markup_in_a_page_does_no_harm():
    doc = manual.draw(
        "how-to/x",
        "# A <script>alert(1)</script>\n\n<img src=x onerror=alert(1)> [a](javascript:alert(1)) ![p](/x.png) [b](//evil.example/x)\n\n"
        '<a href="https://x" onclick="y()">z</a>',
    )
    assert "<script" not in doc.html and "<img" not in doc.html and "javascript:" not in doc.html.replace("(javascript:", "(")
    assert "<a href=" not in doc.html.replace('<a href="//evil', "")


def test_links_lead_to_pages_of_the_help_and_headings_have_anchors():
    doc = manual.draw(
        "how-to/x", "# T\n\n[keys](../reference/keys.md#lists) [web](https://example.com) [no](../../README.md)\n\n## A & b\n\n## A b\n"
    )
    assert '<a href="/help/reference/keys/#lists"' in doc.html and '<a href="https://example.com" rel="noopener"' in doc.html
    assert '<a href="/help/"' in doc.html
    assert [(h.text, h.anchor) for h in doc.headings] == [("T", "t"), ("A & b", "a-b"), ("A b", "a-b-2")]
    assert '<h2 id="a-b-2">' in doc.html


@pytest.mark.django_db
def test_search_finds_titles_before_headings_before_text():
    found = [hit.doc.slug for hit in manual.search("keys")]
    assert found[0] == "reference/keys"
    (hit,) = manual.search("shortened spreadsheet")
    assert hit.doc.slug == "how-to/import-invoices"
    assert [h.anchor for h in next(h for h in manual.search("map columns") if h.doc.slug == "how-to/import-invoices").headings] == [
        "map-the-columns"
    ]
    assert manual.search("") == [] and manual.search("zebra-crossing") == []
    assert "Nothing about" in enter().get(reverse("help") + "?q=zebra-crossing").content.decode()
    assert "<script>" not in enter().get(reverse("help") + "?q=<script>").content.decode().partition("<main")[2]


def test_screens_lead_to_pages_that_exist():
    slugs = manual.docs().keys()
    for name, target in manual.PAGES.items():
        slug, _, anchor = target.partition("#")
        if slug in slugs and anchor:
            assert anchor in {h.anchor for h in manual.docs()[slug].headings}, name
    assert manual.help_for("invoicing:import-detail") == "/help/how-to/import-invoices/"
    assert manual.help_for("nothing:like-it") == manual.help_for("") == "/help/"


@pytest.mark.django_db
def test_the_dialog_of_a_screen_links_to_its_page():
    body = enter("specialist").get(reverse("invoicing:list")).content.decode()
    assert '<a class="link" href="/help/how-to/invoices/"' in body


def test_the_reference_lists_every_permission_role_and_scope():
    text = (ROOT / "docs/reference/permissions.md").read_text()
    listed = set(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", text, re.MULTILINE))
    assert listed == policy.PERMISSIONS, "docs/reference/permissions.md lists the permissions of org/policy.py"
    assert [name for _, (name, _) in policy.ROLES.items() if f"| {name} |" not in text] == []
    assert [scope for scope in policy.SCOPES if f"`{scope}`" not in text] == []


def test_the_reference_lists_every_setting():
    text = (ROOT / "docs/reference/settings.md").read_text()
    asked = set(re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', (ROOT / "arops/settings.py").read_text()))
    assert {name for name in asked if f"`{name}`" not in text} == set(), "docs/reference/settings.md lists what arops/settings.py asks for"


def test_the_keys_of_the_menu_are_those_of_the_reference():
    from arops.context import NAV

    text = (ROOT / "docs/reference/keys.md").read_text()
    assert [item.label for item in NAV if f"`g {item.key}`" not in text] == []
