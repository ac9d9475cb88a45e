"""The head of a statement, read word by word: its kind, its name, and what else tells one entity from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrakit.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from migrakit.entities.lexing import Token

__all__ = ["Head", "Identity", "Kind", "UnreadableError"]

# PostgreSQL cuts names here.
_LONGEST = 63


class UnreadableError(Exception):
    """A statement that declares no entity, or not one that can be told."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells an entity from all others of its kind."""

    schema: str | None
    name: str
    arguments: str | None = None
    table: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entity. ``read`` tells which one a statement creates, or ``None`` where it creates another kind."""

    name: str
    read: Callable[[Head], Identity | None]


class Head:
    """A statement's tokens but for the blanks, of which each reading takes the next ones."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self._tokens = tuple(token for token in tokens if not token.is_blank)
        self._next = 0

    def takes(self, *keywords: str) -> bool:
        """Whether these keywords come next; if so, they are taken."""
        found = tuple(token.keyword for token in self._tokens[self._next : self._next + len(keywords)])
        if found != keywords:
            return False
        self._next += len(keywords)
        return True

    def takes_any(self, *keywords: str) -> bool:
        """Whether one of these comes next; if so, it is taken."""
        return any(self.takes(keyword) for keyword in keywords)

    def comes(self, *texts: str) -> bool:
        """Whether one of these comes next. It is left there."""
        return self._said().upper() in texts

    def keywords(self) -> Iterator[str]:
        """The words to come, up to what can't be a keyword."""
        for token in self._tokens[self._next :]:
            if token.keyword is None:
                return
            yield token.keyword

    def qualified_name(self) -> tuple[str | None, str]:
        """Take ``name`` or ``schema.name``."""
        parts = [self._name()]
        while self._said() == ".":
            self._next += 1
            parts.append(self._name())
        if len(parts) > len(("schema", "name")):
            what = f"{'.'.join(parts)} has {len(parts)} parts."
            raise UnreadableError(Problem(what, "A name is 'name' or 'schema.name'.", "Leave the database out."))
        if len(parts) > 1 and parts[0].startswith("pg_temp"):
            raise temporary(f"What is in {parts[0]!r}")
        return (parts[0] if len(parts) > 1 else None), parts[-1]

    def parentheses(self) -> tuple[Token, ...]:
        """Take what stands in parentheses, and give it without them."""
        begun, depth = self._next, 0
        for index in range(begun, len(self._tokens)):
            depth += {"(": 1, ")": -1}.get(self._tokens[index].text, 0)
            if not depth:
                self._next = index + 1
                return self._tokens[begun + 1 : index]
        why = "What belongs to the name can't be told."
        raise UnreadableError(Problem("A parenthesis after the name has no end.", why, "Close it."))

    def require(self, *texts: str) -> None:
        """Refuse the statement unless one of these comes next."""
        if not self.comes(*texts):
            what = f"After the name comes {self._said()!r}." if self._said() else "The statement ends after the name."
            raise UnreadableError(
                Problem(what, f"It has to be {' or '.join(texts)}.", "Write it as PostgreSQL takes it.")
            )

    def _name(self) -> str:
        token = self._tokens[self._next] if self._next < len(self._tokens) else None
        name = None if token is None else token.identifier
        if not name:
            found = f"stands {self._said()}" if self._said() else "the statement ends"
            raise UnreadableError(
                Problem(f"Where a name was expected, {found}.", "The entity has no name.", 'Write a name, or "a name".')
            )
        self._next += 1
        _require_whole(name)
        if self.comes("UESCAPE"):
            why = "A letter of another's choice marks the escapes of this name."
            raise UnreadableError(Problem(f"After {name!r} comes UESCAPE.", why, "Write the letters themselves."))
        return name

    def _said(self) -> str:
        return self._tokens[self._next].text if self._next < len(self._tokens) else ""


def _require_whole(name: str) -> None:
    encoded = name.encode("utf-8", "surrogatepass")
    if len(encoded) > _LONGEST:
        cut = encoded[:_LONGEST].decode("utf-8", "ignore")
        raise UnreadableError(
            Problem(
                f"The name {name!r} is {len(encoded)} bytes long.",
                f"PostgreSQL cuts it at {_LONGEST}, and it would never be found by what it is called here.",
                f"Write a shorter one; {cut!r} is what PostgreSQL makes of it.",
            )
        )


def temporary(what: str) -> UnreadableError:
    """The refusal of what only a session has."""
    return UnreadableError(
        Problem(
            f"{what} is temporary.",
            "It is gone with the session of the migration that creates it.",
            "Declare it without TEMPORARY, or create it in the program that needs it.",
        )
    )
