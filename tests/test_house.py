"""The laws of the house, proved on its source: which way arrows run, who commits, who asks the time, who may enter."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import config
from app.web import access

ROOT = Path(__file__).parent.parent
APP = ROOT / "app"
GROUND = {"words", "clock", "keys", "sealing", "tokens", "config", "database"}
ROOMS_BEFORE_THE_DOORS = {
    "access",
    "assets",
    "cookies",
    "doorways",
    "downloads",
    "faults",
    "forms",
    "headers",
    "linking",
    "pages",
    "rolls",
}
MAY_COMMIT = {
    "app/connections.py",  # what has written nothing
    "app/delivery/units.py",
    "app/delivery/courier.py",
    "app/migrations/__init__.py",
    "app/migrations/env.py",
}
ATTICS = {"utils", "util", "helpers", "common", "core", "manager", "misc", "base"}


def rooms(folder: Path = APP) -> Iterator[tuple[str, ast.Module]]:
    """Yield every Python file below a folder with its tree."""
    for path in sorted(folder.rglob("*.py")):
        if "versions" not in path.parts:
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def imports(tree: ast.Module) -> set[str]:
    """Return the dotted names that a file imports, `from app.domain import cards` as app.domain.cards."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def reaches(tree: ast.Module, *prefixes: str) -> set[str]:
    """Return what a file imports from any of these packages."""
    return {name for name in imports(tree) if any(name == p or name.startswith(f"{p}.") for p in prefixes)}


def calls(tree: ast.Module, attribute: str) -> list[int]:
    """Return the lines on which something's attribute of this name is called."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == attribute
    ]


def test_the_ground_floor_knows_nothing_of_what_stands_on_it() -> None:
    above = ("app.domain", "app.delivery", "app.web", "app.commands")
    wrong = {
        path: reaches(tree, *above) for path, tree in rooms() if Path(path).stem in GROUND and path.count("/") == 1
    }
    assert not {path: found for path, found in wrong.items() if found}


def test_the_domain_knows_no_flask_no_delivery_no_door_and_no_clock() -> None:
    outside = ("flask", "flask_babel", "flask_login", "app.delivery", "app.web", "app.clock", "app.config", "smtplib")
    wrong = {path: reaches(tree, *outside) for path, tree in rooms(APP / "domain")}
    assert not {path: found for path, found in wrong.items() if found}


def test_delivery_knows_no_door() -> None:
    wrong = {path: reaches(tree, "app.web") for path, tree in rooms(APP / "delivery")}
    assert not {path: found for path, found in wrong.items() if found}


def test_no_noun_is_imported_in_a_circle() -> None:
    below = {
        Path(path).stem: {name.split(".")[2] for name in reaches(tree, "app.domain") if name.count(".") >= 2}
        for path, tree in rooms(APP / "domain")
    }

    def walk(noun: str, seen: tuple[str, ...]) -> None:
        assert noun not in seen, " → ".join((*seen, noun))
        for lower in below.get(noun, set()) & below.keys():
            walk(lower, (*seen, noun))

    for noun in below:
        walk(noun, ())


def test_a_foreign_key_points_the_way_the_import_does(app: Flask) -> None:
    from app.database import Base

    home = {mapper.local_table.name: mapper.class_.__module__ for mapper in Base.registry.mappers}  # type: ignore[attr-defined]
    trees = dict(rooms(APP / "domain"))
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys:
            here, there = home[table.name], home[key.column.table.name]
            path = here.replace(".", "/") + ".py"
            assert here == there or reaches(trees[path], there), f"{here} points at {there} without importing it"


def test_every_table_says_what_is_taken_along_and_what_goes(app: Flask) -> None:
    """P169, P170: a table without a rule in app/domain/belongings.py stops here, and so does a new way to a person."""
    from app.database import Base
    from app.domain import all_tables
    from app.domain.belongings import DELETED, RULES, TAKEN

    all_tables()
    assert set(Base.metadata.tables) == set(RULES)
    for name, table in Base.metadata.tables.items():
        rule = RULES[name]
        named = {key.parent.name for key in table.foreign_keys if key.column.table.name == "people"}
        assert named <= {way for way in rule.whose if "." not in way} | set(rule.about), f"{name}: {named}"
        assert rule.title, name
        assert rule.whose or rule.export != TAKEN, f"{name} is taken along, but by whom?"
        assert rule.whose or rule.erase != DELETED, f"{name} is deleted, but whose rows?"
        told = {*rule.secret, *rule.about, *(rule.erase if not isinstance(rule.erase, str) else ())}
        assert told <= set(table.columns.keys()), f"{name} has no {told - set(table.columns.keys())}"


def test_every_table_that_names_people_says_what_a_merge_makes_of_it(app: Flask) -> None:
    from app.domain import all_tables, folds
    from app.domain.merges import RULES

    all_tables()
    assert folds.tables("people") == set(RULES)


def test_no_page_imports_a_page() -> None:
    doors = {
        path: tree for path, tree in rooms(APP / "web") if Path(path).stem not in ROOMS_BEFORE_THE_DOORS | {"__init__"}
    }
    for path, tree in doors.items():
        found = {name.split(".")[2] for name in reaches(tree, "app.web") if name.count(".") >= 2}
        assert found <= ROOMS_BEFORE_THE_DOORS, f"{path} imports {found - ROOMS_BEFORE_THE_DOORS}"


def test_only_doors_the_courier_and_commands_commit() -> None:
    wrong = [
        path for path, tree in rooms() if calls(tree, "commit") and not path.startswith(("app/web/", "app/commands/"))
    ]
    assert set(wrong) <= MAY_COMMIT


def test_only_the_clock_asks_what_time_it_is() -> None:
    for path, tree in rooms():
        if path != "app/clock.py":
            found = [
                node.lineno
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute)
                and node.attr in {"now", "utcnow", "today"}
                and isinstance(node.value, ast.Name)
                and node.value.id in {"datetime", "date"}
            ]
            assert not found, f"{path}: {found}"


def test_nothing_is_called_utils() -> None:
    assert not [path for path in ROOT.glob("app/**/*") if path.stem in ATTICS]


def test_only_one_sqlite_is_ever_opened() -> None:
    """S56."""
    wrong = {path: reaches(tree, "sqlite3", "pysqlite3") for path, tree in rooms()}
    assert {path for path, found in wrong.items() if found} == {"app/connections.py"}


def test_every_room_says_what_it_is() -> None:
    assert not [path for path, tree in rooms() if not ast.get_docstring(tree)]


def test_every_route_declares_who_may_enter(app: Flask) -> None:
    assert all(entry.role in access.ROLES for entry in access.matrix(app))
    assert len(access.matrix(app)) == len(list(app.url_map.iter_rules()))


def test_every_setting_is_documented() -> None:
    readme = (ROOT / "README.md").read_text()
    assert not [setting.name for setting in config.SETTINGS if f"`{setting.name}`" not in readme or not setting.help]


def test_every_template_is_used_and_every_used_template_is_there() -> None:
    templates = ROOT / "templates"
    there = {path.relative_to(templates).as_posix() for path in templates.rglob("*") if path.is_file()}
    sources = [path.read_text() for path in [*APP.rglob("*.py"), *templates.rglob("*.html")]]
    named = {name for text in sources for name in re.findall(r"""["']([\w/-]+\.(?:html|txt|svg))["']""", text)}
    named = {name for name in named if "/" in name}
    letters = {name for name in there if name.startswith("letters/")}
    assert there - letters <= named, sorted(there - letters - named)
    assert {name for name in named if name.split("/")[0] in {p.name for p in templates.iterdir()}} <= there


@pytest.mark.parametrize(
    "pattern", [r"<script(?![^>]*\bsrc=)", r"<\w[^>{]*\son[a-z]+=", r"\sstyle\s*=", r"<style", r"\|\s*safe\b"]
)
def test_no_template_holds_inline_script_or_style_or_unescaped_text(pattern: str) -> None:
    """V3.4.3: the policy allows neither. Letters are no pages: mail programs know nothing but inline style."""
    pages = [path for path in (ROOT / "templates").rglob("*.html") if "letters" not in path.parts]
    found = [path.name for path in pages if re.search(pattern, path.read_text())]
    assert not found


def test_every_unsafe_form_carries_its_token() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL):
            assert "csrf_field()" in form or "/u/" in form, f"{path.name}: {form[:80]}"


def test_nobody_is_hunted_farmed_or_let_go() -> None:
    """D7."""
    rude = re.compile(r"\b(hunt(ed|ing)?|farm(ed|ing)?|let go)\b", re.IGNORECASE)
    assert not [path.name for path in (ROOT / "templates").rglob("*.*") if rude.search(path.read_text())]


def test_no_script_writes_html() -> None:
    """A91."""
    found = [
        path.name
        for path in (ROOT / "static/js").rglob("*.js")
        if re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", path.read_text())
    ]
    assert not found


def test_the_models_and_the_migrations_agree(app: Flask) -> None:
    from alembic import command

    from app import database, migrations

    with app.app_context(), database.db.engine.connect() as connection:
        command.check(migrations._config(connection))
