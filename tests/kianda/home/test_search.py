"""What the command bar finds, and for whom."""

from typing import Any

import pytest
from django.urls import reverse

from kianda.accounts.roles import ROLES
from kianda.home.search import find
from processes.designs.lifecycle import publish_design, save_design
from processes.instances.lifecycle import create_instance
from processes.models import Run
from tests.factories import make_user
from tests.pages import fresh_client_of
from tests.processes.definitions import TOKEN_REFRESH
from tests.processes.rights.office import leave_request, office, send
from tests.processes.stories import published
from tests.scheduler.kept import make_token

pytestmark = pytest.mark.django_db


def found(words: str, user: Any) -> list[Any]:
    return [(one.kind, str(one.title)) for one in find(words, user=user)]


@pytest.fixture
def workspace(ada: Any) -> Any:
    return make_token(ada, task="Nightly import")


@pytest.mark.parametrize(
    ("words", "kind", "title"),
    [
        ("token-refresh-1", "Record", "token-refresh-1"),
        ("TOKEN-refresh", "Record", "token-refresh-1"),
        ("refresh oauth", "Record", "token-refresh-1"),
        ("night imp", "Scheduled task", "Nightly import"),
        ("oauth", "Process design", "OAuth token refresh"),
        ("auth.example.org", "Data source", "Token service"),
        ("ADA@example", "User", "ada"),
        ("audit", "Page", "Audit log"),
        ("zone", "Page", "Profile and time zone"),
        ("theme", "Page", "Profile and time zone"),
        ("password", "Page", "Change password"),
        ("api doc", "Page", "API documentation"),
        ("templates", "Page", "Templates"),
        ("new record", "Page", "Start a request"),
        ("designs import", "Page", "Import process designs"),
        ("new data source", "Page", "New REST Service"),
    ],
)
def test_an_administrator_finds_everything(
    admin: Any, workspace: Any, words: str, kind: str, title: str
) -> None:
    assert (kind, title) in found(words, admin)


@pytest.mark.parametrize("pattern", ["{}", "#{}", "run {}", "Run #{}"])
def test_a_run_is_found_by_its_number(admin: Any, workspace: Any, pattern: str) -> None:
    number = Run.objects.get().pk
    assert ("Run", f"Run {number}") in found(pattern.format(number), admin)


def test_people_find_only_what_they_may_see(workspace: Any, ben: Any, cleo: Any) -> None:
    assert found("import", ben) == []
    assert ("Record", "token-refresh-1") in found("token", ben)
    assert {kind for kind, _ in found("token", ben)} == {"Record", "Page", "List", "Start"}
    assert found("token", cleo) == []


def test_an_instance_is_found_by_those_alone_whom_its_process_lets_see_it(
    workspace: Any, ada: Any, ben: Any
) -> None:
    assert ("Record", "token-refresh-1") in found("token", ben)
    save_design(name="token-refresh", raw=TOKEN_REFRESH, user=ada)
    publish_design(name="token-refresh", user=ada)
    assert {kind for kind, _ in found("token", ben)} == {"Page", "List", "Start"}
    assert ("Record", "token-refresh-1") in found("token", ada)


@pytest.mark.parametrize("words", ["%", "' OR 1=1", "<b>", "9" * 18, "😀", "[x]"])
def test_odd_words_find_nothing_and_break_nothing(admin: Any, workspace: Any, words: str) -> None:
    assert found(words, admin) == []


@pytest.mark.parametrize("roles", [(), *((role,) for role in ROLES)])
def test_every_page_that_is_found_can_be_opened_and_no_other(admin: Any, roles: Any) -> None:
    dan = make_user("dan", *roles)
    mine = {one.url_name for one in find("", user=dan)}
    for one in find("", user=admin):
        answer = fresh_client_of(dan).get(reverse(one.url_name))
        assert answer.status_code == (200 if one.url_name in mine else 403), one.title


def test_without_words_the_pages_stand_there(ben: Any) -> None:
    assert [title for _, title in found("", ben)][:3] == ["Home", "My work", "My requests"]


@pytest.fixture
def leave() -> Any:
    """Emma's leave request, in a process that gives records names and titles."""
    people = office()
    named = {"one": "Leave request", "many": "Absences", "title": "[kind], [days] days"}
    raw = leave_request(see=["participants", "group:hr"]) | {"record": named}
    raw["forms"][0]["fields"].append({"type": "text", "name": "kind"})
    published(raw, user=people.root)
    values = {"days": "3", "kind": "Annual leave", "illness": "influenza"}
    made = create_instance(process="leave", mode="live", data=values, user=people.emma)
    send(made, people.emma)
    return people


@pytest.mark.parametrize("words", ["annual", "ANNUAL leave", "leave-1"])
def test_a_record_is_found_by_what_people_call_it_and_is_called_so(leave: Any, words: str) -> None:
    assert ("Leave request", "Annual leave, 3 days") in found(words, leave.emma)
    assert ("Leave request", "Annual leave, 3 days") not in found(words, leave.tom)
    assert ("Leave request", "Annual leave, 3 days") in found("influenza", leave.helen)
    # He decides on it, and does not see that field.
    assert ("Leave request", "Annual leave, 3 days") in found(words, leave.mark)
    assert found("influenza", leave.mark) == []


@pytest.mark.parametrize("words", ["leave", "absences", "new leave request"])
def test_a_process_is_found_with_its_list_and_its_start(leave: Any, words: str) -> None:
    hits = {one.title: one for one in find(words, user=leave.emma)}
    assert (hits["Absences"].url_name, hits["Absences"].argument) == ("records", "leave")
    assert hits["New leave request"].url_name == "start-request"
