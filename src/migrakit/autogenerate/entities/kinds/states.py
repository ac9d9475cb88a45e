"""What a table, a trigger or any object always has, one way or the other: compared only where it is declared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migrakit.autogenerate.entities.identity import Identity, Rendered
from migrakit.autogenerate.entities.kinds.kind import LiveKind, always

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from migrakit.entities import Entity

__all__ = ["ENABLED", "ROW_SECURITY", "SWITCH", "TRIGGER_STATE", "implied", "only_changed"]

_ROW_SECURITY = """
    SELECT 0::oid, 0::oid, n.nspname, c.relname, c.relname, '{}'::text[],
        format('ALTER TABLE %I.%I %s ROW LEVEL SECURITY, %s ROW LEVEL SECURITY', n.nspname, c.relname,
            CASE WHEN c.relrowsecurity THEN 'ENABLE' ELSE 'DISABLE' END,
            CASE WHEN c.relforcerowsecurity THEN 'FORCE' ELSE 'NO FORCE' END),
        '{}'::text[], ''
    FROM pg_class c JOIN named n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relname IN (SELECT jsonb_array_elements_text(given->'secured') FROM asked)
"""

SWITCH = """
    CASE t.tgenabled WHEN 'O' THEN 'ENABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS'
        ELSE 'DISABLE' END
"""
"""What ``ALTER TABLE`` says of a trigger ``t``."""

_TRIGGER_STATE = f"""
    SELECT 0::oid, 0::oid, n.nspname, t.tgname, c.relname, '{{}}'::text[],
        format('ALTER TABLE %I.%I %s TRIGGER %I', n.nspname, c.relname,
            {SWITCH}, t.tgname),
        '{{}}'::text[], ''
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN named n ON n.oid = c.relnamespace
    WHERE t.tgname IN (SELECT jsonb_array_elements_text(given->'switched') FROM asked)
"""

ROW_SECURITY = LiveKind("row_security", "", _ROW_SECURITY, always, asked="secured")
TRIGGER_STATE = LiveKind("trigger_state", "", _TRIGGER_STATE, always, asked="switched")


def implied(
    declared: Mapping[Identity, tuple[Entity, Rendered]],
    standing: Iterable[Rendered],
    live: Mapping[Identity, Rendered],
) -> Iterator[tuple[Identity, tuple[Entity, Rendered]]]:
    """Row security enabled where a policy is declared and nothing else is said. Whether it is forced stays as it is."""
    tables = {each.identity: each for each in standing if each.identity.kind == "row_security"}
    for policy, (entity, _) in declared.items():
        identity = Identity("row_security", policy.schema, policy.relation, relation=policy.relation)
        if policy.kind == "policy" and identity not in declared and identity in tables:
            table = live.get(identity, tables[identity])
            definition = table.definition.replace(" DISABLE ROW", " ENABLE ROW")
            yield identity, (entity, tables[identity]._replace(definition=definition))


ENABLED = " ENABLE TRIGGER "

_FACETS = re.compile(r" (ENABLE|DISABLE) ROW LEVEL SECURITY, (FORCE|NO FORCE) ROW LEVEL SECURITY$")


def only_changed(before: str | None, after: str) -> str | None:
    """The statement that makes row security so, without what is so already. A new table has none."""
    was = _FACETS.search(before) if before else None
    old = was.groups() if was else ("DISABLE", "NO FORCE")
    table, *new, _ = _FACETS.split(after)
    changes = [f"{each} ROW LEVEL SECURITY" for each, was in zip(new, old, strict=True) if each != was]
    return f"{table} {', '.join(changes)}" if changes else None
