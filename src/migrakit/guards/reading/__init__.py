"""What a revision's function does, read in its file: nothing of it is run."""

from migrakit.guards.reading.function import Reading, read

__all__ = ["Reading", "read"]
