"""Ops on entities as Python, to the letter and readable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate.render import render_op

from migrakit.autogenerate.entities.stages import Create, Drop, Note, Replace, Run, Stage
from migrakit.entities.lexing import tokenize

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["written_note", "written_op", "written_run", "written_stage"]

_DIRECTIVES = {Create: "create_entity", Replace: "replace_entity", Drop: "drop_entity"}


def written_stage(context: AutogenContext, stage: Stage) -> list[str]:
    """All its ops, one after the other."""
    return [line for op in stage.ops for line in render_op(context, op)]


def written_note(context: AutogenContext, note: Note) -> str:  # noqa: ARG001 - a renderer's signature
    """A comment."""
    return "\n".join(f"# {line}" for line in note.said.splitlines())


def written_op(context: AutogenContext, op: Any) -> str:
    """``op.create_entity(entity(...))``."""
    context.imports.add("from migrakit.entities import entity")
    return f"op.{_DIRECTIVES[type(op)]}(entity({_python_of(op.target.sql)}))"


def written_run(context: AutogenContext, op: Run) -> str:  # noqa: ARG001
    """``op.execute("...")``, which would read ``:name`` as a parameter."""
    sql = str(op.sqltext)
    if ":" not in sql.replace("::", "") and "%" not in sql:
        return f"op.execute({_python_of(sql)})"
    return f"op.execute(sa.DDL({_python_of(sql.replace('%', '%%'))}))"


def _python_of(sql: str) -> str:
    """The least Python that is this text again: Alembic indents what is written, strings that span lines too."""
    lines = sql.split("\n")
    if len(lines) == 1 or not all(line.isprintable() for line in lines):
        return repr(sql)
    if _has_text_of_lines(sql) or '"""' in sql or any(not line.strip() or line.endswith(" ") for line in lines):
        return "\n".join(["", *(f"    {line!r}" for line in _ended(lines)), ""])
    indented = "\n".join(f"    {line}" for line in sql.replace("\\", "\\\\").split("\n"))
    return f'"""\n{indented}\n"""'


def _has_text_of_lines(sql: str) -> bool:
    """Whether indenting its lines would change a string, a body or a name."""
    return any("\n" in token.text for token in tokenize(sql) if token.kind in ("string", "dollar", "quoted"))


def _ended(lines: list[str]) -> list[str]:
    return [f"{line}\n" for line in lines[:-1]] + lines[-1:]
