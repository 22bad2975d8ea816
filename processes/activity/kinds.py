"""The kinds of events in the activity of a record: how each reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop, ngettext

from processes.activity.event import Event, Told, Words
from processes.language.people_refs import user_ref
from processes.models import Comment, File

# More fields than these are told by their number.
MOST_TITLES = 4


@dataclass(frozen=True, kw_only=True)
class Created(Event):
    """The record was created."""

    kind = "created"
    icon = "plus-circle"
    told = Told(
        gettext_noop("You created this"), gettext_noop("%(by)s created this"),
        gettext_noop("Created"),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _OfForm(Event):
    """Something was done with one of its forms; both as it is named and titled."""

    form: str
    title: str

    def words(self) -> Words:
        """Return the title."""
        return {"form": self.title}

    def as_json(self) -> dict[str, Any]:
        """Return the name."""
        return {"form": self.form}


def _are_me(refs: Sequence[str], me: str) -> bool:
    return bool(me) and list(refs) == [user_ref(me)]


def _first_of(parts: Sequence[str]) -> str:
    """Return the first parts of a sentence, and how many more there are."""
    told, rest = ", ".join(parts[:MOST_TITLES]), len(parts) - MOST_TITLES
    if rest <= 0:
        return told
    more = ngettext("%(fields)s and %(n)s more", "%(fields)s and %(n)s more", rest)
    return more % {"fields": told, "n": rest}


@dataclass(frozen=True, kw_only=True)
class SentForm(_OfForm):
    """The first form was sent, `to` the people whom the next one was given to, if that is known."""

    kind = "sent"
    icon = "send"
    told = Told(
        gettext_noop("You sent “%(form)s”"), gettext_noop("%(by)s sent “%(form)s”"),
        gettext_noop("“%(form)s” was sent"),
    )  # fmt: skip
    told_to = Told(
        gettext_noop("You sent “%(form)s” to %(to)s"),
        gettext_noop("%(by)s sent “%(form)s” to %(to)s"),
        gettext_noop("“%(form)s” was sent to %(to)s"),
    )
    told_to_you = Told(
        gettext_noop("You sent “%(form)s” to yourself"),
        gettext_noop("%(by)s sent “%(form)s” to you"),
        gettext_noop("“%(form)s” was sent to you"),
    )
    to: str = ""
    refs: Sequence[str] = ()

    def sentences(self, me: str = "") -> Told:
        """Return the sentences, with whom it was sent to."""
        if not self.to:
            return self.told
        return self.told_to_you if _are_me(self.refs, me) else self.told_to

    def words(self) -> Words:
        """Return the title, and to whom."""
        return {"form": self.title, "to": self.to}


@dataclass(frozen=True, kw_only=True)
class Completed(_OfForm):
    """A later form was completed."""

    kind = "completed"
    icon = "check2"
    told = Told(
        gettext_noop("You completed “%(form)s”"), gettext_noop("%(by)s completed “%(form)s”"),
        gettext_noop("“%(form)s” was completed"),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class DecidedForm(_OfForm):
    """A later form was completed, by which the record has a status of its own: a decision."""

    kind = "decided"
    icon = "check-circle"
    told = Told(
        gettext_noop("You decided: %(status)s"), gettext_noop("%(by)s decided: %(status)s"),
        gettext_noop("Decided: %(status)s"),
    )  # fmt: skip
    status: str

    def words(self) -> Words:
        """Return the status."""
        return {"status": self.status}

    def as_json(self) -> dict[str, Any]:
        """Return form and status."""
        return {"form": self.form, "status": self.status}


@dataclass(frozen=True, kw_only=True)
class SentBack(_OfForm):
    """A completed form was sent back, with a note."""

    kind = "sent_back"
    icon = "arrow-counterclockwise"
    told = Told(
        gettext_noop("You sent back “%(form)s”"), gettext_noop("%(by)s sent back “%(form)s”"),
        gettext_noop("“%(form)s” was sent back"),
    )  # fmt: skip
    told_why = Told(
        gettext_noop("You sent back “%(form)s”: %(note)s"),
        gettext_noop("%(by)s sent back “%(form)s”: %(note)s"),
        gettext_noop("“%(form)s” was sent back: %(note)s"),
    )
    note: str = ""

    def sentences(self, me: str = "") -> Told:
        """Return the sentences, with the note where there is one."""
        return self.told_why if self.note else self.told

    def words(self) -> Words:
        """Return the title and the note."""
        return {"form": self.title, "note": self.note}

    def as_json(self) -> dict[str, Any]:
        """Return form and note."""
        return {"form": self.form, "note": self.note}


@dataclass(frozen=True, kw_only=True)
class OpenedAgain(_OfForm):
    """A completed form was opened again, and nothing after it ended."""

    kind = "opened_again"
    icon = "pencil-square"
    told = Told(
        gettext_noop("You opened “%(form)s” again"), gettext_noop("%(by)s opened “%(form)s” again"),
        gettext_noop("“%(form)s” was opened again"),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Assigned(_OfForm):
    """A form was given to others, perhaps with a note."""

    kind = "assigned"
    icon = "person-check"
    told = Told(
        gettext_noop("You assigned “%(form)s” to %(to)s"),
        gettext_noop("%(by)s assigned “%(form)s” to %(to)s"),
        gettext_noop("“%(form)s” was assigned to %(to)s"),
    )
    told_to_you = Told(
        gettext_noop("You assigned “%(form)s” to yourself"),
        gettext_noop("%(by)s assigned “%(form)s” to you"),
        gettext_noop("“%(form)s” was assigned to you"),
    )
    told_why = Told(
        gettext_noop("You assigned “%(form)s” to %(to)s: %(note)s"),
        gettext_noop("%(by)s assigned “%(form)s” to %(to)s: %(note)s"),
    )
    told_you_why = Told(
        gettext_noop("You assigned “%(form)s” to yourself: %(note)s"),
        gettext_noop("%(by)s assigned “%(form)s” to you: %(note)s"),
    )
    to: str
    refs: Sequence[str]
    note: str = ""

    def sentences(self, me: str = "") -> Told:
        """Return the sentences, with whom it was given to, and why where a person has said it."""
        if self.note and self.actor:
            return self.told_you_why if _are_me(self.refs, me) else self.told_why
        return self.told_to_you if _are_me(self.refs, me) else self.told

    def words(self) -> Words:
        """Return the title, to whom, and the note."""
        return {"form": self.title, "to": self.to, "note": self.note}

    def as_json(self) -> dict[str, Any]:
        """Return form, refs and note."""
        return {"form": self.form, "to": list(self.refs), "note": self.note}


@dataclass(frozen=True, kw_only=True)
class StatusChanged(Event):
    """The record has another status."""

    kind = "status"
    icon = "flag"
    told = Told(
        gettext_noop("You changed the status to %(status)s"),
        gettext_noop("%(by)s changed the status to %(status)s"),
        gettext_noop("The status changed to %(status)s"),
    )  # fmt: skip
    status: str

    def words(self) -> Words:
        """Return the status."""
        return {"status": self.status}

    def as_json(self) -> dict[str, Any]:
        """Return the status."""
        return {"status": self.status}


@dataclass(frozen=True, kw_only=True)
class ValuesChanged(Event):
    """A person has changed fields; of a single one it is told from what to what."""

    kind = "changed"
    icon = "pencil"
    told = Told(gettext_noop("You changed %(fields)s"), gettext_noop("%(by)s changed %(fields)s"))
    told_after = Told(
        gettext_noop("You changed %(fields)s to %(after)s"),
        gettext_noop("%(by)s changed %(fields)s to %(after)s"),
    )
    told_both = Told(
        gettext_noop("You changed %(fields)s from %(before)s to %(after)s"),
        gettext_noop("%(by)s changed %(fields)s from %(before)s to %(after)s"),
    )
    names: Sequence[str]
    titles: Sequence[str]
    before: str = ""
    after: str = ""

    def sentences(self, me: str = "") -> Told:
        """Return the sentences, with what is known of the values."""
        if not self.after:
            return self.told
        return self.told_both if self.before else self.told_after

    def words(self) -> Words:
        """Return the fields by their titles, and both values."""
        return {"fields": _first_of(self.titles), "before": self.before, "after": self.after}

    def as_json(self) -> dict[str, Any]:
        """Return the names of the fields."""
        return {"fields": list(self.names)}


@dataclass(frozen=True, kw_only=True)
class FileAdded(Event):
    """A file was added."""

    kind = "file_added"
    icon = "paperclip"
    told = Told(
        gettext_noop("You added %(file)s"), gettext_noop("%(by)s added %(file)s"),
        gettext_noop("%(file)s was added"),
    )  # fmt: skip
    file: File

    def words(self) -> Words:
        """Return the name of the file."""
        return {"file": self.file.name}

    def as_json(self) -> dict[str, Any]:
        """Return its number and name."""
        return {"file": str(self.file.pk), "name": self.file.name}


@dataclass(frozen=True, kw_only=True)
class Commented(Event):
    """A person has written a comment."""

    kind = "comment"
    icon = "chat"
    told = Told(
        gettext_noop("You commented"), gettext_noop("%(by)s commented"),
        gettext_noop("A comment"),
    )  # fmt: skip
    comment: Comment

    def as_json(self) -> dict[str, Any]:
        """Return its number and text."""
        return {"comment": str(self.comment.pk), "text": self.comment.text}


@dataclass(frozen=True, kw_only=True)
class CommentDeleted(Event):
    """A comment was deleted: by its author, or by who manages the process."""

    kind = "comment_deleted"
    icon = "chat"
    told = Told(
        gettext_noop("You deleted a comment"), gettext_noop("%(by)s deleted a comment"),
        gettext_noop("A comment was deleted"),
    )  # fmt: skip
    told_whose = Told(
        gettext_noop("You deleted a comment by %(author)s"),
        gettext_noop("%(by)s deleted a comment by %(author)s"),
        gettext_noop("A comment was deleted"),
    )
    author: str = ""

    def sentences(self, me: str = "") -> Told:
        """Return the sentences, with whose comment it was where that is another person."""
        return self.told_whose if self.author else self.told

    def words(self) -> Words:
        """Return whose comment it was."""
        return {"author": self.author}


@dataclass(frozen=True, kw_only=True)
class Binned(Event):
    """The record was put into the recycle bin."""

    kind = "deleted"
    icon = "trash3"
    told = Told(
        gettext_noop("You deleted this"), gettext_noop("%(by)s deleted this"),
        gettext_noop("Deleted"),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Restored(Event):
    """The record was brought back from the recycle bin."""

    kind = "restored"
    icon = "arrow-counterclockwise"
    told = Told(
        gettext_noop("You restored this"), gettext_noop("%(by)s restored this"),
        gettext_noop("Restored"),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Moved(Event):
    """The record was moved to another version of its design; `fields` tell what became of them."""

    kind = "moved"
    icon = "arrow-right-circle"
    told = Told(
        gettext_noop("You moved this to version %(version)s"),
        gettext_noop("%(by)s moved this to version %(version)s"),
        gettext_noop("Moved to version %(version)s"),
    )  # fmt: skip
    told_fields = Told(
        gettext_noop("You moved this to version %(version)s: %(fields)s"),
        gettext_noop("%(by)s moved this to version %(version)s: %(fields)s"),
        gettext_noop("Moved to version %(version)s: %(fields)s"),
    )  # fmt: skip
    version: str
    fields: Sequence[str]

    def sentences(self, me: str = "") -> Told:
        """Return the sentences, with what became of fields if there is anything."""
        return self.told_fields if self.fields else self.told

    def words(self) -> Words:
        """Return the version, and what became of fields."""
        return {"version": self.version, "fields": _first_of(self.fields)}

    def as_json(self) -> dict[str, Any]:
        """Return the version."""
        return {"version": self.version}


KINDS: Sequence[type[Event]] = (
    Created, SentForm, Completed, DecidedForm, SentBack, OpenedAgain, Assigned, StatusChanged,
    ValuesChanged, FileAdded, Commented, CommentDeleted, Binned, Restored,
    Moved,
)  # fmt: skip
