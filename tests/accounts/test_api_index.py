"""/api/v1/ names the resources that whoever asks may use."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import api_client, make_user

pytestmark = pytest.mark.django_db


def resources(user: Any) -> dict[str, Any]:
    answer = api_client(user).get("/api/v1/")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()["resources"]
    return found


def test_a_program_finds_the_resources_with_what_it_may_do_there() -> None:
    root = make_user("root", "Administrator")
    found = resources(root)
    assert found["instances"] == {
        "url": "http://testserver/api/v1/instances/", "methods": ["GET", "POST"],
    }  # fmt: skip
    # What has a name in its address is found below these.
    assert not [name for name in found if "<" in name]
    for name, one in found.items():
        if "GET" in one["methods"]:
            # A person has no substitute, and that is no closed door.
            assert api_client(root).get(one["url"]).status_code in {200, 404}, name


def test_what_a_role_may_not_use_is_not_there() -> None:
    found = resources(make_user("tom", "User"))
    assert "instances" in found
    assert "users" not in found
    assert "POST" not in found.get("datasources", {"methods": []})["methods"]


def test_a_browser_is_led_to_the_description_and_nobody_else_is_let_in() -> None:
    asked = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert Client().get("/api/v1/", headers=asked)["Location"] == "/api/docs/"
    assert Client().get("/api/v1/").status_code == 401
