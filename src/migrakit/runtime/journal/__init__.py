"""The journal: what was begun and finished, and how far a run came that was cut off."""

from __future__ import annotations

from migrakit.runtime.journal.entries import Entries
from migrakit.runtime.journal.keeping import Journal, KeptJournal
from migrakit.runtime.journal.resuming import Resume, asked_resume

__all__ = ["Entries", "Journal", "KeptJournal", "Resume", "asked_resume"]
