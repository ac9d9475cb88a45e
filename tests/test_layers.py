"""Each layer imports only from those above it, and importing the package does nothing else."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import migrakit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGE = Path(migrakit.__file__).parent

LAYERS = (
    "errors",
    "target",
    "catalog",
    "versions",
    "filters",
    "entities",
    "autogenerate",
    "guards",
    "runtime",
    "environment",
    "testing",
    "cli",
)

LOADED_WHEN_NEEDED = {"alembic_utils", "asyncpg", "flupy", "parse", "psycopg", "psycopg2", "pymysql", "sqlalchemy.orm"}

INITS = sorted(PACKAGE.rglob("__init__.py"))


def test_each_layer_imports_only_from_those_above_it() -> None:
    assert list(layer_problems(PACKAGE)) == []


@pytest.mark.parametrize("init", INITS, ids=[str(path.parent.relative_to(PACKAGE.parent)) for path in INITS])
def test_all_names_what_the_package_exports_in_order(init: Path) -> None:
    tree = ast.parse(init.read_text())
    assert declared_exports(tree) == in_order(exports(tree))


def test_nothing_is_registered_on_import() -> None:
    program = """
import importlib, json, pkgutil, migrakit
for module in pkgutil.walk_packages(migrakit.__path__, "migrakit."):
    importlib.import_module(module.name)
from alembic.runtime.plugins import _all_plugins
print(json.dumps(sorted(_all_plugins)))
"""
    assert [name for name in said_by(program) if name.startswith("migrakit")] == []


def test_the_package_loads_only_what_it_always_needs() -> None:
    loaded = said_by("import json, sys, migrakit; print(json.dumps(sorted(sys.modules)))")
    assert LOADED_WHEN_NEEDED.intersection(loaded) == set()


def said_by(program: str) -> list[str]:
    """The list that the program prints, in an interpreter of its own."""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    said: list[str] = json.loads(answer.stdout)
    return said


class TestTheChecks:
    """They can fail: each is shown a tree that is wrong."""

    @pytest.fixture
    def package(self, tmp_path: Path) -> Path:
        package = tmp_path / "migrakit"
        write(package / "__init__.py", "from migrakit.environment import Environment")
        write(package / "errors.py", "")
        write(package / "filters/__init__.py", "from migrakit.filters.algebra import Filter")
        write(package / "filters/algebra.py", "from migrakit import errors")
        write(package / "environment.py", "from migrakit.filters import Filter")
        return package

    def test_a_tree_in_order_has_no_problems(self, package: Path) -> None:
        assert list(layer_problems(package)) == []

    @pytest.mark.parametrize(
        "source",
        [
            "import migrakit.environment",
            "import migrakit.environment.value as value",
            "from migrakit import environment",
            "from migrakit.environment import Environment",
            "from .. import environment",
            "from ..environment import Environment",
            "def late():\n    from migrakit import environment",
            "class Late:\n    import migrakit.environment",
            "try:\n    import migrakit.environment\nexcept ImportError:\n    pass",
            "if TYPE_CHECKING:\n    pass\nelse:\n    import migrakit.environment",
        ],
    )
    def test_an_import_from_below_is_found(self, package: Path, source: str) -> None:
        write(package / "filters/algebra.py", source)
        (problem,) = layer_problems(package)
        assert re.fullmatch(r"filters/algebra\.py:\d: filters imports from environment, which is below it", problem)

    def test_a_package_init_is_of_its_layer_too(self, package: Path) -> None:
        write(package / "filters/__init__.py", "from ..environment import Environment")
        assert list(layer_problems(package)) == [
            "filters/__init__.py:1: filters imports from environment, which is below it"
        ]

    def test_what_is_only_for_types_is_allowed(self, package: Path) -> None:
        write(package / "filters/algebra.py", "if TYPE_CHECKING:\n    from migrakit.environment import Environment")
        write(package / "errors.py", "if typing.TYPE_CHECKING:\n    from migrakit.environment import Environment")
        assert list(layer_problems(package)) == []

    def test_the_package_itself_is_below_all(self, package: Path) -> None:
        write(package / "environment.py", "from migrakit import Environment")
        assert list(layer_problems(package)) == [
            "environment.py:1: environment imports from migrakit, which is below it"
        ]

    def test_a_module_without_a_layer_is_found(self, package: Path) -> None:
        write(package / "helpers.py", "")
        write(package / "filters/algebra.py", "from migrakit.helpers import help_out")
        assert list(layer_problems(package)) == [
            "filters/algebra.py:1: helpers is no layer",
            "helpers.py: helpers is no layer",
        ]

    @pytest.mark.parametrize(
        "source",
        [
            "__all__ = ['b', 'a']\na = b = 1",
            "__all__ = ['a', 'B']\na = 1\nclass B: pass",
            "__all__ = ['a', 'missing']\na = 1",
            "__all__ = ['a']\na = 1\ndef forgotten(): pass",
            "__all__ = ['a']\na = 1\nimport os.path",
            "__all__ = ['a']\na: int = 1\nfrom os import path as forgotten",
            "a = 1",
        ],
    )
    def test_an_all_that_is_not_what_is_exported_in_order_is_found(self, source: str) -> None:
        tree = ast.parse(source)
        assert declared_exports(tree) != in_order(exports(tree))

    def test_constants_come_before_classes_and_these_before_the_rest(self) -> None:
        assert in_order({"rule", "v10", "v9", "Answer", "UNKNOWN", "Filter"}) == [
            "UNKNOWN", "Answer", "Filter", "rule", "v9", "v10"
        ]  # fmt: skip

    def test_private_names_and_what_is_only_for_types_are_no_exports(self) -> None:
        tree = ast.parse("from __future__ import annotations\n_a = 1\nif TYPE_CHECKING:\n    import b\nc, (d, *e) = f")
        assert exports(tree) == {"c", "d", "e"}


def write(path: Path, source: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)


def layer_problems(package: Path) -> Iterator[str]:
    """What is imported against the order, or belongs to no layer, in the modules of a package called ``migrakit``."""
    for path in sorted(package.rglob("*.py")):
        relative = path.relative_to(package)
        layer = relative.parts[0].removesuffix(".py")
        if layer == "__init__":
            continue
        if layer not in LAYERS:
            yield f"{relative}: {layer} is no layer"
            continue
        for line, imported in imported_layers(ast.parse(path.read_text()), package, relative):
            problem = _problem(layer, imported)
            if problem:
                yield f"{relative}:{line}: {problem}"


def _problem(layer: str, imported: str) -> str | None:
    if imported == "migrakit":
        return f"{layer} imports from migrakit, which is below it"
    if imported not in LAYERS:
        return f"{imported} is no layer"
    if LAYERS.index(imported) > LAYERS.index(layer):
        return f"{layer} imports from {imported}, which is below it"
    return None


def imported_layers(tree: ast.Module, package: Path, relative: Path) -> Iterator[tuple[int, str]]:
    """Line and layer of each import from the package; ``migrakit`` where it is from the package itself."""
    modules = {path.stem for path in package.iterdir()} - {"__init__"}
    for node in run_at_some_time(tree):
        for name in _imported_names(node, relative):
            whole, *inner = name.split(".")
            if whole == "migrakit":
                yield node.lineno, inner[0] if inner and (len(inner) > 1 or inner[0] in modules) else "migrakit"


def _imported_names(node: ast.stmt, relative: Path) -> Iterator[str]:
    """Absolute, dotted, and down to what is imported: ``migrakit.filters.Filter``."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = ("migrakit", *relative.parent.parts)
        base = above[: len(above) - node.level + 1] if node.level else ()
        yield from (".".join((*base, *([node.module] if node.module else []), alias.name)) for alias in node.names)


def run_at_some_time(tree: ast.AST) -> Iterator[ast.stmt]:
    """Every statement, on import or later; what is for type checkers alone is never run."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and _is_type_checking(child.test):
            yield from run_at_some_time(ast.Module(child.orelse, []))
            continue
        if isinstance(child, ast.stmt):
            yield child
        yield from run_at_some_time(child)


def _is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def declared_exports(tree: ast.Module) -> list[str]:
    """What ``__all__`` says, and nothing where there is none."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    return []


def exports(tree: ast.Module) -> set[str]:
    """The public names that a module imports or defines."""
    names = {name for node in tree.body for name in _bound_names(node)}
    return {name for name in names if not name.startswith("_")}


def _bound_names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.ImportFrom(module="__future__"):
            return
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in aliases)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign() | ast.AnnAssign():
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            inner = (each for target in targets for each in ast.walk(target))
            yield from (each.id for each in inner if isinstance(each, ast.Name))


def in_order(names: Iterable[str]) -> list[str]:
    """As ruff's RUF022 wants them: constants, classes, the rest; numbers by their value."""
    return sorted(names, key=_place)


def _place(name: str) -> tuple[int, list[tuple[int, str]]]:
    rank = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    parts = re.findall(r"(\d+)|(\D+)", name)
    return rank, [(int(digits or 0), letters) for digits, letters in parts]
