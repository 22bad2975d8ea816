"""What a definition maps to parameters that take files."""

from collections.abc import Iterator

from datasources.rest.document import RestMethod
from kianda.lib.errors import Flaw
from kianda.lib.i18n import gettext as _
from processes.definition.document import Document
from processes.language.expressions import Template
from processes.rules.base import OutwardRule


def file_flaws(
    place: str, rule: OutwardRule, method: RestMethod, document: Document
) -> Iterator[Flaw]:
    """Return what is mapped to a parameter of files and holds none."""
    for index, row in enumerate(rule.input_mapping):
        if method.takes_file(row.target) and row.value and not _can_hold_file(row.value, document):
            yield Flaw(
                f"{place}/input_mapping/{index}/value",
                _(
                    "%(target)s of %(method)s takes a file. Map a field that holds files to it, "
                    "and nothing else: %(value)s holds none."
                )
                % {"target": row.target, "method": method.name, "value": _shortened(row.value)},
            )


def _can_hold_file(source: str, document: Document) -> bool:
    template = Template.parse(source)
    if template.is_expression:
        # What a condition in it picks is known when it runs.
        return bool(template.references)
    name = template.only_reference
    if name is None:
        return False
    field = document.value_fields.get(name)
    return field.holds_files if field is not None else name.startswith("row.")


def _shortened(source: str) -> str:
    return source if len(source) <= 60 else f"{source[:57]}..."
