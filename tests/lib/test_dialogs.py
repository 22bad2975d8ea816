"""The settings of a typed model, whatever dialog shows them; the rows that a form sent."""

from typing import Annotated, Any, Literal

import pytest
from django.http import QueryDict
from pydantic import BaseModel, Field

from kianda.lib.dialogs.dialog import Dialog, read_settings
from kianda.lib.dialogs.posted import posted
from kianda.lib.dialogs.row_actions import act_of, rearranged
from kianda.lib.dialogs.specs import spec_of, specs_of
from kianda.lib.errors import Flaw
from kianda.lib.secret_names import MASK

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


class Access(BaseModel):
    """What a dialog asks for that keeps a secret."""

    user: str
    key: Annotated[str, Field(json_schema_extra={"control": "secret"})] = ""
    elsewhere: Annotated[list[str], Field(json_schema_extra={"control": "nobody's"})] = []


def test_a_dialog_asks_for_what_has_a_control_and_says_what_is_wrong_beside_it() -> None:
    flaws = [Flaw("/user", "Nobody."), Flaw("/user/0", "No."), Flaw("/else", "Odd.")]
    dialog = Dialog(kind=Access, raw={"user": "ada"}, flaws=flaws, prefix="/auth")
    assert [(one.name, one.id, one.value) for one in dialog.controls] == [
        ("/auth/user", "f-auth-user", "ada"), ("/auth/key", "f-auth-key", ""),
    ]  # fmt: skip
    user = dialog.control("user")
    assert user is not None
    assert (user.errors, user.wrong, dialog.other_errors) == (["Nobody."], 2, ["Odd."])


@pytest.mark.parametrize(
    ("sent", "held", "read"),
    [
        ("key=", MASK, MASK),
        ("key=", "", ""),
        ("key=new", MASK, "new"),
        ("key=&/auth/key!remove=1", MASK, ""),
    ],
)
def test_a_secret_left_empty_stays_and_is_never_written_into_a_page(
    sent: str, held: str, read: str
) -> None:
    found = read_settings(Access, QueryDict(f"/auth/{sent}"), prefix="/auth", held={"key": held})
    assert found == {"key": read}
    dialog = Dialog(kind=Access, raw=found, held={"key": held})
    key = dialog.control("key")
    assert key is not None
    assert (key.value, key.is_stored, key.is_lost) == ("", bool(held), read == "new")
