"""What the doctor says, and that each complaint names its remedy."""

import socket
from pathlib import Path

import pytest

from arops import doctor
from arops.run import plan


def test_an_old_python_is_an_error_with_a_remedy() -> None:
    found = doctor.python((3, 10, 4))
    assert found.level == "error" and "3.10.4" in found.text and "make run PYTHON=" in found.text
    assert doctor.python((3, 12, 0)).level == "ok"


def test_without_pango_only_pdfs_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    found = doctor.pango()
    assert found.level == "warning" and "everything works but PDFs" in found.text
    assert "apt-get install libpango-1.0-0" in found.text


def test_a_taken_port_is_an_error_that_offers_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        found = doctor.port(number)
    assert found.level == "error" and f"make run PORT={number + 1}" in found.text
    assert doctor.port(number).level == "ok"


def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    assert doctor.disk(tmp_path / "not" / "there yet").level == "ok"
    found = doctor.disk(tmp_path, least_mb=10**12)
    assert found.level == "error" and "AROPS_VAR_DIR" in found.text


def test_no_chromium_is_said_plainly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    found = doctor.chromium()
    assert found.level == "warning" and "browser tests are left out" in found.text and "apt-get install chromium" in found.text


def test_the_demo_is_not_shown_to_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "0.0.0.0")
    monkeypatch.setenv("AROPS_ENV", "dev")
    monkeypatch.delenv("AROPS_DEMO", raising=False)
    with pytest.raises(plan.Refused, match="AROPS_PUBLIC_DEMO=1"):
        plan.address()
    monkeypatch.setenv("AROPS_PUBLIC_DEMO", "1")
    assert plan.address()[0] == "0.0.0.0"


def test_the_secret_is_made_once_and_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    secret = plan.secret_key(tmp_path)
    assert len(secret) >= 50 and plan.secret_key(tmp_path) == secret
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_what_serves_people_has_no_way_in_as_owner(tmp_path: Path) -> None:
    everything = {"DATABASE_URL": "app", "DATABASE_OWNER_URL": "owner", "DATABASE_ADMIN_URL": "admin"}
    for service in plan.services(tmp_path, everything, "127.0.0.1", 8000):
        assert service.environment is not None
        assert not {"DATABASE_OWNER_URL", "DATABASE_ADMIN_URL"} & service.environment.keys()
