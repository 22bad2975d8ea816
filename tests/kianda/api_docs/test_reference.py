"""The reference pages come from the code and are fresh."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from kianda.api_docs import reference
from kianda.environment import KNOWN
from processes.fields import fields
from processes.rules import rules


def render(*options: str) -> None:
    call_command("render_reference", *options, stdout=StringIO())


def test_the_pages_in_the_repository_are_fresh() -> None:
    render("--check")


def test_a_missing_stale_or_foreign_page_fails_the_check(tmp_path: Path) -> None:
    folder = ("--folder", str(tmp_path))
    with pytest.raises(CommandError, match=r"rules\.md.*Run manage.py render_reference"):
        render("--check", *folder)
    render(*folder)
    render("--check", *folder)

    (tmp_path / "rules.md").write_text("old")
    (tmp_path / "old.md").write_text("old")
    with pytest.raises(CommandError, match=r"stale: old\.md, rules\.md\."):
        render("--check", *folder)
    render(*folder)
    render("--check", *folder)


def test_every_kind_and_setting_is_on_its_page() -> None:
    pages = reference.pages()
    assert all(f"(`{slug}`)" in pages["fields.md"] for slug in fields.kinds)
    assert all(f"(`{slug}`)" in pages["rules.md"] for slug in rules.kinds)
    assert all(f"`{name}`" in pages["settings.md"] for name in KNOWN)
    assert "`Sum(a, b, ...)`" in pages["expressions.md"]
    assert "`not_matches`" in pages["expressions.md"]
