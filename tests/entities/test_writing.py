"""What is written means the same once it is read: any name, any text, any body."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import render_python_code
from alembic.operations import ops
from hypothesis import given, settings
from hypothesis import strategies as st

from migrakit.autogenerate.entities import comparing
from migrakit.autogenerate.entities.stages import Stage
from migrakit.autogenerate.entities.steps import Does, Step
from migrakit.entities import entity
from migrakit.entities.lexing import tokenize

texts = st.text(
    st.one_of(
        st.sampled_from(" \n\t\\'\"%:${}#-/*;\r"), st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    ),
    max_size=60,
)


@settings(deadline=None, max_examples=400)
@given(texts, texts.filter(lambda text: 0 < len(text.encode()) < 60), texts)
def test_any_statement_is_itself_again(literal: str, name: str, body: str) -> None:
    comparing._register_renderers()
    quoted, said = name.replace('"', '""'), literal.replace("'", "''")
    tag = "$body$" if "$body$" not in body else "$other$"
    declared = entity(
        f"CREATE FUNCTION s.\"{quoted}\"(a text\n    DEFAULT '{said}')\n"
        f"  RETURNS text LANGUAGE plpgsql AS {tag}{body}{tag}"
    )
    for does in Does:
        step = Step(does, declared, notes=(f"Not kept: {name}",))
        code = render_python_code(ops.UpgradeOps([Stage([step], [])]))
        (found,) = executed(code)
        assert [each.text for each in tokenize(found.sql) if not each.is_blank] == [
            each.text for each in tokenize(declared.sql) if not each.is_blank
        ]


def executed(code: str) -> list[Any]:
    """What the directives are given."""
    found: list[Any] = []

    class Op:
        create_entity = replace_entity = drop_entity = staticmethod(found.append)

    body = code.partition("# ### commands")[2].partition("\n")[2]
    exec("def upgrade():\n" + "    pass\n" + body + "\nupgrade()", {"op": Op, "entity": entity})
    return found
