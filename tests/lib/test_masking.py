"""Secret values replaced wherever they stand, however they are spelled."""

import base64
import json
from decimal import Decimal
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from kianda.lib.masking import Masker
from kianda.lib.secrets import MASK

SECRET = 'Sécret "quoted"/+& \\ü*'


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        quote_plus(SECRET, safe="*"),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
    ],
)
def test_a_secret_is_masked_in_every_spelling(spelled: str) -> None:
    assert Masker([SECRET]).text(f"<{spelled}>") == f"<{MASK}>"


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("code", "auth-code-1", MASK),
        ("Code", "190", MASK),
        ("code", ["auth-code-1"], MASK),
        ("code", {"value": "auth-code-1"}, MASK),
        ("code", 190, 190),
        ("code", 0, 0),
        ("code", -1.5, -1.5),
        ("code", Decimal("190"), Decimal("190")),
        ("code", False, False),
        ("code", None, None),
        ("code", "", ""),
        ("access_token", 190, MASK),
        ("password", 190, MASK),
        ("article_code", "A-190", "A-190"),
        ("error_code", "190", "190"),
    ],
)
def test_a_number_is_no_authorization_code(key: str, value: Any, shown: Any) -> None:
    masked = Masker().json({"error": {key: value}}, by_place=True)
    assert masked == {"error": {key: shown}}


@pytest.mark.parametrize("number", [19012, Decimal(19012), Decimal("19012.5"), 19012.5])
def test_a_number_that_is_a_secret_is_masked_by_its_value_all_the_same(number: Any) -> None:
    for learned in (number, str(number)):
        seen = {"code": number, "said": f"PIN {number}.", "count": 19013}
        masked = Masker([learned]).json(seen, by_place=True)
        assert masked == {"code": MASK, "said": f"PIN {MASK}.", "count": 19013}


def test_a_short_secret_does_not_shred_every_number() -> None:
    seen = {"status": 200, "ok": True, "said": "200"}
    assert Masker(["200"]).json(seen) == {"status": 200, "ok": True, "said": MASK}
