"""What the code promises outward, read from the code itself: the docs are held against it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("alliance", "connectors/shopify/alliance_shopify",
            "connectors/woocommerce/alliance_woocommerce")
CONNECTORS = {"DEMO": "alliance/connect/demo",
              "SHOPIFY": "connectors/shopify/alliance_shopify",
              "WOOCOMMERCE": "connectors/woocommerce/alliance_woocommerce"}
FOR_EVERY_CONNECTOR = {"ALLOW_PRIVATE", "CA_BUNDLE"}
_SETTING = re.compile(r"ALLIANCE_[A-Z0-9_]+[A-Z0-9]")
_CODE = re.compile(r"[a-z][a-z0-9_]*")


def sources(*folders: str, ending: str = ".py") -> list[Path]:
    """Files we wrote under these folders of the repository, but nothing built or fetched."""
    left_out = {"node_modules", "built", "versions", "__pycache__", "recorded"}
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob(f"*{ending}")
        if not left_out & set(path.relative_to(ROOT).parts))


@cache
def tree(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def named(path: Path) -> str:
    """A path as it is written in the docs: from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


def settings() -> set[str]:
    """Every environment variable the hub or its tests read."""
    found: set[str] = set()
    for path in [*sources(*PACKAGES), *(ROOT / "tests" / f"{name}.py" for name in
                                       ("needs", "postgres", "conftest"))]:
        found |= {text for text in _texts(path) if _SETTING.fullmatch(text)}
    return found | set(_connector_settings())


def error_codes() -> set[str]:
    """Every code that a refusal carries, as the code names it at the place where it refuses."""
    found: set[str] = set()
    for path in sources(*PACKAGES):
        found |= {code for code, _ in _codes(path)} | {code for code, _ in told_by_the_web(path)}
    return found


def told_by_the_web(path: Path) -> Iterator[tuple[str, int]]:
    """Codes with a status that an edge tells without a refusal from below."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and _last(node.func) in {"problem", "answer"}:
            yield from _code_of_status(*node.args[:2]) if len(node.args) > 1 else ()
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Tuple):
                    yield from _code_of_status(key, value.elts[0])


def unreadable_codes() -> list[str]:
    """Refusals whose code is not written where they are raised, so that nobody can look it up."""
    return [f"{named(path)}:{line}" for path in sources(*PACKAGES)
            for code, line in _codes(path) if not _CODE.fullmatch(code)]


def events() -> set[str]:
    """Every kind of event the queue may carry."""
    return set(import_module("alliance.core.events").KINDS)


def reasons() -> set[str]:
    """Every word that says why an order or a click did not earn, or is held."""
    orders = import_module("alliance.rules.attribution").Reason
    clicks = import_module("alliance.rules.validity").Fault
    holds = import_module("alliance.rules.outliers").Oddity
    return {str(reason) for reason in [*orders, *clicks, *holds]}


def routes() -> set[str]:
    """What is asked of the hub: the front's paths, and `METHOD /path` of its own pages."""
    front, hub, settings, site = (import_module(f"alliance.{name}") for name in (
        "web.front", "hub", "settings", "web.site"))
    pages = site.build(hub.Hub.open(settings.Settings(
        database_url="sqlite://", secret_keys=(bytes(32),), seal_keys=(bytes(32),), demo=True)))
    return set(front.PATHS) | {
        f"{method} {re.sub(r'<[a-z]+:', '<', rule.rule)}" for rule in pages.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}}


def tables() -> set[str]:
    """Every table of the schema."""
    return set(import_module("alliance.db.schema").metadata().tables)


def commands() -> set[str]:
    """Every command of the `alliance` program, as it is typed."""
    if find_spec("alliance.cli") is None:
        return set()
    click = import_module("click")
    groups = [value for value in vars(import_module("alliance.cli")).values()
              if isinstance(value, click.Group)]
    return {name for group in groups if group.name in {"main", "alliance"}
            for name in _commands(group, "alliance")}


def error_classes() -> set[str]:
    """`AllianceError` and what derives from it, anywhere."""
    known = {"AllianceError"}
    bases = {node.name: {_last(base) for base in node.bases}
             for path in sources(*PACKAGES) for node in ast.walk(tree(path))
             if isinstance(node, ast.ClassDef)}
    while True:
        more = {name for name, above in bases.items() if above & known} - known
        if not more:
            return known
        known |= more


def _texts(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _connector_settings() -> Iterator[str]:
    # `config.get("SHOPS_DIR")` in the demo's connector reads ALLIANCE_DEMO_SHOPS_DIR.
    for name, folder in CONNECTORS.items():
        for path in sources(folder):
            for key in re.findall(r'config(?:\.get\(|\[)"([A-Z_]+)"', path.read_text("utf-8")):
                if key not in FOR_EVERY_CONNECTOR:
                    yield f"ALLIANCE_{name}_{key}"


def _codes(path: Path) -> Iterator[tuple[str, int]]:
    kinds = _kinds_that_take_a_code()
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call):
            continue
        if _last(node.func) in kinds or _is_own_init(node):
            first = node.args[0] if node.args else None
            given = {key.arg: key.value for key in node.keywords}
            yield from _code(first or given.get("code"), node.lineno)


@cache
def _kinds_that_take_a_code() -> frozenset[str]:
    # A kind with an __init__ of its own whose first word is not `code` names its code in there.
    fixed = {
        kind.name for path in sources(*PACKAGES) for kind in ast.walk(tree(path))
        if isinstance(kind, ast.ClassDef) for init in kind.body
        if isinstance(init, ast.FunctionDef) and init.name == "__init__"
        and [arg.arg for arg in init.args.args][1:2] != ["code"]}
    return frozenset(error_classes() - fixed)


def _code(node: ast.expr | None, line: int) -> Iterator[tuple[str, int]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, line
    elif isinstance(node, ast.IfExp):
        yield from _code(node.body, line)
        yield from _code(node.orelse, line)
    elif not (isinstance(node, ast.Name) and node.id == "code"):
        yield "?", line


def _code_of_status(status: ast.expr, code: ast.expr) -> Iterator[tuple[str, int]]:
    number = next((each.value for each in ast.walk(status) if isinstance(each, ast.Constant)), "")
    if isinstance(number, int) and isinstance(code, ast.Constant):
        yield code.value, number


def _is_own_init(node: ast.Call) -> bool:
    # `super().__init__("not_found", …)` in a kind of refusal that fixes its own code.
    func = node.func
    return (isinstance(func, ast.Attribute) and func.attr == "__init__" and bool(node.args)
            and isinstance(func.value, ast.Call) and _last(func.value.func) == "super"
            and len(node.args) == 2 and isinstance(node.args[0], ast.Constant))


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _commands(group: object, typed: str) -> Iterator[str]:
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        if hasattr(command, "commands"):
            yield from _commands(command, f"{typed} {name}")
        else:
            yield f"{typed} {name}"



def told(page: Path) -> set[str]:
    """What a reference page tells of: the first cell of each table row, where it is code."""
    return set(re.findall(r"^\| `([^`]+)` ", page.read_text(encoding="utf-8"), re.MULTILINE))
