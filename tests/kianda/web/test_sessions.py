"""Sessions: the table holds nothing with which somebody could sign in."""

import importlib
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from kianda.web.sessions import SessionStore

pytestmark = pytest.mark.django_db
START = "/"


def cookie_of(client: Client) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def test_the_cookie_of_a_session_is_not_in_the_table_and_what_is_signs_nobody_in(ben: Any) -> None:
    client = Client()
    client.force_login(ben)
    assert client.get(START).status_code == 200
    stored = Session.objects.get().session_key
    assert stored != cookie_of(client)
    assert cookie_of(client) not in str(list(Session.objects.values_list()))
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stored
    assert thief.get(START).status_code == 302


def test_signing_out_leaves_no_row(ben: Any) -> None:
    client = Client()
    client.force_login(ben)
    client.logout()
    assert not Session.objects.exists()


def test_a_session_is_changed_renamed_and_ended_under_its_key() -> None:
    store = SessionStore()
    store["word"] = 1
    store.save()
    first = store.session_key
    assert store.exists(first)
    again = SessionStore(first)
    again["word"] = 2
    again.save()
    again.cycle_key()
    assert not store.exists(first)
    assert SessionStore(again.session_key)["word"] == 2
    assert "word" not in SessionStore(first)
    Session.objects.update(expire_date=timezone.now())
    assert "word" not in SessionStore(again.session_key)
    SessionStore.clear_expired()
    assert not Session.objects.exists()


def test_who_is_signed_in_stays_so_when_the_keys_are_hashed(ben: Any) -> None:
    client = Client()
    client.force_login(ben)
    before = db.SessionStore()
    before.update(SessionStore(cookie_of(client)))
    before.save()
    Session.objects.exclude(session_key=before.session_key).delete()
    client.cookies[settings.SESSION_COOKIE_NAME] = before.session_key
    assert client.get(START).status_code == 302
    migration = importlib.import_module("kianda.accounts.migrations.0006_session_keys_are_hashed")
    client.cookies[settings.SESSION_COOKIE_NAME] = before.session_key
    for _ in range(2):
        migration.hash_keys(apps, None)
        assert client.get(START).status_code == 200
    assert not Session.objects.filter(session_key=before.session_key).exists()
