"""What a definition says about other processes: their fields, their targets, their secrets."""

from collections.abc import Callable, Iterable, Iterator

from kianda.lib.errors import Flaw
from kianda.lib.i18n import gettext as _
from processes.definition.document import Document, TargetMissing
from processes.language.conditions import ConditionGroup
from processes.language.expressions import Template
from processes.language.mappings import SuccessRow
from processes.rules.base import OutwardRule
from processes.rules.ports import Ref

ITEM_FACTS = frozenset({"process.id", "process.name", "process.status", "process.created"})
Process = Callable[[str], Document | None]


def process_flaws(
    place: str, rule: OutwardRule, ref: Ref, document: Document, process: Process
) -> Iterator[Flaw]:
    """Return what does not hold in a rule that works on instances of a process, or starts it."""
    other = document if ref.process == document.name else process(ref.process)
    if other is None:
        yield Flaw(
            f"{place}/{ref.place}", _("There is no process %(name)s.") % {"name": ref.process}
        )
        return
    yield from _filter_flaws(place, getattr(rule, "filter", None), other)
    given = [(row.target.removeprefix("body."), row.value) for row in rule.input_mapping]
    yield from _given_flaws(place, given, document, other)
    if ref.target:
        try:
            other.rules_of(ref.target)
        except TargetMissing as missing:
            yield Flaw(f"{place}/target", str(missing))
    yield from _success_flaws(place, rule.on_success, document, other)


def _filter_flaws(place: str, filter: ConditionGroup | None, other: Document) -> Iterator[Flaw]:
    for name in filter.references() if filter else ():
        flaw = _item_flaw(name, other)
        if flaw is None and _is_secret(name, other):
            flaw = _("%(name)s is a secret. Secrets cannot be used in a filter.") % {"name": name}
        if flaw:
            yield Flaw(f"{place}/filter", flaw)


def _given_flaws(
    place: str, rows: Iterable[tuple[str, str]], document: Document, other: Document
) -> Iterator[Flaw]:
    for index, (name, source) in enumerate(rows):
        field = other.value_fields.get(name)
        if field is None:
            yield Flaw(
                f"{place}/input_mapping/{index}/target",
                _("The process %(other)s has no field %(name)s that has a value.")
                % {"other": other.name, "name": name},
            )
        elif not field.is_secret and _takes_secret(source, document):
            yield Flaw(
                f"{place}/input_mapping/{index}/value",
                _("A secret can only go into a secret field, and %(name)s of %(other)s is not one.")
                % {"name": name, "other": other.name},
            )


def _takes_secret(source: str, document: Document) -> bool:
    return not document.secrets.isdisjoint(Template.parse(source).references)


def _success_flaws(
    place: str, rows: Iterable[SuccessRow], document: Document, other: Document
) -> Iterator[Flaw]:
    for index, row in enumerate(rows):
        for flaw in _row_flaws(row, document, other):
            yield Flaw(f"{place}/on_success/{index}/value", flaw)


def _row_flaws(row: SuccessRow, document: Document, other: Document) -> Iterator[str]:
    for name in Template.parse(row.value).references:
        flaw = _item_flaw(name, other)
        if flaw:
            yield flaw
        elif _is_secret(name, other) and row.field not in document.secrets:
            yield _(
                "%(name)s is a secret. It can only go into a secret field, and %(field)s is not "
                "one."
            ) % {"name": name, "field": row.field}


def _item_flaw(name: str, other: Document) -> str | None:
    root, _dot, rest = name.partition(".")
    if root != "item" or rest in ITEM_FACTS or rest.partition(".")[0] in other.value_fields:
        return None
    return _("The process %(other)s has no field %(rest)s that has a value.") % {
        "other": other.name,
        "rest": rest,
    }


def _is_secret(name: str, other: Document) -> bool:
    root, _, rest = name.partition(".")
    return root == "item" and rest in other.secrets
