"""The check of files: clean, refused, or not checked yet and tried again."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from kianda.lib.errors import Conflict
from processes.files.access import open_file
from processes.files.scanning import check_file, check_waiting
from processes.files.uploads import store_bytes
from processes.models import File
from tests.factories import api_client, make_user
from tests.pages import client_of
from tests.processes.files.samples import TEXT
from tests.processes.files.test_values import claim
from tests.processes.stories import made, published

pytestmark = pytest.mark.django_db(transaction=True)

# Refuses a file with the word "evil", breaks at "odd", and says where it looked.
PROGRAM = """
import sys
found = open(sys.argv[-1], "rb").read()
print("Evil.Worm found in", sys.argv[-1])
print("and more")
sys.exit(1 if b"evil" in found else 7 if b"odd" in found else 0)
"""


@pytest.fixture
def ada(settings: Any, tmp_path: Path) -> Any:
    program = tmp_path / "check.py"
    program.write_text(PROGRAM)
    settings.KIANDA_SCAN_COMMAND = [sys.executable, str(program), "--quiet"]
    return make_user("ada", "User")


def checked(file: File, *, after_s: int = 0) -> File:
    check_waiting(timezone.now() + timedelta(seconds=after_s))
    file.refresh_from_db()
    return file


def test_a_clean_file_is_readable_when_it_was_checked(ada: Any) -> None:
    file = store_bytes([TEXT], name="a.txt", by=ada)
    assert file.state == "scanning"
    with pytest.raises(Conflict, match=r"a\.txt has not been checked yet"):
        open_file(file)
    assert client_of(ada).get(f"/files/{file.pk}/a.txt").status_code == 409
    assert checked(file).state == "ready"
    with open_file(file) as content:
        assert content.read() == TEXT


def test_what_is_refused_stays_shut_and_administrators_read_why(ada: Any) -> None:
    file = store_bytes([b"evil"], name="a; rm -rf $HOME.txt", by=ada)
    assert checked(file).state == "refused"
    assert file.finding == "Evil.Worm found in a; rm -rf $HOME.txt"
    with pytest.raises(Conflict, match="did not pass the file check"):
        open_file(file)
    place = f"/api/v1/files/{file.pk}/"
    assert "finding" not in api_client(ada).get(place).data
    assert api_client(ada).get(f"{place}content/").status_code == 409


def test_a_refused_file_is_not_saved(ada: Any) -> None:
    make_user("boss", "User")
    published(claim(), user=make_user("root", "Administrator"))
    api = api_client(ada)
    clean, evil = (store_bytes([one], name="a.txt", by=ada) for one in (TEXT, b"evil"))
    # One that waits may be saved: nobody reads it before it was checked.
    process_id = made(api, "claim", receipt={"id": str(clean.pk)})
    assert checked(evil).state == "refused"
    answer = api.post(
        "/api/v1/instances/", {"process": "claim", "data": {"receipt": {"id": str(evil.pk)}}}
    )
    assert (answer.status_code, "did not pass the file check" in str(answer.data)) == (400, True)
    root = api_client(File.objects.get(pk=clean.pk).instance.design.modified_by)
    assert root.get(f"/api/v1/instances/{process_id}/files/").data[0]["state"] == "ready"


@pytest.mark.parametrize("command", [None, ["/no/such/program"]])
def test_a_check_that_does_not_work_is_tried_again(
    ada: Any, settings: Any, command: list[str] | None, caplog: pytest.LogCaptureFixture
) -> None:
    works = settings.KIANDA_SCAN_COMMAND
    file = store_bytes([b"odd"], name="a.txt", by=ada)
    settings.KIANDA_SCAN_COMMAND = command or works
    assert checked(file).state == "scanning"
    assert file.finding
    assert "The check of files did not work" in caplog.text
    # Not at once.
    assert check_waiting(timezone.now()) == 0
    settings.KIANDA_SCAN_COMMAND = ["/bin/true"]
    File.objects.update(check_at=timezone.now())
    assert checked(file).state == "ready"


def test_a_file_is_checked_once_at_a_time(ada: Any) -> None:
    file = store_bytes([TEXT], name="a.txt", by=ada)
    File.objects.update(check_at=timezone.now() + timedelta(seconds=60))
    assert not check_file(file.pk)
    assert not check_file("11111111-1111-4111-8111-111111111111")


def test_without_the_command_what_waits_is_let_through(ada: Any, settings: Any) -> None:
    file = store_bytes([TEXT], name="a.txt", by=ada)
    settings.KIANDA_SCAN_COMMAND = []
    assert checked(file).state == "ready"
