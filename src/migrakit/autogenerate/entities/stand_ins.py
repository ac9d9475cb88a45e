"""A statement, with scratch schemas standing in for real ones where it speaks of what is declared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrakit.entities.kinds.kind import quoted
from migrakit.entities.kinds.known import head_of
from migrakit.entities.lexing import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

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
        tokens = [token for token in tokens_of(entity.sql) if token.offset >= end]
        aliases = self._aliases(tokens)
        otherwise = self._rewritten(entity.sql, end, tokens, aliases) if aliases else entity.sql[end:]
        before = entity.sql[:begin] + name
        return before + self._rewritten(entity.sql, end, tokens), before + otherwise

    def back(self, said: str) -> str:
        """What the server says of what it made, where the scratch schemas are the real ones here."""
        return self._rewritten(said, 0, tokens_of(said))

    def _aliases(self, tokens: Sequence[Token]) -> set[str]:
        """Names of schemas that stand alone, as an alias would."""
        texts = ["", *(token.text for token in tokens), ""]
        return {
            name
            for at, token in enumerate(tokens)
            if (name := token.identifier) and name in self.scratch and "." not in (texts[at], texts[at + 2])
        }

    def _rewritten(self, text: str, begun: int, tokens: Sequence[Token], aliases: Set[str] = frozenset()) -> str:
        """The text from there on, with each ``schema.name`` that stands in a scratch schema by its name there."""
        parts: list[str] = []
        for token, said in self._renamed(tokens, aliases):
            parts += [text[begun : token.offset], said]
            begun = token.offset + len(token.text)
        return "".join([*parts, text[begun:]])

    def _renamed(self, tokens: Sequence[Token], aliases: Set[str]) -> Iterator[tuple[Token, str]]:
        """What is called otherwise, and how."""
        before = None
        for token, dot, name in zip(tokens, [*tokens[1:], None], [*tokens[2:], None, None], strict=False):
            if token.kind == "string":
                yield token, self._in_text(token.text)
            elif dot and dot.text == "." and name and before != ".":
                schema = token.identifier
                if schema not in aliases and (schema, name.identifier) in self.names:
                    yield token, self.scratch[str(schema)]
            before = token.text

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
