"""An answer that is a file: received whole, called as it says, told from pages and errors."""

import gzip
from typing import Any

import pytest
from django.conf import settings as configured

from datasources.rest.received_files import name_of
from datasources.services.validation import parse_datasource
from kianda.lib.errors import Invalid
from tests.datasources.calling import Make, call, failure
from tests.datasources.conftest import raw_datasource
from tests.datasources.servers import Visit, always, answer, once, serving

PDF = b"%PDF-1.7 \x00\xff and so on"
PAGE = (
    b"\xef\xbb\xbf\n<!DOCTYPE html><html><head><title>Sign in &amp;\n go on</title></head></html>"
)
TOLD = {"name": "offer.pdf", "size": len(PDF), "media_type": "application/pdf"}
NAMED = ['Content-Disposition: attachment; filename="offer.pdf"']


def file_answer(body: bytes = PDF, media_type: str = "application/pdf", **more: Any) -> bytes:
    """Return a whole answer that says what its file is called."""
    return answer(body, media_type=media_type, **{"more": NAMED, **more})


@pytest.mark.parametrize(
    ("disposition", "url", "media_type", "expected"),
    [
        ('attachment; filename="a b.pdf"', "/x", "application/pdf", "a b.pdf"),
        ("inline; filename=plain.txt", "/x", "text/plain", "plain.txt"),
        ("attachment; filename=old.pdf; filename*=UTF-8''%e2%82%ac.pdf", "/", "", "€.pdf"),
        ("attachment; filename*=iso-8859-1'en'%A3.txt; filename=old.txt", "/", "", "£.txt"),
        ('attachment; filename="=?UTF-8?B?w7wucGRm?="', "/", "", "ü.pdf"),
        ('attachment; filename="\xc3\xbc.pdf"', "/", "", "ü.pdf"),
        ('attachment; filename="\xfc.pdf"', "/", "", "ü.pdf"),
        ('attachment; filename*=nonsense\'\'%ff.pdf', "/", "", "ÿ.pdf"),
        ("attachment", "/docs/offer%20one.pdf?key=1", "application/pdf", "offer one.pdf"),
        ("", "/docs/7/content", "application/pdf", "content.pdf"),
        ("", "/docs/7/content", "application/octet-stream", "content"),
        ("", "/docs/s3cret", "application/pdf", ""),
        ("", "/", "application/pdf", ""),
        ('attachment; filename="report"', "/", "text/csv", "report.csv"),
    ],
)  # fmt: skip
def test_a_file_is_called_as_its_answer_says_else_as_its_address_ends(
    disposition: str, url: str, media_type: str, expected: str
) -> None:
    name = name_of(disposition, f"https://x.example{url}", media_type, secrets=["s3cret"])
    assert name == expected


def test_the_content_comes_whole_and_as_it_is(datasource: Make) -> None:
    with serving(always(file_answer())) as server:
        came = call(datasource(server.url, answer="file"))
        [request] = server.requests
    assert came.content is not None
    assert b"".join(came.content.pieces()) == PDF
    # It can be read again, as when the database was away.
    assert b"".join(came.content.pieces()) == PDF
    assert (came.body, came.size, came.status) == (TOLD, len(PDF), 200)
    assert b"Accept-Encoding: identity" in request


def test_nothing_of_it_has_a_name_on_the_disk(datasource: Make) -> None:
    # Uploads of other tests are there, which were never ended.
    before = set(configured.KIANDA_UPLOAD_DIR.iterdir())
    with serving(always(file_answer())) as server:
        came = call(datasource(server.url, answer="file"))
        assert came.content is not None
        assert set(configured.KIANDA_UPLOAD_DIR.iterdir()) == before


def test_what_is_packed_all_the_same_is_unpacked(datasource: Make) -> None:
    packed = file_answer(gzip.compress(PDF), more=[*NAMED, "Content-Encoding: gzip"])
    with serving(always(packed)) as server:
        came = call(datasource(server.url, answer="file"))
    assert came.content is not None
    assert b"".join(came.content.pieces()) == PDF


@pytest.mark.parametrize(
    ("told", "kind", "sentence"),
    [
        (
            file_answer(b""), "bad_answer",
            "Token service answered 200 without a file: the response is empty.",
        ),
        (
            answer(b"", status="204 No Content"), "bad_answer",
            "Token service answered 204 without a file: the response is empty.",
        ),
        (
            answer(PAGE, media_type="text/html"), "bad_answer",
            "Token service answered with a web page in place of a file: Sign in & go on.",
        ),
        (
            file_answer(PAGE), "bad_answer",
            "Token service answered with a web page in place of a file: Sign in & go on.",
        ),
        (
            answer(b"<p>no", media_type="text/html; charset=utf-8"), "bad_answer",
            "Token service answered with a web page in place of a file.",
        ),
        (
            answer(b'{"error": "gone"}', status="404 Not Found"), "http_status",
            "Token service answered 404 Not Found.",
        ),
    ],
    ids=["empty", "no content", "page", "page that lies", "page without title", "error"],
)  # fmt: skip
def test_what_is_no_file_is_told(datasource: Make, told: bytes, kind: str, sentence: str) -> None:
    with serving(always(told)) as server:
        failed = failure(datasource(server.url, answer="file"))
    assert (failed.kind, failed.message) == (kind, sentence)
    assert failed.answer is not None
    assert failed.answer.content is None


def test_the_run_shows_what_the_page_said(datasource: Make) -> None:
    with serving(always(answer(PAGE, media_type="text/html"))) as server:
        failed = failure(datasource(server.url, answer="file"))
    assert failed.answer is not None
    assert "Sign in" in failed.answer.body


def test_a_page_at_the_end_of_a_redirect_is_none(datasource: Make) -> None:
    def handle(visit: Visit) -> None:
        while request := visit.read():
            there = b" /login.html " in request
            visit.write(answer(PAGE, media_type="text/html") if there else MOVED)

    with serving(handle) as server:
        failed = failure(datasource(server.url, answer="file", follow_redirects=True))
    assert failed.message.endswith("a web page in place of a file: Sign in & go on.")


def test_a_page_that_is_called_one_is_a_file(datasource: Make) -> None:
    named = ['Content-Disposition: attachment; filename="minutes.html"']
    with serving(always(answer(PAGE, media_type="text/html", more=named))) as server:
        assert call(datasource(server.url, answer="file")).body["name"] == "minutes.html"


MOVED = answer(b"", status="302 Found", more=["Location: /login.html"])
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n%PDF-1.7",
        CHUNKED + b"8\r\n%PDF-1.7\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 15\r\n\r\n"
        + gzip.compress(PDF)[:15],
    ],
    ids=["shorter than announced", "without the last piece", "half of a packed one"],
)
def test_a_file_that_was_cut_is_none(datasource: Make, cut: bytes) -> None:
    with serving(once(cut)) as server:
        failed = failure(datasource(server.url, answer="file"))
    assert failed.kind in {"connection", "bad_answer"}
    assert failed.answer is None


BIG = bytes(2_000_001)


@pytest.mark.parametrize(
    ("told", "most", "said"),
    [
        (file_answer(BIG), {}, "2,000,000"),
        (CHUNKED + b"%x\r\n" % len(BIG) + BIG + b"\r\n0\r\n\r\n", {}, "2,000,000"),
        (file_answer(gzip.compress(BIG), more=["Content-Encoding: gzip"]), {}, "2,000,000"),
        (file_answer(), {"max_answer_bytes": 5}, "5"),
    ],
    ids=["announced", "in pieces", "packed", "by the method"],
)
def test_a_file_that_is_too_large_is_not_received(
    datasource: Make, settings: Any, told: bytes, most: dict[str, Any], said: str
) -> None:
    settings.KIANDA_MAX_FILE_MB = 2
    with serving(once(told)) as server:
        failed = failure(datasource(server.url, answer="file", **most))
    assert failed.kind == "too_large"
    assert f"Token service answered with a file of more than {said} bytes." in failed.message


def test_a_file_may_be_larger_than_other_answers(datasource: Make) -> None:
    with serving(once(file_answer(b"%PDF-" + bytes(6_000_000)))) as server:
        assert call(datasource(server.url, answer="file")).size == 6_000_005
    with serving(once(answer(bytes(6_000_000), status="500 No"))) as server:
        assert failure(datasource(server.url, answer="file")).kind == "too_large"


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(("wanted", "good"), [("yes", True), ("no", False)])
def test_success_is_asked_of_status_and_headers(datasource: Make, wanted: str, good: bool) -> None:
    asked = {"items": [
        {"left": "[response.headers.X-Ready]", "operator": "eq", "right": wanted},
        {"left": "[response.body.size]", "operator": "gt", "right": "1"},
    ]}  # fmt: skip
    with serving(always(file_answer(more=[*NAMED, "X-Ready: yes"]))) as server:
        source = datasource(server.url, answer="file", success_when=asked)
        if good:
            assert call(source).body == TOLD
        else:
            failed = failure(source)
            assert failed.message.startswith(
                "Token service answered 200 OK. The condition for success"
            )


def test_a_file_has_no_pages() -> None:
    method = {"name": "m", "answer": "file", "paging": {"kind": "link"}}
    with pytest.raises(Invalid) as caught:
        parse_datasource(raw_datasource(methods=[method]))
    assert [(flaw.pointer, flaw.detail) for flaw in caught.value.errors] == [
        (
            "/methods/0/paging",
            "A file has no pages. Remove the paging, or read the response as another type.",
        )
    ]


def test_what_rules_read_of_a_file_is_known(datasource: Make) -> None:
    tree = datasource("https://x.example", answer="file").methods[0].answer_tree
    assert tree is not None
    assert set(tree.properties) == {"id", "name", "size", "media_type"}
