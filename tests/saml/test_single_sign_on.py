"""Single sign-on with SAML: new people, known ones, groups, and metadata as they change."""

import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from lxml import etree
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from kianda.accounts.models import AuditEntry, IdentityProvider
from kianda.accounts.roles import roles_of
from kianda.accounts.services.identity_providers import only_single_sign_on
from kianda.accounts.services.users import deactivate_person
from kianda.lib.errors import Invalid
from tests.accounts.codes import code_of, with_app
from tests.factories import PASSWORD, make_user
from tests.pages import client_of, text_of
from tests.saml.conftest import ACS, OURS, PUBLIC, Scene, add, change, go, is_in
from tests.saml.provider import (
    EMAIL_FORMAT,
    ENTITY,
    NEXT_PAIR,
    PAIR,
    SIGN_IN,
    metadata,
    signed,
)

pytestmark = pytest.mark.django_db


def refused(answer: Any) -> str:
    """Return why somebody was sent back, after a look at the page that says it."""
    where = urlsplit(str(answer["Location"]))
    assert where.path == "/sign-in/"
    assert 'role="alert"' in Client().get(answer["Location"]).content.decode()
    return where.query.removeprefix("refused=")


def test_a_person_signs_in_by_the_trusted_address_and_is_known_from_then_on(
    acme: IdentityProvider,
) -> None:
    emma = make_user("emma", "User")
    assert "Sign in with Acme" in text_of(Client().get("/sign-in/"))
    client = Client(REMOTE_ADDR="203.0.113.5")
    scene = Scene(client, go(client, next="/runs/"))
    assert scene.answer()["Location"] == "/runs/"
    assert is_in(client)
    account = SocialAccount.objects.get()
    assert (account.user, account.provider, account.uid) == (emma, "acme", "e1")
    assert EmailAddress.objects.get(user=emma).verified
    told = AuditEntry.objects.order_by("pk").values_list("user_name", "action", "name", "detail")
    assert list(told)[1:] == [
        ("emma", "connected", "emma", "acme"),
        ("emma", "signed in", "emma", "Single sign-on, from 203.0.113.5."),
    ]
    # Another address here, or there, changes nothing.
    User.objects.filter(pk=emma.pk).update(email="emma.doyle@example.org")
    again = Client()
    assert Scene(again, go(again)).answer(attributes={})["Location"] == "/"
    assert SocialAccount.objects.count() == 1


def test_a_new_person_gets_an_account_and_its_groups_only_where_that_is_allowed(
    scene: Scene, admin: Any
) -> None:
    Group.objects.create(name="HR")
    assert refused(scene.answer()) == "unknown"
    change(
        admin, creates_users=True, groups_claim="http://schemas.acme.example/groups",
        groups={"CN=hr-team,DC=acme": ("HR", "Designer")},
    )  # fmt: skip
    client = Client()
    answer = Scene(client, go(client)).answer(attributes={
        "urn:oid:0.9.2342.19200300.100.1.3": ["Emma@Example.org"],
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname": ["Emma"],
        "sn": ["Doyle"], "uid": ["edoyle"],
        "http://schemas.acme.example/groups": ["staff", "CN=hr-team,DC=acme"],
    })  # fmt: skip
    assert answer["Location"] == "/"
    emma = User.objects.get(username="edoyle")
    assert (emma.get_full_name(), emma.email) == ("Emma Doyle", "emma@example.org")
    assert roles_of(emma) == {"User", "Designer"}
    assert emma.groups.filter(name="HR").exists()
    assert not emma.has_usable_password()
    # Who is out of the group there is out of it here from the next sign-in on.
    client = Client()
    Scene(client, go(client)).answer()
    assert set(emma.groups.values_list("name", flat=True)) == {"User"}


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"attributes": {"email": ["emma@other.example"]}}, "domain"),
        ({"attributes": {"email": ["no address"]}}, "unverified"),
        ({"attributes": {}}, "unverified"),
        (
            {"attributes": {"email": ["emma@example.org"], "email_verified": ["false"]}},
            "unverified",
        ),
        ({"attributes": {"email": ["admin@example.org"]}}, "connect"),
    ],
)
def test_strangers_and_administrators_are_nobody_by_an_address(
    scene: Scene, admin: Any, other: dict[str, Any], why: str
) -> None:
    make_user("emma", "User")
    change(admin, creates_users=True)
    assert refused(scene.answer(**other)) == why
    assert not SocialAccount.objects.exists()
    assert not is_in(scene.client)


def test_addresses_are_believed_only_where_an_administrator_trusts_the_provider(
    scene: Scene, admin: Any
) -> None:
    make_user("emma", "User")
    change(admin, trusts_addresses=False)
    assert refused(scene.answer()) == "unverified"
    client = Client()
    said = {"mail": ["emma@example.org"], "email_verified": ["true"]}
    assert Scene(client, go(client)).answer(attributes=said)["Location"] == "/"


def test_the_name_of_a_person_may_be_the_address_and_attributes_may_have_other_names(
    scene: Scene, admin: Any
) -> None:
    make_user("emma", "User")
    by_name = {"name_id": "emma@example.org", "name_format": EMAIL_FORMAT, "attributes": {}}
    assert scene.answer(**by_name)["Location"] == "/"
    SocialAccount.objects.all().delete()
    change(admin, attributes={"email": "post", "id": "number"})
    client = Client()
    one = Scene(client, go(client))
    assert refused(one.answer()) == "failed"
    client = Client()
    told = {"post": ["emma@example.org"], "number": ["4711"], "email": ["x@evil.example"]}
    assert Scene(client, go(client)).answer(attributes=told)["Location"] == "/"
    assert SocialAccount.objects.get().uid == "4711"


def test_who_is_deactivated_stays_outside_and_a_second_factor_is_asked_for(
    scene: Scene, admin: Any
) -> None:
    emma = with_app(make_user("emma", "User"))
    assert scene.answer()["Location"] == "/sign-in/code/"
    assert not is_in(scene.client)
    scene.client.post("/sign-in/code/", {"code": code_of()})
    assert is_in(scene.client)
    Authenticator.objects.all().delete()
    deactivate_person(User.objects.get(username="emma"), by=admin)
    client = Client()
    assert refused(Scene(client, go(client)).answer()) == "inactive"
    assert emma


def test_an_administrator_connects_it_and_it_may_be_the_only_way_in(
    acme: IdentityProvider, admin: Any
) -> None:
    client = Client()
    client.post("/sign-in/", {"username": "admin", "password": PASSWORD})
    right = go(client, process="connect", next="/profile/security/")
    assert Scene(client, right).answer(name_id="boss")["Location"] == "/profile/security/"
    assert "Connected." in text_of(client.get("/profile/security/"))
    only_single_sign_on(True, by=admin)
    make_user("emma", "User")
    page = Client().get("/sign-in/").content.decode()
    assert ("Sign in with Acme" in page, 'name="password"' in page) == (True, False)
    browser = Client()
    assert Scene(browser, go(browser)).answer()["Location"] == "/"


def test_a_provider_that_is_paused_signs_nobody_in(scene: Scene, admin: Any) -> None:
    make_user("emma", "User")
    change(admin, is_active=False)
    assert Client().get("/sign-in/with/acme/").status_code == 404
    assert Client().post(ACS).status_code == 404


# --- metadata -------------------------------------------------------------------------------------


def test_our_metadata_say_who_we_are_and_that_assertions_are_to_be_signed(
    acme: IdentityProvider, admin: Any
) -> None:
    change(admin, is_active=False)
    answer = Client().get("/sign-in/with/acme/metadata/")
    root = etree.fromstring(answer.content)
    assert (root.get("entityID"), root.get("validUntil")) == (OURS, None)
    text = answer.content.decode()
    assert 'WantAssertionsSigned="true"' in text
    assert f'Location="{PUBLIC}{ACS}"' in text
    assert "SingleLogoutService" not in text


@pytest.fixture
def published(httpserver: HTTPServer, settings: Settings, admin: Any) -> HTTPServer:
    settings.KIANDA_PUBLIC_URL = PUBLIC
    settings.KIANDA_EGRESS_ALLOW = ["localhost", "127.0.0.1"]
    httpserver.expect_request("/metadata").respond_with_data(metadata())
    add(admin, metadata_url=httpserver.url_for("/metadata"), xml=" ")
    cache.clear()
    return httpserver


def test_new_certificates_come_from_the_address_of_the_metadata(
    published: HTTPServer, admin: Any
) -> None:
    make_user("emma", "User")
    published.clear()
    published.expect_request("/metadata").respond_with_data(metadata(PAIR, NEXT_PAIR))
    for pair in (PAIR, NEXT_PAIR):
        client = Client()
        scene = Scene(client, go(client))
        assert scene.post(signed(scene.right, pair=pair))["Location"] == "/"
    row = IdentityProvider.objects.get()
    assert row.certificates == [PAIR.base64, NEXT_PAIR.base64]
    entry = AuditEntry.objects.get(action="changed", kind="identity provider")
    assert entry.detail == "Certificates and address updated from the metadata."
    page = text_of(client_of(admin).get("/users/sign-in/acme/"))
    assert "Expires soon" in page


def test_what_is_stored_goes_on_to_hold_while_the_metadata_are_away(published: HTTPServer) -> None:
    make_user("emma", "User")
    published.clear()
    published.expect_request("/metadata").respond_with_data("gone", status=503)
    client = Client()
    assert Scene(client, go(client)).answer()["Location"] == "/"


def test_the_test_button_reads_the_metadata_anew_and_tells_what_is_wrong(
    published: HTTPServer, admin: Any, api: Any, settings: Settings
) -> None:
    office = client_of(admin)
    published.clear()
    published.expect_request("/metadata").respond_with_data(metadata(NEXT_PAIR))
    page = text_of(office.post("/users/sign-in/acme/test/"))
    assert f"People sign in at {SIGN_IN}. 1 signing key." in page
    assert "Expires soon" in page
    assert IdentityProvider.objects.get().certificates == [NEXT_PAIR.base64]
    published.clear()
    published.expect_request("/metadata").respond_with_data(metadata(entity="https://x.example"))
    assert f"no identity provider {ENTITY}" in text_of(office.post("/users/sign-in/acme/test/"))
    settings.KIANDA_EGRESS_ALLOW = []
    tested = api(admin).post("/api/v1/identity-providers/acme/test/").json()
    assert (tested["ok"], "KIANDA_EGRESS_ALLOW" in tested["detail"]) == (False, True)


def wrong_metadata() -> list[tuple[str, str]]:
    """Return what is entered as metadata, and what is said of it."""
    right = metadata()
    return [
        ("", "Enter the address of the metadata, or paste the metadata."),
        ("no XML", "not valid XML"),
        (f"""<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">]>{right}""", "not valid XML"),
        ("<a/>", "not the metadata of an identity provider"),
        (right.replace("HTTP-Redirect", "HTTP-POST"), "no sign-in address for HTTP-Redirect"),
        (right.replace("use='signing'", "use='encryption'"), "no signing certificate"),
        (right.replace(PAIR.base64, "AAAA"), "A certificate in the metadata cannot be read."),
        (metadata(sign_in="javascript:alert(1)"), "Sign-in address: Enter an address"),
        (metadata(sign_in="http://login.acme.example/"), "must begin with https://"),
        (f"<!-- {'x' * 500_001} -->{right}", "too long"),
        (
            "<E xmlns='urn:oasis:names:tc:SAML:2.0:metadata'>"
            f"{right}{metadata(entity='https://b.example')}</E>",
            "Enter the entity ID",
        ),
    ]


@pytest.mark.parametrize("number", range(11))
def test_metadata_that_are_none_are_refused_at_their_place(
    admin: Any, api: Any, number: int
) -> None:
    assert len(wrong_metadata()) == 11
    xml, said = wrong_metadata()[number]
    with pytest.raises(Invalid, match=said) as caught:
        add(admin, xml=xml or " ")
    assert {flaw.pointer for flaw in caught.value.errors} <= {"/metadata", "/metadata_url"}
    body = {"kind": "saml", "name": "Acme", "metadata": xml}
    answer = api(admin).post("/api/v1/identity-providers/", body)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not IdentityProvider.objects.exists()


def test_a_page_adds_one_from_a_file_and_shows_what_to_enter_there(
    admin: Any, settings: Settings
) -> None:
    settings.KIANDA_PUBLIC_URL = PUBLIC
    office = client_of(admin)
    assert "Add SAML provider" in text_of(office.get("/users/sign-in/"))
    body: dict[str, Any] = {
        "name": "Acme", "domains": "example.org", "trusts_addresses": "on", "is_active": "on",
        "attributes-email": "post", "groups_claim": "groups",
    }  # fmt: skip
    bad = office.post("/users/sign-in/new/?kind=saml", body)
    assert (bad.status_code, "or paste the metadata" in text_of(bad)) == (422, True)
    body["metadata_file"] = SimpleUploadedFile("m.xml", b"\xff\xfe\xff")
    assert office.post("/users/sign-in/new/?kind=saml", body).status_code == 422
    body["metadata_file"] = SimpleUploadedFile("m.xml", metadata(NEXT_PAIR).encode())
    made = office.post("/users/sign-in/new/?kind=saml", body)
    assert made["Location"] == "/users/sign-in/acme/"
    row = IdentityProvider.objects.get()
    assert (row.kind, row.issuer, row.sign_in_url) == ("saml", ENTITY, SIGN_IN)
    assert row.attributes == {"email": "post"}
    page = office.get("/users/sign-in/acme/").content.decode()
    assert OURS in page
    assert f"{PUBLIC}{ACS}" in page
    # What is known of it stays where no new metadata are given.
    more = {**body, "issuer": ENTITY, "name": "Acme Ltd", "revision": "1"}
    del more["metadata_file"]
    assert office.post("/users/sign-in/acme/", more).status_code == 303
    row.refresh_from_db()
    assert (row.name, row.certificates) == ("Acme Ltd", [NEXT_PAIR.base64])
    other = {**more, "metadata": metadata(entity="https://evil.example"), "issuer": ENTITY}
    assert "contains no identity provider" in text_of(office.post("/users/sign-in/acme/", other))


def test_over_the_api_it_is_added_read_and_changed(
    admin: Any, api: Any, settings: Settings
) -> None:
    client, here = api(admin), "/api/v1/identity-providers/"
    body = {"kind": "saml", "name": "Acme", "metadata": metadata(), "attributes": {"email": "post"}}
    made = client.post(here, body)
    assert made.status_code == 201
    read = client.get(f"{here}acme/").json()
    assert (read["kind"], read["issuer"], read["sign_in_url"]) == ("saml", ENTITY, SIGN_IN)
    assert (len(read["certificates"]), "metadata" in read) == (1, False)
    changed = client.patch(f"{here}acme/", {"metadata": metadata(PAIR, NEXT_PAIR)}).json()
    assert len(changed["certificates"]) == 2
    for wrong in ({"kind": "openid_connect"}, {"kind": "ldap"}, {"attributes": {"shoe": "x"}}):
        assert client.patch(f"{here}acme/", wrong).status_code == 400
    again = client.post(here, {**body, "name": "Again"})
    assert "A provider with this entity ID already exists." in again.content.decode()
    assert client.post(here, {**body, "kind": "ldap"}).status_code == 400


WITHOUT_SAML = """
import sys
sys.modules.update(dict.fromkeys(["onelogin", "xmlsec", "lxml"]))
import django
django.setup()
from django.core.management import call_command
from django.urls import get_resolver
call_command("check")
get_resolver().url_patterns
from kianda.accounts.sso import saml_metadata
from kianda.accounts.sso.kinds import KINDS
from kianda.accounts.services.identity_providers import ProviderSettings
from kianda.lib.errors import Invalid
print(saml_metadata.installed())
try:
    KINDS["saml"].complete(ProviderSettings(name="a", issuer=""), xml="<a/>", before=None)
except Invalid as invalid:
    print(invalid.errors[0].pointer, invalid.detail)
"""


def test_without_the_extra_the_product_starts_and_says_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SAML],
        env={
            "DJANGO_SETTINGS_MODULE": "kianda.settings", "KIANDA_MODE": "embedded",
            "KIANDA_DATA_DIR": str(tmp_path / "data"), "PATH": "",
        },
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "\nFalse\n/kind SAML needs packages that are not installed." in done.stdout
    assert "python3 tools/install.py saml" in done.stdout


def test_where_the_extra_is_missing_sign_in_and_page_say_so(
    scene: Scene, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the packages had not been installed: Python finds none of that name.
    monkeypatch.setitem(sys.modules, "onelogin", None)
    for path in ("/users/sign-in/acme/", "/users/sign-in/new/?kind=saml"):
        assert "SAML is not installed" in text_of(client_of(admin).get(path))
    assert "tools/install.py saml" in text_of(client_of(admin).post("/users/sign-in/acme/test/"))
    assert refused(Client().get("/sign-in/with/acme/")) == "failed"
    assert refused(scene.answer()) == "failed"
    assert Client().get("/sign-in/with/acme/metadata/").status_code == 404
