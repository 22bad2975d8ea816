"""A parameter of the type file sends the content of files: read while it is sent, told by name."""

import io
import shlex
from collections.abc import Callable
from typing import IO, Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from datasources.http.curl import as_curl
from datasources.rest.errors import CallFailed
from datasources.rest.sent_files import PIECE, SentFile
from datasources.services.validation import parse_datasource
from kianda.lib.errors import Invalid
from tests.datasources.calling import Make, call
from tests.datasources.conftest import raw_datasource
from tests.datasources.rest.building import failure, prepared
from tests.datasources.servers import Server, always, answer

FILES: dict[str, Any] = {
    "http_method": "POST", "content_type": "multipart",
    "request_body": [{"name": "note"}, {"name": "doc", "type": "file"}],
}  # fmt: skip
RAW: dict[str, Any] = {
    "http_method": "PUT", "content_type": "raw", "request_body": [{"name": "body", "type": "file"}]
}  # fmt: skip
TAKES_A_FILE = "A file is needed. Map a file field to it, and nothing else."


class Content(io.BytesIO):
    """A content that knows how much of it was asked for at once, and whether it was closed."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.most = max(self.most, size if size is not None and size >= 0 else 1 << 40)
        return super().read(size)


def file(
    data: bytes = b"%PDF-1.7 \x00\xff", name: str = "offer.pdf", *, size: int | None = None,
    media_type: str = "application/pdf", open: Callable[[], IO[bytes]] | None = None,
) -> SentFile:  # fmt: skip
    length = len(data) if size is None else size
    return SentFile(name, length, media_type, open or (lambda: io.BytesIO(data)))


@pytest.fixture
def service(httpserver: HTTPServer, settings: Any) -> HTTPServer:
    settings.KIANDA_EGRESS_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    return httpserver


def test_files_are_parts_of_a_multipart_body(service: HTTPServer, datasource: Make) -> None:
    seen: list[Any] = []

    def take(request: Request) -> Response:
        seen.append(request.form["note"])
        seen.extend(
            (one.filename, one.mimetype, one.read()) for one in request.files.getlist("doc")
        )
        return Response("{}", content_type="application/json")

    service.expect_request("/thing", method="POST").respond_with_handler(take)
    odd = file(b"2", 'a "b"\r\nü.txt', media_type="text/plain\r\nX: y")
    given = {"body.note": "für dich", "body.doc": [file(), odd]}
    call(datasource(service.url_for("/").rstrip("/"), **FILES), given)
    assert seen == [
        "für dich",
        ("offer.pdf", "application/pdf", b"%PDF-1.7 \x00\xff"),
        ('a "b"%0D%0Aü.txt', "application/octet-stream", b"2"),
    ]


@pytest.mark.parametrize(
    ("more", "kind"),
    [({}, "application/pdf"), ({"media_type": "application/x-offer"}, "application/x-offer")],
    ids=["of the file", "of the method"],
)
def test_a_raw_body_is_the_file(
    service: HTTPServer, datasource: Make, more: dict[str, Any], kind: str
) -> None:
    service.expect_request("/thing", method="PUT").respond_with_data("{}")
    # A field of several files that holds one will do.
    call(datasource(service.url_for("/").rstrip("/"), **RAW, **more), {"body": [file()]})
    [(request, _answer)] = service.log
    assert (request.get_data(), request.mimetype) == (b"%PDF-1.7 \x00\xff", kind)


def test_no_file_is_no_part(service: HTTPServer, datasource: Make) -> None:
    service.expect_request("/thing").respond_with_data("{}")
    source = datasource(service.url_for("/").rstrip("/"), **FILES)
    blanks: list[Any] = [None, "", []]
    for blank in blanks:
        call(source, {"body.note": "x", "body.doc": blank})
    assert [set(request.files) for request, _answer in service.log] == [set(), set(), set()]
    assert [request.form["note"] for request, _answer in service.log] == ["x", "x", "x"]


def test_a_large_content_is_read_in_pieces(service: HTTPServer, datasource: Make) -> None:
    data = bytes(range(256)) * 4 * 5_000
    content = Content(data)
    service.expect_request("/thing").respond_with_data("{}")
    sent = file(data, open=lambda: content)
    call(datasource(service.url_for("/").rstrip("/"), **FILES), {"body.doc": sent})
    [(request, _answer)] = service.log
    with request.files["doc"].stream as found:
        assert found.read() == data
    assert content.most == PIECE < len(data)
    assert content.closed


def test_a_call_that_is_made_again_sends_the_whole_file_again(
    service: HTTPServer, datasource: Make
) -> None:
    opened: list[Content] = []

    def opening() -> IO[bytes]:
        opened.append(Content(b"all of it"))
        return opened[-1]

    service.expect_oneshot_request("/thing").respond_with_data("busy", status=503)
    service.expect_oneshot_request("/thing").respond_with_data("{}")
    retry = {"attempts": 2, "wait_s": 0, "on": [503]}
    source = datasource(service.url_for("/").rstrip("/"), **RAW, retry=retry)
    call(source, {"body": file(b"all of it", open=opening)})
    assert [request.get_data() for request, _answer in service.log] == [b"all of it"] * 2
    assert [one.closed for one in opened] == [True, True]


def test_a_content_that_cannot_be_opened_keeps_the_call_back(datasource: Make) -> None:
    def gone() -> IO[bytes]:
        raise CallFailed("value", "The content of offer.pdf is gone.")

    with Server(always(answer())) as server:
        source = datasource(server.url, **FILES)
        with pytest.raises(CallFailed) as caught:
            call(source, {"body.doc": [file(), file(open=gone)]})
        assert (caught.value.kind, caught.value.message) == (
            "value", "The content of offer.pdf is gone."
        )  # fmt: skip
        assert not caught.value.may_have_acted
        assert server.requests == []
        # The line is good for the next call.
        assert call(source, {"body.doc": file()}).status == 200


def test_a_content_that_ends_early_ends_the_call_with_a_sentence(datasource: Make) -> None:
    with Server(always(answer())) as server:
        with pytest.raises(CallFailed) as caught:
            call(datasource(server.url, **RAW), {"body": file(b"short", size=9)})
        assert caught.value.kind == "value"
        assert caught.value.message == (
            "The content of offer.pdf could not be read completely, so it was not fully "
            "sent. The request may have been processed."
        )
        assert server.requests == []


@pytest.mark.parametrize("value", ["a text", 7, {"id": "x"}, [file(), "a text"]])
def test_what_is_no_file_is_refused(value: Any) -> None:
    failed = failure({"body.doc": value}, **FILES)
    assert (failed.kind, failed.place) == ("value", "body.doc")
    assert failed.message == (
        f"The value of the parameter body.doc is not valid. {TAKES_A_FILE}"
    )  # fmt: skip


def test_a_raw_body_is_one_file() -> None:
    failed = failure({"body": [file(), file()]}, **RAW)
    assert failed.message == (
        "The request body cannot be written: only 1 file is allowed, not 2."
    )  # fmt: skip


@pytest.mark.parametrize("blank", [None, "", []])
def test_a_required_file_is_asked_for(blank: Any) -> None:
    needed = FILES | {"request_body": [{"name": "doc", "type": "file", "required": True}]}
    failed = failure({"body.doc": blank}, **needed)
    assert failed.message == "The parameter body.doc of Call is required and has no value."


def test_what_is_shown_tells_names_and_sizes_and_never_a_content() -> None:
    told = {"file": "offer.pdf", "size": 11, "media_type": "application/pdf"}
    shown = prepared({"body.note": "n", "body.doc": [file(), file(name='q"\\.txt')]}, **FILES).shown
    assert shown["body"] == {"note": "n", "doc": [told, {**told, "file": 'q"\\.txt'}]}
    words = [word for word in shlex.split(as_curl(shown)) if word.strip()]
    assert words[-6:] == [
        "--form-string", "note=n",
        "--form", 'doc=@"offer.pdf";type=application/pdf',
        "--form", 'doc=@"q\\"\\\\.txt";type=application/pdf',
    ]  # fmt: skip
    raw = prepared({"body": file()}, **RAW).shown
    assert raw["body"] == told
    assert shlex.split(as_curl(raw))[-2:] == ["--data-binary", "@offer.pdf"]


def test_a_secret_file_is_not_even_named() -> None:
    hidden = FILES | {"request_body": [{"name": "doc", "type": "file", "secret": True}]}
    assert prepared({"body.doc": file()}, **hidden).shown["body"] == {"doc": "********"}


def test_the_length_is_known_before_anything_is_read() -> None:
    def never() -> IO[bytes]:
        raise AssertionError("opened")

    source = prepared({"body": file(size=3_000_000_000, open=never)}, **RAW)
    assert source.headers["Content-Length"] == "3000000000"


@pytest.mark.parametrize(
    ("method", "place"),
    [
        ({"query": [{"name": "q", "type": "file"}]}, "query/0/type"),
        ({"request_headers": [{"name": "X-Doc", "type": "file"}]}, "request_headers/0/type"),
        ({"request_body": [{"name": "a"}, {"name": "doc", "type": "file"}]}, "request_body/1/type"),
        (FILES | {"content_type": "form"}, "request_body/1/type"),
    ],
    ids=["query", "header", "json", "form"],
)
def test_files_are_taken_in_bodies_that_hold_them(method: dict[str, Any], place: str) -> None:
    raw = raw_datasource(methods=[{"name": "m", "http_method": "POST", **method}])
    with pytest.raises(Invalid) as caught:
        parse_datasource(raw)
    assert [(flaw.pointer, flaw.detail) for flaw in caught.value.errors] == [
        (
            f"/methods/0/{place}",
            "Files are only sent in a multipart or raw body. Choose one of these content "
            "types, or another type here.",
        )
    ]


def test_a_file_has_no_fixed_value() -> None:
    rows = [{"name": "doc", "type": "file", "value": "x"}]
    with pytest.raises(Invalid) as caught:
        parse_datasource(raw_datasource(methods=[{"name": "m", **FILES, "request_body": rows}]))
    [flaw] = caught.value.errors
    assert flaw.pointer == "/methods/0/request_body/0/value"
    assert "A file cannot have a fixed value. Leave it empty and map a field to it." in flaw.detail
