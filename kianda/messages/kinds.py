"""The kinds of notifications: how each reads, and what it is called in the settings."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from kianda.accounts.roles import ADMINISTRATOR, DATASOURCE_MANAGER, has_role

Data = Mapping[str, Any]


class NotificationKind(ABC):
    """What every kind says of itself; `data` is what was kept with the line."""

    slug: ClassVar[str]
    # When it comes, as the settings call it.
    title: ClassVar[Any]
    icon: ClassVar[str] = "bell"
    # When it is mailed to whoever has not chosen.
    mail: ClassVar[str] = "at_once"
    # Told to whom a design or a task names, whether they see what it is about or not.
    for_outsiders: ClassVar[bool] = False
    # Whom it can reach: those who have one of these roles. None: everyone.
    roles: ClassVar[tuple[str, ...]] = ()

    @classmethod
    @abstractmethod
    def sentence(cls, data: Data) -> str:
        """Return what has happened."""

    @classmethod
    def detail(cls, data: Data) -> str:
        """Return what stands below it, small."""
        return ""


_STATUSES = {"open": pgettext_lazy("a status", "Open"), "completed": gettext_lazy("Completed")}


def _titled(data: Data) -> dict[str, Any]:
    """Return what was kept with a line; one of before records had titles says the Process ID."""
    return {"title": data["process_id"], **data}


def _with_status(data: Data) -> dict[str, Any]:
    """Return the same with the status in words; one that the design names stays as it is."""
    return {**_titled(data), "status": _STATUSES.get(data["status"], data["status"])}


def _is_named(data: Data) -> bool:
    """Tell whether a record has a title of its own, beside its Process ID."""
    return bool(data.get("title", "") not in {"", data["process_id"]})


class FormAssigned(NotificationKind):
    """A form is open, and belongs to the reader.

    Data: form, title, process, process_id, by, note; of what somebody `asks` for, who that is, and
    its title inside a sentence, `asked`. A substitute has `stands_in_for`: the owners' names.
    """

    slug = "assigned"
    title = gettext_lazy("Something is waiting for me")
    icon = "inbox"

    @classmethod
    def sentence(cls, data: Data) -> str:
        """Return `Emma Doyle asks for annual leave, 7\u201311 Dec`, as far as that is known."""
        if data.get("asks"):
            return _("%(asks)s asks for %(asked)s") % dict(data)
        if _is_named(data):
            return _("Waiting for you: %(title)s") % dict(data)
        return _("%(form)s of %(title)s is waiting for you") % _titled(data)

    @classmethod
    def detail(cls, data: Data) -> str:
        """Return the process, the form where the sentence lacks it, who has sent it on, and why."""
        by = _("from %(by)s") % dict(data) if data["by"] not in {"", data.get("asks")} else ""
        note = f"“{data['note']}”" if data.get("note") else ""
        told = [data["process"], data["form"] if _is_named(data) else "", by, note]
        return " · ".join(filter(None, told))


class FormSentBack(NotificationKind):
    """A form of the reader was sent back. Data: form, title, process, process_id, by, note."""

    slug = "sent_back"
    title = gettext_lazy("My form was sent back")
    icon = "arrow-counterclockwise"

    @classmethod
    def sentence(cls, data: Data) -> str:
        """Return `Mark Murphy sent back Annual leave, 7\u201311 Dec`."""
        if _is_named(data):
            words = _("%(by)s sent back %(title)s") if data["by"] else _("%(title)s was sent back")
            return words % dict(data)
        if not data["by"]:
            return _("%(form)s of %(title)s was sent back") % _titled(data)
        return _("%(by)s sent back %(form)s of %(title)s") % _titled(data)

    @classmethod
    def detail(cls, data: Data) -> str:
        """Return the note."""
        return f"“{data['note']}”" if data["note"] else ""


class Decided(NotificationKind):
    """What the reader has started has ended. Data: title, process, process_id, status, by."""

    slug = "decided"
    title = gettext_lazy("My request was decided")
    icon = "check-circle"

    @classmethod
    def sentence(cls, data: Data) -> str:
        """Return `Annual leave, 7\u201311 Dec: Approved`."""
        return _("%(title)s: %(status)s") % _with_status(data)

    @classmethod
    def detail(cls, data: Data) -> str:
        """Return the process, and who has ended it."""
        return _("%(process)s · by %(by)s") % dict(data) if data["by"] else str(data["process"])


class Alert(NotificationKind):
    """What a rule of a process says. Data: title, text, record, process, process_id."""

    slug = "alert"
    title = gettext_lazy("A process sends me an alert")
    icon = "megaphone"
    # A design that wants a mail sends one.
    mail = "off"
    for_outsiders = True

    @classmethod
    def sentence(cls, data: Data) -> str:
        """Return what the rule says."""
        return str(data["title"])

    @classmethod
    def detail(cls, data: Data) -> str:
        """Return the message, and of which instance it is."""
        return " · ".join(filter(None, (data["text"], data.get("record") or data["process_id"])))


class Mentioned(NotificationKind):
    """Somebody has named the reader in a comment. Data: by, text, title, process, process_id."""

    slug = "mentioned"
    title = gettext_lazy("Someone mentions me in a comment")
    icon = "at"

    @classmethod
    def sentence(cls, data: Data) -> str:
        """Return `Emma Doyle mentioned you in leave-7`."""
        return _("%(by)s mentioned you in %(title)s") % _titled(data)

    @classmethod
    def detail(cls, data: Data) -> str:
        """Return what was said."""
        return f"“{data['text']}”"


class BulkPressDone(NotificationKind):
    """A bulk press of the reader is over. Data: title, process, done, total."""

    slug = "bulk_press_done"
    title = gettext_lazy("My bulk action has finished")
    icon = "check2-all"
    # They mostly watch it.
    mail = "off"

    @classmethod
    def sentence(cls, data: Data) -> str:
        """Return `Approve: 2 of 3 done`."""
        return _("%(title)s: %(done)s of %(total)s done") % dict(data)

    @classmethod
    def detail(cls, data: Data) -> str:
        """Return the process."""
        return str(data["process"])


class FollowedComment(NotificationKind):
    """Somebody has commented on what the reader follows.

    Data: by, text, title, process, process_id.
    """

    slug = "followed_comment"
    title = gettext_lazy("Someone comments on a record that I follow")
    icon = "chat-dots"
    mail = "daily"

    @classmethod
    def sentence(cls, data: Data) -> str:
        """Return `Emma Doyle commented on leave-7`."""
        return _("%(by)s commented on %(title)s") % _titled(data)

    @classmethod
    def detail(cls, data: Data) -> str:
        """Return what was said."""
        return f"“{data['text']}”"


class FollowedStatus(NotificationKind):
    """What the reader follows has another status. Data: title, process, process_id, status, by."""

    slug = "followed_status"
    title = gettext_lazy("A record that I follow has a new status")
    icon = "flag"
    mail = "daily"

    @classmethod
    def sentence(cls, data: Data) -> str:
        """Return `Annual leave, 7\u201311 Dec is now: Approved`."""
        return _("%(title)s is now: %(status)s") % _with_status(data)

    @classmethod
    def detail(cls, data: Data) -> str:
        """Return the process, and who has done it."""
        return _("%(process)s · by %(by)s") % dict(data) if data["by"] else str(data["process"])


class TaskFailed(NotificationKind):
    """A scheduled task went wrong that went well before. Data: task, reason."""

    slug = "task_failed"
    title = gettext_lazy("A scheduled task fails")
    icon = "exclamation-triangle"
    for_outsiders = True

    @classmethod
    def sentence(cls, data: Data) -> str:
        """Return `The scheduled task Refresh the token failed`."""
        return _("The scheduled task %(task)s failed") % dict(data)

    @classmethod
    def detail(cls, data: Data) -> str:
        """Return why."""
        return str(data["reason"])


class TaskRecovered(NotificationKind):
    """A scheduled task goes well that went wrong before. Data: task."""

    slug = "task_recovered"
    title = gettext_lazy("A scheduled task works again")
    icon = "check-circle"
    for_outsiders = True

    @classmethod
    def sentence(cls, data: Data) -> str:
        """Return `The scheduled task Refresh the token works again`."""
        return _("The scheduled task %(task)s works again") % dict(data)


class _AboutDatasource(NotificationKind):
    """What is told to those who may change the data source that it is about."""

    roles = (ADMINISTRATOR, DATASOURCE_MANAGER)


class ConnectionBroken(_AboutDatasource):
    """A connection gets no tokens until a person mends it. Data: connection, reason."""

    slug = "connection_broken"
    title = gettext_lazy("A connection must be reconnected")
    icon = "exclamation-triangle"

    @classmethod
    def sentence(cls, data: Data) -> str:
        """Return `Xero accounting has to be connected again`."""
        return _("%(connection)s must be reconnected") % dict(data)

    @classmethod
    def detail(cls, data: Data) -> str:
        """Return why."""
        return str(data["reason"])


class ConnectionRecovered(_AboutDatasource):
    """A connection that needed a person works again. Data: connection."""

    slug = "connection_recovered"
    title = gettext_lazy("A connection works again")
    icon = "check-circle"

    @classmethod
    def sentence(cls, data: Data) -> str:
        """Return `Xero accounting is connected again`."""
        return _("%(connection)s is connected again") % dict(data)


class CertificateEnding(_AboutDatasource):
    """The client certificate of a data source ends soon. Data: source, day."""

    slug = "certificate_ending"
    title = gettext_lazy("A client certificate expires soon")
    icon = "calendar-x"

    @classmethod
    def sentence(cls, data: Data) -> str:
        """Return `The client certificate of Bank expires on 2026-12-24`."""
        return _("The client certificate of %(source)s expires on %(day)s") % dict(data)

    @classmethod
    def detail(cls, data: Data) -> str:
        """Return what to do."""
        return _("Enter a new one before then. Otherwise, the service will refuse all calls.")


KINDS: Mapping[str, type[NotificationKind]] = {
    kind.slug: kind
    for kind in (
        FormAssigned, FormSentBack, Decided, Mentioned, FollowedComment, FollowedStatus, Alert,
        BulkPressDone, TaskFailed, TaskRecovered, ConnectionBroken, ConnectionRecovered,
        CertificateEnding,
    )
}  # fmt: skip


def kinds_for(user: User) -> dict[str, type[NotificationKind]]:
    """Return the kinds that can reach a person by their roles."""
    return {
        slug: kind for slug, kind in KINDS.items() if not kind.roles or has_role(user, *kind.roles)
    }
