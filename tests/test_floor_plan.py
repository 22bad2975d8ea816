"""The floor plan as a ratchet: small halls, modules of one reason, a name for each thing."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.staticfiles import finders
from django.db.models import Model

ROOT = Path(__file__).resolve().parents[1]
APPS = ("kianda", "datasources", "processes", "scheduler")
HALLS = (*APPS, "kianda/accounts")
MOST_IN_A_HALL, MOST_IN_A_ROOM = 12, 22
LONGEST, SHORTEST = 400, 40
# Names that Django gives, of an API view beside its model, of a port beside what implements it.
SHARED = frozenset({"Command", "Run", "StepRecord", "TokenForm"})
# Django and Celery look for these by their names, however little stands in them.
CONVENTIONAL = frozenset(
    {"__init__", "__main__", "admin", "apps", "celery", "tasks", "urls", "wsgi"}
)
# A kind is a module of its own, and so is a command.
KINDS = re.compile(r"(processes/(fields|rules)|datasources/auth|scheduler/schedules|.*/commands)/")
# Whole at their size, each with what would be wrong with joining it; none is to be added lightly.
SMALL = {
    "datasources/views/access.py": "asked by every page of datasources",
    "datasources/views/uses.py": "a list that three pages show",
    "kianda/administration/people.py": "asked from every page, by everybody who is signed in",
    "kianda/formats/de/formats.py": "Django asks each language for a module of its own",
    "kianda/formats/en/formats.py": "Django asks each language for a module of its own",
    "kianda/lib/db/loading.py": "a base of models, beside the statements that read them",
    "kianda/lib/db/waiting.py": "what waits for a provider, a run or the database needs it alone",
    "kianda/lib/db/sqlite3/files.py": "the parent needs it, which opens no database of Django's",
    "kianda/lib/secret_names.py": "stands below masking and secrets, which do not know each other",
    "kianda/web/icons.py": "what the sprite of a package is like is known nowhere else",
    "kianda/web/page_extensions.py": "a registry between apps",
    "kianda/web/sorting.py": "shared by the tags of all lists and the lists of records",
    "kianda/web/static_storage.py": "named in the settings, imported before apps are ready",
    "processes/definition/catalog.py": "a port, implemented further up",
    "processes/designer/added_charts.py": "an edit of the working copy that a list makes",
    "processes/document_cache.py": "stands below every room that reads versions",
    "processes/rights/comments.py": "beside the other rights, asked by every door to comments",
    "processes/rights/files.py": "beside the other rights, asked by every door to files",
    "processes/language/limits.py": "rules, fields, definitions and the designer keep to them",
    "processes/language/timestamps.py": "its moment_text is not that of dates",
    "scheduler/periodic_tasks.py": "called while tables are made, before services can work",
    "scheduler/services/heartbeats.py": "stamped by every service that runs",
    "scheduler/services/telling.py": "who is told of a task, beside who is told of an instance",
    "processes/views/requests/own_requests.py": "a page that shares nothing with its neighbours",
}


def modules(*apps: str) -> list[Path]:
    """Return every module of the apps but migrations."""
    found = (path for app in apps or APPS for path in (ROOT / app).rglob("*.py"))
    return [path for path in found if "migrations" not in path.parts]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


LINES = {place(path): len(path.read_text().splitlines()) for path in modules()}


@pytest.mark.parametrize("hall", HALLS)
def test_an_app_has_few_modules_beside_its_rooms(hall: str) -> None:
    flat = [path.name for path in (ROOT / hall).glob("*.py") if path.name != "__init__.py"]
    assert len(flat) <= MOST_IN_A_HALL, f"give some of these a room: {sorted(flat)}"


def test_a_room_is_taken_in_at_a_glance() -> None:
    rooms: dict[str, int] = defaultdict(int)
    for module in LINES:
        if not module.endswith("__init__.py") and not KINDS.match(module):
            rooms[module.rpartition("/")[0]] += 1
    assert {room: n for room, n in rooms.items() if n > MOST_IN_A_ROOM} == {}


def test_a_module_is_read_in_one_sitting() -> None:
    assert {module: n for module, n in LINES.items() if n > LONGEST} == {}


def test_a_module_is_no_fragment() -> None:
    short = {
        module
        for module, lines in LINES.items()
        if lines < SHORTEST and Path(module).stem not in CONVENTIONAL and not KINDS.match(module)
    }
    assert short - SMALL.keys() == set(), "join these, or say why each is whole"
    assert SMALL.keys() - short == set(), "these are small no more"


def test_a_public_class_has_a_name_of_its_own() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for path in modules():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where[node.name].append(place(path))
    twice = {name: files for name, files in where.items() if len(files) > 1}
    assert {name: files for name, files in twice.items() if name not in SHARED} == {}


# --- old places -----------------------------------------------------------------------------------

# The list itself, and what tells of the past.
TELLING = {"tests/old_places.txt", "CHANGELOG.md"}
READ = {".py", ".md", ".toml", ".yml", ".yaml", ".html", ".js", ".css", ".json", ".service", ""}
FOLDERS = (*APPS, "templates", "tests", "docs", "benchmarks", "tools", "deploy", ".ci")


def old_names() -> set[str]:
    """Return how modules, templates and scripts were called that are called otherwise now."""
    found = set()
    for old in (ROOT / "tests/old_places.txt").read_text().split():
        found |= {old, old.removeprefix("templates/").removeprefix("kianda/static/")}
        stem = old.removesuffix(".py")
        # A room may have the name that a module had.
        if stem != old and not (ROOT / stem).is_dir():
            found.add(stem.replace("/", "."))
    # The name of a log, which is kept.
    return found - {"kianda.health"}


def texts() -> list[Path]:
    """Return every file that people write, but those that tell of the past."""
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    files += [path for path in ROOT.iterdir() if path.is_file()]
    return [path for path in files if path.suffix in READ and place(path) not in TELLING]


def named_in(text: str) -> set[str]:
    """Return every path and dotted name of a text, and whatever these begin with."""
    found = set()
    for word in re.findall(r"[\w-]+(?:[./][\w-]+)+", text):
        found.add(word)
        steps = word.split(".")
        found |= {".".join(steps[:n]) for n in range(2, len(steps))}
    return found


def test_nothing_names_a_place_where_nothing_stands_any_more() -> None:
    old = old_names()
    assert len(old) > 500, "the list of old places was not read"
    found = {place(path): named_in(path.read_text()) & old for path in texts()}
    assert {where: names for where, names in found.items() if names} == {}


def test_no_module_stands_at_an_old_place() -> None:
    olds = (ROOT / "tests/old_places.txt").read_text().split()
    assert [old for old in olds if (ROOT / old).exists()] == []


# What adds a listener to the whole page: to the document, to what holds it, or to the window.
WHOLE_PAGE = re.compile(
    r"(?<![\w.])((document|window|self|globalThis)\s*(\??\.\s*(document|body|documentElement)\s*)*"
    r"\??\.\s*)?addEventListener\("
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('document.addEventListener("click", go)', True),
        ('  addEventListener("click", go)', True),
        ('document\n  .addEventListener("click", go)', True),
        ('window.document.body?.addEventListener("click", go)', True),
        ('frame.contentDocument?.addEventListener("click", go)', False),
        ('list.addEventListener("click", go)', False),
    ],
)
def test_a_listener_to_the_whole_page_is_told_from_others(text: str, found: bool) -> None:
    assert bool(WHOLE_PAGE.search(text)) is found


def test_one_module_listens_to_the_whole_page() -> None:
    scripts = ROOT / "kianda/static/kianda/js"
    found = {
        path.relative_to(scripts).as_posix()
        for path in scripts.rglob("*.js")
        if WHOLE_PAGE.search(path.read_text())
    }
    # It names what it listens to: the document, or the window.
    assert found == set()
    assert "place.addEventListener" in (scripts / "page/listen.js").read_text()


def test_one_module_asks_the_server_by_script() -> None:
    """And one that uploads: only the older way of asking tells how much of a body has gone."""
    scripts = ROOT / "kianda/static/kianda/js"
    found = {
        path.relative_to(scripts).as_posix()
        for path in scripts.rglob("*.js")
        if re.search(r"\bfetch\(|\bXMLHttpRequest\b|\bsendBeacon\b", path.read_text())
    }
    assert found == {"page/ask.js", "forms/upload.js"}


def test_a_class_of_the_style_sheets_is_used() -> None:
    places = [ROOT / name for name in (*APPS, "templates")]
    text = "\n".join(
        one.read_text()
        for place in places
        for kind in ("html", "js", "py")
        for one in place.rglob(f"*.{kind}")
    )
    # The page of the API takes its elements from a package, and ours is how they look.
    theirs = finders.find("drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css")
    known = set(re.findall(r"[\w-]+", text + Path(str(theirs)).read_text()))
    # `k-pill--{{ kind }}`, and the like.
    made = tuple(set(re.findall(r"\b([a-z][\w-]*-[a-z]?)\$?\{", text)))
    unused = {
        name
        for sheet in (ROOT / "kianda/static/kianda").glob("*.css")
        for name in re.findall(
            r"\.([a-z][\w-]*)", re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", sheet.read_text(), flags=re.S)
        )
        if name not in known and not name.startswith(made)
    }
    assert unused == set()


@pytest.mark.parametrize("app", APPS)
def test_no_column_has_an_index_of_its_own_where_another_begins_with_it(app: str) -> None:
    # Each index is written with each row; Django makes one of every foreign key.
    twice = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model.__module__.split(".")[0] == app
        for field in model._meta.local_fields
        if getattr(field, "db_index", False)
        and not field.unique
        and field.name in _first_fields(model)
    ]
    assert twice == []


def _first_fields(model: type[Model]) -> set[str]:
    """Return the fields with which an index or a unique constraint of all rows begins."""
    kept = [*model._meta.indexes, *model._meta.constraints]
    of_all = [one for one in kept if getattr(one, "condition", None) is None]
    return {fields[0].removeprefix("-") for one in of_all if (fields := getattr(one, "fields", ()))}
