"""What a revision's file accepts: ``accepts = {"MK101 billing.prices.market": "copied to mic"}``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from alembic import context

from migrakit.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migrakit.guards.finding import Finding

__all__ = ["Accepted", "accepted_by"]

_NAME = "accepts"
_FLAG = "accept="


class Accepted:
    """Findings that somebody has looked at, by code and object."""

    def __init__(self, keys: Iterable[str], default_schema: str | None) -> None:
        self._default = f"{default_schema}."
        self._keys = {self._plain(key): key for key in keys}

    def __contains__(self, finding: Finding) -> bool:
        return finding.acceptable and self._plain(finding.key) in self._keys

    def __bool__(self) -> bool:
        return bool(self._keys)

    def without(self, findings: Iterable[Finding]) -> list[str]:
        """Those that none of these findings is meant by."""
        met = {self._plain(each.key) for each in findings}
        return [key for plain, key in self._keys.items() if plain not in met]

    def _plain(self, key: str) -> str:
        code, _, name = " ".join(key.split()).partition(" ")
        return f"{code} {name.removeprefix(self._default)}"


def accepted_by(module: Any, default_schema: str | None, *, is_upgrade: bool) -> Accepted:
    """By the file, and where the way is down by ``-x accept="MK101 billing.prices.market"`` too."""
    given: Any = getattr(module, _NAME, None)
    if given is None:
        given = {}
    if problems := list(_problems(given, str(getattr(module, "__file__", "a revision's file")))):
        raise ConfigurationError(*problems)
    flags = () if is_upgrade else _flags()
    return Accepted([*cast("dict[str, str]", given), *flags], default_schema)


def _flags() -> Iterator[str]:
    for each in context.get_x_argument():
        if each.startswith(_FLAG):
            yield each.removeprefix(_FLAG)


def _problems(given: Any, file: str) -> Iterator[Problem]:
    if not isinstance(given, dict):
        yield Problem(
            f"{_NAME} in {file} is {given!r}.",
            "It says which findings somebody has looked at, and why they are right.",
            f'Write {_NAME} = {{"MK101 prices.market": "copied to mic"}}.',
        )
        return
    held = cast("dict[Any, Any]", given)  # type: ignore[redundant-cast]
    for key, why in held.items():
        is_key = isinstance(key, str) and len(key.split()) > 1
        if not (is_key and isinstance(why, str) and why.strip()):
            yield Problem(
                f"{_NAME} in {file} holds {key!r}: {why!r}.",
                "A finding is accepted by its code and its object, for a reason that the next reader sees.",
                f'Write {_NAME} = {{"MK101 prices.market": "copied to mic"}}.',
            )
