"""Comments on an instance: who sees it may say something, and name people, who are then told.

Authors change their comments and delete them; who manages the process deletes any.
"""

import re
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.services import audit
from kianda.accounts.services.person_data import display_name
from kianda.lib.errors import Invalid, Missing
from kianda.lib.i18n import grouped
from kianda.messages.kinds import FollowedComment, Mentioned
from kianda.messages.readers import Subject
from kianda.messages.services import notify
from processes.definition.document import Document
from processes.followers import follow_unless_chosen, tell_followers
from processes.instances.claim import read_instance
from processes.models import Comment, ProcessInstance
from processes.record_titles import open_title_of
from processes.rights.comments import may_change_comment, may_delete_comment
from processes.rights.instance_rights import InstanceRights
from processes.rights.many_people import seeing

LONGEST = 5_000
# More people than these are not called by name in one comment.
MOST_NAMED = 50
# `@niamh`, also where the user name is an address; an address in the text names nobody, and no
# group is found in a link: `https://social.example/@niamh` leads there, and tells nobody.
MENTION = re.compile(r"\b(?:https?://|www\.)\S+|(?<![\w@.+-])@([\w.@+-]+)", re.I)


class PostedComment(NamedTuple):
    """A comment, and who is named in it in vain: who does not see the instance, and nobody."""

    comment: Comment
    not_told: list[str]
    # User names that no active person has.
    unknown: list[str]


def comments_of(instance: ProcessInstance) -> QuerySet[Comment]:
    """Return what was said about an instance and not deleted, newest first."""
    return instance.comments.filter(deleted_at__isnull=True).select_related("author")


def comment_named(pk: int | str, instance: ProcessInstance, *, lock: bool = False) -> Comment:
    """Return a comment on an instance; raises Missing for one that is deleted or never was."""
    rows = comments_of(instance)
    rows = rows.select_for_update(of=("self",)) if lock else rows
    found = rows.filter(pk=pk).first() if str(pk).isascii() and str(pk).isdigit() else None
    if found is None:
        raise Missing(_("There is no such comment. It may have been deleted."))
    return found


def add_comment(*, process_id: str, text: str, user: User) -> PostedComment:
    """Say something about an instance; people named in it who see the instance are told.

    Raises Missing for an instance that the person does not see, Invalid for a text that is empty or
    too long.
    """
    with transaction.atomic():
        instance, document = read_instance(process_id, user)
        said = _checked(text)
        named = _people_in(said)
        see = seeing(named, instance)
        comment = Comment.objects.create(
            instance=instance, author=user, author_name=display_name(user), text=said,
            named=[one.username for one in see], created=timezone.now(),
        )  # fmt: skip
        follow_unless_chosen(instance, user)
        data = _tell(comment, instance, document, see)
        told = [one.pk for one in see]
        tell_followers(instance, FollowedComment, data=data, by=user, told_already=told)
    return _posted(comment, named, see)


def change_comment(*, process_id: str, comment: int | str, text: str, user: User) -> PostedComment:
    """Put other words into an own comment; only people who were not named before are told.

    Raises Missing, Forbidden for the comment of another person, Invalid as `add_comment` does.
    """
    with transaction.atomic():
        instance, document = read_instance(process_id, user)
        row = comment_named(comment, instance, lock=True)
        may_change_comment(user, row).or_refuse()
        said = _checked(text)
        if said == row.text:
            return PostedComment(row, [], [])
        named = _people_in(said)
        see, before = seeing(named, instance), set(row.named)
        row.text, row.changed_at = said, timezone.now()
        row.named = [one.username for one in see]
        row.save(update_fields=["text", "changed_at", "named"])
        audit.record(user, action="changed", kind="comment", name=instance.process_id)
        _tell(row, instance, document, [one for one in see if one.username not in before])
    return _posted(row, named, see)


def delete_comment(*, process_id: str, comment: int | str, user: User) -> None:
    """Delete a comment: its words go, the activity says that there was one.

    Raises Missing, and Forbidden for whoever neither wrote it nor manages the process.
    """
    with transaction.atomic():
        instance, document = read_instance(process_id, user)
        row = comment_named(comment, instance, lock=True)
        may_delete_comment(user, row, InstanceRights(user, instance, document)).or_refuse()
        row.text, row.named, row.deleted_at = "", [], timezone.now()
        row.deleted_by, row.deleted_by_name = user, display_name(user)
        row.save(update_fields=["text", "named", "deleted_at", "deleted_by", "deleted_by_name"])
        detail = _("Comment by %(name)s") % {"name": row.author_name}
        audit.record(
            user, action="deleted", kind="comment", name=instance.process_id, detail=detail
        )


def _checked(text: str) -> str:
    said = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not said:
        raise Invalid.at("/text", _("Write a comment."))
    if len(said) > LONGEST:
        raise Invalid.at(
            "/text",
            _("The comment has %(count)s characters; %(most)s are possible. Shorten it.")
            % {"count": grouped(len(said)), "most": grouped(LONGEST)},
        )
    return said


def _people_in(text: str) -> list[User]:
    """Return the active people named in a text; a dot may end the sentence, not the name."""
    found = [name for match in MENTION.finditer(text) for name in _names_in(match[1] or "")]
    wanted = list(dict.fromkeys(filter(None, found)))[: 2 * MOST_NAMED]
    people = User.objects.filter(username__in=wanted, is_active=True).order_by("username")
    return list(people[:MOST_NAMED])


def _posted(comment: Comment, named: list[User], see: list[User]) -> PostedComment:
    """Return a comment with whom of those named in it nobody was told."""
    not_told = [display_name(one) for one in named if one not in see]
    return PostedComment(comment, not_told, _unknown_in(comment.text, named))


def _unknown_in(text: str, people: list[User]) -> list[str]:
    """Return the names in a text that are those of nobody; beyond the most, none was looked up."""
    if len(people) == MOST_NAMED:
        return []
    known = {one.username for one in people}
    written = [match[1] for match in MENTION.finditer(text) if match[1]]
    unknown = [_names_in(name)[1] for name in written if known.isdisjoint(_names_in(name))]
    return list(dict.fromkeys(filter(None, unknown)))[:MOST_NAMED]


def _names_in(written: str) -> tuple[str, str]:
    return written, written.rstrip(".-+@")


def _tell(
    comment: Comment, instance: ProcessInstance, document: Document, people: list[User]
) -> dict[str, str]:
    """Tell the people named in a comment; return what is told of it."""
    data = {
        "process": document.one_record, "process_id": instance.process_id,
        "title": open_title_of(instance, document),
        "by": comment.author_name, "text": comment.text[:200],
    }  # fmt: skip
    if instance.mode == ProcessInstance.Mode.LIVE:
        notify(
            [one.pk for one in people], Mentioned, data=data,
            url=reverse("instance", args=[instance.process_id]) + "#activity",
            about=Subject("instance", instance.process_id), by=comment.author,
        )  # fmt: skip
    return data
