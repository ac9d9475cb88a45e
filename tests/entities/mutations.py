"""What can be different in the world of ``world.sql``: a change each, and the line that has to show it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["mutations"]

_HEADING = "---- "


def mutations(version: int) -> Iterator[tuple[str, str]]:
    """The line, up to its value, and the statements that change it: all that this version of PostgreSQL knows."""
    for section in (Path(__file__).parent / "mutations.sql").read_text().split(f"\n{_HEADING}"):
        title, *changes = section.split("\n-- ")
        if version >= int(title.partition("Since PostgreSQL ")[2] or 0):
            for change in changes:
                line, _, sql = change.partition("\n")
                yield line, sql
