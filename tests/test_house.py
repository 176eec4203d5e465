"""The walls of the house: who may import whom, how long, what it is called, and that it is told.

What the docs must tell is read from the code by tests/surface.py.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alliance.worker import HANDLERS
from tests import surface
from tests.surface import PACKAGES, ROOT, named, sources, tree

LINES = 400
FUNCTION_LINES = 50
EDGES = {"fitting", "app", "cli", "demo", "demo_story", "hub", "serving", "web", "worker"}
NOT_FLOORS = {"locale", "migrations", "settings", "collecting", "logs"}

DRAWERS = {"util", "helper", "service", "manager", "common", "data", "misc", "info"}
"""Names that say nothing (house §7); also refused in the plural."""
NOT_USED = DRAWERS | {"partner", "affiliate", "user"}

WAYS_OUT = {"requests", "urllib3", "urllib.request", "http.client", "socket", "ssl", "httpx",
            "asyncio", "nats", "redis"}
MAY_CALL_OUT = {f"alliance/connect/{name}.py" for name in (
    "addresses", "dialling", "http", "nats_stream", "redis_stream")}
"""Everything that dials: a request anywhere else would go past the pinned addresses and limits. The
two streams dial what the operator's own settings name."""

MAY_SPEAK_SQL = {"alliance/web/front.py"}
"""Who may use `text()` or a bare table, past the wall between members (house §9): batches, and the
question whether the database is there."""

MONEY_ROOMS = ("alliance/core", "alliance/rules", "alliance/ledger", "alliance/settlement",
               "alliance/referrals", "alliance/alliances", "alliance/connect", "connectors")
MAY_USE_FLOATS = {"alliance/connect/strict_json.py"}
"""Files in a money room whose floats are no money: a platform's numbers that are no amounts."""

WAITING = ["tests/e2e/conftest.py: time.sleep("]
"""Where tests wait between two looks whether a process of its own is up."""

FROM_A_PROMISE = {
    # SQLAlchemy's types and the connector's protocol say what these are for.
    "process_bind_param", "process_result_value", "load_dialect_impl",
    "check_call", "read_call", "order", "orders", "products", "make_coupons", "void_coupons",
}


def test_imports_only_go_down() -> None:
    result = _lint_imports(ROOT)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("file", "line", "contract"), [
    ("alliance/core/money.py", "import alliance.db.queue", "Imports only go down"),
    ("alliance/rules/terms.py", "import sqlalchemy", "Words and law do no I/O"),
    ("alliance/db/once.py", "import flask", "Only the web knows the web framework"),
    ("alliance/connect/protocol.py", "import alliance.db.session", "Only edges open a transaction"),
    ("connectors/woocommerce/alliance_woocommerce/__init__.py", "import alliance.db.queue",
     "A connector sees the promise and the words"),
    ("alliance/connect/protocol.py", "import alliance_woocommerce",
     "The hub knows no connector by name"),
])
def test_an_import_that_breaks_a_contract_is_caught(
        tmp_path: Path, file: str, line: str, contract: str) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package,
                        ignore=shutil.ignore_patterns("built", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a", encoding="utf-8") as broken:
        broken.write(f"\n{line}\n")

    result = _lint_imports(tmp_path)

    assert result.returncode == 1
    assert f"{contract} BROKEN" in result.stdout


def test_every_floor_stands_in_every_contract() -> None:
    contracts = {each["name"]: each for each in _pyproject()["importlinter"]["contracts"]}
    floors = {path.stem if path.is_file() else path.name for path in (ROOT / "alliance").iterdir()
              if (path / "__init__.py").exists() or path.suffix == ".py"}
    floors -= NOT_FLOORS | {"__init__"}
    below = {f"alliance.{floor}" for floor in floors - EDGES}

    for name in ("Only the web knows the web framework", "Only edges open a transaction"):
        assert set(contracts[name]["source_modules"]) >= below - {"alliance.db"}, name
    hidden = contracts["A connector sees the promise and the words"]["forbidden_modules"]
    assert set(hidden) >= below - {"alliance.core", "alliance.connect"}


def test_a_file_is_read_in_one_sitting() -> None:
    files = [path for ending in (".py", ".ts", ".php", ".html")
             for path in sources("alliance", "connectors", "widgets", "tests", ending=ending)]

    assert _longer(files) == {}


def test_a_function_fits_a_screen() -> None:
    long = [f"{named(path)}:{node.lineno} {node.name} has {_length(node)} lines"
            for path in sources(*PACKAGES, "tests", "widgets") for node in _functions(path)
            if _length(node) > FUNCTION_LINES]

    assert long == []


def test_names_say_what_a_thing_is() -> None:
    drawers = [named(path) for path in sources(*PACKAGES, "tests", "widgets")
               if _words(path.stem) & _both(DRAWERS) or path.parent.name in _both(DRAWERS)]
    unwanted = [f"{named(path)}:{node.lineno} {node.name}"
                for path in sources(*PACKAGES) for node in ast.walk(tree(path))
                if isinstance(node, ast.ClassDef | ast.FunctionDef)
                and _words(node.name) & _both(NOT_USED)
                # Names of the web's and of GraphQL's own things: a user agent, user errors.
                and not _words(node.name) & {"agent", "errors"}]

    assert drawers + unwanted == []


def test_no_float_touches_money() -> None:
    found = [f"{named(path)}:{node.lineno}" for path in sources(*MONEY_ROOMS)
             if named(path) not in MAY_USE_FLOATS for node in ast.walk(tree(path))
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
             and node.func.id in {"float", "round"}]
    fractions = [f"{named(path)}:{node.lineno}"
                 for path in sources("alliance/core", "alliance/ledger", "alliance/settlement")
                 for node in ast.walk(tree(path))
                 if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)]

    assert found + fractions == []


def test_one_door_leads_out() -> None:
    found = {named(path) for path in sources(*PACKAGES) if _imported(path) & WAYS_OUT}

    assert found == MAY_CALL_OUT


def test_sql_by_hand_stays_where_it_is_listed() -> None:
    found = {named(path) for path in sources("alliance") if not named(path).startswith(
        ("alliance/db/", "alliance/migrations/")) and _speaks_sql(path)}

    assert found == MAY_SPEAK_SQL


def test_chance_belongs_to_the_demo_story_and_the_tests() -> None:
    found = [named(path) for path in sources(*PACKAGES) if "random" in _imported(path)]

    assert [name for name in found if not name.startswith("alliance/demo_story")] == []


def test_the_environment_is_read_in_one_place() -> None:
    ways = {"os.environ", "os.getenv"}
    found = {named(path) for path in sources(*PACKAGES) for node in ast.walk(tree(path))
             if isinstance(node, ast.Attribute) and ast.unparse(node) in ways}

    # The demo reads nothing there: it tells its web processes what they are to read.
    assert found == {"alliance/settings.py", "alliance/demo.py"}


@pytest.mark.parametrize(("ending", "pattern"), [
    (".py", r"verify\s*=\s*False|\bMarkup\(|\beval\(|\bexec\(|shell\s*=\s*True|\bpickle\b"),
    (".html", r"[^'\"\s]\s*\|\s*safe\b|autoescape false|(?:src|href)=[\"']?(?:https?:)?//"),
    (".ts", r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"),
])
def test_no_door_is_left_open(ending: str, pattern: str) -> None:
    found = {f"{named(path)}: {match[0]}"
             for path in sources("alliance", "connectors", "widgets/src", ending=ending)
             for match in re.finditer(pattern, path.read_text(encoding="utf-8"))}

    assert found <= {"alliance/web/ui.py: Markup("}


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bfor now\b|NotImplementedError")
    files = [path for ending in (".py", ".ts", ".php", ".html", ".css", ".md")
             for path in sources(*PACKAGES, "widgets", "tests", "docs", ending=ending)]
    found = [named(path) for path in files if path.name != "test_house.py"
             and later.search(path.read_text(encoding="utf-8"))]

    assert found == []


def test_tests_neither_wait_nor_pretend() -> None:
    # A bench asks at a steady rate, which is made of waiting; it proves nothing by it.
    found = [f"{named(path)}: {word}" for path in sources("tests")
             if path.name != "test_house.py" and path.parent.name != "bench"
             for word in ("unittest.mock", "time.sleep(", "mark.skip", "mark.xfail", "pytest.skip(")
             if word in path.read_text(encoding="utf-8")]

    assert found == WAITING + ["tests/needs.py: pytest.skip("]


def test_what_is_public_says_what_it_is_for() -> None:
    silent = [f"{named(path)}:{node.lineno} {node.name}" for path in sources(*PACKAGES)
              for node in _public(tree(path)) if ast.get_docstring(node) is None
              and node.name not in FROM_A_PROMISE]
    files = [named(path) for path in sources(*PACKAGES) if ast.get_docstring(tree(path)) is None]

    assert silent + files == []


def test_every_refusal_names_its_code_where_it_is_raised() -> None:
    assert surface.unreadable_codes() == []


@pytest.mark.parametrize(("page", "promised"), [
    ("settings", surface.settings), ("errors", surface.error_codes), ("events", surface.events),
    ("commands", surface.commands), ("database", surface.tables),
    ("reasons", surface.reasons), ("routes", surface.routes),
])
def test_the_reference_tells_all_and_nothing_else(
        page: str, promised: Callable[[], set[str]]) -> None:
    told, there = surface.told(ROOT / "docs" / "reference" / f"{page}.md"), promised()

    assert sorted(there - told) == [], f"docs/reference/{page}.md does not tell of these"
    assert sorted(told - there) == [], f"docs/reference/{page}.md tells of what is not there"


def test_every_event_leads_somewhere_on_purpose() -> None:
    assert {kind.__name__ for kind in HANDLERS} == surface.events()


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    # The copy's own packages come first, before the ones that are installed.
    paths = os.pathsep.join([str(folder), *(str(folder / "connectors" / each)
                                            for each in ("shopify", "woocommerce"))])
    return subprocess.run([str(program), "--no-cache", "--no-logo"], cwd=folder, text=True,
                          capture_output=True, timeout=120, env=os.environ | {"PYTHONPATH": paths})


def _pyproject() -> dict[str, dict[str, list[dict[str, list[str]]]]]:
    tools: dict[str, dict[str, list[dict[str, list[str]]]]] = tomllib.loads(
        (ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    return tools


def _longer(files: list[Path]) -> dict[str, int]:
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    return {name: length for name, length in lengths.items() if length > LINES}


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _words(name: str) -> set[str]:
    return set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_"))


def _both(words: set[str]) -> set[str]:
    return words | {f"{word}s" for word in words}


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""] + [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        # `urllib.parse` reads addresses and calls nobody: only the listed parts of it count.
        found |= {name for full in names for name in (full, full.split(".")[0])}
    return found


def _speaks_sql(path: Path) -> bool:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Name) and node.id == "text" and _imports_text(path):
            return True
        if isinstance(node, ast.Attribute) and node.attr in {"exec_driver_sql", "__table__"}:
            return True
    return False


def _imports_text(path: Path) -> bool:
    return "sqlalchemy.text" in _imported(path)


def _public(node: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef) and not child.name.startswith("_"):
            yield child
            if isinstance(child, ast.ClassDef):
                yield from _public(child)
