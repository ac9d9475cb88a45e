"""A statement, with scratch schemas standing in for real ones where it speaks of what is declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrakit.entities.lexing import UnterminatedError, tokenize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migrakit.entities import Entity
    from migrakit.entities.lexing import Token

__all__ = ["StandIns"]

_REGS = ("REGCLASS", "REGPROC", "REGPROCEDURE", "REGTYPE")


@dataclass(frozen=True, slots=True)
class StandIns:
    """Real schemas and their scratch ones, and which names in them are to be found there."""

    scratch: Mapping[str, str]
    names: frozenset[tuple[str, str]]
    default_schema: str

    def moved(self, entity: Entity, *, head_only: bool = False) -> str:
        """The entity's statement, making it in the scratch schema."""
        tokens = tokenize(entity.sql)
        first, last = entity_name_at(tokens, entity.kind)
        home = self.scratch[entity.schema or self.default_schema]
        name = f"{home}.{tokens[last].text}"
        before = "".join(token.text for token in tokens[:first])
        after = tokens[last + 1 :]
        return before + name + ("".join(token.text for token in after) if head_only else self.rewritten(after))

    def rewritten(self, tokens: Sequence[Token]) -> str:
        """Each ``schema.name`` that stands in a scratch schema by its name there."""
        texts = [token.text for token in tokens]
        said = [at for at, token in enumerate(tokens) if not token.is_blank]
        for place, at in enumerate(said):
            following = [tokens[each] for each in said[place + 1 : place + 3]]
            if len(following) < len((".", "name")):
                break
            if tokens[at].kind == "string" and following[0].text == "::" and following[1].keyword in _REGS:
                texts[at] = self._in_text(tokens[at].text)
            elif place and tokens[said[place - 1]].text == ".":
                continue
            elif following[0].text == "." and (tokens[at].identifier, following[1].identifier) in self.names:
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


def entity_name_at(tokens: Sequence[Token], kind: str) -> tuple[int, int]:
    """Where the name stands that the statement makes: its first token, a schema's maybe, and its last."""
    said = [at for at, token in enumerate(tokens) if not token.is_blank]
    at = next(place for place, each in enumerate(said) if tokens[each].keyword == kind.upper()) + 1
    is_qualified = len(said) > at + 1 and tokens[said[at + 1]].text == "."
    return said[at], said[at + 2] if is_qualified else said[at]
