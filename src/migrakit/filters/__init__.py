"""What a service owns: rules that compose with ``&``, ``|`` and ``~``.

``owns = filters.prefix("pycon_") & ~filters.names("*_archive")``
"""

from __future__ import annotations

from migrakit.filters.algebra import Answer, Explanation, Filter
from migrakit.filters.rules.callables import from_callables
from migrakit.filters.rules.columns import columns
from migrakit.filters.rules.constant import everything, nothing
from migrakit.filters.rules.declared import declared
from migrakit.filters.rules.extension_members import extension_members
from migrakit.filters.rules.external_tables import external_tables
from migrakit.filters.rules.kinds import kinds
from migrakit.filters.rules.names import names
from migrakit.filters.rules.owned_by import owned_by
from migrakit.filters.rules.partitions import partitions
from migrakit.filters.rules.prefix import prefix
from migrakit.filters.rules.regex import regex
from migrakit.filters.rules.schemas import schemas
from migrakit.filters.rules.tagged import tagged
from migrakit.filters.rules.user import rule
from migrakit.filters.rules.version_tables import version_tables

UNKNOWN = Answer.UNKNOWN
"""A rule's answer where it can't tell yet: there is only a name, and it needs the object."""

__all__ = [
    "UNKNOWN",
    "Answer",
    "Explanation",
    "Filter",
    "columns",
    "declared",
    "everything",
    "extension_members",
    "external_tables",
    "from_callables",
    "kinds",
    "names",
    "nothing",
    "owned_by",
    "partitions",
    "prefix",
    "regex",
    "rule",
    "schemas",
    "tagged",
    "version_tables",
]
