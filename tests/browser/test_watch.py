"""What is looked at in every story is found: the stories themselves only show that nothing is."""

from typing import Any

import pytest

from tests.browser.watch import Look, PageAs

# The pages allow no style in their markup, so it is given to the element.
ADD = """([markup, css]) => {
  document.getElementById("main").insertAdjacentHTML("beforeend", markup);
  document.querySelector("#main > :last-child [data-bad], #main > [data-bad]").style.cssText = css;
}"""
# Each is seen in one scheme alone, or is no matter of colours.
BAD = {
    "pale": ("<p data-bad>Pale</p>", "color: light-dark(#ccc, #eee)"),
    "pale in the dark": ("<p data-bad>Pale</p>", "color: light-dark(#111, #444)"),
    "pale on its ground": ("<div data-bad><p>Pale</p></div>", "background: light-dark(#fff, #999)"),
    "a link like its text": (
        "<p>Some <a data-bad href='/'>link</a> of many</p>",
        "color: light-dark(#2c3640, #d5dbe1); text-decoration: none",
    ),
    "no name": ("<button data-bad></button>", ""),
}


@pytest.mark.parametrize(("markup", "css"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_found_on_a_page_that_was_well_each_time(
    page_as: PageAs, axe: Look, looks: Any, markup: str, css: str
) -> None:
    page = page_as("ada")
    page.goto("/tokens/")
    looks(page)
    page.evaluate(ADD, [markup, css])
    for _ in range(2):
        with pytest.raises(AssertionError, match="axe"):
            axe(page)


def test_what_does_not_fit_on_a_phone_is_found(page_as: PageAs, looks: Any) -> None:
    page = page_as("ada")
    page.goto("/tokens/")
    page.evaluate(ADD, ["<div data-bad>Wide</div>", "width: 500px"])
    with pytest.raises(AssertionError, match="outside"):
        looks(page)


@pytest.mark.parametrize(
    ("address", "ask"),
    [
        ("https://example.org/sign.png", "(url) => { new Image().src = url }"),
        ("http://198.51.100.7/", "(url) => { document.querySelector('iframe, p, h1').innerHTML ="
         " `<iframe src='${url}'></iframe>` }"),
        ("http://127.0.0.1:9/", "(url) => { location.href = url }"),
    ],
)  # fmt: skip
def test_a_page_that_asks_another_host_is_complained_of(
    page_as: PageAs, address: str, ask: str
) -> None:
    page = page_as("ada")
    page.goto("/tokens/")
    page.evaluate(ask, address)
    for _ in range(100):
        if page.complaints:
            break
        page.wait_for_timeout(50)
    told = "\n".join(page.complaints)
    page.complaints.clear()
    assert address in told
