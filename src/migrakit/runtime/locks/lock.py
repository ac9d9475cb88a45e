"""What every lock can do."""

from __future__ import annotations

from hashlib import sha256
from typing import Protocol

__all__ = ["Lock", "digest"]


class Lock(Protocol):
    """One of a database's locks, held by one run at a time."""

    def attempt(self) -> bool:
        """Take it if it is free, and say whether it was."""
        ...

    def holder(self) -> str:
        """Who has it, as far as the server says."""
        ...

    def release(self) -> None:
        """Give it back, whatever state the connection is in."""
        ...


def digest(*parts: str | None) -> bytes:
    """The same for the same parts, on any machine."""
    return sha256("\0".join(["migrakit", *(part or "" for part in parts)]).encode("utf-8", "surrogatepass")).digest()
