"""What a form of a user had when it was opened, as it is sent back: by anybody, in any shape."""

import json

import pytest

from kianda.accounts.services.user_merge import read
from kianda.lib.three_way_merge import written

SEEN = {"name": "Ada", "email": "", "roles": ["User"], "groups": []}


def test_what_a_form_has_written_is_read_again():
    assert read(written(SEEN)) == SEEN


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "[" * 50_000, "x" * 200_000,
        json.dumps({"name": "Ada"}),
        json.dumps(SEEN | {"more": 1}),
        json.dumps(SEEN | {"name": 1}),
        json.dumps(SEEN | {"email": None}),
        json.dumps(SEEN | {"roles": 5}),
        json.dumps(SEEN | {"roles": "User"}),
        json.dumps(SEEN | {"groups": [{}]}),
        json.dumps(SEEN | {"groups": [["nested"]]}),
    ],
)  # fmt: skip
def test_what_no_form_has_written_is_nothing(text):
    assert read(text) is None
