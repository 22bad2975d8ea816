"""Bodies of mails: Markdown with values put in, as HTML and as plain text.

A value is shown as it is: nothing in it is read as Markdown or as HTML, and in an address it is no
more than a part of it. HTML written into the text is text too, pictures are not shown, and what
comes out is cleaned once more.
"""

import html
import itertools
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlsplit

import css_inline
import nh3
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.token import Token

from kianda.mail.plain_text import plain_text

Pieces = Sequence[tuple[str, bool]]
ReadOut = Callable[[str], str]
TAGS: Final = frozenset({
    "a", "b", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
})  # fmt: skip
_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
# Private-use signs hold the place of a value; a text of the design has none of them.
_FIRST, _LAST = "\ue000", "\ue001"
_PLACE: Final = re.compile(f"{_FIRST}(\\d+){_LAST}")
_PLACED: Final = re.compile(f"[{_FIRST}{_LAST}]")
BUTTON: Final = "button"
_INLINER: Final = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
STYLES: Final = """
body { margin: 0; padding: 24px; font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif;
  color: #1a1f24; background: #ffffff; }
.mail { max-width: 600px; margin: 0 auto; overflow-wrap: anywhere; }
h1 { font-size: 22px; line-height: 1.3; } h2 { font-size: 19px; } h3 { font-size: 16px; }
a { color: #0b5a87; }
a.button { display: inline-block; padding: 10px 18px; border-radius: 6px; background: #0b5a87;
  color: #ffffff; text-decoration: none; font-weight: 600; }
blockquote { margin: 0; padding-left: 12px; border-left: 3px solid #c5ccd3; color: #4d5863; }
pre, code { font-family: ui-monospace, Consolas, monospace; font-size: 14px; }
hr { border: 0; border-top: 1px solid #c5ccd3; }
table { border-collapse: collapse; } td, th { padding: 4px 10px; border: 1px solid #c5ccd3; }
@media (prefers-color-scheme: dark) {
  body { color: #e6eaee !important; background: #14181c !important; }
  a { color: #7cc4ea !important; }
  a.button { color: #10222d !important; background: #7cc4ea !important; }
  blockquote { color: #aab4bd !important; }
  blockquote, hr, td, th { border-color: #46525d !important; }
}
"""


class RenderedBody(NamedTuple):
    """A body as plain text, as a piece of HTML without styles, and as a whole HTML document."""

    text: str
    fragment: str
    document: str


def render_body(
    pieces: Pieces,
    *,
    title: str = "",
    language: str = "en",
    read_out: ReadOut = str,
    stand_ins: Collection[str] = (),
) -> RenderedBody:
    """Return a body written in Markdown; `pieces` are texts, and of each whether it is a value.

    `read_out` writes a value for people; in an address it stays as it is. A value of `stand_ins`
    stands for one that is not there yet: as an address it is drawn as a link that leads nowhere.
    """
    values = [text for text, is_value in pieces if is_value]
    parser, tokens = _parsed(pieces, _Filled(values, read_out, stand_ins))
    fragment = nh3.clean(
        parser.renderer.render(tokens, parser.options, {}), tags=set(TAGS),
        attributes={"a": {"href"}, "ol": {"start"}}, allowed_classes={"a": {BUTTON}},
        url_schemes=set(_SCHEMES), link_rel="noopener noreferrer",
    )  # fmt: skip
    text = plain_text(tokens).strip() + "\n"
    return RenderedBody(text, fragment, _document(fragment, title, language))


def _without_places(text: str) -> str:
    return _PLACED.sub("", text)


def _parsed(pieces: Pieces, filled: "_Filled") -> tuple[MarkdownIt, list[Token]]:
    """Return the Markdown of the pieces that are no values, read, with the values in it."""
    numbers = itertools.count()
    source = "".join(
        f"{_FIRST}{next(numbers)}{_LAST}" if is_value else _without_places(text)
        for text, is_value in pieces
    )
    parser = _parser(filled)
    return parser, [*filled.tokens(parser.parse(source))]


def _parser(filled: "_Filled") -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.enable(["table", "strikethrough"]).disable("image")
    # An address is judged with its values in it; these are put in afterwards.
    whole: Any = parser
    whole.normalizeLink = whole.normalizeLinkText = lambda url: url
    whole.validateLink = filled.is_address
    return parser


class _Filled:
    """Puts values into what was parsed without them."""

    def __init__(
        self, values: Sequence[str], read_out: ReadOut, stand_ins: Collection[str]
    ) -> None:
        self._values, self._read_out, self._stand_ins = values, read_out, stand_ins

    def tokens(self, tokens: Sequence[Token]) -> Iterator[Token]:
        """Yield the tokens with their values."""
        for token in tokens:
            if token.children is not None:
                token.children = [*self.tokens(token.children)]
                _mark_button(token.children)
            for name, value in [*token.attrs.items()]:
                told = str(value)
                if name == "href" and self._leads_nowhere(told):
                    del token.attrs[name]
                    continue
                token.attrs[name] = self.address(told) if name == "href" else self.text(told)
            token.info = ""
            if token.type == "text":
                yield from self._lines(token)
                continue
            token.content = self.text(token.content)
            yield token

    def text(self, text: str) -> str:
        """Return a text with its values as they are."""
        return _PLACE.sub(lambda found: self._read_out(self._value(found[1])), text)

    def address(self, address: str) -> str:
        """Return an address with its values: one at its start as it is, others as parts of it."""
        first = _PLACE.match(address)
        at = first.end() if first else 0
        begin = self._value(first[1]).strip() if first else ""
        rest = _PLACE.sub(lambda found: quote(self._value(found[1]), safe=""), address[at:])
        return normalizeLink(begin + rest)

    def is_address(self, address: str) -> bool:
        """Tell whether it is an address to be linked to."""
        if self._leads_nowhere(address):
            return True
        try:
            return urlsplit(self.address(address)).scheme.lower() in _SCHEMES
        except ValueError:
            return False

    def _leads_nowhere(self, address: str) -> bool:
        first = _PLACE.match(address)
        return first is not None and self._value(first[1]) in self._stand_ins

    def _value(self, number: str) -> str:
        return self._values[int(number)]

    def _lines(self, token: Token) -> Iterator[Token]:
        """Yield a text with its values; the lines of a value stay lines."""
        for number, line in enumerate(self.text(token.content).splitlines() or [""]):
            if number:
                yield Token("hardbreak", "br", 0, level=token.level)
            yield Token("text", "", 0, level=token.level, content=line)


def _mark_button(inline: Sequence[Token]) -> None:
    """Draw a link as a button that stands alone in its paragraph."""
    shown = [one for one in inline if one.type != "text" or one.content.strip()]
    links = [one for one in shown if one.type == "link_open"]
    if len(links) == 1 and shown[0] is links[0] and shown[-1].type == "link_close":
        links[0].attrSet("class", BUTTON)


def _document(fragment: str, title: str, language: str) -> str:
    """Return a whole HTML document, with its styles where mail programs look for them."""
    page = (
        f'<!doctype html><html lang="{html.escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{html.escape(title)}</title><style>{STYLES}</style></head>"
        f'<body><div class="mail">{fragment}</div></body></html>'
    )
    return _INLINER.inline(page)
