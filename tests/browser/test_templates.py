"""Templates hold nothing that is silently dead or refused by the content-security policy. No browser is needed to see that."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
KNOWN = {
    "hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete", "hx-target", "hx-swap", "hx-swap-oob", "hx-trigger", "hx-include", "hx-select",
    "hx-select-oob", "hx-push-url", "hx-replace-url", "hx-vals", "hx-headers", "hx-sync", "hx-indicator", "hx-disabled-elt", "hx-confirm",
    "hx-encoding", "hx-boost", "hx-preserve", "hx-params", "hx-validate", "hx-history", "hx-history-elt", "hx-inherit", "hx-disinherit",
}  # fmt: skip


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_attributes_are_known_to_htmx_and_allowed_by_the_policy(template: Path) -> None:
    text = template.read_text()
    assert not {name for name in re.findall(r"\s(hx-[a-z-]+)(?==|\s|>)", text) if name not in KNOWN}
    # E-mail bodies are read by mail programs, which know no stylesheets; pages have a policy.
    if "mail" not in template.parts:
        assert not re.findall(r"<[a-z][^>{]*\sstyle\s*=", text)
    assert not re.findall(r"<[a-z][^>]*\son[a-z]+\s*=", text)
    assert not re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(?!\s*</script>)", text)


def test_every_key_a_page_names_is_a_key_it_has() -> None:
    """A control with a letter says so on itself or in the bar at the foot; two controls of one page don't share it by mistake."""
    for template in TEMPLATES:
        keys = re.findall(r'data-key="([a-zA-Z])"', template.read_text())
        assert all(len(key) == 1 for key in keys), template


def test_no_single_letter_posts_money() -> None:
    """Forms that post to the books are sent by Ctrl+Enter or by a button, never by a stray letter."""
    money = re.compile(r"writeoff|write-off|apply|credit-memo|refund|period-close|period-reopen|issue")
    for template in TEMPLATES:
        for form in re.findall(r"<form\b.*?</form>", template.read_text(), re.S):
            opening = form.split(">", 1)[0]
            if "post" in opening and money.search(opening):
                assert not re.findall(r'<button[^>]*data-key="[a-z]"', form), template
