"""Plain values that a definition writes into fields of another type: such a rule always fails."""

from collections.abc import Iterator, Mapping

from kianda.lib.errors import Flaw
from kianda.lib.i18n import gettext as _
from processes.definition.checks_secrets import INTO_FIELDS
from processes.definition.document import Document
from processes.fields.base import FormField
from processes.fields.table import Table
from processes.language.expressions import Template
from processes.language.values import Value, ValueFailure
from processes.rules.base import Rule


def value_advice(document: Document) -> Iterator[Flaw]:
    """Find what a field cannot store, where that is known before there are values."""
    for place, rule in document.placed_rules():
        yield from _of_rule(place, rule, document.value_fields)
        cells = _cells(rule, document)
        for at, inner in enumerate(rule.inner_rules()):
            yield from _of_rule(f"{place}/rules/{at}", inner, cells)


def _cells(rule: Rule, document: Document) -> Mapping[str, FormField]:
    """Return the columns of the table that a rule goes through, by what rules in it call them."""
    table = document.value_fields.get(getattr(rule, "table", ""))
    columns = table.columns if isinstance(table, Table) else ()
    return {f"row.{column.name}": column for column in columns}


def _of_rule(place: str, rule: Rule, fields: Mapping[str, FormField]) -> Iterator[Flaw]:
    for part in INTO_FIELDS if rule.enabled else ():
        for index, row in enumerate(getattr(rule, part, ())):
            field = fields.get(row.field)
            if field is not None and (why := _refusal(field, row.value)):
                words = _("The rule fails: this is not valid for %(title)s. %(why)s")
                said = words % {"title": field.title, "why": why}
                yield Flaw(f"{place}/{part}/{index}/value", said)


def _refusal(field: FormField, source: str) -> str:
    """Return why a field cannot store a text or formula without names; nothing when it can."""
    template = Template.parse(source)
    if template.references:
        return ""
    try:
        value = template.evaluate(_no_names)
    except ValueFailure:
        # What cannot be worked out is told where the formula is written.
        return ""
    try:
        field.to_python(value)
    except ValueFailure as failure:
        return str(failure)
    return ""


def _no_names(name: str) -> Value:
    raise LookupError(name)
