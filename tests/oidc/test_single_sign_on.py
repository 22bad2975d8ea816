"""Single sign-on with a real provider: new people, known ones, groups, cancelling, connecting."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib.auth.models import Group, User
from django.core import mail
from django.db import connection
from django.test import Client
from pytest_django import Settings

from kianda.accounts.models import AuditEntry, IdentityProvider
from kianda.accounts.roles import roles_of
from kianda.accounts.services.identity_providers import (
    ProviderSettings,
    add_provider,
    change_provider,
    only_single_sign_on,
    settings_of,
)
from kianda.accounts.services.provider_people import free_username
from kianda.accounts.services.users import deactivate_person
from kianda.lib.errors import Invalid
from tests.accounts.codes import code_of, with_app
from tests.factories import PASSWORD, make_user
from tests.oidc.process import SECRET, RunningProvider, running_provider
from tests.pages import client_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.integration, pytest.mark.needs("oidc-provider")]
PUBLIC = "http://kianda.example"
CALLBACK = "/sign-in/with/acme/callback/"
PEOPLE: dict[str, dict[str, Any]] = {
    "emma": {
        "email": "Emma@Example.org", "email_verified": True, "preferred_username": "emma doyle",
        "name": "Emma Doyle", "given_name": "Emma", "family_name": "Doyle",
        "groups": ["staff", "hr-team"],
    },
    "mallory": {"email": "emma@example.org", "email_verified": False},
    "bare": {"name": "No Address"},
    "outside": {"email": "x@other.example", "email_verified": True},
    "boss": {"email": "admin@example.org", "email_verified": True},
}  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[RunningProvider]:
    with running_provider(
        PEOPLE, f"{PUBLIC}{CALLBACK}", f"{PUBLIC}/sign-in/with/other/callback/"
    ) as one:
        yield one


@pytest.fixture
def acme(running: RunningProvider, settings: Settings, admin: Any) -> RunningProvider:
    """The provider, as an administrator has set it up here."""
    settings.KIANDA_PUBLIC_URL = PUBLIC
    settings.KIANDA_EGRESS_ALLOW = ["127.0.0.1"]
    set_up(running, admin)
    return running


def set_up(running: RunningProvider, by: Any, **given: Any) -> IdentityProvider:
    known = {"name": "Acme", "issuer": running.issuer, "client_id": "kianda", "secret": SECRET}
    return add_provider(ProviderSettings(**{**known, **given}), by=by)


def change(by: Any, **given: Any) -> None:
    row = IdentityProvider.objects.get(slug="acme")
    now = settings_of(row)
    fields = {name: getattr(now, name) for name in now.__slots__}
    change_provider(row, ProviderSettings(**{**fields, **given}), by=by)


def go_and_come_back(client: Client, acme: RunningProvider, person: str, **query: Any) -> str:
    """Go to the provider as a browser does, sign in there; return where it sends the browser."""
    acme.next(person)
    answer = client.get(f"/sign-in/with/acme/?{urlencode(query)}")
    assert answer.status_code == 302
    there, browser = answer["Location"], requests.Session()
    assert there.startswith(acme.issuer)
    while not there.startswith(PUBLIC):
        hop = browser.get(there, allow_redirects=False)
        assert hop.is_redirect, hop.text
        there = urljoin(there, hop.headers["Location"])
    return str(there.removeprefix(PUBLIC))


def sign_in(acme: RunningProvider, person: str, client: Client | None = None, **query: Any) -> Any:
    """Sign in by the provider; return the last answer here, with its client."""
    client = client or Client(REMOTE_ADDR="203.0.113.5")
    return client.get(go_and_come_back(client, acme, person, **query))


def is_in(answer: Any) -> bool:
    return bool(answer.client.get("/profile/").status_code == 200)


def refused(answer: Any) -> str:
    """Return why somebody was sent back, after a look at the page that says it."""
    assert not is_in(answer)
    where = urlsplit(str(answer["Location"]))
    assert where.path == "/sign-in/"
    assert 'role="alert"' in answer.client.get(answer["Location"]).content.decode()
    return where.query.removeprefix("refused=")


def test_a_known_person_signs_in_by_the_verified_address_and_is_known_from_then_on(
    acme: RunningProvider, admin: Any
) -> None:
    emma = make_user("emma", "User")
    page = text_of(Client().get("/sign-in/"))
    assert "Sign in with Acme" in page
    answer = sign_in(acme, "emma", next="/runs/")
    assert (answer["Location"], is_in(answer)) == ("/runs/", True)
    account = SocialAccount.objects.get()
    assert (account.user, account.provider, account.uid) == (emma, "acme", "emma")
    assert EmailAddress.objects.get(user=emma).verified
    assert "You can now sign in to your account with Acme." in mail.outbox[-1].body
    told = AuditEntry.objects.order_by("pk").values_list("user_name", "action", "name", "detail")
    assert list(told)[1:] == [
        ("emma", "connected", "emma", "acme"),
        ("emma", "signed in", "emma", "Single sign-on, from 203.0.113.5."),
    ]
    # The password of before still works, and another address here changes nothing.
    emma.refresh_from_db()
    assert emma.check_password(PASSWORD)
    User.objects.filter(pk=emma.pk).update(email="emma.doyle@example.org")
    assert is_in(sign_in(acme, "emma"))
    assert SocialAccount.objects.count() == 1


def test_a_new_person_gets_an_account_only_where_that_is_allowed(
    acme: RunningProvider, admin: Any
) -> None:
    assert refused(sign_in(acme, "emma")) == "unknown"
    change(admin, creates_users=True)
    assert is_in(sign_in(acme, "emma"))
    emma = User.objects.get(username="emmadoyle")
    assert (emma.get_full_name(), emma.email) == ("Emma Doyle", "emma@example.org")
    assert roles_of(emma) == {"User"}
    assert not emma.has_usable_password()
    assert EmailAddress.objects.get(user=emma).verified


def test_groups_and_roles_follow_the_claim_and_others_stay(
    acme: RunningProvider, admin: Any
) -> None:
    for name in ("HR", "Night crew", "Old"):
        Group.objects.create(name=name)
    change(
        admin, creates_users=True, groups_claim="groups",
        groups={"hr-team": ("HR", "Designer"), "gone": ("Old",)},
    )  # fmt: skip
    sign_in(acme, "emma")
    emma = User.objects.get(username="emmadoyle")

    def names() -> set[str]:
        return set(emma.groups.values_list("name", flat=True))

    assert names() == {"User", "HR", "Designer"}
    emma.groups.set(Group.objects.filter(name__in=["User", "Night crew", "Old"]))
    sign_in(acme, "emma")
    assert names() == {"User", "Night crew", "HR", "Designer"}
    entry = AuditEntry.objects.filter(action="members changed").first()
    assert (entry.name, entry.detail) == ("emmadoyle", "Acme: Designer, HR")


def test_the_last_administrator_stays_one_whatever_the_provider_says(
    acme: RunningProvider, admin: Any
) -> None:
    change(admin, groups_claim="groups", groups={"bosses": ("Administrator",)})
    SocialAccount.objects.create(user=admin, provider="acme", uid="boss")
    assert is_in(sign_in(acme, "boss"))
    assert "Administrator" in roles_of(User.objects.get(pk=admin.pk))


@pytest.mark.parametrize("person", ["mallory", "bare"])
def test_an_address_that_is_not_verified_there_is_nobodys(
    acme: RunningProvider, admin: Any, person: str
) -> None:
    make_user("emma", "User")
    change(admin, creates_users=True)
    assert refused(sign_in(acme, person)) == "unverified"
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 2
    entry = AuditEntry.objects.get(action="sign-in refused")
    assert (entry.kind, entry.name) == ("identity provider", "acme")


def test_a_provider_speaks_of_its_own_domains_alone(acme: RunningProvider, admin: Any) -> None:
    change(admin, creates_users=True, domains=("Example.ORG",))
    assert refused(sign_in(acme, "outside")) == "domain"
    assert is_in(sign_in(acme, "emma"))


def test_an_administrator_is_nobody_by_an_address_alone(acme: RunningProvider, admin: Any) -> None:
    assert refused(sign_in(acme, "boss")) == "connect"
    client = Client()
    client.post("/sign-in/", {"username": "admin", "password": PASSWORD})
    back = sign_in(acme, "boss", client, process="connect", next="/profile/security/")
    assert back["Location"] == "/profile/security/"
    assert "Connected." in text_of(client.get("/profile/security/"))
    assert is_in(sign_in(acme, "boss"))


def test_who_has_a_provider_already_is_not_given_another_by_an_address(
    acme: RunningProvider, admin: Any
) -> None:
    emma = make_user("emma", "User")
    SocialAccount.objects.create(user=emma, provider="other", uid="e")
    assert refused(sign_in(acme, "emma")) == "connect"


def test_an_address_that_two_accounts_have_is_nobodys(acme: RunningProvider) -> None:
    make_user("emma", "User")
    make_user("twin")
    User.objects.filter(username="twin").update(email="EMMA@example.org")
    assert refused(sign_in(acme, "emma")) == "ambiguous"


@pytest.mark.parametrize("known", [True, False])
def test_who_is_deactivated_stays_outside(acme: RunningProvider, admin: Any, known: bool) -> None:
    emma = make_user("emma", "User")
    if known:
        assert is_in(sign_in(acme, "emma"))
    deactivate_person(emma, by=admin)
    assert refused(sign_in(acme, "emma")) == "inactive"


def test_who_cancels_there_is_back_at_the_sign_in(acme: RunningProvider) -> None:
    assert refused(sign_in(acme, "nobody")) == "cancelled"


def test_an_answer_works_once_and_in_the_browser_that_asked(acme: RunningProvider) -> None:
    make_user("emma", "User")
    client = Client()
    there = go_and_come_back(client, acme, "emma")
    thief = Client()
    assert refused(thief.get(there)) == "failed"
    assert is_in(client.get(there))
    client.post("/sign-out/")
    assert refused(client.get(there)) == "failed"
    assert refused(Client().get(CALLBACK)) == "failed"


def test_an_answer_of_one_provider_is_none_of_another(acme: RunningProvider, admin: Any) -> None:
    make_user("emma", "User")
    set_up(acme, admin, name="Other", client_id="other")
    client = Client()
    there = go_and_come_back(client, acme, "emma")
    assert refused(client.get(there.replace("/acme/", "/other/"))) == "failed"


def test_a_wrong_secret_is_told_as_such_to_nobody_but_administrators(
    acme: RunningProvider, admin: Any
) -> None:
    make_user("emma", "User")
    change(admin, secret="wrong")
    assert refused(sign_in(acme, "emma")) == "failed"
    entry = AuditEntry.objects.get(action="sign-in refused")
    assert entry.detail == "failed: The provider rejected the code."


def test_the_second_factor_is_asked_for_all_the_same(acme: RunningProvider) -> None:
    with_app(make_user("emma", "User"))
    answer = sign_in(acme, "emma")
    assert (answer["Location"], is_in(answer)) == ("/sign-in/code/", False)
    answer.client.post("/sign-in/code/", {"code": code_of()})
    assert is_in(answer)
    Authenticator.objects.all().delete()


def test_single_sign_on_alone_leaves_administrators_a_way_back(
    acme: RunningProvider, admin: Any
) -> None:
    emma = make_user("emma", "User")
    only_single_sign_on(True, by=admin)
    page = Client().get("/sign-in/").content.decode()
    assert ("Sign in with Acme" in page, 'name="password"' in page) == (True, False)
    assert 'name="password"' in Client().get("/sign-in/?password=1").content.decode()
    client = Client()
    body = {"username": "emma", "password": PASSWORD}
    answer = client.post("/sign-in/?password=1", body)
    assert "Sign in with single sign-on. Passwords are for administrators." in text_of(answer)
    assert client.get("/profile/").status_code == 302
    assert Client().post("/sign-in/?password=1", {**body, "username": "admin"}).status_code == 302
    assert is_in(sign_in(acme, "emma"))
    with pytest.raises(Exception, match="Allow passwords under Users, Sign-in first"):
        change(admin, is_active=False)
    assert emma.pk


def test_single_sign_on_alone_needs_a_provider(admin: Any) -> None:
    with pytest.raises(Invalid, match="Without an identity provider"):
        only_single_sign_on(True, by=admin)


def test_a_connection_is_ended_where_there_is_another_way_in(acme: RunningProvider) -> None:
    emma = make_user("emma", "User")
    answer = sign_in(acme, "emma")
    account = SocialAccount.objects.get()
    client = answer.client
    stranger = client_of(make_user("tom", "User"))
    path = f"/profile/security/connections/{account.pk}/"
    assert stranger.post(path).status_code == 404
    emma.set_unusable_password()
    emma.save()
    client = sign_in(acme, "emma").client
    assert "Not disconnected" in text_of(client.post(path, follow=True))
    emma.set_password(PASSWORD)
    emma.save()
    client = sign_in(acme, "emma").client
    assert "Disconnected." in text_of(client.post(path, follow=True))
    assert not SocialAccount.objects.exists()


def test_neither_secret_nor_token_is_in_the_database_in_clear(
    acme: RunningProvider, admin: Any
) -> None:
    make_user("emma", "User")
    sign_in(acme, "emma")
    assert not SocialApp.objects.exists()
    assert not SocialToken.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM accounts_identityprovider")
        assert SECRET not in str(cursor.fetchall())
    assert set(SocialAccount.objects.get().extra_data) == {
        "nonce", "email", "email_verified", "username", "name", "claims",
    }  # fmt: skip
    page = client_of(admin).get("/users/sign-in/acme/").content.decode()
    assert SECRET not in page
    assert "Saved. Leave empty to keep it." in page


def test_a_provider_that_is_paused_or_gone_signs_nobody_in(
    acme: RunningProvider, admin: Any
) -> None:
    client = Client()
    there = go_and_come_back(client, acme, "emma")
    change(admin, is_active=False)
    assert client.get(there).status_code == 404
    assert Client().get("/sign-in/with/acme/").status_code == 404
    assert "Acme" not in text_of(Client().get("/sign-in/"))


def test_the_test_button_says_what_the_provider_says(acme: RunningProvider, admin: Any) -> None:
    office = client_of(admin)
    page = text_of(office.post("/users/sign-in/acme/test/"))
    assert f"People sign in at {acme.issuer}/auth." in page
    IdentityProvider.objects.update(issuer=f"{acme.issuer}/nowhere")
    assert "Test failed" in text_of(office.post("/users/sign-in/acme/test/"))


def test_a_provider_is_reached_only_where_the_product_may_go(
    acme: RunningProvider, admin: Any, settings: Settings
) -> None:
    settings.KIANDA_EGRESS_ALLOW = []
    page = text_of(client_of(admin).post("/users/sign-in/acme/test/"))
    assert "Test failed" in page
    assert "KIANDA_EGRESS_ALLOW" in page
    client = Client()
    assert refused(client.get("/sign-in/with/acme/")) == "failed"


def test_user_names_of_new_people_are_free_and_readable(db: None) -> None:
    make_user("emma")
    assert free_username("Emma", "") == "Emma-2"
    assert free_username("", "emma@example.org") == "emma-2"
    assert free_username("émma <b>", "") == "émmab"
    assert free_username("<>", "") == "user"


def test_a_user_name_that_looks_like_an_address_is_nobody_elses(db: None) -> None:
    make_user("emma", "User")
    assert free_username("Tom@Example.org", "tom@example.org") == "Tom@Example.org"
    # What only looks like one, or is that of somebody else, is none.
    assert free_username("emma@example.org", "tom@example.org") == "emma-2"
    assert free_username("tom@corp.example", "tom@example.org") == "tom"
    assert free_username("o'neil@example.org", "o'neil@example.org") == "oneil"
    make_user("tom@example.org")
    assert free_username("tom@example.org", "tom@example.org") == "tom"
    assert free_username("@example.org", "tom@example.org") == "tom"
