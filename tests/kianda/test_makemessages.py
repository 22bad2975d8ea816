"""What a translator is given: every text that people read, whatever it stands in."""

import ast
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from datasources.auth import auth_schemes
from kianda.environment import BASE_DIR
from kianda.lib.errors import ApplicationError
from kianda.management.commands.makemessages import told, with_help_marked
from processes.fields import fields
from processes.rules import rules
from scheduler.schedules import schedules

ROOMS = ("datasources", "kianda", "processes", "scheduler", "templates")


def collected(catalog: Path) -> set[str]:
    """Return the texts of a catalog."""
    entries = re.findall(r'^msgid(?:_plural)? ((?:".*"\n)+)', catalog.read_text("utf-8"), re.M)
    return {"".join(map(ast.literal_eval, entry.splitlines())) for entry in entries}


def every(kind: type[Any]) -> list[type[Any]]:
    return [kind, *(one for below in kind.__subclasses__() for one in every(below))]


@pytest.mark.needs("xgettext")
def test_a_translator_is_given_every_text(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ROOMS:
        # Work copies stand beside the files for a moment: not where other tests look.
        shutil.copytree(BASE_DIR / room, tmp_path / room, ignore=shutil.ignore_patterns("static"))
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    monkeypatch.chdir(tmp_path)
    call_command("makemessages", all=True, keep_pot=True, verbosity=0)

    texts = collected(tmp_path / "locale" / "django.pot")
    registries = (auth_schemes, fields, rules, schedules)
    kinds = [kind for registry in registries for kind in registry.kinds.values()]
    said = {text for kind in kinds for text in (kind.label, kind.category, kind.help_text())}
    shown = [info for model in told() for info in model.model_fields.values()]
    said |= {text for info in shown for text in (info.title, info.description) if text}
    said |= {text for error in every(ApplicationError) for text in (error.title, error.sentence)}
    assert said - texts == set()
    assert {"Sign in", "Administrator", "members changed"} <= texts
    assert {"on success", "if missing", "load rules", "Process ID"} <= texts
    assert not list(tmp_path.rglob("*.py.py"))


def test_help_that_is_collected_moves_no_line() -> None:
    source = 'class A:\n    """One.\n\n    Two.\n    """\n\n    x = 1\n\nclass B:\n    """B."""\n'
    marked = with_help_marked(source, {"A": ["on success"]})
    calls = "    gettext_noop('One.\\n\\nTwo.'); gettext_noop('on success')"
    assert marked.splitlines()[1] == calls
    assert marked.splitlines()[5:] == source.splitlines()[5:]
