"""A statement, with scratch schemas standing in for real ones where it speaks of what is declared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrakit.entities.kinds.kind import quoted
from migrakit.entities.kinds.known import head_of
from migrakit.entities.lexing import tokenize, tokens_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from migrakit.entities import Entity
    from migrakit.entities.lexing import Token

__all__ = ["StandIns"]


@dataclass(frozen=True, slots=True)
class StandIns:
    """Real schemas and their scratch ones, and which names in them are to be found there."""

    scratch: Mapping[str, str]
    names: frozenset[tuple[str, str]]
    default_schema: str

    def moved(self, entity: Entity) -> tuple[str, str]:
        """The entity's statement, making it in the scratch schema, or on what stands there; in two ways.

        The second takes a schema's name that may be an alias for that, or else leaves all but the head as it is.
        """
        head = head_of(entity)
        begin, end = head.name_at or head.table_at or (0, 0)
        home = self.scratch[entity.schema or self.default_schema]
        name = home if entity.on == "schema" else f"{home}.{quoted(head.table or head.name)}"
        rest = entity.sql[end:]
        tokens = [token for token in tokens_of(entity.sql) if token.offset >= end]
        aliases = _bare(tokens) & self.scratch.keys()
        otherwise = self._rewritten(tokens, aliases) if aliases else rest
        before = entity.sql[:begin] + name
        return before + self._rewritten(tokens), before + otherwise

    def back(self, said: str) -> str:
        """What the server says of what it made, where the scratch schemas are the real ones here."""
        return self._rewritten(tokenize(said))

    def _rewritten(self, tokens: Sequence[Token], aliases: Set[str] = frozenset()) -> str:
        """Each ``schema.name`` that stands in a scratch schema by its name there."""
        texts = [token.text for token in tokens]
        said = [at for at, token in enumerate(tokens) if not token.is_blank]
        for place, at in enumerate(said):
            token = tokens[at]
            if token.kind == "string":
                texts[at] = self._in_text(token.text)
            elif token.identifier not in aliases and self._is_here(
                token, [tokens[each] for each in said[place + 1 : place + 3]]
            ):
                is_column = place and tokens[said[place - 1]].text == "."
                texts[at] = token.text if is_column else self.scratch[str(token.identifier)]
        return "".join(texts)

    def _is_here(self, token: Token, following: Sequence[Token]) -> bool:
        match following:
            case [dot, name]:
                return dot.text == "." and (token.identifier, name.identifier) in self.names
            case _:
                return False

    def _in_text(self, literal: str) -> str:
        """A string that is a name: the server may take it for the object of that name. If not, no harm is done."""
        begin = literal.index("'") + 1
        match = _NAME_IN_TEXT.match(literal, begin)
        if match is None:
            return literal
        schema, name = (_read(each) for each in match.groups())
        if (schema, name) not in self.names:
            return literal
        return literal[:begin] + self.scratch[schema].replace("'", "''") + literal[match.end(1) :]


# As the server itself writes it, so that afterwards the text is the same again.
_NAME = r"""([a-z_][a-z0-9_]*|"(?:[^"']|""|'')*")"""
_NAME_IN_TEXT = re.compile(rf"{_NAME}\.{_NAME}(?=['(])")


def _read(name: str) -> str:
    return name[1:-1].replace('""', '"').replace("''", "'") if name.startswith('"') else name


def _bare(tokens: Sequence[Token]) -> set[str]:
    """Names that stand alone, as an alias would."""
    said = [token for token in tokens if not token.is_blank]
    texts = ["", *(token.text for token in said), ""]
    return {
        name
        for at, token in enumerate(said)
        if (name := token.identifier) is not None and "." not in (texts[at], texts[at + 2])
    }
