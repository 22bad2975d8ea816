"""Secrets that a definition writes out: literals on their way into a secret place."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from datasources.rest.document import RestMethod
from kianda.lib.secret_names import is_secret_name
from processes.definition.catalog import Catalog
from processes.definition.document import Document
from processes.language.expressions import Template
from processes.rules import Rule, StartAProcess
from processes.rules.base import BUILT_IN, CallingRule

LONGEST_PLAIN_LITERAL = 9
# The lists of a rule that write into fields of the same instance.
_INTO_FIELDS = ("assignments", "on_success", "on_error")


class WrittenOut(NamedTuple):
    """A literal that goes into a secret place: where it stands, into what, and whether to tell."""

    place: str
    target: str
    # Short ones into a parameter are often words of a protocol, such as `none`.
    is_long: bool
    # What goes into a secret field is a secret whatever its length.
    into_field: bool


def written_out(document: Document, catalog: Catalog) -> Iterator[WrittenOut]:
    """Yield the literals that a definition's rules put into secret fields and parameters."""
    for place, rule in document.placed_rules():
        for target, index, source, into_field in _secret_rows(rule, document, catalog):
            if source and not Template.parse(source).references:
                is_long = len(source) > LONGEST_PLAIN_LITERAL
                yield WrittenOut(f"{place}/{index}", target, is_long, into_field)


_Rows = Iterator[tuple[str, str, str, bool]]


def _secret_rows(rule: Rule, document: Document, catalog: Catalog) -> _Rows:
    for part in _INTO_FIELDS:
        for index, row in enumerate(getattr(rule, part, ())):
            if _is_secret_field(row.field, document):
                yield row.field, f"{part}/{index}", row.value, True
    if isinstance(rule, StartAProcess):
        given = [(row.target, row.value) for row in rule.input_mapping]
        yield from _rows_into(rule.process, given, document, catalog)
    elif isinstance(rule, CallingRule) and rule.datasource == BUILT_IN:
        given = [(row.target, row.value) for row in rule.input_mapping]
        yield from _rows_into(rule.method, given, document, catalog)
    elif isinstance(rule, CallingRule):
        yield from _rows_of_call(rule, catalog)


def _rows_into(
    process: str, given: Iterable[tuple[str, str]], document: Document, catalog: Catalog
) -> _Rows:
    """Yield what is mapped into secret fields of another process."""
    other = document if process == document.name else catalog.process(process)
    for index, (target, source) in enumerate(given):
        name = target.removeprefix("body.")
        # What nobody declares is judged by its name: a mistyped name must not let a secret out.
        is_known = other is not None and name in other.fields
        if _is_secret_field(name, other) if is_known else is_secret_name(name):
            yield target, f"input_mapping/{index}", source, is_known


def _rows_of_call(rule: CallingRule, catalog: Catalog) -> _Rows:
    source = catalog.datasource(rule.datasource)
    method = source.method(rule.method) if source else None
    for index, row in enumerate(rule.input_mapping):
        if _goes_secret(row.target, method):
            yield row.target, f"input_mapping/{index}", row.value, False


def _is_secret_field(name: str, document: Document | None) -> bool:
    field = document.fields.get(name) if document else None
    return field is not None and field.slug() == "secret"


def _goes_secret(target: str, method: RestMethod | None) -> bool:
    if method is None or method.canonical_target(target) is None:
        return is_secret_name(target.partition(".")[2])
    return method.is_secret_target(target)
