"""Comments on an instance: who sees it may say something, and name people, who are then told."""

import re
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.services.person_data import display_name
from kianda.lib.errors import Invalid
from kianda.messages.kinds import Mentioned
from kianda.messages.readers import Subject
from kianda.messages.services import notify
from processes.definition.document import Document
from processes.instances.claim import read_instance
from processes.models import Comment, ProcessInstance
from processes.record_titles import open_title_of
from processes.rights.instance_rights import InstanceRights

LONGEST = 5_000
# More people than these are not called by name in one comment.
MOST_NAMED = 50
# `@niamh`, also where the user name is an address; an address in the text names nobody, and no
# group is found in a link: `https://social.example/@niamh` leads there, and tells nobody.
MENTION = re.compile(r"\b(?:https?://|www\.)\S+|(?<![\w@.+-])@([\w.@+-]+)", re.I)


class PostedComment(NamedTuple):
    """A comment, and whom of those named in it nobody was told: they do not see the instance."""

    comment: Comment
    not_told: list[str]


def comments_of(instance: ProcessInstance) -> QuerySet[Comment]:
    """Return what was said about an instance, newest first."""
    return instance.comments.select_related("author")


def add_comment(*, process_id: str, text: str, user: User) -> PostedComment:
    """Say something about an instance; people named in it who see the instance are told.

    Raises Missing for an instance that the person does not see, Invalid for a text that is empty or
    too long.
    """
    with transaction.atomic():
        instance, document = read_instance(process_id, user)
        said = _checked(text)
        named = _people_in(said)
        see = [one for one in named if InstanceRights(one, instance).see]
        comment = Comment.objects.create(
            instance=instance, author=user, author_name=display_name(user), text=said,
            named=[one.username for one in see], created=timezone.now(),
        )  # fmt: skip
        _tell(comment, instance, document, see)
    return PostedComment(comment, [display_name(one) for one in named if one not in see])


def _checked(text: str) -> str:
    said = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not said:
        raise Invalid.at("/text", _("Write a comment."))
    if len(said) > LONGEST:
        raise Invalid.at(
            "/text",
            _("The comment has %(count)s characters; %(most)s are possible. Shorten it.")
            % {"count": f"{len(said):,}", "most": f"{LONGEST:,}"},
        )
    return said


def _people_in(text: str) -> list[User]:
    """Return the active people named in a text; a dot may end the sentence, not the name."""
    found = [name for match in MENTION.finditer(text) for name in _names_in(match[1] or "")]
    wanted = list(dict.fromkeys(filter(None, found)))[: 2 * MOST_NAMED]
    people = User.objects.filter(username__in=wanted, is_active=True).order_by("username")
    return list(people[:MOST_NAMED])


def _names_in(written: str) -> tuple[str, str]:
    return written, written.rstrip(".-+@")


def _tell(
    comment: Comment, instance: ProcessInstance, document: Document, people: list[User]
) -> None:
    if instance.mode != ProcessInstance.Mode.LIVE:
        return
    data = {
        "process": document.one_record, "process_id": instance.process_id,
        "title": open_title_of(instance, document),
        "by": comment.author_name, "text": comment.text[:200],
    }  # fmt: skip
    notify(
        [one.pk for one in people], Mentioned, data=data,
        url=reverse("instance", args=[instance.process_id]) + "#comments",
        about=Subject("instance", instance.process_id), by=comment.author,
    )  # fmt: skip
