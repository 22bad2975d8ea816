"""Downloads: never a page of ours, in parts when asked, pictures small."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from processes.files import storage
from processes.files.thumbnails import MOST_PIXELS, small_picture
from processes.files.uploads import store_bytes
from processes.models import File
from tests.factories import make_user
from tests.pages import client_of
from tests.processes.files.samples import HTML, PDF, SVG, TEXT, docx, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Any:
    return make_user("ada", "User")


def stored(user: Any, name: str, content: bytes) -> str:
    return f"/files/{store_bytes([content], name=name, by=user).pk}/{name}"


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def got(client: Client, place: str, **headers: str) -> Any:
    """Return an answer, all of which was fetched."""
    answer = client.get(
        place, headers={name.replace("_", "-"): one for name, one in headers.items()}
    )
    if answer.streaming:
        body(answer)
    return answer


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("a.pdf", PDF, False),
        ("a.png", png(), True),
        ("a.svg", SVG, False),
        ("a.html", HTML, False),
        ("a.txt", TEXT, False),
        ("a.docx", docx(), False),
    ],
)
def test_what_could_run_is_only_saved(ada: Any, name: str, content: bytes, shown: bool) -> None:
    answer = client_of(ada).get(stored(ada, name, content))
    assert body(answer) == content
    said = answer["Content-Disposition"]
    assert said == f'{"inline" if shown else "attachment"}; filename="{name}"'
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-cache"
    saved = got(client_of(ada), stored(ada, name, content) + "?download")
    assert saved["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("bytes=0-4", 206, 0, 4),
        ("bytes=5-", 206, 5, 24),
        ("bytes=-4", 206, 21, 24),
        ("bytes=-400", 200, 0, 24),
        ("bytes=20-400", 206, 20, 24),
        ("bytes=0-24", 200, 0, 24),
        ("bytes=25-", 416, 1, 0),
        ("bytes=-0", 416, 1, 0),
        ("bytes=4-1", 200, 0, 24),
        ("bytes=0-1,5-6", 200, 0, 24),
        ("bytes=-", 200, 0, 24),
        ("lines=0-4", 200, 0, 24),
        (f"bytes={'9' * 5_000}-", 200, 0, 24),
        (f"bytes=0-{'9' * 5_000}", 200, 0, 24),
    ],
)
def test_parts_are_sent_when_asked(
    ada: Any, asked: str, status: int, first: int, last: int
) -> None:
    assert len(TEXT) == 25
    answer = client_of(ada).get(stored(ada, "a.txt", TEXT), headers={"Range": asked})
    assert answer.status_code == status
    if status == 416:
        assert answer["Content-Range"] == "bytes */25"
        return
    assert body(answer) == TEXT[first : last + 1]
    assert answer["Content-Length"] == str(last - first + 1)
    if status == 206:
        assert answer["Content-Range"] == f"bytes {first}-{last}/25"


def test_what_a_browser_has_is_not_sent_again(ada: Any) -> None:
    client, place = client_of(ada), stored(ada, "a.txt", TEXT)
    tag = got(client, place)["ETag"]
    assert got(client, place, If_None_Match=tag).status_code == 304
    assert got(client, place, Range="bytes=0-4", If_Range=tag).status_code == 206
    assert got(client, place, Range="bytes=0-4", If_Range='"old"').status_code == 200


def test_names_travel_whole(ada: Any) -> None:
    answer = got(client_of(ada), stored(ada, "Größe 1.txt", TEXT))
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe%201.txt"


def test_an_empty_file_is_sent(ada: Any) -> None:
    answer = client_of(ada).get(stored(ada, "a.txt", b""))
    assert (answer.status_code, body(answer)) == (200, b"")


def test_who_is_not_signed_in_or_somebody_else_finds_nothing(ada: Any) -> None:
    place = stored(ada, "a.txt", TEXT)
    assert Client().get(place).status_code == 302
    assert client_of(make_user("ben", "User")).get(place).status_code == 404


def test_a_file_whose_content_is_gone_says_so(ada: Any) -> None:
    place = stored(ada, "a.txt", TEXT)
    storage.discard(File.objects.get().key)
    answer = client_of(ada).get(place)
    assert answer.status_code == 404


def test_pictures_are_shown_small_and_made_once(ada: Any) -> None:
    number = stored(ada, "a.png", png(900, 600)).split("/")[2]
    client = client_of(ada)
    small = body(client.get(f"/files/{number}/small/"))
    assert small.startswith(b"\x89PNG")
    # 320 wide, 213 high.
    assert small[16:24] == (320).to_bytes(4) + (213).to_bytes(4)
    file = File.objects.get()
    assert storage.whole_files().exists(storage.thumb_place(file.key))
    assert body(client.get(f"/files/{number}/small/")) == small
    storage.discard(file.key)
    assert not storage.whole_files().exists(storage.thumb_place(file.key))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", lambda: PDF),
        ("a.svg", lambda: SVG),
        # Half a gigabyte that nobody needs who runs other tests.
        ("bomb.png", lambda: png(60_000, 60_000)),
        ("large.png", lambda: png(MOST_PIXELS // 1_000, 1_001)),
        ("cut.png", lambda: png(900, 600)[:200]),
    ],
)
def test_what_is_no_picture_or_too_large_is_not_drawn(
    ada: Any, name: str, content: Callable[[], bytes]
) -> None:
    file = store_bytes([content()], name=name, by=ada)
    assert small_picture(file) is None
    assert client_of(ada).get(f"/files/{file.pk}/small/").status_code == 404
