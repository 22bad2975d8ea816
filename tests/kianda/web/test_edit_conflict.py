"""Two people change the same settings: the second is told, sees both, and may save again."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from datasources.services.datasources import create_datasource, get_document, patch_datasource
from kianda.accounts.models import AuditEntry
from kianda.accounts.services import groups
from tests.datasources.conftest import raw_datasource
from tests.datasources.pages.forms import EDITED, METHOD, ONE, SETTINGS
from tests.factories import make_user
from tests.pages import SCRIPT, client_of, text_of

pytestmark = pytest.mark.django_db
USER = {"email": "", "roles": ["User"], "groups": []}


@dataclass(frozen=True)
class Page:
    """Settings that two people have open: what each of them sends, and what differs then."""

    path: str
    theirs: dict[str, Any]
    mine: dict[str, Any]
    differs: str
    conflict: int = 422


PAGES = {
    "user": Page(
        "/users/{ben}/", USER | {"name": "Theirs", "roles": ["Designer"]},
        USER | {"name": "Mine", "email": "ben@example.org"},
        "Name Theirs Mine Email \u2013 ben@example.org Roles Designer User Save again",
    ),
    "group": Page(
        "/users/groups/{crew}/", {"name": "Night crew", "members": "ben\nadmin"},
        {"name": "Day crew", "members": "ben\nhelen"},
        "Name Night crew Day crew Members admin ben ben helen Save again",
    ),
    "datasource": Page(
        ONE, SETTINGS | {"/title": "Theirs", "/timeout_s": "7"}, SETTINGS | {"/title": "Mine"},
        "Display name Theirs Mine Timeout 7 30 Save again", conflict=409,
    ),
    "security": Page(
        f"{ONE}security/", {"/editors/users": "admin, helen"},
        {"/editors/users": "admin", "/callers/groups": ["Crew"]},
        "Manage and test admin helen admin Call from rules \u2013 Crew Save again",
    ),
    "method": Page(
        METHOD, EDITED | {"/url_path": "/theirs", "/query/0/name": "scope"},
        EDITED | {"/url_path": "/mine"},
        "URL path /theirs /mine Query parameters scope \u2013 Save again", conflict=409,
    ),
}  # fmt: skip


def stored() -> Any:
    """Return all that these pages store."""
    users = User.objects.order_by("pk").values_list("first_name", "last_name", "email")
    held = User.objects.order_by("pk", "groups").values_list("pk", "groups__name")
    source = get_document("token-service").model_dump(mode="json")
    api = client_of(User.objects.get(username="admin")).get(f"{ONE}security/").context["parts"]
    return list(users), list(held), list(Group.objects.values_list("name", flat=True)), source, api


def seen(client: Client, path: str) -> dict[str, Any]:
    """Return what the form of a page sends along without being asked."""
    return {"revision": client.get(path).context["revision"]}


@pytest.fixture
def rows(admin: Any, ben: Any) -> dict[str, int]:
    """A user, a group and a data source, by what addresses call them."""
    make_user("helen", "Administrator", first_name="Helen", last_name="Ryan")
    crew = groups.add_group(name="Crew", members=["ben"], by=admin)
    create_datasource(raw=raw_datasource(), user=admin)
    return {"ben": ben.pk, "crew": crew.pk}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_who_saves_second_is_told_sees_both_and_may_save_again(
    admin: Any, rows: dict[str, int], page: Page
) -> None:
    me, helen = client_of(admin), client_of(User.objects.get(username="helen"))
    path = page.path.format(**rows)
    opened = seen(me, path)
    assert helen.post(path, page.theirs | seen(helen, path)).status_code == 303
    before = stored()
    told = me.post(path, page.mine | opened)
    assert told.status_code == page.conflict
    assert stored() == before, "something was changed"
    assert "Helen Ryan changed this while you were editing" in text_of(told)
    assert f"Setting Theirs Yours {page.differs}" in text_of(told)
    # Typed in it stays: the very form saves over, unless a third one came.
    again = page.mine | {"revision": told.context["revision"]}
    assert me.post(path, page.mine | opened).status_code == page.conflict
    assert me.post(path, again).status_code == 303
    assert stored() != before
    assert "Mine" not in page.mine.values() or "Mine" in str(stored())


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("revision", [None, "", "0", "[" * 50_000, SCRIPT])
def test_a_form_without_the_revision_of_now_writes_over_nothing(
    admin: Any, rows: dict[str, int], page: Page, revision: str | None
) -> None:
    before = stored()
    sent = page.mine if revision is None else page.mine | {"revision": revision}
    told = client_of(admin).post(page.path.format(**rows), sent)
    assert told.status_code == page.conflict
    assert SCRIPT not in told.content.decode()
    assert stored() == before


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_saving_what_nobody_changed_asks_nothing(
    admin: Any, rows: dict[str, int], page: Page
) -> None:
    client, path = client_of(admin), page.path.format(**rows)
    assert client.post(path, page.mine | seen(client, path)).status_code == 303


def test_who_saved_in_another_window_is_told_that_it_was_themselves(
    admin: Any, rows: dict[str, int]
) -> None:
    client, page = client_of(admin), PAGES["user"]
    path = page.path.format(**rows)
    opened = seen(client, path)
    assert client.post(path, page.theirs | opened).status_code == 303
    said = text_of(client.post(path, page.mine | opened))
    assert "You changed this in another window. Your changes are not saved yet." in said
    assert f"Setting Other window This window {page.differs}" in said


def test_somebody_whom_the_audit_log_forgot_is_someone_else(
    admin: Any, rows: dict[str, int]
) -> None:
    client, path = client_of(admin), PAGES["user"].path.format(**rows)
    opened = seen(client, path)
    User.objects.filter(pk=rows["ben"]).update(email="theirs@example.org")
    AuditEntry.objects.all().delete()
    said = text_of(client.post(path, USER | {"name": ""} | opened))
    assert "Someone else changed this while you were editing" in said
    assert "Email theirs@example.org \u2013 Groups Crew" in said


def test_a_change_that_the_form_does_not_show_is_told_without_a_table(
    admin: Any, rows: dict[str, int]
) -> None:
    client = client_of(admin)
    opened = seen(client, ONE)
    patch_datasource(name="token-service", changes={"methods": []}, user=admin)
    told = text_of(client.post(ONE, SETTINGS | opened))
    assert "Both versions have the same values here. Save again to save yours." in told


def test_secrets_of_neither_are_shown(admin: Any, rows: dict[str, int]) -> None:
    client = client_of(admin)
    bearer = SETTINGS | {"/auth/scheme": "bearer"}
    opened, method = seen(client, ONE), seen(client, METHOD)
    client.post(ONE, bearer | opened | {"/auth/token": "theirs-1"})
    told = client.post(ONE, bearer | opened | {"/auth/token": "mine-1", "/title": "Mine"})
    place = "/request_body/1/value"
    client.post(METHOD, EDITED | seen(client, METHOD) | {place: "theirs-2"})
    more = client.post(METHOD, EDITED | method | {place: "mine-2", "/url_path": "/mine"})
    assert (told.status_code, more.status_code) == (409, 409)
    assert "Setting Other window This window Display name Token service Mine" in text_of(told)
    assert "window This window URL path /oauth/token /mine Save again" in text_of(more)
    for secret in ("theirs-1", "theirs-2", "mine-1", "mine-2"):
        assert secret not in told.content.decode() + more.content.decode()
