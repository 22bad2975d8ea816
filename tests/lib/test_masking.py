"""Secret values replaced wherever they stand, however they are spelled."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from kianda.lib.masking import Masker
from kianda.lib.secrets import MASK

SECRET = 'Sécret "quoted"/+& \\ü'


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
    ],
)
def test_a_secret_is_masked_in_every_spelling(spelled: str) -> None:
    assert Masker([SECRET]).text(f"<{spelled}>") == f"<{MASK}>"
