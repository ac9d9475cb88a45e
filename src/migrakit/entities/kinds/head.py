"""The head of a statement, read word by word: its kind, its name, and what else tells one entity from another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from migrakit.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migrakit.entities.lexing import Token

__all__ = ["Head", "Identity", "Name", "Span", "UnreadableError", "refused", "temporary"]

# PostgreSQL cuts names here.
_LONGEST = 63

Span: TypeAlias = tuple[int, int]
"""Where something begins in a text, and where it ends."""


# Words that are no name unless they are quoted, and follow one in GRANT and REVOKE.
_AFTER_NAMES = ("TO", "FROM")


class UnreadableError(Exception):
    """A statement that declares no entity, or not one that can be told."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def refused(what: str, why: str, do: str) -> UnreadableError:
    """The error of a statement that is not taken."""
    return UnreadableError(Problem(what, why, do))


class Name(NamedTuple):
    """``name`` or ``schema.name``, and where it stands."""

    schema: str | None
    name: str
    at: Span


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells an entity from all others of its kind, and where in its statement the names of it stand."""

    schema: str | None
    name: str
    arguments: str | None = None
    table: str | None = None
    on: str | None = None
    name_at: Span | None = field(default=None, kw_only=True, compare=False)
    """Its own name, where that can say the schema: of what stands on a table it can't."""
    table_at: Span | None = field(default=None, kw_only=True, compare=False)
    """The name of what it stands on."""
    create_ends: int = field(default=0, kw_only=True, compare=False)
    """Where ``CREATE`` or ``CREATE OR REPLACE`` ends."""


class Head:
    """A statement's tokens but for the blanks, of which each reading takes the next ones."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self._tokens = tuple(token for token in tokens if not token.is_blank)
        self._next = 0

    def again(self) -> Head:
        """From the first word on."""
        self._next = 0
        return self

    @property
    def taken_to(self) -> int:
        """Where in the text the last word ends that was taken."""
        if not self._next:
            return 0
        last = self._tokens[self._next - 1]
        return last.offset + len(last.text)

    @property
    def is_over(self) -> bool:
        """Whether nothing comes."""
        return self._next == len(self._tokens)

    def takes(self, *keywords: str) -> bool:
        """Whether these keywords come next; if so, they are taken."""
        for at, keyword in enumerate(keywords, self._next):
            if at >= len(self._tokens) or self._tokens[at].keyword != keyword:
                return False
        self._next += len(keywords)
        return True

    def finds(self, *keywords: str) -> bool:
        """Whether these keywords come one after the other anywhere from here. All is left where it is."""
        rest = [token.keyword for token in self._tokens[self._next :]]
        return any(tuple(rest[at : at + len(keywords)]) == keywords for at in range(len(rest)))

    def takes_any(self, *keywords: str) -> bool:
        """Whether one of these comes next; if so, it is taken."""
        return any(self.takes(keyword) for keyword in keywords)

    def takes_create(self) -> int:
        """Take ``CREATE`` or ``CREATE OR REPLACE``, and tell where it ends."""
        self.takes("CREATE")
        self.takes("OR", "REPLACE")
        return self.taken_to

    def takes_sign(self, sign: str) -> bool:
        """Whether this, which is no word, comes next; if so, it is taken."""
        if self._said() != sign:
            return False
        self._next += 1
        return True

    def takes_before_name(self, *keywords: str) -> str | None:
        """The one of these that comes next, if it is not itself a name; it is taken."""
        following = self._tokens[self._next + 1 : self._next + 2]
        if self.comes(*keywords) and following and following[0].identifier and following[0].keyword not in _AFTER_NAMES:
            self._next += 1
            return self._tokens[self._next - 1].keyword
        return None

    def skip(self) -> None:
        """Take whatever comes next."""
        self._next = min(self._next + 1, len(self._tokens))

    def comes(self, *texts: str) -> bool:
        """Whether one of these comes next. It is left there."""
        return self._said().upper() in texts

    def goes_to(self, *keywords: str) -> str | None:
        """Leave out whatever comes before one of these, which is left there; ``None`` where there is none."""
        for index in range(self._next, len(self._tokens)):
            if self._tokens[index].keyword in keywords:
                self._next = index
                return self._tokens[index].keyword
        return None

    def keywords(self) -> Iterator[str]:
        """The words to come, up to what can't be a keyword."""
        for token in self._tokens[self._next :]:
            if token.keyword is None:
                return
            yield token.keyword

    def qualified_name(self) -> Name:
        """Take ``name`` or ``schema.name``."""
        begun = self._next
        parts = [self._part()]
        while self.takes_sign("."):
            parts.append(self._part())
        if len(parts) > len(("schema", "name")):
            what = f"{'.'.join(parts)} has {len(parts)} parts."
            raise refused(what, "A name is 'name' or 'schema.name'.", "Leave the database out.")
        if len(parts) > 1 and parts[0].startswith("pg_temp"):
            raise temporary(f"What is in {parts[0]!r}")
        at = self._tokens[begun].offset, self.taken_to
        return Name(parts[0] if len(parts) > 1 else None, parts[-1], at)

    def parentheses(self) -> tuple[Token, ...]:
        """Take what stands in parentheses, and give it without them."""
        begun, depth = self._next, 0
        for index in range(begun, len(self._tokens)):
            depth += {"(": 1, ")": -1}.get(self._tokens[index].text, 0)
            if not depth:
                self._next = index + 1
                return self._tokens[begun + 1 : index]
        raise refused(
            "A parenthesis after the name has no end.", "What belongs to the name can't be told.", "Close it."
        )

    def require(self, *texts: str) -> None:
        """Refuse the statement unless one of these comes next."""
        if not self.comes(*texts):
            what = f"After the name comes {self._said()!r}." if self._said() else "The statement ends after the name."
            raise refused(what, f"It has to be {' or '.join(texts)}.", "Write it as PostgreSQL takes it.")

    def require_end(self, why: str, do: str) -> None:
        """Refuse the statement if it goes on."""
        if not self.is_over:
            raise refused(f"The statement goes on with {self._said()!r}.", why, do)

    def name(self) -> str:
        """Take a name that no schema can stand before."""
        name = self._part()
        if self.comes("."):
            what = f"Before the name stands that of a schema, {name!r}."
            raise refused(what, "PostgreSQL takes none there.", f"Leave {name!r} out.")
        return name

    def _part(self) -> str:
        if self.takes("IF", "NOT", "EXISTS"):
            why = "Where there is something of that name already, it would be taken for what is declared."
            raise refused("The statement says IF NOT EXISTS.", why, "Leave it out.")
        token = self._tokens[self._next] if self._next < len(self._tokens) else None
        name = None if token is None else token.identifier
        if not name:
            found = f"stands {self._said()}" if self._said() else "the statement ends"
            what = f"Where a name was expected, {found}."
            raise refused(what, "The entity has no name.", 'Write a name, or "a name".')
        self._next += 1
        _require_whole(name)
        if self.comes("UESCAPE"):
            why = "A letter of another's choice marks the escapes of this name."
            raise refused(f"After {name!r} comes UESCAPE.", why, "Write the letters themselves.")
        return name

    def _said(self) -> str:
        return self._tokens[self._next].text if self._next < len(self._tokens) else ""


def _require_whole(name: str) -> None:
    encoded = name.encode("utf-8", "surrogatepass")
    if len(encoded) > _LONGEST:
        cut = encoded[:_LONGEST].decode("utf-8", "ignore")
        raise refused(
            f"The name {name!r} is {len(encoded)} bytes long.",
            f"PostgreSQL cuts it at {_LONGEST}, and it would never be found by what it is called here.",
            f"Write a shorter one; {cut!r} is what PostgreSQL makes of it.",
        )


def temporary(what: str) -> UnreadableError:
    """The refusal of what only a session has."""
    return refused(
        f"{what} is temporary.",
        "It is gone with the session of the migration that creates it.",
        "Declare it without TEMPORARY, or create it in the program that needs it.",
    )
