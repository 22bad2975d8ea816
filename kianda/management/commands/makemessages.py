"""manage.py makemessages: Django's own, which also collects help and names of settings.

The help of a kind is its docstring, and a setting is called by its name: neither stands in a call.
"""

import ast
import functools
import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.commands import makemessages
from pydantic import BaseModel

from datasources.auth import auth_schemes
from kianda.environment import BASE_DIR
from kianda.lib.pointers import models_in
from processes.definition.document import Document
from processes.fields import fields
from processes.language.labels import setting_name
from processes.rules import rules
from scheduler.schedules import schedules


@functools.cache
def told() -> frozenset[type[BaseModel]]:
    """Return what people read of: definitions, kinds, and what their settings are made of."""
    todo: list[type[BaseModel]] = [Document]
    for registry in (auth_schemes, fields, rules, schedules):
        todo += registry.kinds.values()
    found: set[type[BaseModel]] = set()
    while todo:
        found.add(model := todo.pop())
        held = (one for field in model.model_fields.values() for one in models_in(field.annotation))
        todo += [one for one in held if one not in found]
    return frozenset(found)


# Nobody reads these in a browser.
LEFT_OUT = ("benchmarks", "tests", "tools", "var", "static", "*/migrations/*")


class KindsFile(makemessages.BuildFile):
    """A file in whose work copy help and settings are marked; each line keeps its number."""

    @functools.cached_property
    def kinds(self) -> dict[str, list[str]]:
        """Return the classes in it that people read of, each with its settings in words."""
        here = BASE_DIR / self.path
        return {
            one.__name__: [setting_name(key) for key in one.model_fields]
            for one in told()
            if Path(inspect.getfile(one)) == here
        }

    @functools.cached_property
    def is_templatized(self) -> bool:
        """Tell whether a work copy is read instead of the file: Django's word for it."""
        return bool(self.kinds) or super().is_templatized

    def preprocess(self) -> None:
        """Write the work copy."""
        if self.kinds:
            marked = with_help_marked(Path(self.path).read_text("utf-8"), self.kinds)
            Path(self.work_path).write_text(marked, "utf-8")
        else:
            super().preprocess()


def with_help_marked(source: str, kinds: Mapping[str, Iterable[str]]) -> str:
    """Return a module with the docstring of each class, and its settings, as gettext_noop calls."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and node.name in kinds:
            text, said = ast.get_docstring(node), node.body[0]
            length = (said.end_lineno or said.lineno) - said.lineno
            calls = "; ".join(f"gettext_noop({one!r})" for one in (text, *kinds[node.name]))
            marked = " " * said.col_offset + calls
            lines[said.lineno - 1 : said.end_lineno] = [marked] + [""] * length
    return "\n".join(lines) + "\n"


class Command(makemessages.Command):
    """Collects every text that is marked for translation, in one catalog for all apps."""

    build_file_class = KindsFile

    def handle(self, *args: Any, **options: Any) -> None:
        """Collect, but for what nobody reads; lines of code are not told, as they move all day."""
        options["ignore_patterns"] = [*options["ignore_patterns"], *LEFT_OUT]
        options |= {"no_location": True, "add_location": None, "no_wrap": True, "no_obsolete": True}
        super().handle(*args, **options)
