"""Secrets that a definition writes out: literals on their way into a secret place."""

from collections.abc import Iterator
from typing import NamedTuple

from datasources.rest.document import RestMethod
from kianda.lib.secret_names import is_secret_name
from processes.definition.catalog import Catalog
from processes.definition.document import Document
from processes.language.expressions import Template
from processes.rules.base import OutwardRule, Rule
from processes.rules.ports import Ref

LONGEST_PLAIN_LITERAL = 9
# The lists of a rule that write into fields of the same instance.
INTO_FIELDS = ("assignments", "on_success", "on_error")


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
    for part in INTO_FIELDS:
        for index, row in enumerate(getattr(rule, part, ())):
            if _is_secret_field(row.field, document):
                yield row.field, f"{part}/{index}", row.value, True
    if not isinstance(rule, OutwardRule):
        return
    for ref in rule.refers():
        if ref.process:
            other = document if ref.process == document.name else catalog.process(ref.process)
            yield from _rows_into(other, rule)
        else:
            yield from _rows_of_call(rule, ref, catalog)


def _rows_into(other: Document | None, rule: OutwardRule) -> _Rows:
    """Yield what is mapped into secret fields of another process."""
    for index, row in enumerate(rule.input_mapping):
        name = row.target.removeprefix("body.")
        # What nobody declares is judged by its name: a mistyped name must not let a secret out.
        is_known = other is not None and name in other.fields
        if _is_secret_field(name, other) if is_known else is_secret_name(name):
            yield row.target, f"input_mapping/{index}", row.value, is_known


def _rows_of_call(rule: OutwardRule, ref: Ref, catalog: Catalog) -> _Rows:
    source = catalog.datasource(ref.datasource)
    method = source.method(ref.method) if source else None
    for index, row in enumerate(rule.input_mapping):
        if _goes_secret(row.target, method):
            yield row.target, f"input_mapping/{index}", row.value, False


def _is_secret_field(name: str, document: Document | None) -> bool:
    return document is not None and name in document.secrets


def _goes_secret(target: str, method: RestMethod | None) -> bool:
    if method is None or method.canonical_target(target) is None:
        return is_secret_name(target.partition(".")[2])
    return method.is_secret_target(target)
