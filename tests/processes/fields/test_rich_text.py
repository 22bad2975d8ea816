"""Rich text and links: what is kept, what is taken out, what values do in them."""

from typing import Any

import pytest

from kianda.lib.errors import Invalid
from processes.definition.document import parse_document
from processes.fields import Link, RichText
from processes.language.values import ValueFailure
from tests.processes.definitions import process, text_field

VALUES: dict[str, Any] = {
    "name": "<b>Ada</b> & \"co\"", "path": "javascript:alert(1)", "order": "o-9",
}  # fmt: skip


def shown(text: str) -> str:
    return RichText(name="intro", text=text).content(VALUES.__getitem__)


@pytest.mark.parametrize(("text", "html"), [
    ("", ""),
    ("One\ntwo\n\nthree", "<p>One<br>two</p><p>three</p>"),
    ("1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
    ("Hello [name]", "<p>Hello &lt;b&gt;Ada&lt;/b&gt; &amp; \"co\"</p>"),
    ("<h3>Hi</h3><p>[name]</p>", "<h3>Hi</h3><p>&lt;b&gt;Ada&lt;/b&gt; &amp; \"co\"</p>"),
    ("<p onclick='x()'>a<script>b</script></p>", "<p>a</p>"),
    ("<style>*{}</style><p style='color:red' class=k>a</p>", "<p>a</p>"),
    ("<h1>Big</h1><img src=x onerror=alert(1)><iframe src=/></iframe>", "Big"),
    ('<a href="javascript:alert(1)">a</a>', '<a rel="noopener noreferrer">a</a>'),
    ('<a href="[path]">a</a>', '<a rel="noopener noreferrer">a</a>'),
    ('<a href="https://e.org/[order]">a</a>',
     '<a href="https://e.org/o-9" rel="noopener noreferrer">a</a>'),
    ('<a title="[name]">a</a>',
     '<a title="&lt;b&gt;Ada&lt;/b&gt; &amp; &quot;co&quot;" rel="noopener noreferrer">a</a>'),
    ("<ul><li>a</ul>", "<ul><li>a</li></ul>"),
    ("</div></main><p>out", "<p>out</p>"),
    ("'; DROP TABLE x; --", "<p>'; DROP TABLE x; --</p>"),
    ("[[name]", "<p>[name]</p>"),
    ('=Upper([name])', '<p>&lt;B&gt;ADA&lt;/B&gt; &amp; &quot;CO&quot;</p>'),
])  # fmt: skip
def test_what_stands_on_the_form(text: str, html: str) -> None:
    assert shown(text) == html


def test_an_expression_that_fails_is_a_failure_with_a_sentence() -> None:
    with pytest.raises(ValueFailure):
        shown("=1 / 0")


@pytest.mark.parametrize(("url", "address"), [
    ("https://e.org/[order]?a=1", "https://e.org/o-9?a=1"),
    ("mailto:ada@example.org", "mailto:ada@example.org"),
    ("/instances/[order]/", "/instances/o-9/"),
    ('=Concat("/runs/", [order])', "/runs/o-9"),
    ("", ""),
    ("[path]", ""),
    ("JavaScript:alert(1)", ""),
    ("//evil.example", ""),
    ("/\\evil.example", ""),
    ("data:text/html,x", ""),
    ("https://e.org/a b", ""),
])  # fmt: skip
def test_a_link_leads_only_to_addresses_that_run_nothing(url: str, address: str) -> None:
    assert Link(name="out", url=url).address(VALUES.__getitem__) == address


@pytest.mark.parametrize(("text", "words"), [
    ("[nothing]", "There is no field or name nothing."),
    ("[key]", "key is a secret field"),
    ("[lines.price]", "The table lines has no column price. There are: [lines.amount]."),
    ("=Sum(", "cannot be read"),
    ("x" * 20_001, "Use at most 20,000 characters."),
])  # fmt: skip
@pytest.mark.parametrize("kind", ["rich_text", "link"])
def test_names_in_it_are_checked_when_the_design_is_saved(kind: str, text: str, words: str) -> None:
    field = {"type": kind, "name": "intro", "text" if kind == "rich_text" else "url": text}
    lines = {"type": "table", "name": "lines", "columns": [{"type": "number", "name": "amount"}]}
    secret = {"type": "secret", "name": "key"}
    with pytest.raises(Invalid) as caught:
        parse_document(process(text_field("a"), secret, lines, field))
    place = "/forms/0/fields/3/" + ("text" if kind == "rich_text" else "url")
    said = [flaw.detail for flaw in caught.value.errors if flaw.pointer == place]
    assert len(said) == 1
    assert words.replace("20,000", "2,000" if kind == "link" else "20,000") in said[0]
