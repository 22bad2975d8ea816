"""The comments on the page of an instance."""

from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.html import escape, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from kianda.accounts.services.directory import DirectoryEntry, entries
from kianda.lib.errors import Invalid
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, is_htmx, page, render_page, toast
from processes.comments import MENTION, add_comment, comments_of
from processes.instances.claim import read_instance
from processes.language.people import called
from processes.language.people_refs import user_ref
from processes.models import Comment, ProcessInstance
from processes.views.common import person

SHOWN = 20
MOST_SHOWN = 500


class CommentLine(NamedTuple):
    """A comment as the page shows it."""

    comment: Comment
    author: DirectoryEntry
    html: SafeString


def comments_context(instance: ProcessInstance, *, every: bool = False) -> dict[str, Any]:
    """Return what the template of the comments needs."""
    most = MOST_SHOWN if every else SHOWN
    rows = list(comments_of(instance)[: most + 1])
    names = {name for row in rows for name in row.named}
    # Looked up at once, and remembered until the page is made.
    called(map(user_ref, names))
    people = entries(user_ref(row.author.username) for row in rows if row.author)
    return {
        "instance": instance,
        "comments": [_line(row, people) for row in rows[:most]],
        "comment_count": instance.comments.count(),
        "more_comments": len(rows) > most and not every,
        "comments_shown": most if len(rows) > most and every else 0,
    }


def _line(row: Comment, people: dict[str, DirectoryEntry]) -> CommentLine:
    gone = DirectoryEntry("", row.author_name, state="unknown")
    author = people.get(user_ref(row.author.username), gone) if row.author else gone
    return CommentLine(row, author, said(row.text, row.named))


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


@page(methods=("GET", "POST"))
@once
def comments(request: HttpRequest, process_id: str) -> HttpResponseBase:
    """Show what was said about an instance; a POST says something."""
    user = person(request)
    instance = read_instance(process_id, user)[0]
    there = reverse("instance", args=[instance.process_id]) + "#comments"
    errors, text = Errors(), request.POST.get("text", "")
    if request.method == "POST":
        try:
            posted = add_comment(process_id=process_id, text=text, user=user)
        except Invalid as invalid:
            errors = Errors(invalid)
        else:
            if posted.not_told:
                names = ", ".join(posted.not_told)
                words = _("Not notified, because they cannot see this: %(names)s")
                toast(request, words % {"names": names})
            if not is_htmx(request):
                return go(request, there)
            text = ""
    every = request.GET.get("comments") == "all"
    context = {
        **comments_context(instance, every=every), "comment_errors": errors, "comment": text,
    }  # fmt: skip
    return render_page(
        request, "instances/comments.html", context,
        partials={"comments": "instances/_comments.html"}, status=422 if errors else 200,
    )  # fmt: skip
