"""Somebody stands in for a person, from a day to a day: who may say so, and what is refused."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from kianda.accounts.models import AuditEntry, Substitution
from kianda.accounts.services.profiles import save_profile
from kianda.accounts.services.substitutes import (
    Stay,
    end_substitute,
    name_substitute,
    state_of,
    stood_for_by,
)
from kianda.lib.errors import Invalid, Missing
from tests.factories import api_client, make_user
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 12, 21)


@pytest.fixture
def emma(db: None) -> Any:
    return make_user("emma", "User", first_name="Emma", last_name="Doyle")


@pytest.fixture
def tom(db: None) -> Any:
    return make_user("tom", "User", first_name="Tom", last_name="Keane")


def days_from_now(days: int) -> date:
    return timezone.now().date() + timedelta(days=days)


def flaws_of(user: Any, *stay: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        name_substitute(user, Stay(*stay), by=user)
    return {flaw.pointer: flaw.detail for flaw in caught.value.errors}


def test_a_substitute_stands_in_from_the_first_day_to_the_last(emma: Any, tom: Any) -> None:
    for first, last, stands, state in (
        (-5, None, True, "active"), (-5, 5, True, "active"), (3, None, False, "scheduled"),
        (-9, -3, False, "finished"),
    ):  # fmt: skip
        stay = Stay("tom", days_from_now(first), days_from_now(last) if last else None)
        row = name_substitute(emma, stay, by=emma)
        assert stood_for_by(tom) == ({"emma"} if stands else set())
        assert state_of(row) == state
    assert Substitution.objects.count() == 1
    end_substitute(emma, by=emma)
    assert not stood_for_by(tom)
    with pytest.raises(Missing, match="emma has no substitute"):
        end_substitute(emma, by=emma)


def test_days_count_in_the_time_zone_of_who_is_away(emma: Any, tom: Any) -> None:
    def days_in(zone: str) -> date:
        save_profile(emma, zone=zone, theme="", single_keys=True)
        return timezone.now().astimezone(ZoneInfo(zone)).date()

    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        today = days_in(zone)
        name_substitute(emma, Stay("tom", today, today), by=emma)
        assert stood_for_by(tom) == {"emma"}
        name_substitute(emma, Stay("tom", today + timedelta(days=1)), by=emma)
        assert not stood_for_by(tom)


def test_a_substitute_who_is_deactivated_counts_for_nothing(emma: Any, tom: Any) -> None:
    row = name_substitute(emma, Stay("tom", days_from_now(-5)), by=emma)
    tom.is_active = False
    tom.save()
    row.refresh_from_db()
    assert not stood_for_by(tom)
    assert state_of(row) == "inactive"
    assert "Deactivated" in text_of(client_of(emma).get("/profile/"))


def test_what_cannot_be_is_told_at_its_field(emma: Any, tom: Any) -> None:
    gone = make_user("gone", is_active=False)
    assert flaws_of(emma, "", None) == {
        "/substitute": "Choose a substitute.", "/from": "Choose the first day.",
    }  # fmt: skip
    assert flaws_of(emma, "nobody%s", TODAY) == {"/substitute": "No user named nobody%s."}
    assert "their own substitute" in flaws_of(emma, "emma", TODAY)["/substitute"]
    assert "deactivated" in flaws_of(emma, gone.username, TODAY)["/substitute"]
    assert flaws_of(emma, "tom", TODAY, date(2026, 12, 20)) == {
        "/until": "The last day is before the first day."
    }
    assert not Substitution.objects.exists()


def test_no_one_stands_in_for_their_own_substitute_on_the_same_day(emma: Any, tom: Any) -> None:
    ann = make_user("ann", "User")
    name_substitute(emma, Stay("tom", TODAY, TODAY + timedelta(days=9)), by=emma)
    assert "emma is already a substitute for" not in str(flaws_of(tom, "tom", TODAY))
    assert "tom is already a substitute for emma" in flaws_of(tom, "emma", TODAY)["/substitute"]
    name_substitute(tom, Stay("ann", TODAY, TODAY + timedelta(days=3)), by=tom)
    assert "ann is already a substitute for emma" in flaws_of(ann, "emma", TODAY)["/substitute"]
    # On other days it is no circle: on none of them all three are away.
    name_substitute(ann, Stay("emma", TODAY + timedelta(days=4)), by=ann)
    name_substitute(tom, Stay("emma", TODAY + timedelta(days=10)), by=tom)


def test_the_audit_log_tells_who_stands_in_once_for_each_change(emma: Any, tom: Any) -> None:
    for last in (None, None, date(2026, 12, 31)):
        name_substitute(emma, Stay("tom", TODAY, last), by=emma)
    end_substitute(emma, by=tom)
    rows = AuditEntry.objects.filter(kind="user", name="emma").order_by("pk")
    assert [(row.user_name, row.detail) for row in rows] == [
        ("emma", "Substitute: tom, from 2026-12-21"),
        ("emma", "Substitute: tom, from 2026-12-21 to 2026-12-31"),
        ("tom", "Substitute: none"),
    ]


def test_people_choose_under_profile_and_administrators_for_others(
    emma: Any, tom: Any, admin: Any
) -> None:
    own, path = client_of(emma), f"/users/{emma.pk}/substitute/"
    assert client_of(tom).get(path).status_code == 403
    for client, place, whose in (
        (own, "/profile/substitute/", "assigned to you by name"),
        (client_of(admin), path, "assigned to this person by name"),
    ):
        page = client.get(place)
        assert whose in text_of(page)
        sent = {
            "revision": page.context["revision"], "substitute": "tom", "first_day": "2026-12-21",
            "last_day": "2026-12-01",
        }  # fmt: skip
        answer = client.post(place, sent)
        assert answer.status_code == 422
        assert "The last day is before the first day." in text_of(answer)
        answer = client.post(place, sent | {"last_day": ""})
        assert answer.status_code == 303
    assert "Tom Keane" in text_of(own.get("/profile/"))
    page = own.get("/profile/substitute/")
    own.post("/profile/substitute/", {"revision": page.context["revision"], "act": "end"})
    assert not Substitution.objects.exists()


def test_a_page_that_was_opened_before_somebody_else_chose_overwrites_nothing(
    emma: Any, tom: Any, admin: Any
) -> None:
    client = client_of(emma)
    old = client.get("/profile/substitute/").context["revision"]
    name_substitute(emma, Stay("tom", TODAY), by=admin)
    for act in ({"act": "end"}, {"substitute": "admin", "first_day": "2027-01-04"}):
        answer = client.post("/profile/substitute/", {"revision": old, **act})
        assert answer.status_code == 422
        assert Substitution.objects.get().substitute == tom


def test_over_the_api_people_choose_for_themselves_and_administrators_for_all(
    emma: Any, tom: Any, admin: Any
) -> None:
    mine, theirs = "/api/v1/me/substitute/", "/api/v1/users/emma/substitute/"
    own = api_client(emma)
    assert own.get(mine).status_code == 404
    answer = own.put(mine, {"substitute": "TOM", "from": "2026-12-21"})
    assert answer.status_code == 200, answer.data
    assert answer.data == {
        "substitute": "tom", "from": "2026-12-21", "until": None,
        "status": answer.data["status"],
    }  # fmt: skip
    assert own.get(theirs).status_code == 403
    root = api_client(admin)
    stale = root.put(theirs, {"substitute": "admin", "from": "2026-12-21"}, HTTP_IF_MATCH='"other"')
    assert stale.status_code == 412
    tag = root.get(theirs)["ETag"]
    sent = {"substitute": "admin", "from": "2026-12-21", "until": "2026-12-24"}
    assert root.put(theirs, sent, HTTP_IF_MATCH=tag).status_code == 200
    assert own.get(mine).data["until"] == "2026-12-24"
    for wrong, place in (
        ({"substitute": "emma", "from": "2026-12-21"}, "/substitute"),
        ({"substitute": "tom", "from": "soon"}, "/from"),
        ({"substitute": "tom", "from": "2026-12-21", "until": "2026-12-32"}, "/until"),
        ({"substitute": "tom"}, "/from"),
    ):
        answer = own.put(mine, wrong)
        assert answer.status_code == 400, answer.data
        assert [flaw["pointer"] for flaw in answer.data["errors"]] == [place]
    assert own.delete(mine).status_code == 204
    assert root.delete(theirs).status_code == 404
