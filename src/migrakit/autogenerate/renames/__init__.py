"""Renames that the metadata declares with ``renamed_from()``, in the place of dropping and adding.

What a comparison reads of the database is told under the new names, so Alembic and whoever else compares find only what
changed besides. `pending` says which renames these are; the ops that do them stand first in the revision and are
`RENAMES`: none of them touches a row, and each takes itself back.
"""

from __future__ import annotations

from migrakit.autogenerate.renames.ops import RENAMES, RenameColumnBySqlOp, RenameColumnOp, RenamePartOp, RenameTableOp
from migrakit.autogenerate.renames.pending import ColumnRename, PartRename, Renames, TableRename, pending

__all__ = [
    "RENAMES",
    "ColumnRename",
    "PartRename",
    "RenameColumnBySqlOp",
    "RenameColumnOp",
    "RenamePartOp",
    "RenameTableOp",
    "Renames",
    "TableRename",
    "pending",
]
