"""What a run is told: where the database is, what its session is set to, how long to wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migrakit.guards import Guard
    from migrakit.runtime.settings import SessionSettings
    from migrakit.versions import VersionTable

__all__ = ["Plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that a run needs beside the command that is under way."""

    options: Mapping[str, Any]
    version_table: VersionTable
    service: str | None
    url: Any = field(repr=False)
    url_variable: str | None
    session: SessionSettings
    lock_wait: float | None
    server_wait: float
    journal: bool
    guards: Sequence[Guard]

    @property
    def name(self) -> str:
        """What this run goes by where a server shows who is connected."""
        return f"migrakit {self.service or self.version_table.name}"
