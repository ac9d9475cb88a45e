"""The modules of a package, and what they declare."""

from __future__ import annotations

import ast
import inspect
import pkgutil
from contextlib import suppress
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from migrakit.entities.converting import is_convertible
from migrakit.entities.value import Entities, Entity, Position
from migrakit.errors import EntityError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from migrakit.entities.collecting import Found

__all__ = ["is_environment", "modules_of", "package_called", "take_modules"]


def package_called(name: object, found: Found) -> ModuleType | None:
    """The package, imported; ``None`` where there is none to be had, which is then among what is wrong."""
    do = "Pass the name of a package as import takes it: from_package('billing.db')."
    if not (isinstance(name, str) and all(part.isidentifier() for part in name.split("."))):
        found.refuse(Problem(f"from_package({name!r}) is no name of a package.", "It is imported by its name.", do))
        return None
    package = _imported(name, found)
    if package is not None and not hasattr(package, "__path__"):
        what = f"from_package({name!r}) is a module, not a package."
        do = f"Pass the package that it is in, or what it declares as a list: entities=[{name}.open_invoices]."
        found.refuse(Problem(what, "There is nothing below it to look through.", do))
        return None
    return package


def modules_of(package: ModuleType, found: Found) -> Iterator[ModuleType]:
    """The package and all modules below it, imported. Those that can't be are among what is wrong."""
    yield package
    for name in sorted(_names_below(package, found)):
        module = _imported(f"{package.__name__}.{name}", found)
        if module is not None and hasattr(module, "__path__"):
            yield from modules_of(module, found)
        elif module is not None:
            yield module


def is_environment(folder: Any) -> bool:
    """Whether it is an Alembic environment: importing its ``env.py`` would run migrations."""
    names = {each.name for each in folder.iterdir()}
    return "env.py" in names and not names.isdisjoint({"script.py.mako", "versions"})


def _names_below(package: ModuleType, found: Found) -> set[str]:
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    folders = [each for each in files(package).iterdir() if each.is_dir()]
    environments = {each.name for each in folders if is_environment(each)}
    # A folder without an __init__.py is a package too, which pkgutil passes over.
    plain = [each for each in folders if each.name.isidentifier() and each.name not in modules | environments]
    importable = {each.name for each in plain if _can_be_imported(f"{package.__name__}.{each.name}", each, found)}
    return (modules | importable) - environments - {"__main__", "__pycache__"}


def _can_be_imported(name: str, folder: Any, found: Found) -> bool:
    """In a zip file such a folder is a package only where the file has an entry for the folder itself."""
    if find_spec(name) is not None:
        return True
    if any(each.name.endswith(".py") for each in folder.iterdir()):
        why = "In a zip file, Python takes a folder without an __init__.py for none."
        found.refuse(Problem(f"There are modules in {folder}, which is no package.", why, "Give it an __init__.py."))
    return False


def _imported(name: str, found: Found) -> ModuleType | None:
    try:
        return import_module(name)
    except EntityError as error:
        found.refuse(*error.problems, because=error)
    except ModuleNotFoundError as error:
        is_missing = error.name is not None and f"{name}.".startswith(f"{error.name}.")
        found.refuse(_missing(name) if is_missing else _failed(name, error), because=error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a module raises, the others are looked through
        found.refuse(_failed(name, error), because=error)
    return None


def _missing(name: str) -> Problem:
    return Problem(
        f"There is no package {name!r} to import.",
        "Python looks for it in sys.path.",
        "Look at its spelling; install the project, or name its folder in prepend_sys_path= of alembic.ini.",
    )


def _failed(name: str, error: BaseException) -> Problem:
    return Problem(
        f"{name} can't be imported: {type(error).__name__}: {str(error).rstrip('.')}.",
        "What it declares is not known.",
        "Mend it, or move it out of the package if it declares nothing.",
    )


def take_modules(modules: Sequence[ModuleType], found: Found) -> None:
    """What stands at the top of these modules. What another library's objects declare is found where they are made."""
    others: list[tuple[Position, object]] = []
    for module in modules:
        lines: dict[str, int] | None = None
        for name, value in _declaring(module):
            if isinstance(value, Entity):
                found.take(value, Position(_file(module)))
            else:
                lines = _lines(module) if lines is None else lines
                others.append((Position(_file(module), lines.get(name)), value))
    for place, value in sorted(others, key=lambda other: other[0].line is None):
        found.take(value, place)


def _file(module: ModuleType) -> str:
    return module.__file__ or module.__name__


def _declaring(module: ModuleType) -> Iterator[tuple[str, object]]:
    for name, value in list(vars(module).items()):
        for each in _flattened(value, ()):
            if _is_a(each, Entity) or is_convertible(each):
                yield name, each


def _flattened(value: object, within: tuple[int, ...]) -> Iterator[object]:
    if not _is_a(value, list, tuple, Entities):
        yield value
    elif id(value) not in within:
        for each in cast("Sequence[object]", value):
            yield from _flattened(each, (*within, id(value)))


def _is_a(value: object, *classes: type) -> bool:
    """By its type: a proxy, such as Flask's ``request``, may raise when it is asked for its class."""
    return issubclass(type(value), classes)


def _lines(module: ModuleType) -> dict[str, int]:
    """The line in which each name is assigned; without the source, or where it is imported, there is none."""
    lines: dict[str, int] = {}
    with suppress(OSError, TypeError, SyntaxError):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                lines.setdefault(node.id, node.lineno)
    return lines
