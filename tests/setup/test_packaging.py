"""The files that others' tools read: locked requirements, compose, image, units."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_locked_with_hashes_and_name_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    packages = re.split(r"\n(?=[a-z0-9])", text.strip(), flags=re.IGNORECASE)
    for package in packages:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^ ]+", package), package.splitlines()[0]
        assert "--hash=sha256:" in package, package.splitlines()[0]
    assert "://" not in text and "--index-url" not in text


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_direct_dependency_is_locked(name: str) -> None:
    locked = {_plain(found) for found in re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==", (ROOT / f"{name}.txt").read_text(), re.M)}
    wanted = re.findall(r"^([A-Za-z0-9._-]+)", re.sub(r"^[#-].*$", "", (ROOT / f"{name}.in").read_text(), flags=re.M), re.M)
    assert {_plain(found) for found in wanted} <= locked


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_licence_is_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text and "Version 2.0, January 2004" in text and "END OF TERMS AND CONDITIONS" in text


def test_compose_has_every_process_each_with_a_health_check() -> None:
    assert set(SERVICES) == {"postgres", "valkey", "migrate", "web", "worker", "beat"}
    for name, service in SERVICES.items():
        if name != "migrate":
            assert {"test", "interval", "timeout", "retries"} <= service["healthcheck"].keys(), name
    assert int(SERVICES["postgres"]["image"].partition(":")[2]) >= 16


def test_compose_waits_for_servers_and_migrations() -> None:
    for name in ("web", "worker", "beat"):
        waits = {service: rule["condition"] for service, rule in SERVICES[name]["depends_on"].items()}
        assert waits == {"migrate": "service_completed_successfully", "postgres": "service_healthy", "valkey": "service_healthy"}
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert SERVICES["migrate"]["restart"] == "no"


def test_compose_commands_name_modules_that_exist() -> None:
    image = re.search(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.M)
    assert image
    commands = [yaml.safe_load(image[1]), *(SERVICES[name]["command"] for name in ("migrate", "worker", "beat"))]
    for command in commands:
        assert command[0] == "python"
        modules = [command[2]] if command[1] == "-m" else []
        modules += [word.partition(":")[0] for word in command if word.startswith("arops.")]
        assert all(importlib.util.find_spec(module) for module in modules)
        assert command[1] == "-m" or (ROOT / command[1]).exists()


def test_compose_has_no_default_secret_and_binds_to_this_machine() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "APP_PASSWORD", "OWNER_PASSWORD"):
        uses = re.findall(rf"\$\{{{name}([^}}]*)\}}", text)
        assert uses and all(use.startswith(":?") for use in uses), name
    assert all(port.startswith("127.0.0.1:") for service in SERVICES.values() for port in service.get("ports", []))
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]


def test_only_migrate_may_change_the_schema() -> None:
    assert [name for name, service in SERVICES.items() if "DATABASE_OWNER_URL" in service.get("environment", {})] == ["migrate"]
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["environment"]["DATABASE_URL"].startswith("postgresql://arops_app:")
        assert SERVICES[name]["environment"]["AROPS_ENV"] == "production"


def test_files_that_compose_mounts_exist() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", []) if mount.startswith("./")]
    assert mounts and all((ROOT / mount.split(":")[0]).exists() for mount in mounts)


def test_the_image_installs_hashed_pins_and_does_not_run_as_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "pip install --require-hashes -r requirements.txt" in text
    assert re.findall(r"^USER (.*)$", text, re.M)[-1] != "root"


@pytest.mark.parametrize("unit", sorted((ROOT / "deploy" / "systemd").glob("*.service")), ids=lambda path: path.stem)
def test_units_name_modules_that_exist_and_run_as_a_user_of_their_own(unit: Path) -> None:
    text = unit.read_text()
    assert "User=arops" in text
    assert all(importlib.util.find_spec(module) for module in re.findall(r"arops\.\w+", re.sub(r"\S+\.(service|target|env)", "", text)))


def production(**changes: str) -> subprocess.CompletedProcess[str]:
    """What gunicorn would load, with production's settings and the changes."""
    environment = {k: v for k, v in os.environ.items() if k not in ("AROPS_DEMO", "DEBUG", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL")}
    good = {"AROPS_ENV": "production", "SECRET_KEY": "k" * 25 + "v9!" * 15, "ALLOWED_HOSTS": "ar.example.com"}
    command = [sys.executable, "-c", "import arops.wsgi; print('up')"]
    return subprocess.run(command, cwd=ROOT, env=environment | good | changes, capture_output=True, text=True, check=False)


@pytest.mark.django_db
def test_o6_production_starts_with_good_settings() -> None:
    done = production()
    assert done.stdout.strip() == "up", done.stderr


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"DEBUG": "1"}, "DEBUG is on"),
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "dev-only-not-a-secret-" + "x" * 30}, "SECRET_KEY"),
        ({"AROPS_DEMO": "1"}, "AROPS_DEMO"),
        ({"DATABASE_URL": "owner"}, "owns the journal"),
        ({"DATABASE_URL": "admin"}, "owns the journal"),
        ({"DATABASE_URL": "postgresql://arops_app@/arops?host=%2Fnowhere"}, "database can't be asked"),
    ],
    ids=["debug", "no secret", "default secret", "demo", "owner role", "superuser", "no database"],
)
def test_o6_production_refuses(changes: dict[str, str], reason: str) -> None:
    roles = {"owner": os.environ["DATABASE_OWNER_URL"], "admin": os.environ["DATABASE_ADMIN_URL"]}
    done = production(**{name: roles.get(value, value) for name, value in changes.items()})
    assert done.returncode != 0 and reason in done.stderr
