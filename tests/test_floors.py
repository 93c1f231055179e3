"""What imports can't show: keys of tables point downwards too, every app has the same rooms, and functions stay short."""

import ast
import statistics
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = {c["id"]: c for c in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]}
APPS: list[str] = CONTRACTS["rooms"]["containers"]
FLOOR = {
    name: height
    for height, layer in enumerate(reversed(CONTRACTS["floors"]["layers"]))
    for name in (part.strip() for part in layer.split("|"))
}
ROOMS = {part.strip(" ()") for layer in CONTRACTS["rooms"]["layers"] for part in layer.split("|")}
BESIDES = {
    "__init__", "apps", "migrations",  # what Django asks for
    "errors", "payload",  # what an app says when it refuses; what it reads from outside, before models
    "bench", "bench_checks", "bench_formats", "bench_lives", "bench_paint", "bench_proposals",  # measuring itself
    "bench_workbench", "bench_worklist", "bench_lists", "bench_mails", "bench_ranks", "bench_world",
    "access", "actors", "audit", "backends",  # org: who may do what, and how they log in
    "asof", "daybook", "verify",  # ledger: the books as of a day, by the sums of each day, and derived anew
    "doorbell",  # workflow: ringing for work, below the views
    "maildrop",  # messaging: letters as files where there is no mail server
    "night",  # reports: the order of the night's work
}  # fmt: skip
LONGEST, MEDIAN, FILE = 50, 10, 400


@pytest.mark.parametrize("app", APPS)
def test_no_table_points_to_a_higher_floor(app: str) -> None:
    """A foreign key is an arrow like an import; the floors hold for both."""
    upwards = [
        f"{model.__name__}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        for field in model._meta.get_fields(include_hidden=True)
        if field.is_relation and field.concrete and _floor(field.related_model._meta.app_label) > FLOOR[app]
    ]
    assert not upwards


def test_neighbours_on_a_floor_do_not_point_to_each_other() -> None:
    for app in APPS:
        beside = {name for name in APPS if name != app and FLOOR[name] == FLOOR[app]}
        for model in apps.get_app_config(app).get_models():
            assert not {f.related_model._meta.app_label for f in model._meta.fields if f.related_model} & beside, model


def _floor(label: str) -> int:
    """Apps that aren't ours (Django's own) lie below the ground."""
    return FLOOR.get(label, -1)


@pytest.mark.parametrize("app", APPS)
def test_an_app_has_no_rooms_but_those_that_all_know(app: str) -> None:
    found = {path.stem for path in (ROOT / app).iterdir() if path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py")))}
    assert found - ROOMS - BESIDES == set()


def test_every_room_that_is_named_is_still_there() -> None:
    there = {path.stem for app in APPS for path in (ROOT / app).iterdir()}
    assert BESIDES - there == set()


def functions() -> Iterator[tuple[str, int, bool]]:
    """Every function of the product: where it stands, its lines without the docstring, whether a `# long:` says why it is long."""
    for path in sorted(path for package in ("arops", *APPS) for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts):
        text = path.read_text()
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                own = lines[node.lineno - 1 : node.end_lineno]
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", len(own) - _docstring(node), any("# long:" in x for x in own)


def _docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return (first.end_lineno or first.lineno) - first.lineno + 1 if said else 0


def test_functions_are_short() -> None:
    found = list(functions())
    assert len(found) > 500
    assert statistics.median(length for _, length, _ in found) < MEDIAN
    assert [f"{name}: {length} lines" for name, length, excused in found if length > LONGEST and not excused] == []


def test_files_are_split_before_they_are_too_long() -> None:
    files = {path: len(path.read_text().splitlines()) for package in ("arops", *APPS) for path in (ROOT / package).rglob("*.py")}
    assert {str(path): n for path, n in files.items() if n > FILE and "migrations" not in path.parts} == {}
