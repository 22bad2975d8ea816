"""The kinds of events in the activity of a record: how each reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeAlias

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from processes.models import Comment, File

# More fields than these are told by their number.
MOST_TITLES = 4
Words: TypeAlias = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that has happened. `by` is a user name, `actor` what it is called.

    Both are empty where no person did it. `id` names the event, for good.
    """

    kind: ClassVar[str]
    icon: ClassVar[str]
    # With a person, as `%(by)s`, and without one.
    done_by: ClassVar[str]
    done: ClassVar[str]

    id: str
    at: datetime
    by: str = ""
    actor: str = ""

    def words(self) -> Words:
        """Return what stands in the sentence beside the person."""
        return {}

    @property
    def template(self) -> str:
        """Return the sentence before its words are put in."""
        return _(self.done_by if self.actor else self.done)

    @property
    def sentence(self) -> str:
        """Return what has happened, as text."""
        return self.template % {**self.words(), "by": self.actor}

    def html(self, **marked: SafeString) -> SafeString:
        """Return the same as HTML, the person in bold; `marked` are words that are HTML already."""
        words = {name: escape(word) for name, word in self.words().items()}
        words |= {"by": format_html("<b>{}</b>", self.actor), **marked}
        return mark_safe(escape(self.template) % words)  # noqa: S308 - each part is escaped

    def as_json(self) -> dict[str, Any]:
        """Return what the API tells of this kind alone."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Created(Event):
    """The record was created."""

    kind = "created"
    icon = "plus-circle"
    done_by = gettext_noop("%(by)s created this")
    done = gettext_noop("Created")


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


@dataclass(frozen=True, kw_only=True)
class SentForm(_OfForm):
    """The first form was sent, `to` the people whom the next one was given to, if that is known."""

    kind = "sent"
    icon = "send"
    to: str = ""

    @property
    def template(self) -> str:
        """Return the sentence, with whom it was sent to."""
        if self.to:
            return (
                _("%(by)s sent “%(form)s” to %(to)s") if self.actor
                else _("“%(form)s” was sent to %(to)s")
            )  # fmt: skip
        return _("%(by)s sent “%(form)s”") if self.actor else _("“%(form)s” was sent")

    def words(self) -> Words:
        """Return the title, and to whom."""
        return {"form": self.title, "to": self.to}


@dataclass(frozen=True, kw_only=True)
class Completed(_OfForm):
    """A later form was completed."""

    kind = "completed"
    icon = "check2"
    done_by = gettext_noop("%(by)s completed “%(form)s”")
    done = gettext_noop("“%(form)s” was completed")


@dataclass(frozen=True, kw_only=True)
class DecidedForm(_OfForm):
    """A later form was completed, by which the record has a status of its own: a decision."""

    kind = "decided"
    icon = "check-circle"
    done_by = gettext_noop("%(by)s decided: %(status)s")
    done = gettext_noop("Decided: %(status)s")
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
    note: str = ""

    @property
    def template(self) -> str:
        """Return the sentence, with the note where there is one."""
        if self.note:
            return (
                _("%(by)s sent back “%(form)s”: %(note)s") if self.actor
                else _("“%(form)s” was sent back: %(note)s")
            )  # fmt: skip
        return _("%(by)s sent back “%(form)s”") if self.actor else _("“%(form)s” was sent back")

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
    done_by = gettext_noop("%(by)s opened “%(form)s” again")
    done = gettext_noop("“%(form)s” was opened again")


@dataclass(frozen=True, kw_only=True)
class Assigned(_OfForm):
    """A form was given to others."""

    kind = "assigned"
    icon = "person-check"
    done_by = gettext_noop("%(by)s assigned “%(form)s” to %(to)s")
    done = gettext_noop("“%(form)s” was assigned to %(to)s")
    to: str
    refs: Sequence[str]

    def words(self) -> Words:
        """Return the title, and to whom."""
        return {"form": self.title, "to": self.to}

    def as_json(self) -> dict[str, Any]:
        """Return form and refs."""
        return {"form": self.form, "to": list(self.refs)}


@dataclass(frozen=True, kw_only=True)
class StatusChanged(Event):
    """The record has another status."""

    kind = "status"
    icon = "flag"
    done_by = gettext_noop("%(by)s changed the status to %(status)s")
    done = gettext_noop("The status changed to %(status)s")
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
    names: Sequence[str]
    titles: Sequence[str]
    before: str = ""
    after: str = ""

    @property
    def template(self) -> str:
        """Return the sentence."""
        if self.before and self.after:
            return _("%(by)s changed %(fields)s from %(before)s to %(after)s")
        if self.after:
            return _("%(by)s changed %(fields)s to %(after)s")
        return _("%(by)s changed %(fields)s")

    def words(self) -> Words:
        """Return the fields by their titles, and both values."""
        told, rest = self.titles[:MOST_TITLES], len(self.titles) - MOST_TITLES
        fields = ", ".join(told)
        if rest > 0:
            more = ngettext("%(fields)s and %(n)s more", "%(fields)s and %(n)s more", rest)
            fields = more % {"fields": fields, "n": rest}
        return {"fields": fields, "before": self.before, "after": self.after}

    def as_json(self) -> dict[str, Any]:
        """Return the names of the fields."""
        return {"fields": list(self.names)}


@dataclass(frozen=True, kw_only=True)
class FileAdded(Event):
    """A file was added."""

    kind = "file_added"
    icon = "paperclip"
    done_by = gettext_noop("%(by)s added %(file)s")
    done = gettext_noop("%(file)s was added")
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
    done_by = gettext_noop("%(by)s commented")
    done = gettext_noop("A comment")
    comment: Comment

    def as_json(self) -> dict[str, Any]:
        """Return its number and text."""
        return {"comment": str(self.comment.pk), "text": self.comment.text}


@dataclass(frozen=True, kw_only=True)
class CommentDeleted(Event):
    """A comment was deleted: by its author, or by who manages the process."""

    kind = "comment_deleted"
    icon = "chat"
    author: str = ""
    done = gettext_noop("A comment was deleted")

    @property
    def template(self) -> str:
        """Return the sentence, with whose comment it was where that is another person."""
        if self.author and self.actor:
            return _("%(by)s deleted a comment by %(author)s")
        return _("%(by)s deleted a comment") if self.actor else _(self.done)

    def words(self) -> Words:
        """Return whose comment it was."""
        return {"author": self.author}


@dataclass(frozen=True, kw_only=True)
class Binned(Event):
    """The record was put into the recycle bin."""

    kind = "deleted"
    icon = "trash3"
    done_by = gettext_noop("%(by)s deleted this")
    done = gettext_noop("Deleted")


@dataclass(frozen=True, kw_only=True)
class Restored(Event):
    """The record was brought back from the recycle bin."""

    kind = "restored"
    icon = "arrow-counterclockwise"
    done_by = gettext_noop("%(by)s restored this")
    done = gettext_noop("Restored")


KINDS: Sequence[type[Event]] = (
    Created, SentForm, Completed, DecidedForm, SentBack, OpenedAgain, Assigned, StatusChanged,
    ValuesChanged, FileAdded, Commented, CommentDeleted, Binned, Restored,
)  # fmt: skip
