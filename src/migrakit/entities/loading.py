"""``from_package(...)`` and ``from_folder(...)``: all that is declared in the modules and ``.sql`` files of a place."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from migrakit.entities.collecting import Found
from migrakit.entities.modules import is_environment, modules_of, package_called, take_modules
from migrakit.entities.reading import Source, read
from migrakit.entities.value import Entities, Entity, Position
from migrakit.errors import Problem

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

__all__ = ["from_folder", "from_package"]

_BOM = b"\xef\xbb\xbf"


def from_package(name: str) -> Entities:
    """All that the modules and the ``.sql`` files of a package declare, and of all below it: ``"billing.db"``.

    Modules are imported. What counts is what a module has at its top: entities, collections and lists of them,
    alembic-utils' objects, ``CreateView``. An Alembic environment in the package is left alone.
    """
    found = Found()
    package = package_called(name, found)
    if package is not None:
        take_modules(list(modules_of(package, found)), found)
        _read_files(files(package), found)
        if found.is_empty:
            found.refuse(_nothing(f"the package {name!r}"))
    return found.all()


def from_folder(path: str | os.PathLike[str]) -> Entities:
    """All that the ``.sql`` files of a folder declare, and of all below it. A path as ``open()`` takes it."""
    folder, found = Path(path), Found()
    if folder.is_dir():
        _read_files(folder, found)
        if found.is_empty:
            found.refuse(_nothing(f"the folder {str(path)!r}"))
    else:
        what = "is no folder" if folder.exists() else "is not there"
        why = f"It is looked for in {Path.cwd()}."
        found.refuse(Problem(f"from_folder({str(path)!r}) {what}.", why, "Pass the path of a folder of .sql files."))
    return found.all()


def _nothing(where: str) -> Problem:
    return Problem(
        f"There is nothing declared in {where}.",
        "All that the service owns of the kind would be proposed for dropping.",
        "Look whether it is the right one; entities=[] says that nothing is declared.",
    )


class _Resource(Protocol):
    """What a path has in common with ``importlib``'s way into a package, which may be in a zip file."""

    @property
    def name(self) -> str: ...
    def is_dir(self) -> bool: ...
    def read_bytes(self) -> bytes: ...
    def iterdir(self) -> Iterable[Any]: ...


def _read_files(folder: _Resource, found: Found) -> None:
    for each in sorted(folder.iterdir(), key=lambda resource: str(resource.name)):
        if each.is_dir():
            if not is_environment(each):
                _read_files(each, found)
        elif each.name.lower().endswith(".sql"):
            _read_file(each, found)


def _read_file(file: _Resource, found: Found) -> None:
    place = Position(str(file))
    data = file.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found.refuse(_not_utf8(place, data, error.start))
        return
    # As Python reads text, so that a checkout on Windows declares the same.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for each in read(Source(text, place, is_file=True)):
        if isinstance(each, Entity):
            found.take(each, place)
        else:
            found.refuse(each)


def _not_utf8(place: Position, data: bytes, offset: int) -> Problem:
    at = offset + (len(_BOM) if data.startswith(_BOM) else 0)
    line = data.count(b"\n", 0, at) + 1
    return Problem(
        f"{place}:{line}: The file is not in UTF-8: byte {at} is {data[at]:#04x}.",
        "What its letters are can't be told.",
        "Save it in UTF-8.",
    )
