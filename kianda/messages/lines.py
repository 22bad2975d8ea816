"""Notifications as lines with their words, and what is offered beside some of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from kianda.messages.kinds import KINDS, NotificationKind
from kianda.messages.models import Notification

# Who has done it, as kinds keep them.
_WHO = {"by", "asks"}


def _marked(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return format_html("<strong>{}</strong>", value) if value and name in _WHO else escape(value)


class Line(NamedTuple):
    """A notification with its words."""

    notification: Notification
    kind: type[NotificationKind]

    @property
    def sentence(self) -> str:
        """Return what has happened."""
        return self.kind.sentence(self.notification.data)

    @property
    def named(self) -> SafeString:
        """Return what has happened as markup, the name of who has done it in bold."""
        data = {name: _marked(name, one) for name, one in self.notification.data.items()}
        # The words around are ours.
        return mark_safe(self.kind.sentence(data))  # noqa: S308

    @property
    def detail(self) -> str:
        """Return what stands below it, and for whom it reaches a substitute."""
        data = self.notification.data
        told = [self.kind.detail(data)]
        if data.get("stands_in_for"):
            told.append(_("as substitute for %(name)s") % {"name": data["stands_in_for"]})
        return " · ".join(filter(None, told))


def as_lines(rows: Iterable[Notification]) -> list[Line]:
    """Return notifications with their words."""
    return [Line(row, KINDS[row.kind]) for row in rows]


class Offer(NamedTuple):
    """Acts that are offered beside a line: a template that draws them, and what it calls `line`."""

    template: str
    about: Any


# What a person may do about some lines, by the keys of their notifications.
Offers = Callable[[User, Sequence[Line]], Mapping[int, Offer]]
_offers: dict[str, Offers] = {}


def register_offers(slug: str, offers: Offers) -> None:
    """Say what is offered beside lines of a kind: what waits belongs to other apps."""
    _offers[slug] = offers


def offers_for(user: User, lines: Sequence[Line]) -> dict[int, Offer]:
    """Return what a person may do at once about lines, by the keys of their notifications."""
    asked: defaultdict[Offers, list[Line]] = defaultdict(list)
    for line in lines:
        if line.kind.slug in _offers:
            asked[_offers[line.kind.slug]].append(line)
    return {pk: one for ask, some in asked.items() for pk, one in ask(user, some).items()}
