"""The journal: what was begun and finished, and how far a run came that was cut off."""

from __future__ import annotations

from migrakit.runtime.journal.entries import Entries
from migrakit.runtime.journal.keeping import Journal, KeptJournal
from migrakit.runtime.journal.resuming import Resume, asked_resume
from migrakit.runtime.journal.scripting import ScriptedJournal

__all__ = ["Entries", "Journal", "KeptJournal", "Resume", "ScriptedJournal", "asked_resume"]
