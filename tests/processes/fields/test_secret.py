"""Secret fields."""

import pytest
from pydantic import ValidationError

from processes.fields import Secret, fields


def test_it_holds_text_and_shows_a_mask() -> None:
    secret = Secret(name="key")
    assert secret.empty() == ""
    assert secret.to_python(None) == ""
    assert secret.to_python(42) == "42"
    assert secret.to_json("s3") == "s3"
    assert secret.shown("s3") == "********"
    assert secret.shown("") == ""


def test_it_has_no_default() -> None:
    with pytest.raises(ValidationError) as caught:
        fields.parse({"type": "secret", "name": "key", "default": "x"})
    assert caught.value.errors()[0]["loc"] == ("secret", "default")
