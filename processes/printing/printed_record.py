"""What of a record is printed: as far as its reader sees it, in words, bounded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.models import User
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kianda.accounts.services.substitutes import acted_words
from kianda.templatetags.kianda_words import status_words
from processes.comments import comments_of
from processes.definition.display import displays_on
from processes.definition.document import Document, Form
from processes.engine.instance_state import COMPLETED, CURRENT, NOT_STARTED
from processes.fields import Table
from processes.fields.base import FormField
from processes.instances.form_states import FormState, form_states
from processes.language.people import called
from processes.language.people_refs import user_ref
from processes.language.values import files_in
from processes.models import Comment, File, ProcessInstance
from processes.record_titles import SeenRecord, lines_seen, seen_record
from processes.rights.files import sees_file
from processes.rights.instance_rights import InstanceRights

# Rows of one table, and of one record cells, pictures and comments; what is left is told by its
# number. So much is drawn within seconds.
MOST_ROWS: Final = 2_000
MOST_CELLS: Final = 10_000
MOST_PICTURES: Final = 40
MOST_COMMENTS: Final = 100
NONE: Final = "\u2013"


@dataclass(frozen=True)
class PrintedTable:
    """The rows of a table, its titles first; how many more there are."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int = 0


@dataclass(frozen=True)
class PrintedField:
    """A field: its title and its value in words, a table, or pictures."""

    title: str
    words: str = ""
    table: PrintedTable | None = None
    pictures: Sequence[File] = ()


@dataclass(frozen=True)
class PrintedForm:
    """A form: its title, who has filled it in or has it now, its fields."""

    title: str
    state: str
    fields: Sequence[PrintedField]


@dataclass(frozen=True)
class PrintedComment:
    """A comment: who, when, what."""

    author: str
    at: datetime
    text: str


@dataclass(frozen=True)
class PrintedRecord:
    """A record as it is printed; `steps` are its forms with where each stands."""

    title: str
    number: str
    kind: str
    status: str
    created: datetime
    created_by: str
    changed: datetime
    steps: Sequence[tuple[str, str, datetime | None]]
    forms: Sequence[PrintedForm]
    comments: Sequence[PrintedComment] = field(default=())
    # Comments that are not printed, since there are too many.
    comments_left: int = 0


def printed_record(
    instance: ProcessInstance, document: Document, user: User, *, with_comments: bool = False
) -> PrintedRecord:
    """Return what a person may print of a record that they see."""
    rights = InstanceRights(user, instance, document)
    record = seen_record(instance, user, rights)
    states = {one.form: one for one in form_states(instance, document) if _is_shown(one, rights)}
    printing = _Printing(record, rights)
    forms = [
        PrintedForm(form.title, _state(states[form.name]), printing.fields_of(form))
        for form in document.forms
        if form.name in states and states[form.name].status != NOT_STARTED
    ]
    made_by = instance.created_by.get_username() if instance.created_by else ""
    rows = list(comments_of(instance)[: MOST_COMMENTS + 1]) if with_comments else []
    left = instance.comments.filter(deleted_at=None).count() - MOST_COMMENTS
    return PrintedRecord(
        title=record.title, number=instance.process_id, kind=document.one_record,
        status=str(capfirst(status_words(instance.status))), created=instance.created,
        created_by=acted_words(made_by, None) if made_by else "", changed=instance.modified,
        steps=[(one.title, _state(one), one.completed_at) for one in states.values()],
        forms=[form for form in forms if form.fields],
        comments=[
            PrintedComment(_author(row), row.created, _in_names(row.text, row.named))
            for row in rows[:MOST_COMMENTS]
        ],
        comments_left=left if len(rows) > MOST_COMMENTS else 0,
    )  # fmt: skip


def _is_shown(state: FormState, rights: InstanceRights) -> bool:
    shown = rights.instance.display.get(state.form, {}).get("visible", True)
    return rights.sees(state.form) and shown


def _state(state: FormState) -> str:
    """Return who has completed a form, or has it now."""
    if state.status == COMPLETED and state.completed_by:
        return acted_words(state.completed_by, state.acted_for)
    if state.status == CURRENT:
        owners = _("everyone") if state.everyone else ", ".join(state.owners)
        with_them = _("Now with %(people)s") % {"people": owners}
        return with_them if owners else pgettext("a status", "Open")
    return _("Completed") if state.status == COMPLETED else _("Not started")


def _author(row: Comment) -> str:
    """Return what the author is called by now; the name of then where the account is gone."""
    return acted_words(row.author.username, None) if row.author else row.author_name


def _in_names(text: str, named: Sequence[str]) -> str:
    """Return a comment with the people named in it as they are called."""
    for name, person in zip(named, called(map(user_ref, named)), strict=True):
        text = text.replace(f"@{name}", f"@{person}")
    return text


class _Printing:
    """The fields of one record; what is bounded is counted over all of them."""

    def __init__(self, record: SeenRecord, rights: InstanceRights) -> None:
        self._record, self._rights = record, rights
        self._cells_left, self._pictures_left = MOST_CELLS, MOST_PICTURES
        self._files: dict[str, File] | None = None

    def fields_of(self, form: Form) -> list[PrintedField]:
        # What stands in a hidden panel is hidden with it.
        shown = displays_on(form, self._record.instance.display)
        return [
            self._field(field)
            for field in form.all_fields()
            if field.holds_value and not field.is_secret
            if shown[field.name].visible and self._rights.sees(field.name)
        ]

    def _field(self, field: FormField) -> PrintedField:
        value = self._record.seen.get(field.name)
        if isinstance(field, Table):
            return PrintedField(field.title, table=self._table(field, value))
        if field.holds_files:
            names = ", ".join(str(one["name"]) for one in files_in(value))
            return PrintedField(field.title, names or NONE, pictures=self._pictures(value))
        return PrintedField(field.title, lines_seen(field, value) or NONE)

    def _table(self, field: Table, value: Any) -> PrintedTable:
        hidden = self._rights.hidden_columns(field.name)
        columns = [
            one for one in field.columns
            if one.visible and one.name not in hidden and not one.is_secret
        ]  # fmt: skip
        rows = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
        told = rows[: min(MOST_ROWS, self._cells_left // max(1, len(columns)))]
        self._cells_left -= len(told) * len(columns)
        cells = [[lines_seen(column, row.get(column.name)) for column in columns] for row in told]
        return PrintedTable([one.title for one in columns], cells, len(rows) - len(told))

    def _pictures(self, value: Any) -> list[File]:
        wanted = [str(one["id"]) for one in files_in(value)]
        known = self._known() if wanted and self._pictures_left else {}
        found = [known[number] for number in wanted if number in known][: self._pictures_left]
        self._pictures_left -= len(found)
        return found

    def _known(self) -> dict[str, File]:
        if self._files is None:
            rows = self._record.instance.files.filter(
                state=File.State.READY, media_type__startswith="image/"
            )
            self._files = {str(one.pk): one for one in rows if sees_file(one, self._rights)}
        return self._files
