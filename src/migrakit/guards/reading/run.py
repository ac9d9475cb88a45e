"""What is known while a function is read, and what was found in it so far."""

from __future__ import annotations

import ast
import builtins
from contextlib import contextmanager, suppress
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from migrakit.guards.operation import Operation, Unchecked, operation_of
from migrakit.guards.reading.outside import Outside
from migrakit.guards.reading.recording import Recording
from migrakit.guards.reading.saying import shown
from migrakit.guards.reading.scopes import Scope
from migrakit.guards.reading.values import CONTAINERS, PLAIN, UNKNOWN, StandIn, is_a, is_class, is_same, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from alembic.operations.ops import MigrateOperation
    from alembic.runtime.migration import MigrationContext

    from migrakit.guards.reading.source import File

__all__ = ["Flow", "Run", "TooMuch"]

_MOST_STEPS: Final = 100_000
_DEEPEST: Final = 20


class Flow(Enum):
    """How a block goes on."""

    NEXT = auto()
    BREAK = auto()
    CONTINUE = auto()
    ENDS = auto()


class TooMuch(Exception):  # noqa: N818 - it is no error of anybody's
    """More than is read at once."""


class Run:
    """One function being read."""

    def __init__(self, file: File, context: MigrationContext) -> None:
        self.file = file
        self.context = context
        self._made: list[MigrateOperation] = []
        self.op = Recording(context, self._made)
        self.outside = Outside(self.op)
        self.globals = Scope()
        self.scope = self.globals
        self.operations: list[Operation] = []
        self.returned: list[Any] = []
        self._unchecked: list[tuple[ast.AST, Unchecked]] = []
        self._frames: list[Scope] = []
        self._tainted: dict[int, Any] = {}
        self._changed: list[Any] = []
        self._steps = 0

    def step(self) -> None:
        """Counts, so that it ends."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise TooMuch

    @property
    def unchecked(self) -> tuple[Unchecked, ...]:
        """Each once, in the order of the file."""
        found = dict.fromkeys(each for _, each in self._unchecked)
        return tuple(sorted(found, key=lambda each: each.line))

    def leave_unchecked(self, node: ast.expr | ast.stmt) -> None:
        """Said once for the whole of an expression, and not for each of its parts."""
        parts = {id(part) for part in ast.walk(node)}
        self._unchecked = [each for each in self._unchecked if id(each[0]) not in parts]
        self._unchecked.append((node, Unchecked(node.lineno, shown(node))))

    def record(self, call: Callable[[], Any], node: ast.Call) -> Any:
        """What a directive gives; what it made is recorded. One that made nothing did something else."""
        self._made.clear()
        given: Any = None
        is_done = False
        with suppress(Exception):
            given = call()
            is_done = True
        for op in self._made:
            self.operations.append(operation_of(op, node.lineno))
        if not (self._made and is_done):
            self.leave_unchecked(node)
        return given if is_done else UNKNOWN

    # Names and values

    def value_of(self, name: str) -> Any:
        """What a name is bound to."""
        scope = self.scope.elsewhere.get(name) or self.scope.holder(name)
        if scope is not None and name in scope.names:
            return self.clean(scope.names[name])
        return self.clean(self.of_file(name))

    def of_file(self, name: str) -> Any:
        """What the file, or else Python, calls so."""
        known: Mapping[str, Any] = vars(builtins)
        return self.outside.taken(self.file.globals.get(name, known.get(name, UNKNOWN)))

    def clean(self, value: Any) -> Any:
        """The value, if it is still known what it is."""
        return UNKNOWN if id(value) in self._tainted else value

    def is_clean(self, value: Any) -> bool:
        """Whether all of it is known."""
        if id(value) in self._tainted or kind_of(value) is StandIn:
            return False
        if kind_of(value) is dict:
            return all(self.is_clean(part) for part in (*value, *value.values()))
        return kind_of(value) not in CONTAINERS or all(self.is_clean(part) for part in value)

    def taint(self, value: Any) -> None:
        """From here on nobody knows what it is: a list, a column. A text is what it is."""
        if not is_a(value, StandIn) and kind_of(value) not in PLAIN and not is_class(value):
            self._tainted[id(value)] = value

    def change(self, value: Any) -> None:
        """It is changed in a way that is known, here."""
        self._changed.append(value)

    # Ways that may be gone

    def either(self, *ways: Callable[[], Flow]) -> Flow:
        """Reads each, as nobody knows which it will be; what is known afterwards is known after each."""
        before = self._state()
        flows, states = list[Flow](), list[dict[Scope, dict[str, Any]]]()
        for way in ways:
            self._restore(before)
            start = len(self._changed)
            flows.append(way())
            for each in self._changed[start:] if len(ways) > 1 else ():
                self.taint(each)
            states.append(self._state())
        self._join(flows, states)
        return flows[0] if len(set(flows)) == 1 else Flow.NEXT

    def maybe(self, way: Callable[[], object]) -> None:
        """Reads what may also not happen."""

        def read() -> Flow:
            way()
            return Flow.NEXT

        self.either(read, lambda: Flow.NEXT)

    def _state(self) -> dict[Scope, dict[str, Any]]:
        scopes = (scope for frame in (*self._frames, self.scope) for scope in frame.chain())
        return {scope: dict(scope.names) for scope in scopes}

    def _restore(self, state: dict[Scope, dict[str, Any]]) -> None:
        for scope, names in state.items():
            scope.names = dict(names)

    def _join(self, flows: list[Flow], states: list[dict[Scope, dict[str, Any]]]) -> None:
        goes_on = [state for flow, state in zip(flows, states, strict=True) if flow is not Flow.ENDS]
        for scope in states[0]:
            # Of a way that ends, what it did to other functions' names is left.
            each = [state[scope] for state in (goes_on if scope is self.scope and goes_on else states)]
            scope.names = {name: self._agreed(name, each) for name in dict.fromkeys(key for one in each for key in one)}

    def _agreed(self, name: str, states: Iterable[dict[str, Any]]) -> Any:
        first, *others = (state.get(name, UNKNOWN) for state in states)
        return first if all(is_same(first, other) for other in others) else UNKNOWN

    # Frames

    @contextmanager
    def inside(self, scope: Scope) -> Generator[None]:
        """In another function, or in a comprehension."""
        self._frames.append(self.scope)
        self.scope = scope
        try:
            yield
        finally:
            self.scope = self._frames.pop()

    @property
    def is_deep(self) -> bool:
        """Whether functions call each other without an end in sight."""
        return len(self._frames) > _DEEPEST
