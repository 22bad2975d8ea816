"""All pages of an answer as one list: bounded in items, bytes and time, and to one server."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urldefrag

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datasources.http.redirects import QUERY_SAFE
from datasources.rest.encoding import as_json
from datasources.rest.errors import CallFailed
from datasources.rest.paging import MOST_PAGES, AnyPaging, Following, absolute
from datasources.rest.request import PreparedCall, key_of_page
from datasources.rest.response import CallAnswer
from kianda.lib.addresses import base_url_flaw, origin_of, path_flaw, stem_of
from kianda.lib.i18n import grouped

NOT_FOUND = 404
Ask = Callable[[PreparedCall], CallAnswer]


class AllPages:
    """Asks for one page after another."""

    def __init__(self, call: PreparedCall, paging: AnyPaging, *, title: str) -> None:
        """Begin with the call of the first page."""
        self._first, self._paging, self._title = call, paging, title
        self._items: list[Any] = []
        self._told: list[str] = []
        self._asked: set[str] = set()
        self._bytes = 0
        self._last: list[Any] | None = None

    def fetched(self, ask: Ask) -> CallAnswer:
        """Return the last answer with all items as its body; raises CallFailed, all or nothing."""
        call: PreparedCall | None = self._first
        answer: CallAnswer | None = None
        took_ms = 0
        for number in range(1, MOST_PAGES + 1):
            if call is None:
                break
            page = self._page(ask, call, number)
            if page is not None:
                answer, took_ms = page, took_ms + page.elapsed_ms
            call = None if page is None else self._next(page, number)
        if call is not None:
            sentence = _("%(title)s has more than %(most)s pages.") % {
                "title": self._title, "most": grouped(MOST_PAGES),
            }  # fmt: skip
            raise CallFailed("too_large", sentence, answer=answer)
        if answer is None:
            raise AssertionError("the first page is an answer or a failure")
        return replace(answer, body=self._items, elapsed_ms=took_ms, pages=tuple(self._told))

    def _page(self, ask: Ask, call: PreparedCall, number: int) -> CallAnswer | None:
        try:
            return ask(call)
        except CallFailed as failed:
            if number == 1:
                raise
            if failed.status == NOT_FOUND and self._paging.ends_with_404:
                return None
            words = _("Page %(number)s: %(message)s") % {
                "number": number,
                "message": failed.message,
            }
            raise CallFailed(
                failed.kind, words, status=failed.status, answer=failed.answer, place=failed.place
            ) from failed

    def _next(self, answer: CallAnswer, number: int) -> PreparedCall | None:
        found = self._items_of(answer, number)
        before = len(self._items)
        self._items += found
        self._bytes += answer.size
        if self._bytes > self._first.max_answer_bytes:
            sentence = _("The pages of %(title)s have more than %(most)s bytes.") % {
                "title": self._title,
                "most": grouped(self._first.max_answer_bytes),
            }
            raise CallFailed("too_large", sentence, status=answer.status)
        following = self._paging.following(answer, page=number, count=len(found), before=before)
        call = None if following is None else self._asking(answer, following, found)
        return self._bounded(number, len(found), call)

    def _bounded(self, number: int, count: int, call: PreparedCall | None) -> PreparedCall | None:
        """Tell of a page, and end where the method wants no more items."""
        told = ngettext(
            "Page %(number)s: one item.", "Page %(number)s: %(count)s items.", count
        ) % {"number": number, "count": count}
        most = self._paging.max_items
        if len(self._items) > most or (len(self._items) == most and call is not None):
            del self._items[most:]
            told += " " + _("Stopped at the limit of %(most)s items.") % {"most": most}
            call = None
        self._told.append(told)
        return call

    def _items_of(self, answer: CallAnswer, number: int) -> list[Any]:
        found = self._paging.items_of(answer)
        if found is None and (number > 1 or answer.body is None):
            return []
        if found is None:
            place = self._paging.items or _("response")
            sentence = _("%(title)s answered without a list of items at %(place)s.") % {
                "title": self._title,
                "place": place,
            }
            raise CallFailed("bad_answer", sentence, status=answer.status, answer=answer)
        return found

    def _asking(self, answer: CallAnswer, following: Following, found: list[Any]) -> PreparedCall:
        """Return the call of the next page; raises CallFailed where that would go round."""
        asked = following if isinstance(following, str) else as_json(following)
        # A service that knows no such parameter answers the first page for ever.
        stuck = self._paging.ends_with_404 and found and found == self._last
        if asked in self._asked or stuck:
            sentence = _("%(title)s returned the same page twice, so paging would never end.") % {
                "title": self._title
            }
            raise CallFailed("bad_answer", sentence, status=answer.status, answer=answer)
        self._asked.add(asked)
        self._last = found
        if isinstance(following, str):
            return self._linked(following, answer)
        if self._first.again is None:
            raise AssertionError("a method with pages can be asked again")
        return self._first.again(following or {})

    def _linked(self, link: str, answer: CallAnswer) -> PreparedCall:
        """Return the call of an address: no token goes to another server than the first page's."""
        url = urldefrag(absolute(self._first.url, link)).url
        path, mark, query = url.partition("?")
        flaw = base_url_flaw(path)
        if flaw is None and origin_of(path) != self._first.origin:
            flaw = _("It leads to another server.")
        if flaw is None:
            flaw = path_flaw("/" + path.partition("://")[2].partition("/")[2])
        if flaw:
            sentence = _("The next page of %(title)s cannot be requested. %(flaw)s") % {
                "title": self._title,
                "flaw": flaw,
            }
            raise CallFailed("bad_answer", sentence, status=answer.status, answer=answer)
        end = "/" if path.endswith("/") else ""
        whole = stem_of(path) + end + mark + quote(query, safe=QUERY_SAFE)
        headers, name = dict(self._first.headers), self._first.key_header
        if name:
            headers[name] = key_of_page(repr(headers[name]), whole).encode()
        return replace(self._first, url=whole, headers=headers)
