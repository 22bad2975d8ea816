"""The icons of the pages: in the page itself, each one that is named."""

import re

import pytest
from django.template import Context, Template

from kianda.environment import BASE_DIR
from kianda.web.icons import is_icon
from kianda.web.status_pills import PILLS

NAMED = re.compile(r'{% icon "([^"]+)"')


def test_an_icon_needs_no_other_file() -> None:
    drawn = Template('{% load kianda_ui %}{% icon "list" size="lg" %}').render(Context())
    start = '<svg class="k-i k-i--lg" viewBox="0 0 16 16" aria-hidden="true"><path '
    assert drawn.startswith(start)
    assert "href" not in drawn


def test_each_icon_that_a_template_names_is_there() -> None:
    templates = [file.read_text() for file in (BASE_DIR / "templates").rglob("*.html")]
    names = {name for text in templates for name in NAMED.findall(text)}
    assert len(names) > 50
    assert [name for name in sorted(names) if not is_icon(name)] == []


@pytest.mark.parametrize("status", PILLS)
def test_each_state_has_an_icon(status: str) -> None:
    assert is_icon(PILLS[status][1])


def test_a_name_that_no_icon_has_draws_nothing_and_breaks_no_markup() -> None:
    drawn = Template("{% load kianda_ui %}{% icon name %}").render(Context({"name": '"><b>'}))
    assert drawn == '<svg class="k-i" viewBox="0 0 16 16" aria-hidden="true"></svg>'
