"""The events that a row of the history tells of, as far as the reader sees the parts of it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _

from kianda.accounts.services.substitutes import acted_words
from kianda.templatetags.kianda_words import status_words
from processes.activity.event import Event
from processes.activity.kinds import (
    Assigned,
    Binned,
    Completed,
    DecidedForm,
    Moved,
    OpenedAgain,
    Restored,
    SentBack,
    SentForm,
    StatusChanged,
    ValuesChanged,
)
from processes.fields.base import FormField
from processes.forms.value_words import renamed_words, words_of
from processes.instances import recycle_bin, version_moves
from processes.instances.history import told
from processes.language.people import called
from processes.language.people_refs import EVERYONE
from processes.language.values import as_text, files_in, is_blank
from processes.models import Change
from processes.rights.instance_rights import InstanceRights
from processes.rights.seen import seen_changes

# Runs that no person has asked for, though each acts for one.
BY_ITSELF = frozenset({"schedule", "webhook", "token", "rule"})
# Runs in which a person has typed values.
_TYPED_IN = frozenset({"button", "submit", "change"})
_LONGEST_WORDS = 60
_FORM = "form:"
_OF_PROCESS = frozenset({"process.status", recycle_bin.FIELD, version_moves.FIELD})
Row = Mapping[str, Any]


def events_of(change: Change, rights: InstanceRights) -> list[Event]:
    """Return what a change tells its reader, the newest first; nothing of what they do not see."""
    return list(_Telling(change, rights).events())[::-1]


class _Telling:
    """One change, told to one reader."""

    def __init__(self, change: Change, rights: InstanceRights) -> None:
        self._change, self._document = change, rights.document
        known = [told(row, self._document.fields) for row in change.fields if self._is_known(row)]
        self._rows = seen_changes(known, rights)
        by_itself = change.run is not None and change.run.trigger in BY_ITSELF
        ruled = any("rule" in row and not row.get("owners") for row in change.fields)
        # Of a form that they do not see nothing tells: not who has worked at it, either.
        self._is_cut = len(self._rows) < len(known)
        self._by = "" if by_itself or ruled else change.by_name
        self._actor = acted_words(self._by, change.acted_for) if self._by else ""
        self._titles = {form.name: form.title for form in self._document.forms}

    def _is_known(self, row: Row) -> bool:
        """Tell whether the definition of today has the part: nobody knows the names of others."""
        name = str(row["field"])
        if name.startswith(_FORM):
            return any(form.name == name.removeprefix(_FORM) for form in self._document.forms)
        # Of what a move took away, the move tells the title.
        return name in _OF_PROCESS or name in self._document.fields or "title" in row

    def events(self) -> Iterator[Event]:
        for row in self._rows:
            if row["field"] == recycle_bin.FIELD:
                kind = Binned if row["after"] == recycle_bin.DELETED else Restored
                yield kind(**self._head("bin"))
        given = {self._form(row): row for row in self._rows if row.get("owners")}
        states = [row for row in self._rows if self._form(row) and not row.get("owners")]
        done = [row for row in states if row["after"] == "completed"]
        status = next((r["after"] for r in self._rows if r["field"] == "process.status"), "")
        decides = bool(status) and status not in self._titles.values()
        opened = {self._form(row) for row in states if row["after"] == "current"}
        for row in done:
            handed = "" if len(done) > 1 else next(iter(opened & given.keys()), "")
            yield self._completed(row, str(status) if decides else "", given.pop(handed, None))
        back = [row for row in states if row["before"] == "completed" and row["after"] == "current"]
        yield from map(self._back, back)
        for form, row in given.items():
            yield self._assigned(form, row)
        if status and not done and not back:
            yield self._status_changed(str(status))
        moved = next((row for row in self._rows if row["field"] == version_moves.FIELD), None)
        if moved is not None:
            yield self._moved(moved)
        elif not done:
            yield from self._values()

    def _completed(self, row: Row, status: str, given: Row | None) -> Event:
        form = self._form(row)
        if form == self._document.forms[0].name:
            refs = given["after"] if given else ()
            to = _people(refs) if given else ""
            return SentForm(**self._of_form(form, "sent"), to=to, refs=refs)
        if status:
            return DecidedForm(**self._of_form(form, "decided"), status=_in_words(status))
        return Completed(**self._of_form(form, "completed"))

    def _back(self, row: Row) -> Event:
        form = self._form(row)
        if "note" not in row:
            return OpenedAgain(**self._of_form(form, "opened"))
        return SentBack(**self._of_form(form, "back"), note=row["note"])

    def _assigned(self, form: str, row: Row) -> Event:
        head = self._of_form(form, "assigned")
        if row.get("rule"):
            head |= {"by": "", "actor": ""}
        to, note = _people(row["after"]), row.get("note", "")
        return Assigned(**head, to=to, refs=row["after"], note=note)

    def _status_changed(self, status: str) -> Event:
        head = self._head("status")
        if self._is_cut:
            head |= {"by": "", "actor": ""}
        return StatusChanged(**head, status=_in_words(status))

    def _moved(self, row: Row) -> Event:
        lost = [_("“%(title)s” was removed") % one for one in self._rows if "title" in one]
        words = [*renamed_words(row), *lost]
        return Moved(**self._head("version"), version=row["after"], fields=words)

    def _values(self) -> Iterator[Event]:
        """Return which fields a person has changed; files are told of where they were added."""
        run = self._change.run
        if not self._actor or (run is not None and run.trigger not in _TYPED_IN):
            return
        rows = [row for row in self._rows if self._is_value(row)]
        if not rows:
            return
        fields = [self._document.fields[row["field"]] for row in rows]
        before, after = ("", "") if len(rows) > 1 else _both(fields[0], rows[0])
        yield ValuesChanged(
            **self._head("values"), names=[field.name for field in fields],
            titles=[field.title for field in fields], before=before, after=after,
        )  # fmt: skip

    def _is_value(self, row: Row) -> bool:
        field = self._document.fields.get(row["field"])
        if field is None or not field.holds_files:
            return field is not None
        kept = {one["id"] for one in files_in(row["after"])}
        return any(one["id"] not in kept for one in files_in(row["before"]))

    def _form(self, row: Row) -> str:
        name = str(row["field"])
        return name.removeprefix(_FORM) if name.startswith(_FORM) else ""

    def _head(self, what: str) -> dict[str, Any]:
        number = f"change-{self._change.pk}-{what}"
        at: datetime = self._change.at
        return {"id": number, "at": at, "by": self._by, "actor": self._actor}

    def _of_form(self, form: str, what: str) -> dict[str, Any]:
        return {**self._head(f"{what}-{slugify(form)}"), "form": form, "title": self._titles[form]}


def _in_words(status: str) -> str:
    return str(capfirst(status_words(status)))


def _people(refs: Sequence[str]) -> str:
    return _("everyone") if EVERYONE in refs else ", ".join(called(refs))


def _both(field: FormField, row: Row) -> tuple[str, str]:
    """Return both values of a field in words; of one that is secret or long, nothing."""
    if field.is_secret or field.holds_rows or field.holds_files:
        return "", ""
    return _value(field, row["before"]), _value(field, row["after"])


def _value(field: FormField, value: Any) -> str:
    words = "" if is_blank(value) else words_of(field, value)
    text = ", ".join(map(as_text, words)) if isinstance(words, list) else as_text(words)
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_WORDS else f"{line[: _LONGEST_WORDS - 1]}…"
