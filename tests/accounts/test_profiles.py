"""A person's zone and theme, and the session that ends after twelve idle hours."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from time_machine import travel

from kianda.accounts.models import Profile
from kianda.accounts.services.profiles import save_profile, zone_of
from kianda.lib.errors import Invalid

pytestmark = pytest.mark.django_db
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def test_without_a_choice_the_zone_of_the_workspace_holds(ada: Any, settings: Settings) -> None:
    settings.KIANDA_TIME_ZONE = "Europe/Dublin"
    assert zone_of(ada).key == "Europe/Dublin"
    assert zone_of(None).key == "Europe/Dublin"
    save_profile(ada, zone="Asia/Tokyo", theme="dark", single_keys=False)
    assert zone_of(ada).key == "Asia/Tokyo"


def test_a_zone_that_is_gone_from_the_table_is_passed_over(ada: Any) -> None:
    Profile.objects.create(user=ada, zone="Atlantis/City")
    assert zone_of(ada).key == "UTC"


def test_what_cannot_be_chosen_is_refused_at_its_place(ada: Any) -> None:
    with pytest.raises(Invalid) as caught:
        save_profile(ada, zone="Atlantis/City", theme="pink", single_keys=True)
    assert [flaw.pointer for flaw in caught.value.errors] == ["/zone", "/theme"]
    assert not Profile.objects.exists()


def test_the_theme_of_the_user_menu_leaves_the_other_choices(client: Client, ada: Any) -> None:
    save_profile(ada, zone="Asia/Tokyo", theme="", single_keys=False)
    client.force_login(ada, backend=MODEL_BACKEND)
    answer = client.post(
        "/profile/theme/", {"theme": "dark"}, headers={"Referer": "http://testserver/runs/?q=1"}
    )
    assert (answer.status_code, answer["Location"]) == (303, "/runs/?q=1")
    answer = client.post("/profile/theme/", {"theme": "pink"})
    assert answer.status_code == 400
    kept = Profile.objects.get()
    assert (kept.zone, kept.theme, kept.single_keys) == ("Asia/Tokyo", "dark", False)


def test_the_zone_holds_for_one_request_only(client: Client, ada: Any) -> None:
    save_profile(ada, zone="Asia/Tokyo", theme="", single_keys=True)
    client.force_login(ada, backend=MODEL_BACKEND)
    assert "Asia/Tokyo" in client.get("/").content.decode()
    assert timezone.get_current_timezone_name() == "UTC"


def test_whoever_does_something_keeps_the_session_and_a_page_left_open_does_not(
    client: Client, ada: Any
) -> None:
    start = timezone.now()
    client.force_login(ada, backend=MODEL_BACKEND)
    client.get("/")
    with travel(start + timedelta(hours=6), tick=False):
        client.get("/", headers={"X-Refresh": "1"})
        assert Session.objects.get().expire_date < start + timedelta(hours=13)
        client.get("/")
        assert Session.objects.get().expire_date > start + timedelta(hours=17)
    with travel(start + timedelta(hours=17), tick=False):
        assert client.get("/").status_code == 200
    with travel(start + timedelta(hours=17 + 12, minutes=1), tick=False):
        assert client.get("/")["Location"] == "/sign-in/?next=/&expired=1"
