"""ETag and If-Match."""

from typing import Any

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from kianda.lib.api.drf import check_if_match, etag_of
from kianda.lib.errors import PreconditionFailed

TAG = etag_of("process", "a", 3)


def request_with(header: str) -> Any:
    headers = {} if header is None else {"If-Match": header}
    return Request(APIRequestFactory().put("/", headers=headers))


@pytest.mark.parametrize("header", [None, "*", TAG, f"W/{TAG}", f'"other", {TAG}'])
def test_a_request_that_names_the_object_goes_on(header: Any) -> None:
    check_if_match(request_with(header), TAG)


@pytest.mark.parametrize("header", ['"other"', "nonsense", TAG.strip('"')])
def test_a_request_that_names_another_object_is_refused(header: Any) -> None:
    with pytest.raises(PreconditionFailed):
        check_if_match(request_with(header), TAG)


def test_the_tag_changes_with_the_revision() -> None:
    assert etag_of("process", "a", 3) == TAG != etag_of("process", "a", 4)
