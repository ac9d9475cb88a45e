from __future__ import annotations

import importlib
import os
import subprocess
import sys
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from migrakit.entities import Entities, from_folder, from_package
from migrakit.errors import EntityError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENTITY = "from migrakit.entities import entity, sql\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to import from."""
    before = set(sys.modules)
    folder = tmp_path / "src"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("billing", "elsewhere"):
            del sys.modules[name]


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    importlib.invalidate_caches()
    return folder


def view(name: str, what: str = "1") -> str:
    return f"CREATE VIEW {name} AS SELECT {what}"


def said(entities: Entities) -> list[str]:
    return list(map(str, entities))


def problems(load: Any, *arguments: Any) -> list[str]:
    with pytest.raises(EntityError) as raised:
        load(*arguments)
    return [problem.what for problem in raised.value.problems]


PER_KIND: dict[str, str | bytes] = {
    "billing/__init__.py": "",
    "billing/db/__init__.py": "from billing.db.views import views\n",
    "billing/db/views.py": f"{ENTITY}views = [entity('{view('a')}'), (entity('{view('b')}'),)]\n",
    "billing/db/functions.py": f"{ENTITY}functions = sql('CREATE FUNCTION f() RETURNS int RETURN 1')\n",
    "billing/db/sql/more.sql": f"-- more\n{view('c')};\n\n{view('d')}\n",
    "billing/db/sql/deep/er.SQL": view("e"),
    "billing/db/sql/notes.txt": "CREATE TABLE",
}

BESIDE_MODELS: dict[str, str | bytes] = {
    "billing/models/__init__.py": "from billing.models.invoices import *\nfrom billing.models import customers\n",
    "billing/models/customers.py": (
        f"{ENTITY}from alembic_utils.pg_view import PGView\n"
        "class Customer: ...\n"
        f"active = entity('{view('active')}')\n"
        "legacy = PGView('public', 'legacy', 'SELECT 1')\n"
    ),
    "billing/models/invoices.py": f"{ENTITY}from billing.models.customers import *\nopen_ = entity('{view('open')}')\n",
}


def test_modules_that_export_lists_and_sql_files_beside_them(folder: Path) -> None:
    write(folder, PER_KIND)
    found = from_package("billing.db")
    assert said(found) == ["function f()", "view a", "view b", "view c", "view d", "view e"]
    places = [str(each.place).removeprefix(f"{folder}{os.sep}") for each in found]
    assert places == [
        "billing/db/functions.py:2",
        "billing/db/views.py:2",
        "billing/db/views.py:2",
        "billing/db/sql/more.sql:2",
        "billing/db/sql/more.sql:4",
        "billing/db/sql/deep/er.SQL:1",
    ]


def test_objects_beside_the_models_that_are_imported_from_each_other(folder: Path) -> None:
    write(folder, BESIDE_MODELS)
    found = from_package("billing")
    assert said(found) == ["view active", "view open", "view public.legacy"]
    assert str(found[-1].place) == f"{folder}/billing/models/customers.py:5"


def test_overlapping_packages_are_one_collection(folder: Path) -> None:
    write(folder, PER_KIND)
    assert from_package("billing") + from_package("billing.db") == from_package("billing")


def test_what_is_imported_from_elsewhere_counts(folder: Path) -> None:
    write(
        folder,
        {
            "elsewhere.py": f"{ENTITY}shared = entity('{view('shared')}')\n",
            "billing/__init__.py": "from elsewhere import shared\n",
        },
    )
    assert said(from_package("billing")) == ["view shared"]


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_the_order_depends_on_nothing_but_what_is_declared(folder: Path, seed: str) -> None:
    write(folder, {**PER_KIND, **BESIDE_MODELS})
    first = "import billing.models.invoices; " if seed == "1" else ""
    program = f"{first}from migrakit.entities import from_package; print(*from_package('billing'), sep='|')"
    path = os.pathsep.join([str(folder), *sys.path])
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
    )
    expected = "function f()|view a|view active|view b|view c|view d|view e|view open|view public.legacy\n"
    assert ran.stdout == expected


def test_packages_without_an_init_file(folder: Path) -> None:
    write(folder, {name: content for name, content in PER_KIND.items() if "__init__" not in name})
    assert said(from_package("billing.db")) == ["function f()", "view a", "view b", "view c", "view d", "view e"]
    assert from_package("billing") == from_package("billing.db")


def test_a_namespace_package_of_two_folders(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    write(folder, {"billing/a.sql": view("a"), "billing/b.py": f"{ENTITY}b = entity('{view('b')}')"})
    write(other, {"billing/c.sql": view("c"), "billing/d.py": f"{ENTITY}d = entity('{view('d')}')"})
    monkeypatch.syspath_prepend(other)
    assert said(from_package("billing")) == ["view a", "view b", "view c", "view d"]


def wheel(path: Path, files: dict[str, str | bytes]) -> Path:
    """As builders make it: no entries for folders."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr("billing-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: billing\nVersion: 1\n")
        archive.writestr("billing-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("billing-1.dist-info/RECORD", "")
    return path


def test_a_wheel_that_is_imported_from_as_it_is(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = wheel(tmp_path / "billing-1-py3-none-any.whl", {**PER_KIND, **BESIDE_MODELS})
    monkeypatch.syspath_prepend(path)
    found = from_package("billing")
    assert len(found) == 9
    by_name = {each.name: str(each.place) for each in found}
    assert by_name["d"] == f"{path}/billing/db/sql/more.sql:4"
    assert by_name["legacy"] == f"{path}/billing/models/customers.py:5"


def test_modules_that_a_wheel_hides_are_not_passed_over(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installed, the same wheel declares what is in them. Some versions of Python see them in the zip file too."""
    module = f"{ENTITY}a = entity('{view('a')}')"
    files: dict[str, str | bytes] = {
        "billing/__init__.py": "",
        "billing/db/a.py": module,
        "billing/db/b.sql": view("b"),
    }
    path = wheel(tmp_path / "billing-1-py3-none-any.whl", files)
    monkeypatch.syspath_prepend(path)
    with suppress(EntityError):
        assert said(from_package("billing")) == ["view a", "view b"]
        return
    assert problems(from_package, "billing") == [f"There are modules in {path}/billing/db/, which is no package."]


def test_a_wheel_that_is_installed(folder: Path, tmp_path: Path) -> None:
    path = wheel(tmp_path / "billing-1-py3-none-any.whl", {**PER_KIND, **BESIDE_MODELS})
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(folder)]
    subprocess.run([*command, "--disable-pip-version-check", str(path)], check=True)
    importlib.invalidate_caches()
    assert len(from_package("billing")) == 9


def test_only_what_is_at_the_top_of_a_module_counts(folder: Path) -> None:
    source = (
        f"{ENTITY}from alembic_utils.pg_view import PGView\n"
        f"def inner():\n    return entity('{view('inner')}')\n"
        "numbers = [1, 2]\ntexts = ['CREATE VIEW t AS SELECT 1']\n"
        "mixed = [1, 'a', entity('CREATE VIEW v AS SELECT 1')]\n"
        "itself = []\nitself.append(itself)\n"
        "class Proxy:\n    @property\n    def __class__(self): raise RuntimeError('nothing is under way')\n"
        "proxy = Proxy()\n"
    )
    write(folder, {"billing/__init__.py": source})
    assert said(from_package("billing")) == ["view v"]


def test_a_program_and_an_alembic_environment_are_left_alone(folder: Path) -> None:
    write(
        folder,
        {
            "billing/__init__.py": "",
            "billing/__main__.py": "raise RuntimeError",
            "billing/a.sql": view("a"),
            "billing/migrations/__init__.py": "",
            "billing/migrations/env.py": "raise RuntimeError",
            "billing/migrations/script.py.mako": "",
            "billing/migrations/versions/0001.sql": "DROP TABLE t",
            "billing/alembic/env.py": "raise RuntimeError",
            "billing/alembic/versions/x.py": "raise RuntimeError",
        },
    )
    assert said(from_package("billing")) == ["view a"]


def test_everything_that_is_wrong_in_a_package_is_said_at_once(folder: Path) -> None:
    write(
        folder,
        {
            "billing/__init__.py": "",
            "billing/broken.py": "import no_such_module",
            "billing/ends.py": "raise SystemExit(0)",
            "billing/package/__init__.py": "import no_such_module",
            "billing/package/never.py": "raise RuntimeError",
            "billing/table.py": f"{ENTITY}\na = entity('CREATE TABLE t ()')\n",
            "billing/twice.py": f"{ENTITY}a = entity('{view('a')}')\n",
            "billing/uses.py": "from billing.table import a\n",
            "billing/rule.py": (
                "from alembic_utils.replaceable_entity import ReplaceableEntity\n"
                "x = type('PGRule', (ReplaceableEntity,), {})('public', 'r', 'ON INSERT TO x DO INSTEAD NOTHING')\n"
            ),
            "billing/a.sql": f"\n\n{view('a', '2')}; CREATE INDEX ON t (id);\nDROP TABLE t",
            "billing/b.sql": "\n-- \xe9".encode("latin-1"),
            "billing/c.sql": "\ufeff".encode() + b"ab\xff",
            "billing/d.sql": "CREATE VIEW v AS SELECT 'a",
            "billing/e.sql": view("e").encode("utf-16"),
            "billing/f.sql": view("f").encode("utf-16-le"),
        },
    )
    found = [what.replace(f"{folder}/", "") for what in problems(from_package, "billing")]
    assert found == [
        "billing.broken can't be imported: ModuleNotFoundError: No module named 'no_such_module'.",
        "billing.ends can't be imported: SystemExit: 0.",
        "billing.package can't be imported: ModuleNotFoundError: No module named 'no_such_module'.",
        "billing/table.py:3: CREATE TABLE belongs into the metadata.",
        "billing/rule.py:2: alembic-utils' PGRule is not supported yet.",
        "billing/a.sql:3: The index has no name.",
        "billing/a.sql:4: DROP TABLE is no declaration.",
        "billing/b.sql:2: The file is not in UTF-8: byte 4 is 0xe9.",
        "billing/c.sql:1: The file is not in UTF-8: byte 5 is 0xff.",
        "billing/d.sql:1: A string that begins here has no end.",
        "billing/e.sql:1: The file is not in UTF-8: byte 0 is 0xff.",
        "billing/f.sql:1: There is a NUL.",
        "The view a is declared twice: at billing/twice.py:2 and at billing/a.sql:3.",
    ]


def test_what_a_module_raised_is_the_cause(folder: Path) -> None:
    write(folder, {"billing/__init__.py": "", "billing/broken.py": "1 / 0"})
    with pytest.raises(EntityError, match=r"billing\.broken can't be imported: ZeroDivisionError") as raised:
        from_package("billing")
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("nowhere", "There is no package 'nowhere' to import."),
        ("nowhere.db", "There is no package 'nowhere.db' to import."),
        ("billing.nowhere", "There is no package 'billing.nowhere' to import."),
        ("billing.views", "from_package('billing.views') is a module, not a package."),
        ("", "from_package('') is no name of a package."),
        (".db", "from_package('.db') is no name of a package."),
        ("billing/db", "from_package('billing/db') is no name of a package."),
        (None, "from_package(None) is no name of a package."),
        ("billing", "There is nothing declared in the package 'billing'."),
    ],
)
def test_what_is_no_package_of_declarations_is_refused(folder: Path, name: Any, what: str) -> None:
    write(folder, {"billing/__init__.py": "", "billing/views.py": "", "billing/empty.sql": "-- later\n"})
    assert problems(from_package, name) == [what]


def test_a_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, {**PER_KIND, "billing/db/sql/bom.sql": "\ufeff".encode() + view("bom").encode()})
    found = from_folder(folder / "billing" / "db")
    assert said(found) == ["view bom", "view c", "view d", "view e"]
    monkeypatch.chdir(folder)
    assert from_folder("billing") == found
    assert str(from_folder("billing")[0].place) == "billing/db/sql/bom.sql:1"
    assert "billing.db.views" not in sys.modules


def test_line_ends_are_those_of_python(folder: Path) -> None:
    write(folder, {"a.sql": "CREATE VIEW a AS\r\n  SELECT 'x\r\ny';\r\n\r\nCREATE VIEW b AS\rSELECT 1"})
    a, b = from_folder(folder)
    assert (a.sql, b.sql) == ("CREATE VIEW a AS\n  SELECT 'x\ny'", "CREATE VIEW b AS\nSELECT 1")
    assert (str(a.place), str(b.place)) == (f"{folder}/a.sql:1", f"{folder}/a.sql:5")


def test_what_is_no_folder_of_declarations_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(folder, {"file.sql": view("a"), "empty/none.txt": ""}))
    assert problems(from_folder, "missing") == ["from_folder('missing') is not there."]
    assert problems(from_folder, "file.sql") == ["from_folder('file.sql') is no folder."]
    assert problems(from_folder, "empty") == ["There is nothing declared in the folder 'empty'."]
    with pytest.raises(EntityError, match=f"It is looked for in {folder}"):
        from_folder("missing")


def test_everything_that_is_wrong_in_a_folder_is_said_at_once(folder: Path) -> None:
    write(folder, {"a.sql": view("a") + ";" + view("a", "2"), "b/c.sql": "SELECT 1; SELECT 2", "b/d.sql": "$$"})
    found = [what.replace(f"{folder}/", "") for what in problems(from_folder, folder)]
    assert found == [
        "b/c.sql:1: SELECT is no declaration.",
        "b/d.sql:1: A dollar quote $$ that begins here has no end.",
        "The view a is declared twice: at a.sql:1 and at a.sql:1.",
    ]
