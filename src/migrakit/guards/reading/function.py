"""Reading a revision's ``upgrade`` or ``downgrade``."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from migrakit.guards.operation import Operation, Unchecked
from migrakit.guards.reading.calls import call
from migrakit.guards.reading.expressions import evaluate
from migrakit.guards.reading.following import followed, read_once
from migrakit.guards.reading.run import Run
from migrakit.guards.reading.source import first_line, name_of, opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.runtime.migration import MigrationContext

__all__ = ["Reading", "read"]

evaluate.register(ast.Call, call)  # here, as it leads on to whole functions, and these to all the rest


@dataclass(frozen=True, slots=True)
class Reading:
    """What a revision does, in the order in which it is written, and what only running it would tell."""

    operations: tuple[Operation, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()


def read(function: Callable[..., Any], context: MigrationContext) -> Reading:
    """What a revision's function would do in this context. Nothing of it is run."""
    whole = Unchecked(first_line(function), f"{name_of(function)}(...)")
    file = opened(function)
    if file is None:
        return Reading(unchecked=(whole,))
    run = Run(file, context)
    written = followed(function, run)
    if written is None:
        return Reading(unchecked=(whole,))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # who runs it is told
        try:
            read_once(written, run)
        except Exception:  # noqa: BLE001 - it is too much, or nothing that was thought of here
            return Reading(tuple(run.operations), (whole, *run.unchecked))
    return Reading(tuple(run.operations), run.unchecked)
