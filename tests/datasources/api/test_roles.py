"""Who may read, change, test and call datasources over the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from datasources.models import Datasource
from tests.datasources.api.addresses import CALL, LIST, ONE, TEST
from tests.datasources.conftest import raw_datasource
from tests.factories import Api


def test_designers_may_read_and_others_may_not(
    api: Api, ada: Any, ben: Any, cleo: Any, made: dict[str, Any]
) -> None:
    for url in (LIST, ONE):
        assert api(ada).get(url).status_code == 200
        assert api(ben).get(url).status_code == 403
        assert api(cleo).get(url).status_code == 403


def test_a_token_needs_the_scope(api: Api, dan: Any, made: dict[str, Any]) -> None:
    assert api(dan, ["read"]).get(ONE).status_code == 200
    assert api(dan, ["read"]).patch(ONE, {"title": "x"}).status_code == 403
    assert api(dan, ["design"]).get(ONE).status_code == 403
    assert api(dan, ["datasources"]).patch(ONE, {"title": "x"}).status_code == 200


@pytest.mark.parametrize(
    ("verb", "url", "body"),
    [
        ("post", LIST, raw_datasource(name="other")),
        ("put", ONE, raw_datasource()),
        ("patch", ONE, {"title": "x"}),
        ("delete", ONE, None),
        ("post", TEST, {}),
        ("post", CALL, {"input": {}}),
    ],
)
def test_only_managers_and_administrators_change_test_and_call(
    api: Api, ada: Any, ben: Any, cleo: Any, made: dict[str, Any], verb: str, url: str, body: Any
) -> None:
    for person in (ada, ben, cleo):
        assert getattr(api(person), verb)(url, body).status_code == 403
    assert getattr(APIClient(), verb)(url, body, format="json").status_code == 401
    assert Datasource.objects.get().revision == 1
