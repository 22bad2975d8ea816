"""Errors of a body become flaws: where it is in the body, and what to do."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from kianda.lib.errors import Flaw
from kianda.lib.pointers import flaws_of, pointer


class Cat(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["cat"] = "cat"
    lives: int = Field(default=9, ge=1, le=9)


class Dog(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["dog"] = "dog"
    name: str = Field(max_length=5)
    size: Literal["small", "large"] = "small"


Pet = Annotated[Cat | Dog, Field(discriminator="type")]


class Home(BaseModel):
    model_config = ConfigDict(extra="forbid")

    pets: list[Pet] = Field(default=[], max_length=2)
    notes: dict[str, int] = {}
    open: bool = False


def flaws(raw: object) -> list[Flaw]:
    with pytest.raises(ValidationError) as caught:
        Home.model_validate(raw)
    return flaws_of(caught.value, raw, model=Home)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [((), ""), (("a", 0), "/a/0"), (("a/b", "c~d"), "/a~1b/c~0d")],
)
def test_a_pointer_is_written_as_the_standard_says(
    parts: tuple[str | int, ...], expected: str
) -> None:
    assert pointer(*parts) == expected


@pytest.mark.parametrize(
    ("raw", "place", "sentence"),
    [
        ({"pets": [{"type": "dog"}]}, "/pets/0/name", "This is required."),
        ({"pets": [{"type": "dog", "name": 5}]}, "/pets/0/name", "Enter text."),
        (
            {"pets": [{"type": "dog", "name": "abcdef"}]},
            "/pets/0/name",
            "Use at most 5 characters.",
        ),
        ({"pets": [{"type": "cat", "lives": 0}]}, "/pets/0/lives", "Enter 1 or more."),
        ({"pets": [{"type": "cat", "lives": "x"}]}, "/pets/0/lives", "Enter a whole number."),
        (
            {"pets": [{"type": "dog", "name": "a", "size": "huge"}]},
            "/pets/0/size",
            "Choose one of 'small' or 'large'.",
        ),
        (
            {"pets": [{"type": "fish"}]},
            "/pets/0/type",
            "Unknown type 'fish'. Choose one of 'cat', 'dog'.",
        ),
        ({"pets": [{}]}, "/pets/0/type", "Enter the type. Choose one of cat, dog."),
        ({"pets": [7]}, "/pets/0", "Enter an object."),
        ({"pets": {}}, "/pets", "Enter a list."),
        (
            {"pets": [{"type": "cat"}] * 3},
            "/pets",
            "At most 2 pets are allowed here; there are 3.",
        ),
        (
            {"pets": [{"type": "cat", "cat": 1}]},
            "/pets/0/cat",
            "Unknown setting 'cat'. Available: type, lives.",
        ),
        (
            {"doors": 1},
            "/doors",
            "Unknown setting 'doors'. Available: pets, notes, open.",
        ),
        ({"notes": {"a/b": "x"}}, "/notes/a~1b", "Enter a whole number."),
        ([], "", "Enter an object."),
    ],
)
def test_a_flaw_names_the_place_and_the_mend(raw: object, place: str, sentence: str) -> None:
    assert flaws(raw) == [Flaw(place, sentence)]


def test_all_errors_of_a_body_are_told_at_once() -> None:
    found = flaws({"pets": [{"type": "dog"}, {"type": "fish"}], "open": "perhaps", "x": 1})
    assert [flaw.pointer for flaw in found] == ["/pets/0/name", "/pets/1/type", "/open", "/x"]


def test_a_body_that_is_one_kind_has_no_mark_in_its_pointers() -> None:
    raw = {"type": "dog", "name": 1, "tail": 2}
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Pet).validate_python(raw)
    assert flaws_of(caught.value, raw, model=Pet, prefix="/pet") == [
        Flaw("/pet/name", "Enter text."),
        Flaw("/pet/tail", "Unknown setting 'tail'. Available: type, name, size."),
    ]
