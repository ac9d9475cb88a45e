"""All of what a service declares, out of whatever it is given in."""

from __future__ import annotations

from pathlib import PurePath
from types import ModuleType
from typing import TYPE_CHECKING, cast

from migrakit.entities.converting import converted, is_convertible
from migrakit.entities.declaring import caller
from migrakit.entities.value import Entities, Entity
from migrakit.errors import EntityError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migrakit.entities.value import Position

__all__ = ["Found", "as_entities"]


class Found:
    """What was found so far, and all that is wrong with it."""

    def __init__(self) -> None:
        self.entities: list[Entity] = []
        self.problems: list[Problem] = []
        self._converted: dict[int, object] = {}
        self._because: BaseException | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing, neither right nor wrong."""
        return not (self.entities or self.problems)

    def take(self, given: object, place: Position) -> bool:
        """Take an entity, or another library's object, once. False is the answer to anything else."""
        if isinstance(given, Entity):
            self.entities.append(given)
        elif is_convertible(given):
            self._convert(given, place)
        else:
            return False
        return True

    def refuse(self, *problems: Problem, because: BaseException | None = None) -> None:
        """One thing is wrong once, however often it is met."""
        self._because = self._because or because
        self.problems.extend(problem for problem in problems if problem not in self.problems)

    def all(self) -> Entities:
        """The collection, or an error that says all that is wrong."""
        try:
            together = Entities(self.entities)
        except EntityError as error:
            self.refuse(*error.problems)
        else:
            if not self.problems:
                return together
        raise EntityError(*self.problems) from self._because

    def _convert(self, given: object, place: Position) -> None:
        if id(given) in self._converted:
            return
        # It is kept, so that no other object gets its id.
        self._converted[id(given)] = given
        try:
            self.entities.append(converted(given, place))
        except EntityError as error:
            self.refuse(*error.problems)


def as_entities(given: object) -> Entities:
    """The collection of what a person gives: ``None``, ``Entities``, or a list of what declares something."""
    if given is None:
        return Entities()
    if isinstance(given, Entities):
        return given
    found, place = Found(), caller()
    if isinstance(given, (list, tuple)):
        _take_all(cast("Iterable[object]", given), place, found)
    else:
        found.refuse(_not_a_list(given, place))
    return found.all()


def _take_all(several: Iterable[object], place: Position, found: Found) -> None:
    for each in several:
        if isinstance(each, (list, tuple, Entities)):
            _take_all(cast("Iterable[object]", each), place, found)
        elif not found.take(each, place):
            found.refuse(_no_entity(each, place))


def _not_a_list(given: object, place: Position) -> Problem:
    is_one = isinstance(given, Entity) or is_convertible(given)
    do = "Pass a list: entities=[...]." if is_one or isinstance(given, (set, frozenset, dict)) else _meant(given)
    return Problem(f"{place}: entities={given!r} is no list of entities.", "It holds all that is declared.", do)


def _no_entity(given: object, place: Position) -> Problem:
    return Problem(f"{place}: In entities= is {given!r}, which declares nothing.", "It was meant to.", _meant(given))


def _meant(given: object) -> str:
    if isinstance(given, str):
        return "Write entity('CREATE ...'), from_package('name') or from_folder('path')."
    if isinstance(given, ModuleType):
        return f"Write from_package({given.__name__!r})."
    if isinstance(given, PurePath):
        return f"Write from_folder({str(given)!r})."
    if hasattr(given, "compile"):
        return "Write view(name, select)."
    return "Write what entity(), sql(), view(), from_package() or from_folder() gives."
