"""What the command bar finds, and for whom."""

import pytest

from kianda.search import find
from processes.models import Run
from tests.scheduler.kept import make_token

pytestmark = pytest.mark.django_db


def found(words, user):
    return [(one.kind, str(one.title)) for one in find(words, user=user)]


@pytest.fixture
def workspace(ada):
    return make_token(ada, task="Nightly import")


@pytest.mark.parametrize(
    ("words", "kind", "title"),
    [
        ("token-refresh-1", "Instance", "token-refresh-1"),
        ("TOKEN-refresh", "Instance", "token-refresh-1"),
        ("refresh oauth", "Instance", "token-refresh-1"),
        ("night imp", "Scheduled task", "Nightly import"),
        ("oauth", "Process design", "OAuth token refresh"),
        ("auth.example.org", "Data source", "Token service"),
        ("ADA@example", "User", "ada"),
        ("audit", "Page", "Audit log"),
        ("zone", "Page", "Profile and time zone"),
    ],
)
def test_an_administrator_finds_everything(admin, workspace, words, kind, title):
    assert (kind, title) in found(words, admin)


@pytest.mark.parametrize("pattern", ["{}", "#{}", "run {}", "Run #{}"])
def test_a_run_is_found_by_its_number(admin, workspace, pattern):
    number = Run.objects.get().pk
    assert ("Run", f"Run {number}") in found(pattern.format(number), admin)


def test_people_find_only_what_they_may_see(workspace, ben, cleo):
    assert found("import", ben) == []
    assert ("Instance", "token-refresh-1") in found("token", ben)
    assert {kind for kind, _ in found("token", ben)} == {"Instance", "Page"}
    assert found("token", cleo) == []


@pytest.mark.parametrize("words", ["%", "' OR 1=1", "<b>", "9" * 18, "😀", "[x]"])
def test_odd_words_find_nothing_and_break_nothing(admin, workspace, words):
    assert found(words, admin) == []


def test_without_words_the_pages_stand_there(ben):
    assert [title for _, title in found("", ben)][:3] == ["Start", "My work", "Instances"]
