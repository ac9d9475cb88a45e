"""A number and its bound."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Result"]


@dataclass(frozen=True)
class Result:
    """A number and its bound."""

    what: str
    measured: float
    bound: float
    unit: str

    @property
    def holds(self) -> bool:
        return self.measured <= self.bound

    def __str__(self) -> str:
        verdict = "holds" if self.holds else "BEYOND ITS BOUND"
        return f"  {self.what:<58} {self.measured:>9.4g} {self.unit:<11} bound {self.bound:<6g} {verdict}"
