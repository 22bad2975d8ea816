"""What the people picker offers while somebody types: people and groups that fit the words."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from kianda.accounts.services.directory import find_groups, find_people
from kianda.web.pages import page, query_words, render_page


@page(roles=())
def options(request: HttpRequest) -> HttpResponseBase:
    """List who fits: name and user name only, which everybody signed in may know."""
    asked = query_words(request, "q", "choose", "within", "roles")
    words, choose = asked["q"], asked["choose"]
    people = find_people(words, within=asked["within"]) if choose != "groups" else []
    groups = find_groups(words, roles=bool(asked["roles"])) if choose != "users" else []
    found = [
        (title, [(one, _marked(one.name, words), _marked(one.detail, words)) for one in entries])
        for title, entries in ((_("People"), people), (_("Groups"), groups))
        if entries
    ]
    return render_page(request, "components/people_options.html", {"found": found})


def _marked(name: str, words: str) -> SafeString:
    """Return a name with the first place marked where it holds a word."""
    low = name.casefold()
    for word in words.casefold().split():
        at = low.find(word) if len(low) == len(name) else -1
        if at >= 0:
            end = at + len(word)
            return format_html("{}<mark>{}</mark>{}", name[:at], name[at:end], name[end:])
    return escape(name)
