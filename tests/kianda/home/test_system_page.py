"""The System page shows the services that live; what was replaced is folded away after a while."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from scheduler.models import Heartbeat
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db


def alive(part: str, name: str, **ago: int) -> None:
    Heartbeat.objects.create(part=part, name=name, at=timezone.now() - timedelta(**ago))


def told(admin: Any) -> tuple[str, str]:
    """Return what the page shows of services, and what it has folded away."""
    page = client_of(admin).get("/system/")
    services = text_of(page)
    services = services[services.index("Services") : services.index("Queue")]
    shown, fold, folded = services.partition("replaced in the last hour")
    assert ("<details" in page.content.decode()) is bool(fold)
    return shown, folded


def test_what_was_replaced_is_folded_away_after_five_minutes(admin: Any) -> None:
    alive("worker", "host 9", seconds=2)
    alive("worker", "host 8", minutes=2)
    for number in range(3):
        alive("worker", f"old {number}", minutes=20 + number)
    shown, folded = told(admin)
    assert "host 9" in shown
    assert "host 8" in shown
    assert shown.count("Replaced") == 1
    assert "3 services" in shown
    assert "old 0" not in shown
    assert all(f"old {number}" in folded for number in range(3))


def test_a_part_of_which_nothing_lives_is_not_folded_away(admin: Any) -> None:
    alive("planner", "host 1", seconds=1)
    alive("worker", "host 2", minutes=20)
    shown, folded = told(admin)
    assert "host 2" in shown
    assert "Not responding" in shown
    assert folded == ""
