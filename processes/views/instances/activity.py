"""The activity on the page of a record: comments, and what else has happened to it."""

from typing import Any, NamedTuple
from urllib.parse import quote

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.html import escape, format_html, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from kianda.accounts.services.directory import DirectoryEntry, entries
from kianda.lib.errors import Invalid
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, is_htmx, page, render_dialog, render_page, toast
from processes.activity.event import Event
from processes.activity.feed import activity_of
from processes.activity.kinds import Commented, FileAdded
from processes.comments import (
    MENTION,
    PostedComment,
    add_comment,
    change_comment,
    comment_named,
    delete_comment,
)
from processes.followers import choose_to_follow, follows
from processes.instances.claim import read_instance
from processes.language.people import called
from processes.language.people_refs import user_ref
from processes.models import Comment, File, ProcessInstance
from processes.rights.comments import may_change_comment, may_delete_comment
from processes.rights.instance_rights import InstanceRights
from processes.rights.seen import sees_details
from processes.views.common import person

SHOWN = 20
MOST_SHOWN = 500


class FeedLine(NamedTuple):
    """An event as the page shows it; of a comment its author, its words, what one may do."""

    event: Event
    html: SafeString
    comment: Comment | None = None
    author: DirectoryEntry | None = None
    may_change: bool = False
    may_delete: bool = False


def activity_context(rights: InstanceRights, user: Any, *, every: bool = False) -> dict[str, Any]:
    """Return what the template of the activity needs."""
    most = MOST_SHOWN if every else SHOWN
    feed = activity_of(rights, most=most)
    comments = [one.comment for one in feed.events if isinstance(one, Commented)]
    # Looked up at once, and remembered until the page is made.
    called({user_ref(name) for row in comments for name in row.named})
    people = entries({user_ref(row.author.username) for row in comments if row.author})
    return {
        "instance": rights.instance,
        "feed": [_line(event, people, rights, user) for event in feed.events],
        "all_shown": every,
        "more": bool(feed.next) and not every,
        "feed_most": most if feed.next and every else 0,
        "change_count": rights.instance.changes.count(),
        # Such a reader has the changes on Details.
        "sees_details": sees_details(user, rights),
    }


def _line(
    event: Event, people: dict[str, DirectoryEntry], rights: InstanceRights, user: Any
) -> FeedLine:
    me = user.get_username()
    if isinstance(event, FileAdded):
        return FeedLine(event, event.html(me, file=_file_link(event.file)))
    if not isinstance(event, Commented):
        return FeedLine(event, event.html(me))
    row = event.comment
    gone = DirectoryEntry("", row.author_name, state="unknown")
    author = people.get(user_ref(row.author.username), gone) if row.author else gone
    return FeedLine(
        event, said(row.text, row.named), row, author,
        bool(may_change_comment(user, row)), bool(may_delete_comment(user, row, rights)),
    )  # fmt: skip


def _file_link(file: File) -> SafeString:
    if file.state != File.State.READY:
        return format_html("{}", file.name)
    there = reverse("file", args=[file.pk, "_"]).removesuffix("_") + quote(file.name, safe="")
    return format_html('<a class="k-break k-inline" href="{}">{}</a>', there, file.name)


def said(text: str, named: list[str]) -> SafeString:
    """Return a comment as HTML: links can be followed, people who were told stand out."""
    names = dict(zip(named, called(map(user_ref, named)), strict=True))

    def mark(written: str) -> str:
        name = next((one for one in (written, written.rstrip(".-+@")) if one in names), "")
        if not name:
            return f"@{escape(written)}"
        return f'<span class="k-ref">@{escape(names[name])}</span>{escape(written[len(name) :])}'

    parts, at = [], 0
    for found in filter(lambda one: one[1], MENTION.finditer(text)):
        parts += [_plain(text[at : found.start()]), mark(found[1])]
        at = found.end()
    parts.append(_plain(text[at:]))
    return mark_safe("".join(parts).replace("\n", "<br>"))  # noqa: S308 - each part is escaped


def _plain(text: str) -> str:
    return urlize(text, nofollow=True, autoescape=True)


@page()
def activity(request: HttpRequest, process_id: str) -> HttpResponseBase:
    """Show what has happened to a record: the newest, or `?all=1` as much as a page holds."""
    return _shown(request, process_id)


def _shown(
    request: HttpRequest, process_id: str, *, errors: Errors | None = None, text: str = ""
) -> HttpResponseBase:
    user = person(request)
    instance, document = read_instance(process_id, user)
    rights = InstanceRights(user, instance, document)
    every = request.GET.get("all") == "1"
    context = {
        **activity_context(rights, user, every=every),
        "comment_errors": errors or Errors(), "comment": text,
        # Who comments follows from now on: the button at the top says so.
        "follows": follows(user, instance),
        "shows_follow": is_htmx(request) and instance.mode == ProcessInstance.Mode.LIVE,
    }  # fmt: skip
    partials = {"activity": "instances/_activity.html", "feed": "instances/_feed.html"}
    return render_page(
        request, "instances/activity.html", context, partials=partials,
        status=422 if errors else 200,
    )  # fmt: skip


@page(methods=("GET", "POST"))
@once
def comments(request: HttpRequest, process_id: str) -> HttpResponseBase:
    """Say something about a record; a GET shows what was said, among the rest."""
    if request.method == "GET":
        return _shown(request, process_id)
    user, text = person(request), request.POST.get("text", "")
    instance = read_instance(process_id, user)[0]
    try:
        posted = add_comment(process_id=process_id, text=text, user=user)
    except Invalid as invalid:
        return _shown(request, process_id, errors=Errors(invalid), text=text)
    _tell_of_blind(request, posted)
    return _shown(request, process_id) if is_htmx(request) else go(request, _place(instance))


def _closed(request: HttpRequest, process_id: str) -> HttpResponseBase:
    """Close the dialog and show the activity anew; what is typed on the page stays."""
    user = person(request)
    instance, document = read_instance(process_id, user)
    if not is_htmx(request):
        return go(request, _place(instance))
    context = activity_context(InstanceRights(user, instance, document), user)
    partials = {"dialog": "instances/_feed.html"}
    return render_page(
        request, "instances/activity.html", {**context, "oob": True}, partials=partials
    )  # fmt: skip


def _place(instance: Any) -> str:
    return reverse("instance", args=[instance.process_id]) + "#activity"


def _tell_of_blind(request: HttpRequest, posted: PostedComment) -> None:
    if posted.not_told:
        words = _("Not notified, because they cannot see this: %(names)s")
        toast(request, words % {"names": ", ".join(posted.not_told)})
    if posted.unknown:
        words = _("Not notified, because no user has this user name: %(names)s")
        toast(request, words % {"names": ", ".join(f"@{name}" for name in posted.unknown)})


@page(methods=("GET", "POST"))
@once
def edit(request: HttpRequest, process_id: str, comment: int) -> HttpResponseBase:
    """Change the words of an own comment."""
    user = person(request)
    instance = read_instance(process_id, user)[0]
    row = comment_named(comment, instance)
    may_change_comment(user, row).or_refuse()
    text, errors = request.POST.get("text", row.text), Errors()
    if request.method == "POST":
        try:
            posted = change_comment(process_id=process_id, comment=comment, text=text, user=user)
        except Invalid as invalid:
            errors = Errors(invalid)
        else:
            _tell_of_blind(request, posted)
            toast(request, _("Comment saved."))
            return _closed(request, process_id)
    context = {
        "instance": instance, "row": row, "text": text, "errors": errors,
        "back": _place(instance),
    }  # fmt: skip
    return render_dialog(
        request, "instances/_comment_edit.html", context, title=_("Edit comment"),
        status=422 if errors else 200,
    )  # fmt: skip


@page(methods=("GET", "POST"))
@once
def delete(request: HttpRequest, process_id: str, comment: int) -> HttpResponseBase:
    """Ask, then delete a comment."""
    user = person(request)
    instance, document = read_instance(process_id, user)
    row = comment_named(comment, instance)
    may_delete_comment(user, row, InstanceRights(user, instance, document)).or_refuse()
    if request.method == "POST":
        delete_comment(process_id=process_id, comment=comment, user=user)
        toast(request, _("Comment deleted."))
        return _closed(request, process_id)
    own = row.author_id == user.pk
    context = {"instance": instance, "row": row, "own": own, "back": _place(instance)}
    return render_dialog(
        request, "instances/_comment_delete.html", context, title=_("Delete comment")
    )  # fmt: skip


@page(methods=("POST",))
def follow(request: HttpRequest, process_id: str) -> HttpResponseBase:
    """Follow a record, or do not any more."""
    wants = request.POST.get("follow") == "1"
    instance = choose_to_follow(process_id=process_id, user=person(request), follow=wants)
    if not is_htmx(request):
        return go(request, "instance", process_id=instance.process_id)
    context = {"instance": instance, "follows": wants}
    return render_page(
        request, "instances/_follow.html", context, partials={"follow": "instances/_follow.html"}
    )
