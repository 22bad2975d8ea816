"""Signature and image: what they take beyond what all fields of files do."""

from decimal import Decimal
from typing import Any

import pytest

from processes.fields import FilesField, fields
from processes.language.values import ValueFailure

NUMBER = "11111111-1111-4111-8111-111111111111"


def field_of(kind: str, **settings: Any) -> FilesField:
    made = fields.parse({"type": kind, "name": "it", **settings})
    assert isinstance(made, FilesField)
    return made


def file(name: str, media_type: str, size: int = 900) -> dict[str, Any]:
    return {"id": NUMBER, "name": name, "size": Decimal(size), "media_type": media_type}


@pytest.mark.parametrize(
    ("kind", "one", "sentence"),
    [
        ("signature", file("s.png", "image/png"), ""),
        ("signature", file("s.jpg", "image/jpeg"), "is not allowed here"),
        ("signature", file("s.png", "image/png", 1_000_001), "At most 1 MB are allowed"),
        ("image", file("a.webp", "image/webp", 9_000_000), ""),
        ("image", file("a.svg", "image/svg+xml"), "is not allowed here"),
        ("image", file("a.pdf", "application/pdf"), "Allowed: PNG, JPEG, GIF, WebP."),
    ],
)
def test_pictures_alone_are_taken(kind: str, one: dict[str, Any], sentence: str) -> None:
    field = field_of(kind)
    if not sentence:
        assert field.clean(field.to_python(one)) == one
        return
    with pytest.raises(ValueFailure, match=sentence):
        field.clean(field.to_python(one))


def test_a_signature_says_whose_it_is_and_when() -> None:
    named = field_of("signature").name_of_upload
    assert named("evil.png", by="Ada", moment="2026-11-30 17:00 UTC") == (
        "Signature of Ada, 2026-11-30 17:00 UTC.png"
    )
    assert named("evil.png", by="", moment="now") == "Signature, now.png"
    assert field_of("image").name_of_upload("a.png", by="Ada", moment="now") == "a.png"


def test_they_hold_one() -> None:
    for kind in ("signature", "image"):
        field = field_of(kind)
        assert (field.most, field.empty()) == (1, None)
