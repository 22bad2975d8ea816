"""Bodies of mails: Markdown of a design, with values that are shown as they are."""

import pytest

from kianda.mail.rendering import render_body

HOSTILE = "<script>alert(1)</script> # no **bold** [x](javascript:alert(1)) | `y` ![z](http://z)"


def fragment(*pieces: tuple[str, bool]) -> str:
    return render_body(pieces).fragment.strip()


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("**a** and *b*", "<p><strong>a</strong> and <em>b</em></p>"),
        ("# Head", "<h1>Head</h1>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("a\nb", "<p>a<br>\nb</p>"),
        ("<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>"),
        ("![a](https://t.example/pixel.png)", '<p>!<a href="https://t.example/pixel.png" '
         'rel="noopener noreferrer">a</a></p>'),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        ("[a](data:text/html,x)", "<p>[a](data:text/html,x)</p>"),
        ("[a](/relative)", "<p>[a](/relative)</p>"),
        ("x [a](mailto:a@b.example)",
         '<p>x <a href="mailto:a@b.example" rel="noopener noreferrer">a</a></p>'),
    ],
)  # fmt: skip
def test_what_a_designer_writes(source: str, html: str) -> None:
    assert fragment((source, False)) == html


@pytest.mark.parametrize(
    ("before", "after", "html"),
    [
        ("", "", "<p>{}</p>"),
        ("# ", "", "<h1>{}</h1>"),
        ("- ", "", "<ul>\n<li>{}</li>\n</ul>"),
        ("**", "**", "<p><strong>{}</strong></p>"),
        ("`", "`", "<p><code>{}</code></p>"),
        ("> ", "", "<blockquote>\n<p>{}</p>\n</blockquote>"),
        ("```\n", "\n```", "<pre><code>{}\n</code></pre>"),
    ],
)
def test_a_value_is_shown_as_it_is_wherever_it_stands(before: str, after: str, html: str) -> None:
    shown = HOSTILE.replace("<", "&lt;").replace(">", "&gt;")
    assert fragment((before, False), (HOSTILE, True), (after, False)) == html.format(shown)


def test_the_lines_of_a_value_stay_lines_of_one_paragraph() -> None:
    made = fragment(("Said: ", False), ("one\n\n- two\n    three", True), (" or so.", False))
    assert made == "<p>Said: one<br>\n<br>\n- two<br>\n    three or so.</p>"


@pytest.mark.parametrize(
    ("address", "value", "href"),
    [
        ("{}", "https://x.example/f/a_b-*c*/?q=1", "https://x.example/f/a_b-*c*/?q=1"),
        ("{}", "https://x.example/<b>\"", "https://x.example/%3Cb%3E%22"),
        # A part of an address stays one.
        ("https://x.example/{}", "a/../b?c=d#e", "https://x.example/a%2F..%2Fb%3Fc%3Dd%23e"),
        ("https://x.example/?q={}", "a&b=c", "https://x.example/?q=a%26b%3Dc"),
    ],
)  # fmt: skip
def test_a_value_in_an_address(address: str, value: str, href: str) -> None:
    before, after = address.split("{}")
    made = fragment((f"x [go]({before}", False), (value, True), (f"{after})", False))
    assert made == f'<p>x <a href="{href}" rel="noopener noreferrer">go</a></p>'


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "//x.example", ""]
)
def test_a_value_that_is_no_address_is_not_linked_to(value: str) -> None:
    assert "<a" not in fragment(("x [go](", False), (value, True), (")", False))


def test_a_link_alone_in_its_paragraph_is_a_button() -> None:
    made = fragment(("[Open](https://x.example)\n\nor [look](https://x.example)", False))
    assert made.count('class="button"') == 1
    assert made.index('class="button"') < made.index("or ")


def test_a_value_can_pretend_to_be_no_other_value() -> None:
    made = fragment(("a ", False), ("\ue0001\ue001", True), (" b ", False), ("second", True))
    assert made.count("second") == 1
    typed = render_body([("\ue0000\ue001 x ", False), ("value", True)])
    assert typed.fragment.count("value") == 1


def test_the_plain_text_has_the_values_as_they_are() -> None:
    body = render_body([("Hello ", False), ("<b> **x**", True), (",\n\nbye\n\n", False)])
    assert body.text == "Hello <b> **x**,\n\nbye\n"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("**a**, *b*, ~~c~~ and `d`", "a, b, c and d"),
        ("# Head\n\nText\nnext line", "Head\n\nText\nnext line"),
        ("See [the form](https://x.example/f?a=1).", "See the form (https://x.example/f?a=1)."),
        ("[**Open**](https://x.example)", "Open (https://x.example)"),
        ("[https://x.example](https://x.example)", "https://x.example"),
        ("<https://x.example>", "https://x.example"),
        ("[Ask](mailto:a@b.example) us", "Ask (a@b.example) us"),
        ("* a\n* b **c**", "- a\n- b c"),
        ("* a\n\n* b", "- a\n\n- b"),
        ("3. a\n4. b\n   - c\n   - d\n5. e", "3. a\n4. b\n   - c\n   - d\n5. e"),
        ("1. a\n\n   more\n2. b", "1. a\n\n   more\n\n2. b"),
        ("> a\n>\n> b", "> a\n>\n> b"),
        ("```\n**x**\n  y\n```", "**x**\n  y"),
        ("a\n\n---\n\nb", "a\n\n--------------------\n\nb"),
        ("| a | b |\n|---|---|\n| **1** | 2 |", "a | b\n1 | 2"),
        ("\\*a\\*", "*a*"),
        ("![a](https://t.example/p.png)", "!a (https://t.example/p.png)"),
        ("<b>a</b>", "<b>a</b>"),
    ],
)
def test_the_plain_text_reads_without_marks(source: str, text: str) -> None:
    assert render_body([(source, False)]).text == f"{text}\n"


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [("**", "**", "{}"), ("- ", "", "- {}"), ("> ", "", "> {}"), ("`", "`", "{}")],
)
def test_a_value_in_the_plain_text_is_as_it_is(before: str, after: str, text: str) -> None:
    made = render_body([(before, False), (HOSTILE, True), (after, False)])
    assert made.text == f"{text.format(HOSTILE)}\n"


def test_a_value_in_the_plain_text_of_a_list_keeps_its_lines() -> None:
    made = render_body([("- a: ", False), ("one\n* two", True), ("\n- b", False)])
    assert made.text == "- a: one\n  * two\n- b\n"


def test_a_value_in_an_address_of_the_plain_text_is_a_part_of_it() -> None:
    made = render_body([("[go](https://x.example/", False), ("a b/c", True), (")", False)])
    assert made.text == "go (https://x.example/a%20b%2Fc)\n"


@pytest.mark.parametrize("value", ["", "[form_link]"])
def test_what_stands_for_an_address_that_is_not_there_yet_is_drawn_as_a_link(value: str) -> None:
    pieces = [
        ("[Open](", False),
        (value, True),
        (")\n\nor [x](", False),
        (value, True),
        (").", False),
    ]
    made = render_body(pieces, stand_ins=("", "[form_link]"))
    assert made.fragment == (
        '<p><a class="button" rel="noopener noreferrer">Open</a></p>\n'
        '<p>or <a rel="noopener noreferrer">x</a>.</p>\n'
    )
    assert made.text == "Open\n\nor x.\n"
    assert "<a" not in render_body(pieces).fragment


def test_a_mail_is_a_whole_document_with_its_styles_in_place() -> None:
    made = render_body([("[Open](https://x.example)", False)], title="<T>", language="de")
    assert made.document.startswith('<!DOCTYPE html><html lang="de">')
    assert "<title>&lt;T&gt;</title>" in made.document
    assert made.document.count("<style>") == 1
    assert "<style>@media (prefers-color-scheme: dark) {" in made.document
    assert 'class="button"' in made.document
    assert "background: #0b5a87" in made.document
