"""One lock for each version table, as far as its database can hold one."""

from __future__ import annotations

from migrakit.runtime.locks.choosing import lock_for
from migrakit.runtime.locks.lock import Lock

__all__ = ["Lock", "lock_for"]
