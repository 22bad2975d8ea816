"""How people know a record: its title and summary, made of the values that the reader sees."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import ngettext

from kianda.lib.i18n import grouped, with_small_beginning
from processes.definition.document import Document
from processes.definition.records import Meaning
from processes.document_cache import document_of
from processes.fields import List, Number
from processes.fields.base import FormField, words_of
from processes.language.expressions import Resolve, Template
from processes.language.parser import Reference, TemplateError, TemplatePart
from processes.language.people import called, inside, refs_in
from processes.language.timestamps import moment_text
from processes.language.values import Value, ValueFailure, as_text, is_blank
from processes.models import ProcessInstance
from processes.rights.instance_rights import InstanceRights
from processes.rights.seen import seen_values

LONGEST = 200
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
# What stands between two values, and is left over where one of them is empty.
_JOINTS = " \t\n,;:·|/\u2013\u2014-"
# What stands between the first and the last day of something.
FROM_TO = re.compile(r" *[\u2013-] *\Z")
_DOUBLED = re.compile(r"\s*([,;·|])(\s*[,;·|])+")


class SeenRecord(NamedTuple):
    """An instance as a person meets it in a list: title, a few values, what its status means."""

    instance: ProcessInstance
    document: Document
    # The values that the person sees.
    seen: dict[str, Any]
    title: str
    summary: list[tuple[str, Any]]
    meaning: Meaning

    @property
    def is_named(self) -> bool:
        """Tell whether it has a title of its own, beside its Process ID."""
        return self.title != self.instance.process_id


def seen_record(
    instance: ProcessInstance, user: User, rights: InstanceRights | None = None
) -> SeenRecord:
    """Return an instance as a person meets it; what they do not see stands nowhere in it."""
    document = document_of(instance.version)
    seen = seen_values(instance.values, rights or InstanceRights(user, instance, document))
    return SeenRecord(
        instance, document, seen, title_of(instance, document, seen), summary_of(document, seen),
        document.meaning_of(instance.status),
    )  # fmt: skip


def learn_names(instances: Iterable[ProcessInstance]) -> None:
    """Look up at once what the people and groups in instances are called, for this request.

    Else each cell and title would ask for its own.
    """
    called({
        ref
        for one in instances
        for field in document_of(one.version).fields.values()
        if field.names_people
        for ref in refs_in(one.values.get(field.name))
    })  # fmt: skip


def words_with(source: str, record: SeenRecord) -> str:
    """Return a text of the design with the values of a record that its reader sees."""
    names = _names_of(record.instance, record.document)
    return "".join(one.words for one in _written(source, record.document, record.seen, names))


def _names_of(instance: ProcessInstance, document: Document) -> dict[str, str]:
    return {
        "process.id": instance.process_id, "process.name": document.name,
        "process.status": instance.status, "process.created": moment_text(instance.created),
    }  # fmt: skip


class _Piece(NamedTuple):
    """A part of a text of the design: as it stands there, or a value that is filled in."""

    words: str
    is_value: bool


def _written(
    source: str, document: Document, seen: Mapping[str, Any], names: Mapping[str, str]
) -> list[_Piece]:
    try:
        template = Template.parse(source)
        if template.is_expression:
            value = template.evaluate(_values(seen, names))
            # A formula joins texts by itself, and may leave a joint over as well.
            return [_Piece(as_text(value), is_value=not isinstance(value, str))]
        return list(_pieces(template, document, seen, names))
    except (TemplateError, ValueFailure):
        # A formula may fail on what is not filled in yet.
        return []


def _pieces(
    template: Template, document: Document, seen: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[_Piece]:
    """Yield the parts of a title; two days with a dash between them are told as one span."""
    resolve, parts = _in_words(document, seen, names), template.parts
    while parts:
        span = _span_in(parts[:3], document, seen)
        one = parts[0]
        words = span or (as_text(resolve(one.name)) if isinstance(one, Reference) else one)
        yield _Piece(words, isinstance(one, Reference) and bool(words.strip()))
        parts = parts[3 if span else 1 :]


def _span_in(parts: Sequence[TemplatePart], document: Document, seen: Mapping[str, Any]) -> str:
    if len(parts) < 3 or not isinstance(parts[1], str) or not FROM_TO.match(parts[1]):
        return ""
    first, last = _day_in(parts[0], document, seen), _day_in(parts[2], document, seen)
    return span(first, last) if first and last else ""


def _day_in(part: TemplatePart, document: Document, seen: Mapping[str, Any]) -> date | None:
    """Return the day that a part of a title shows, and nothing when it shows something else."""
    field = document.fields.get(part.name) if isinstance(part, Reference) else None
    return None if field is None or field.holds_text else as_day(seen.get(field.name))


def title_of(instance: ProcessInstance, document: Document, seen: Mapping[str, Any]) -> str:
    """Return the title of a record, made of the values seen; its Process ID where that is empty."""
    names = _names_of(instance, document)
    made = _without_ends(_written(document.record.title, document, seen, names))
    cut = _DOUBLED.sub(r"\1", " ".join(made.split()))
    if not cut.strip(_JOINTS):
        return instance.process_id
    return cut[: LONGEST - 1] + "…" if len(cut) > LONGEST else cut


def _without_ends(pieces: list[_Piece]) -> str:
    """Join the parts of a title; joints left over at its ends go, values stay as they are."""
    values = [at for at, one in enumerate(pieces) if one.is_value]
    words = [one.words for one in pieces]
    if not values:
        return "".join(words).strip(_JOINTS)
    first, last = values[0], values[-1] + 1
    before, between, after = (
        "".join(some) for some in (words[:first], words[first:last], words[last:])
    )
    return before.lstrip(_JOINTS) + between + after.rstrip(_JOINTS)


def open_title_of(instance: ProcessInstance, document: Document) -> str:
    """Return the title made of what all see who see the record: for many readers at once."""
    return title_of(
        instance, document,
        {name: one for name, one in instance.values.items() if name in document.open_fields},
    )  # fmt: skip


def open_title_inside(instance: ProcessInstance, document: Document) -> str:
    """Return the same as a sentence has it inside: a choice that it begins with in small letters.

    What else it begins with may be a name.
    """
    title, parts = open_title_of(instance, document), Template.parse(document.record.title).parts
    first = (
        document.fields.get(parts[0].name) if parts and isinstance(parts[0], Reference) else None
    )
    return with_small_beginning(title) if isinstance(first, List) else title


def noun_of(document: Document, count: int) -> str:
    """Return what so many records are called inside a sentence: `leave requests`, or `records`."""
    if not document.record.many:
        return ngettext("record", "records", count)
    return with_small_beginning(document.one_record if count == 1 else document.many_records)


def summary_of(document: Document, seen: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return title and words of the fields that a design summarises its records by; no blanks."""
    return [
        (field.title, words)
        for name in document.record.summary
        if (field := document.fields.get(name)) is not None
        if (words := words_seen(field, seen.get(name)))
    ]


def _values(seen: Mapping[str, Any], names: Mapping[str, str]) -> Resolve:
    def resolve(name: str) -> Value:
        root, _dot, part = name.partition(".")
        if name in names:
            return names[name]
        value: Value = seen.get(root)
        return inside(value, part) if part else value

    return resolve


def _in_words(document: Document, seen: Mapping[str, Any], names: Mapping[str, str]) -> Resolve:
    values = _values(seen, names)

    def resolve(name: str) -> Value:
        field = document.fields.get(name)
        if field is not None:
            return words_seen(field, seen.get(name))
        if name == "process.created":
            return _moment(datetime.fromisoformat(names[name]))
        return values(name)

    return resolve


def words_seen(field: FormField, value: Any) -> str:
    """Return a value in one line as people say it: days and moments in words, people by name.

    No day is "today": a title that is kept stays right.
    """
    if is_blank(value):
        return ""
    told = field.shown(value) if field.names_people else words_of(field, value, _moment)
    texts = told if isinstance(told, list) else [told]
    if isinstance(field, Number):
        texts = [_figures(one) for one in texts]
    elif not field.holds_text:
        texts = [dated(day) if (day := as_day(one)) else one for one in texts]
    return ", ".join(as_text(one) for one in texts if not is_blank(one))


def lines_seen(field: FormField, value: Any) -> str:
    """Return a value as people say it; a text keeps its lines."""
    if field.holds_text and isinstance(value, str) and not is_blank(value):
        return as_text(words_of(field, value, _moment))
    return words_seen(field, value)


def _figures(told: Any) -> Any:
    try:
        number = Decimal(told)
    except InvalidOperation:
        return told
    # A year is written as one; so is any whole number of four digits.
    is_short = abs(number) < 10_000 and "." not in str(told)
    return told if is_short else grouped(number)


def as_day(told: Any) -> date | None:
    """Return a text as the day that it is; nothing where it is none."""
    if not isinstance(told, str) or not _DAY.match(told):
        return None
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{dated(local.date())}, {local:%H:%M}"


def dated(day: date) -> str:
    """Write a day: 5 Nov, and with its year where that is another."""
    return date_format(day, "MONTH_DAY_FORMAT" if _is_this_year(day) else "SHORT_DATE_FORMAT")


def span(first: date, last: date) -> str:
    """Write the days from the first to the last: 7\u201311 Dec, 21 Dec \u2013 1 Jan 2027."""
    if first == last:
        return dated(first)
    end = date_format(last, "SPAN_FORMAT" if _is_this_year(last) else "SHORT_DATE_FORMAT")
    if (first.year, first.month) == (last.year, last.month) and first < last:
        return f"{date_format(first, 'SPAN_DAY_FORMAT')}\u2013{end}"
    same = first.year == last.year or _is_this_year(first)
    return f"{date_format(first, 'SPAN_FORMAT' if same else 'SHORT_DATE_FORMAT')} \u2013 {end}"


def _is_this_year(day: date) -> bool:
    return day.year == timezone.localdate().year
