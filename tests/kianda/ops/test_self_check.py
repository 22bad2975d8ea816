"""The self-check of the page System: what is not as it should be, in sentences with their mend."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from datasources.models import Variable
from kianda.accounts.services.key_ring import TEXT, bind_to_rows, check_key_ring
from kianda.accounts.services.users import invite_person
from kianda.lib.sealing import is_newest
from kianda.ops.self_check import findings
from scheduler.models import Heartbeat, ScheduledTask
from tests.factories import PASSWORD, make_user
from tests.lib import sealed_rows
from tests.lib.sealed_rows import any_row, lay_canary, put, unbound, value_of
from tests.pages import client_of, text_of
from tests.scheduler.kept import make_run, make_token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere/b.sock"


@pytest.fixture
def running(admin: Any) -> None:
    """A scheduler and a worker that give signs of life, and two administrators."""
    make_user("second", "Administrator")
    for part in ("planner", "worker"):
        Heartbeat.objects.create(part=part, name=f"vm {part}", at=timezone.now())


def said(kind: str) -> list[Any]:
    return [
        f"{one.sentence} {one.mend}" for one in findings(now=timezone.now()) if one.kind == kind
    ]


def test_what_is_well_is_said_too(running: None) -> None:
    assert [sentence.split(" ")[:3] for sentence in said("bad")] == [["The", "message", "broker"]]
    well = " ".join(said("ok"))
    assert "The scheduler and a worker are running." in well
    assert "The database matches this version." in well
    assert "The key ring matches the encrypted data." in well
    assert "No run has been waiting too long." in well


def test_an_address_of_two_accounts_is_told(running: None) -> None:
    make_user("ann")
    make_user("bob")
    User.objects.filter(username="bob").update(email="Ann@example.org")
    (sentence,) = [one for one in said("warn") if "address" in one]
    assert sentence.startswith("More than one account has the email address ann@example.org.")
    User.objects.filter(username="bob").update(is_active=False)
    assert not [one for one in said("warn") if "address" in one]


def test_a_silent_scheduler_says_what_does_not_happen(running: None) -> None:
    Heartbeat.objects.filter(part="planner").update(at=timezone.now() - timedelta(minutes=3))
    (sentence,) = [one for one in said("bad") if "scheduler" in one]
    assert sentence.startswith("The scheduler has not responded for 3 min.")
    assert "No scheduled task runs until it is back." in sentence


def test_another_key_ring_and_one_of_two_keys_are_told(running: None, settings: Settings) -> None:
    check_key_ring()
    own = settings.KIANDA_SECRET_KEYS[0]
    settings.KIANDA_SECRET_KEYS = [Fernet.generate_key().decode(), own]
    assert any("holds 2 keys" in one and "rotate_secrets" in one for one in said("warn"))
    settings.KIANDA_SECRET_KEYS = [Fernet.generate_key().decode()]
    assert any("Set the right keys" in one for one in said("bad"))


def test_secrets_of_an_older_version_are_told_until_they_are_bound(running: None) -> None:
    lay_canary(TEXT)
    row = any_row(Variable)
    put(row, "value", unbound('"old"'))
    assert any("not bound to their rows yet" in one for one in said("warn"))
    assert bind_to_rows(seconds=0) == 0
    assert any("not bound to their rows yet" in one for one in said("warn"))
    assert bind_to_rows() == 1
    assert bind_to_rows() == 0
    assert not any("not bound to their rows yet" in one for one in said("warn"))
    assert value_of(row, "value") == "old"


def test_one_that_no_key_reads_keeps_no_other_from_being_bound(running: None) -> None:
    lay_canary(TEXT)
    broken, row = any_row(Variable), any_row(Variable)
    put(broken, "value", "rubbish")
    put(row, "value", unbound('"old"'))
    bind_to_rows()
    assert is_newest(sealed_rows.text_of(row, "value"))
    assert sealed_rows.text_of(broken, "value") == "rubbish"
    assert any("not bound to their rows yet" in one for one in said("warn"))


def test_a_run_that_nobody_takes_is_told(running: None, ada: Any) -> None:
    instance = make_token(ada)
    run = make_run(instance, finished=timezone.now() - timedelta(minutes=9), status="queued")
    assert run.status == "queued"
    assert any(one.startswith("Runs have been waiting for 9 min.") for one in said("warn"))


def test_a_wrong_setting_and_a_lonely_administrator_are_told(
    admin: Any, settings: Settings
) -> None:
    settings.KIANDA_TIME_ZONE = "Europe/Atlantis"
    assert any("which is not a time zone. Enter a name such as" in one for one in said("bad"))
    assert any(one.startswith("There is only one Administrator.") for one in said("warn"))


def test_that_no_administrator_can_sign_in_is_told(admin: Any) -> None:
    admin.set_unusable_password()
    admin.save()
    assert any(one.startswith("No Administrator has a password") for one in said("bad"))


def test_an_administrator_who_never_opened_the_invitation_is_no_second_one(admin: Any) -> None:
    invited, _ = invite_person(
        username="eve", name="Eve", email="eve@example.org", roles=["Administrator"], by=admin
    )
    assert any(one.startswith("There is only one Administrator.") for one in said("warn"))
    invited.set_password(PASSWORD)
    invited.save()
    assert not any("only one Administrator" in one for one in said("warn"))


def test_the_page_shows_the_worst_first_and_each_part_by_its_name(
    running: None, admin: Any
) -> None:
    page = client_of(admin).get("/system/").content.decode()
    assert page.index("The message broker does not respond.") < page.index("The database matches")
    assert "Scheduler<small" in page
    assert "Planner" not in page
    assert "The key ring holds 1 key." in page


def test_the_page_says_how_long_runs_and_changes_are_saved(
    running: None, admin: Any, settings: Any
) -> None:
    for days, told in ((60, "60 days, failed runs for 180 days"), (1, "1 day, failed runs for 3")):
        settings.KIANDA_RETENTION_DAYS = days
        page = text_of(client_of(admin).get("/system/"))
        assert f"Runs and changes are saved for {told}" in page


def test_active_tasks_are_counted_as_the_list_filters_them(running: None, admin: Any) -> None:
    for _ in range(4):
        make_token(admin)
    paused, finished, *_ = ScheduledTask.objects.order_by("pk")
    ScheduledTask.objects.filter(pk=paused.pk).update(enabled=False)
    ScheduledTask.objects.filter(pk=finished.pk).update(finished_at=timezone.now())
    page = client_of(admin)
    assert "Active scheduled tasks 2 " in text_of(page.get("/system/"))
    assert len(page.get("/scheduled-tasks/?status=active").context["lines"]) == 2
