"""A statement, with scratch schemas standing in for real ones where it speaks of what is declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrakit.entities.kinds.kind import quoted
from migrakit.entities.lexing import UnterminatedError, tokenize
from migrakit.entities.kinds.known import head_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migrakit.entities import Entity
    from migrakit.entities.lexing import Token

__all__ = ["StandIns"]

_REGS = ("REGCLASS", "REGPROC", "REGPROCEDURE", "REGTYPE")


_DOT_AND_NAME = 2


@dataclass(frozen=True, slots=True)
class StandIns:
    """Real schemas and their scratch ones, and which names in them are to be found there."""

    scratch: Mapping[str, str]
    names: frozenset[tuple[str, str]]
    default_schema: str

    def moved(self, entity: Entity, *, head_only: bool = False) -> str:
        """The entity's statement, making it in the scratch schema, or on what stands there."""
        head = head_of(entity)
        begin, end = head.name_at or head.table_at or (0, 0)
        home = self.scratch[entity.schema or self.default_schema]
        name = home if entity.on == "schema" else f"{home}.{quoted(head.table or head.name)}"
        rest = entity.sql[end:]
        return entity.sql[:begin] + name + (rest if head_only else self.rewritten(tokenize(rest)))

    def rewritten(self, tokens: Sequence[Token]) -> str:
        """Each ``schema.name`` that stands in a scratch schema by its name there."""
        texts = [token.text for token in tokens]
        said = [at for at, token in enumerate(tokens) if not token.is_blank]
        for place, at in enumerate(said):
            following = [tokens[each] for each in said[place + 1 : place + 3]]
            if tokens[at].kind == "string" and _is_name([tokens[each] for each in said], place):
                texts[at] = self._in_text(tokens[at].text)
            elif place and tokens[said[place - 1]].text == ".":
                continue
            elif len(following) == _DOT_AND_NAME and following[0].text == "." and (tokens[at].identifier, following[1].identifier) in self.names:
                texts[at] = self.scratch[str(tokens[at].identifier)]
        return "".join(texts)

    def _in_text(self, literal: str) -> str:
        """A name in a string, which the server takes for the object of that name."""
        try:
            tokens = tokenize(literal[1:-1].replace("''", "'"))
        except UnterminatedError:
            return literal
        inner = self.rewritten(tokens).replace("'", "''")
        return f"'{inner}'" if literal.startswith("'") else literal


def _is_name(tokens: Sequence[Token], at: int) -> bool:
    """Whether the server takes this string for an object's name: ``'v'::regclass``, ``regclass 'v'``, a cast to it."""
    if at and tokens[at - 1].keyword in _REGS:
        return True
    after = tokens[at + 1 : at + 5]
    if not after or not (after[0].text == "::" or after[0].keyword == "AS"):
        return False
    is_qualified = len(after) > _DOT_AND_NAME and after[2].text == "."
    return (after[-1] if is_qualified and len(after) > 3 else after[1] if len(after) > 1 else after[0]).keyword in _REGS
