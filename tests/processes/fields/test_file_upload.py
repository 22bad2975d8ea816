"""File: what it takes, how it is written, what can be read through it."""

from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from processes.fields import FileUpload, fields
from processes.language.file_types import file_size, is_allowed, wanted_types
from processes.language.operators import contains, same
from processes.language.people import inside
from processes.language.values import ValueFailure, as_text

A, B = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def file(number: str = A, name: str = "offer.pdf", **more: Any) -> dict[str, Any]:
    told = {"size": Decimal(12_345), "media_type": "application/pdf", **more}
    return {"id": number, "name": name, **told}


def bare(number: str = A) -> dict[str, Any]:
    return {"id": number, "name": "", "size": None, "media_type": ""}


def upload(**settings: Any) -> FileUpload:
    made = fields.parse({"type": "file_upload", "name": "offer", **settings})
    assert isinstance(made, FileUpload)
    return made


@pytest.mark.parametrize(
    ("settings", "raw", "value"),
    [
        ({}, None, None),
        ({}, "", None),
        ({}, [], None),
        ({}, {"id": A}, bare()),
        ({}, A, bare()),
        ({}, A.upper(), bare()),
        ({}, [{"id": A}], bare()),
        ({}, file(), file()),
        ({}, {**file(), "size": 12_345, "path": "/etc/passwd"}, file()),
        ({"multiple": True}, None, []),
        ({"multiple": True}, {"id": A}, [bare()]),
        ({"multiple": True}, [file(), file(B, "b.pdf")], [file(), file(B, "b.pdf")]),
        ({"multiple": True}, [file(), "", {"id": A}], [file()]),
    ],
)
def test_a_file_is_named_by_its_id(settings: dict[str, Any], raw: Any, value: Any) -> None:
    field = upload(**settings)
    assert field.to_python(raw) == value
    assert field.to_python(field.to_json(value)) == value


@pytest.mark.parametrize(
    ("settings", "raw", "sentence"),
    [
        ({}, "offer.pdf", '"offer.pdf" is not a file. Upload one'),
        ({}, {"name": "offer.pdf"}, "is not a file"),
        ({}, {"id": 7}, "is not a file"),
        ({}, 12, "12 is not a file"),
        ({}, [A, B], "2 files are too many. Only one is allowed."),
        ({"multiple": True}, [f"{at:032x}" for at in range(51)], "51 files are too many"),
        ({"multiple": True, "max_files": 1}, [A, B], "Only one is allowed"),
        ({"max_mb": 1}, file(size=Decimal(1_000_001)), "At most 1 MB are allowed"),
        ({"allowed": "docx, image/*"}, file(), "is not allowed here. Allowed: docx, image"),
        # The name alone does not do.
        ({"allowed": "image/*"}, file(name="a.png"), "is not allowed here"),
    ],
)
def test_what_cannot_be_here_is_refused(settings: dict[str, Any], raw: Any, sentence: str) -> None:
    field = upload(**settings)
    with pytest.raises(ValueFailure, match=sentence.replace("*", r"\*").replace("(", r"\(")):
        field.clean(field.to_python(raw))


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"allowed": "pdf; ../x"}, "allowed"),
        ({"max_files": 3}, "max_files"),
        ({"multiple": True, "max_files": 0}, "max_files"),
        ({"max_mb": 0}, "max_mb"),
        ({"default": A}, "default"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError) as refused:
        upload(**settings)
    assert {str(one["loc"][-1]) for one in refused.value.errors()} == {place}


def test_kinds_are_kept_as_they_are_meant() -> None:
    field = upload(allowed=" .PDF;docx, image/* ")
    assert field.allowed == "pdf, docx, image/*"
    assert field.accept == ".pdf,.docx,image/*"


@pytest.mark.parametrize(
    ("wanted", "name", "kind", "allowed"),
    [
        ("", "anything.xyz", "application/octet-stream", True),
        ("pdf", "a.PDF", "application/pdf", True),
        ("pdf", "scan", "application/pdf", True),
        ("jpg", "a.jpeg", "image/jpeg", True),
        ("image/*", "a.png", "", True),
        ("image/*", "a.pdf", "", False),
        ("application/pdf", "a.pdf", "text/plain", False),
        ("xyz", "a.xyz", "application/octet-stream", True),
        ("xyz", "a.abc", "application/octet-stream", False),
    ],
)
def test_a_kind_is_allowed_by_ending_or_by_content(
    wanted: str, name: str, kind: str, *, allowed: bool
) -> None:
    assert is_allowed(name, kind, wanted_types(wanted)) is allowed


def test_as_text_files_are_their_names() -> None:
    two = [file(), file(B, "b.pdf")]
    assert as_text(file()) == "offer.pdf"
    assert as_text(two) == "offer.pdf, b.pdf"
    assert upload().shown(file()) == "offer.pdf"
    assert upload(multiple=True).in_words(two, str) == "offer.pdf, b.pdf"
    # What only looks like it is what it was.
    assert as_text({**file(), "more": 1}).startswith("{")
    assert as_text([file(), "x"]).startswith("[")


def test_its_parts_are_read_through_it() -> None:
    assert inside(file(), "name") == "offer.pdf"
    assert inside(file(), "size") == 12_345
    assert inside([file(), file(B, "b.pdf")], "name") == ["offer.pdf", "b.pdf"]
    assert set(FileUpload.parts_in({})) == {"id", "name", "size", "media_type"}


def test_conditions_ask_for_its_name() -> None:
    assert same(file(), "offer.pdf")
    assert not same(file(), "other.pdf")
    assert not same(None, "offer.pdf")
    assert contains(file(), "offer")
    assert contains([file()], "offer.pdf")


def test_its_control_brings_back_what_it_holds() -> None:
    kept: list[tuple[FileUpload, Any]] = [
        (upload(), file()),
        (upload(), None),
        (upload(multiple=True), [file(), file(B, 'a "b"\n.pdf')]),
    ]
    for field, value in kept:
        written = field.to_control(value, zone=UTC)
        assert field.to_python(field.from_control(written, zone=UTC)) == value
    assert upload().from_control(["{broken"], zone=UTC) == "{broken"
    for deep in ('{"name": ' + "[" * 200_000, '{"name": ' + "[" * 300 + "]" * 300 + "}"):
        assert upload().from_control([deep], zone=UTC) == deep
    assert upload().control_in_words([A]) == A


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1 KB"), (3_400_000, "3.4 MB"),
     (45_000_000, "45 MB"), (2_000_000_000, "2 GB")],
)  # fmt: skip
def test_sizes_read_well(size: int, words: str) -> None:
    assert file_size(size) == words
