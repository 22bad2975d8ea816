"""What a translator is given: every text that people read, whatever it stands in."""

import contextlib
import re
import shutil
from typing import Any

import polib
import pytest
from django.core.management import call_command
from django.test import override_settings

from datasources.auth import auth_schemes
from kianda.environment import BASE_DIR
from kianda.lib.errors import ApplicationError
from kianda.management.commands.makemessages import told, with_help_marked
from processes.fields import fields
from processes.rules import rules
from scheduler.schedules import schedules

ROOMS = ("datasources", "kianda", "processes", "scheduler", "templates")


GAPS = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w+\}|</?\w+[^>]*>")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the catalog of all texts, and the folder in which they were collected."""
    place = tmp_path_factory.mktemp("texts")
    for room in ROOMS:
        # Work copies stand beside the files for a moment: not where other tests look.
        shutil.copytree(BASE_DIR / room, place / room, ignore=shutil.ignore_patterns("static"))
    with override_settings(LOCALE_PATHS=[place / "locale"]), contextlib.chdir(place):
        call_command("makemessages", all=True, keep_pot=True, verbosity=0)
    return polib.pofile(str(place / "locale" / "django.pot")), place


@pytest.fixture(scope="module")
def german() -> Any:
    return polib.pofile(str(BASE_DIR / "locale" / "de" / "LC_MESSAGES" / "django.po"))


def keys(catalog: Any) -> set[tuple[str, str, str]]:
    return {(one.msgctxt or "", one.msgid, one.msgid_plural or "") for one in catalog}


def every(kind: type[Any]) -> list[type[Any]]:
    return [kind, *(one for below in kind.__subclasses__() for one in every(below))]


@pytest.mark.needs("xgettext")
def test_a_translator_is_given_every_text(collected: Any) -> None:
    catalog, place = collected
    texts = {text for one in catalog for text in (one.msgid, one.msgid_plural)}
    registries = (auth_schemes, fields, rules, schedules)
    kinds = [kind for registry in registries for kind in registry.kinds.values()]
    said = {text for kind in kinds for text in (kind.label, kind.category, kind.help_text())}
    shown = [info for model in told() for info in model.model_fields.values()]
    said |= {text for info in shown for text in (info.title, info.description) if text}
    said |= {text for error in every(ApplicationError) for text in (error.title, error.sentence)}
    assert said - texts == set()
    assert {"Sign in", "Administrator", "members changed"} <= texts
    assert {"on success", "if missing", "load rules", "Process ID"} <= texts
    assert not list(place.rglob("*.py.py"))


@pytest.mark.needs("xgettext")
def test_german_says_every_text_and_nothing_that_is_gone(collected: Any, german: Any) -> None:
    catalog, _place = collected
    assert keys(catalog) - keys(german) == set(), "`manage.py makemessages -l de` adds them"
    assert keys(german) - keys(catalog) == set(), "`manage.py makemessages -l de` drops them"


def test_german_is_complete_and_keeps_what_is_filled_in(german: Any) -> None:
    assert [one.msgid for one in german if one.fuzzy or not one.translated()] == []
    different = {
        said
        for one in german
        for text, said in [(one.msgid, one.msgstr), (one.msgid_plural, one.msgstr_plural.get(1))]
        if said and sorted(GAPS.findall(text)) != sorted(GAPS.findall(said))
    }
    assert different == set()


def test_help_that_is_collected_moves_no_line() -> None:
    source = 'class A:\n    """One.\n\n    Two.\n    """\n\n    x = 1\n\nclass B:\n    """B."""\n'
    marked = with_help_marked(source, {"A": ["on success"]})
    calls = "    gettext_noop('One.\\n\\nTwo.'); gettext_noop('on success')"
    assert marked.splitlines()[1] == calls
    assert marked.splitlines()[5:] == source.splitlines()[5:]
