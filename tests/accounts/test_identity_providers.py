"""Identity providers as administrators set them up: by pages, over the API, with checks."""

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from pytest_django import Settings

from kianda.accounts.models import AuditEntry, IdentityProvider
from kianda.accounts.services.identity_providers import (
    ProviderSettings,
    add_provider,
    change_provider,
    only_single_sign_on,
    remove_provider,
)
from kianda.lib.errors import Conflict, Invalid, Stale
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db
ISSUER = "https://login.acme.example"
HERE = "/api/v1/identity-providers/"


def given(**other: Any) -> ProviderSettings:
    known = {"name": "Acme", "issuer": ISSUER, "client_id": "kianda", "secret": "hush"}
    return ProviderSettings(**{**known, **other})


@pytest.mark.parametrize(
    ("other", "pointers"),
    [
        ({"name": ""}, ["/name"]),
        ({"name": " ", "issuer": "", "client_id": ""}, ["/name", "/issuer", "/client_id"]),
        ({"name": "x" * 81}, ["/name"]),
        ({"issuer": "http://login.acme.example"}, ["/issuer"]),
        ({"issuer": "login.acme.example"}, ["/issuer"]),
        ({"issuer": "https://a:b@acme.example"}, ["/issuer"]),
        ({"issuer": "https://acme.example/?x=1"}, ["/issuer"]),
        ({"issuer": "https://[broken"}, ["/issuer"]),
        ({"issuer": "file:///etc/passwd"}, ["/issuer"]),
        ({"domains": ("example.org", "not a domain")}, ["/domains"]),
        ({"trusts_addresses": True}, ["/domains"]),
        ({"groups": {"a": ("HR",)}}, ["/groups_claim", "/groups"]),
        ({"groups_claim": "groups", "groups": {"a": ("Nobody",)}}, ["/groups"]),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(
    admin: Any, other: dict[str, Any], pointers: list[str]
) -> None:
    with pytest.raises(Invalid) as caught:
        add_provider(given(**other), by=admin)
    assert [flaw.pointer for flaw in caught.value.errors] == pointers
    assert not IdentityProvider.objects.exists()


@pytest.mark.parametrize("issuer", ["http://localhost:8080/realms/x", "http://127.0.0.1:9"])
def test_a_provider_on_the_own_machine_may_do_without_tls(admin: Any, issuer: str) -> None:
    assert add_provider(given(issuer=issuer), by=admin).issuer == issuer


def test_two_of_one_name_have_addresses_of_their_own_and_one_client_is_there_once(
    admin: Any,
) -> None:
    first = add_provider(given(), by=admin)
    second = add_provider(given(client_id="other"), by=admin)
    assert (first.slug, second.slug) == ("acme", "acme-2")
    with pytest.raises(Invalid, match="already"):
        add_provider(given(name="Again"), by=admin)


def test_the_issuer_stays_for_people_are_known_by_it(admin: Any) -> None:
    row = add_provider(given(), by=admin)
    with pytest.raises(Invalid, match="The issuer identifies people"):
        change_provider(row, given(issuer="https://evil.example"), by=admin)


def test_a_secret_that_is_not_given_stays_and_the_audit_log_never_has_it(admin: Any) -> None:
    row = add_provider(given(), by=admin)
    change_provider(row, given(name="New", secret=None), by=admin)
    row.refresh_from_db()
    assert (row.name, row.secret) == ("New", "hush")
    change_provider(row, given(secret="louder"), by=admin)
    row.refresh_from_db()
    assert row.secret == "louder"
    told = [entry.detail for entry in AuditEntry.objects.filter(kind="identity provider")]
    assert told == ["name, secret", "name", ISSUER]
    assert not [one for one in told if "hush" in one or "louder" in one]


def test_who_has_read_an_older_one_overwrites_nothing(admin: Any) -> None:
    row = add_provider(given(), by=admin)
    change_provider(row, given(name="Theirs"), revision=1, by=admin)
    with pytest.raises(Stale):
        change_provider(row, given(name="Mine"), revision=1, by=admin)
    page = client_of(admin).post(
        "/users/sign-in/acme/",
        {"name": "Mine", "issuer": ISSUER, "client_id": "kianda", "revision": "1"},
    )
    assert page.status_code == 409
    assert "Someone else changed this while you were editing." in text_of(page)
    assert IdentityProvider.objects.get().name == "Theirs"


def test_the_only_way_in_is_neither_paused_nor_deleted(admin: Any) -> None:
    row = add_provider(given(), by=admin)
    only_single_sign_on(True, by=admin)
    with pytest.raises(Conflict, match="Allow passwords"):
        remove_provider(row, by=admin)
    with pytest.raises(Conflict, match="Allow passwords"):
        change_provider(row, given(is_active=False), by=admin)
    add_provider(given(client_id="other"), by=admin)
    SocialAccount.objects.create(user=admin, provider="acme", uid="a")
    remove_provider(row, by=admin)
    assert not SocialAccount.objects.exists()


def test_who_has_to_use_one_is_sent_no_link_to_set_a_password(admin: Any, ben: Any) -> None:
    add_provider(given(), by=admin)
    only_single_sign_on(True, by=admin)
    for name in ("ben", "admin"):
        Client().post("/password/forgotten/", {"username": name})
    assert [(message.to[0], "/welcome/" in message.body) for message in mail.outbox] == [
        ("ben@example.org", False), ("admin@example.org", True),
    ]  # fmt: skip
    assert "Sign in with the account of your organisation" in mail.outbox[0].body


def test_a_page_adds_one_with_its_groups(admin: Any) -> None:
    Group.objects.create(name="HR")
    office = client_of(admin)
    body = {
        "name": "Acme", "issuer": ISSUER, "client_id": "kianda", "secret": "hush",
        "domains": "example.org\n\n example.com", "groups_claim": "groups",
        "groups": "hr-team = HR, Designer\nstaff=User", "is_active": "on",
    }  # fmt: skip
    assert office.post("/users/sign-in/new/", body)["Location"] == "/users/sign-in/acme/"
    row = IdentityProvider.objects.get()
    assert row.domains == ["example.org", "example.com"]
    assert row.groups == {"hr-team": ["HR", "Designer"], "staff": ["User"]}
    page = office.get("/users/sign-in/acme/").content.decode()
    assert "hr-team = HR, Designer" in page
    assert "hush" not in page
    bad = office.post("/users/sign-in/new/", {**body, "client_id": "x", "groups": "no sign"})
    assert (bad.status_code, "value = group: no sign" in text_of(bad)) == (422, True)


def test_over_the_api_it_is_added_changed_and_deleted_and_its_secret_never_read(
    admin: Any, api: Any, settings: Settings
) -> None:
    client = api(admin)
    body = {"name": "Acme", "issuer": ISSUER, "client_id": "kianda", "secret": "hush"}
    made = client.post(HERE, body)
    assert (made.status_code, made["Location"]) == (201, f"http://testserver{HERE}acme/")
    assert "hush" not in made.content.decode()
    read = client.get(f"{HERE}acme/")
    assert read.json()["has_secret"]
    assert "hush" not in client.get(HERE).content.decode()
    changed = client.patch(
        f"{HERE}acme/", {"domains": ["example.org"]}, headers={"if-match": read["ETag"]}
    )
    assert (changed.json()["domains"], changed.json()["has_secret"]) == (["example.org"], True)
    stale = client.patch(f"{HERE}acme/", {"name": "x"}, headers={"if-match": read["ETag"]})
    assert stale.status_code == 412
    gone = client.patch(f"{HERE}acme/", {"secret": ""}).json()
    assert not gone["has_secret"]
    bad = client.post(HERE, {"name": "x"})
    assert [flaw["pointer"] for flaw in bad.json()["errors"]] == ["/issuer", "/client_id"]
    # Nothing listens there, and nothing is asked that may not be.
    tested = client.post(f"{HERE}acme/test/").json()
    assert not tested["ok"]
    assert client.delete(f"{HERE}acme/").status_code == 204
    assert client.get(f"{HERE}acme/").status_code == 404
