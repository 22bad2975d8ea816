"""The settings of a typed model, whatever dialog shows them; the rows that a form sent."""

from typing import Annotated, Any, Literal

import pytest
from django.http import QueryDict
from pydantic import BaseModel, Field

from kianda.lib.dialogs.posted import posted
from kianda.lib.dialogs.row_actions import act_of, rearranged
from kianda.lib.dialogs.specs import spec_of, specs_of

Clock = Annotated[str, Field(title="At", json_schema_extra={"control": "time"})]


class Part(BaseModel):
    """Some of a setting."""

    hours: int = 0


class Settings(BaseModel):
    """What a dialog asks."""

    in_: Part | None = Field(default=None, alias="in")
    at: Clock | None = None
    fixed: Clock = "09:00"
    sure: bool = False
    day: Literal[1, 2, "last"] | None = None
    days: list[Literal["monday", "friday"]] = []
    line: Annotated[str, Field(max_length=200, description="A line.")]


def test_a_setting_goes_by_the_name_under_which_it_is_sent() -> None:
    names = [spec.name for spec in specs_of(Settings)]
    assert names == ["in", "at", "fixed", "sure", "day", "days", "line"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("in", {"model": Part, "nullable": True, "row": None}),
        ("at", {"control": "time", "nullable": True}),
        ("fixed", {"control": "time", "title": "At", "default": "09:00"}),
        ("sure", {"control": "switch", "title": "Sure"}),
        ("day", {"control": "select", "choices": ("1", "2", "last"), "many": False}),
        ("days", {"choices": ("monday", "friday"), "many": True}),
        ("line", {"control": "text", "longest": 200, "help": "A line.", "required": True}),
    ],
)
def test_what_a_setting_takes_is_read_off_its_type(name: str, said: dict[str, Any]) -> None:
    spec = spec_of(Settings, name)
    assert {key: getattr(spec, key) for key in said} == said


@pytest.mark.parametrize(
    ("act", "names", "added"),
    [
        ("add:/rows", ["a", "b", ""], "/rows/2"),
        ("remove:/rows/7", ["b"], ""),
        ("down:/rows/7", ["b", "a"], ""),
        ("add:", ["a", "b"], ""),
        ("remove:/rows/1", ["a", "b"], ""),
        ("wave:/rows/7", ["a", "b"], ""),
    ],
)
def test_a_button_says_a_verb_and_the_place_of_rows(act: str, names: list[str], added: str) -> None:
    root = posted(QueryDict("/rows/7/name=a&/rows/9/name=b"))
    assert rearranged(root, act) == added
    rows = root.at("rows")
    assert rows is not None
    assert [row.text_at("name") for row in rows.rows()] == names


@pytest.mark.parametrize(
    ("said", "parts", "placed", "pressed"),
    [
        ("up:/lines/3", ["lines", "3"], True, ""),
        ("take:/a.b/c~1d~01", ["a.b", "c/d~1"], True, ""),
        ("press:form:main#submit", ["form:main#submit"], False, "form:main#submit"),
        ("save", [], False, ""),
    ],
)
def test_an_act_is_about_a_place_of_the_form_or_presses_a_target(
    said: str, parts: list[str], placed: bool, pressed: str
) -> None:
    act = act_of(said)
    assert (act.parts, act.is_placed, act.pressed) == (parts, placed, pressed)


def test_the_numbers_of_rows_only_tell_them_apart_however_long_they_are() -> None:
    long = "9" * 5_000
    root = posted(QueryDict(f"/rows/2/name=a&/rows/{long}/name=b"))
    assert rearranged(root, "add:/rows") == "/rows/2"
    rows = root.at("rows")
    assert rows is not None
    assert [row.text_at("name") for row in rows.rows()] == ["a", "b", ""]
    assert len(rows.below) == 3
