"""Rules send the files of a record: those it has and no others, told by name and size."""

import base64
import html
import json
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from datasources.models import CallRecord
from datasources.services.datasources import create_datasource
from processes.definition.checks import check_references
from processes.definition.document import parse_document
from processes.designer.settings_forms.auto_mapping import mapped_by_name
from processes.designer.settings_forms.editor_scope import EditorScope
from processes.designs.stored_catalog import StoredCatalog
from processes.engine.ports import Call
from processes.models import File, Run
from processes.running.adapters import prepared_call
from tests.factories import OPEN_TO_ALL, api_client, make_user
from tests.pages import client_of, text_of
from tests.processes.definitions import button, process, text_field
from tests.processes.files.samples import CSV, PDF
from tests.processes.files.test_values import uploaded
from tests.processes.stories import fired, made, published

pytestmark = pytest.mark.django_db(transaction=True)

ARCHIVE = {
    "name": "archive", "title": "Archive",
    "methods": [
        {
            "name": "keep", "http_method": "POST", "url_path": "/keep", "content_type": "multipart",
            "request_body": [{"name": "note"}, {"name": "doc", "type": "file", "required": True}],
            "retry": {"attempts": 2, "wait_s": 0, "on": [503]},
            "idempotency_header": "Idempotency-Key",
        },
        {
            "name": "put", "http_method": "PUT", "url_path": "/put", "content_type": "raw",
            "request_body": [{"name": "body", "type": "file"}],
        },
    ],
}  # fmt: skip


def kept(*rows: tuple[str, str], method: str = "keep") -> dict[str, Any]:
    """Return a rule that sends the mapped values to the archive."""
    mapping = [{"target": target, "value": value} for target, value in rows]
    return {
        "type": "create_item", "datasource": "archive", "method": method, "input_mapping": mapping
    }  # fmt: skip


CLAIM = process(
    {"type": "file_upload", "name": "receipt"},
    {"type": "file_upload", "name": "more", "multiple": True},
    text_field("told"),
    button("keep", kept(("body.note", "for [told]"), ("body.doc", "[receipt]"))),
    button("keep_all", kept(("body.doc", "[more]"))),
    button("put", kept(("body", "[receipt]"), method="put")),
    button("choose", kept(("body.doc", '=If([told] == "x", [more], [receipt])'))),
    name="claim", rules=[], security=OPEN_TO_ALL,
)  # fmt: skip


@pytest.fixture
def archive(httpserver: HTTPServer, settings: Any) -> HTTPServer:
    settings.KIANDA_EGRESS_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    root = make_user("root", "Administrator")
    base = httpserver.url_for("/").rstrip("/")
    create_datasource(raw={**ARCHIVE, "base_url": base}, user=root)
    published(CLAIM, user=root)
    return httpserver


@pytest.fixture
def ada(archive: HTTPServer) -> Any:
    return make_user("ada", "User")


def taking(seen: list[Any]) -> Any:
    """Return a handler that notes the files of a request, as a parser of its own reads them."""

    def take(request: Request) -> Response:
        files = request.files.getlist("doc")
        seen.append([(one.filename, one.mimetype, one.read()) for one in files])
        return Response("{}", content_type="application/json")

    return take


def test_a_file_of_the_record_is_sent_and_told_by_name(archive: HTTPServer, ada: Any) -> None:
    seen: list[Any] = []
    archive.expect_oneshot_request("/keep").respond_with_data("busy", status=503)
    archive.expect_request("/keep").respond_with_handler(taking(seen))
    claim = made(api_client(ada), "claim", receipt={"id": uploaded(ada)}, told="Ada")
    run = fired(api_client(ada), claim, "keep")
    assert run["status"] == "succeeded", run["error"]
    assert seen == [[("offer.pdf", "application/pdf", PDF)]]
    keys = {request.headers["Idempotency-Key"] for request, _answer in archive.log}
    assert (len(archive.log), len(keys)) == (2, 1)
    request = Run.objects.get().steps[0]["request"]
    told = {"file": "offer.pdf", "size": len(PDF), "media_type": "application/pdf"}
    assert request["body"] == {"note": "for Ada", "doc": told}
    assert request["bytes"] > len(PDF)
    row = CallRecord.objects.get()
    assert row.request_bytes == request["bytes"]
    assert "--form 'doc=@\"offer.pdf\";type=application/pdf'" in row.curl
    everything = json.dumps([Run.objects.values().get(), row.curl], default=str)
    assert "endobj" not in everything


def test_several_files_go_under_one_name_and_a_raw_body_is_one(
    archive: HTTPServer, ada: Any
) -> None:
    seen: list[Any] = []
    archive.expect_request("/keep").respond_with_handler(taking(seen))
    archive.expect_request("/put").respond_with_data("{}")
    api, table = api_client(ada), uploaded(ada, "b.csv", CSV)
    claim = made(api, "claim", receipt={"id": uploaded(ada)}, more=[{"id": table}], told="x")
    for target in ("keep_all", "put", "choose"):
        assert fired(api, claim, target)["status"] == "succeeded"
    assert seen == [[("b.csv", "text/csv", CSV)]] * 2
    [put] = [request for request, _answer in archive.log if request.path == "/put"]
    assert (put.get_data(), put.mimetype) == (PDF, "application/pdf")


def test_without_a_file_the_call_is_not_made(archive: HTTPServer, ada: Any) -> None:
    run = fired(api_client(ada), made(api_client(ada), "claim"), "keep_all")
    assert run["error"]["message"] == "The parameter body.doc of Keep is required and has no value."
    assert archive.log == []


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (File.State.SCANNING, "offer.pdf has not been checked yet. Try again in a moment."),
        (File.State.REFUSED, "offer.pdf did not pass the file check. Remove it."),
    ],
)
def test_a_file_that_nobody_may_read_is_not_sent(
    archive: HTTPServer, ada: Any, state: str, sentence: str
) -> None:
    claim = made(api_client(ada), "claim", receipt={"id": uploaded(ada)})
    File.objects.update(state=state)
    run = fired(api_client(ada), claim, "put")
    assert (run["error"]["kind"], run["error"]["message"]) == ("value", sentence)
    assert archive.log == []


def test_a_file_of_another_record_is_not_sent(archive: HTTPServer, ada: Any) -> None:
    """Whatever a value claims: here the row went elsewhere after it was stored."""
    api = api_client(ada)
    number = uploaded(ada)
    claim = made(api, "claim", receipt={"id": number})
    other = File.objects.get(pk=uploaded(make_user("ben", "User")))
    other_id = str(other.pk)
    File.objects.filter(pk=number).update(instance=None, attached_at=None, created_by=None)
    run = fired(api, claim, "put")
    assert run["error"]["message"] == (f"You cannot use the file {number} here. Upload it first.")
    assert other_id not in json.dumps(run)
    assert archive.log == []


def test_a_request_that_is_only_shown_opens_nothing(ada: Any) -> None:
    told = {"name": "offer.pdf", "size": Decimal(9), "media_type": "application/pdf"}
    asked = Call("archive", "put", {"body": {"id": "never looked up", **told}}, 5)
    shown = prepared_call(asked).call.shown["body"]
    assert shown == {"file": "offer.pdf", "size": 9, "media_type": "application/pdf"}


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("[receipt]", True), ("[more]", True), ("", True), ("=If(1 == 1, [receipt], [more])", True),
        ("[told]", False), ("text", False), ("[receipt].pdf", False), ("[receipt.name]", False),
    ],
)  # fmt: skip
def test_the_design_says_that_a_text_is_no_file(ada: Any, value: str, fits: bool) -> None:
    raw = {**CLAIM, "name": "other"}
    raw["forms"] = [{**raw["forms"][0], "fields": [
        *raw["forms"][0]["fields"][:3], button("go", kept(("body.doc", value))),
    ]}]  # fmt: skip
    found = check_references(parse_document(raw), StoredCatalog())
    place = "/forms/0/fields/3/rules/0/input_mapping/0/value"
    said = [
        (place, "body.doc of keep takes a file. Map a field that holds files to it, and nothing "
                f"else: {value} holds none.")
    ]  # fmt: skip
    assert [(flaw.pointer, flaw.detail) for flaw in found] == ([] if fits else said)


def test_map_all_by_name_gives_files_to_files_alone(ada: Any) -> None:
    raw = process(text_field("doc"), {"type": "file_upload", "name": "note"}, name="x", rules=[])
    scope = EditorScope(raw, StoredCatalog(), datasource="archive", method="keep")
    assert mapped_by_name("input_mapping", [], scope) == [
        {"target": "body.note", "value": "[note]"}
    ]  # fmt: skip
    raw = process({"type": "file_upload", "name": "doc"}, name="x", rules=[])
    scope = EditorScope(raw, StoredCatalog(), datasource="archive", method="keep")
    assert mapped_by_name("input_mapping", [], scope) == [{"target": "body.doc", "value": "[doc]"}]


def as_manager(process_id: str = "", **more: Any) -> Any:
    """Press Send on the page of the method, with the values of a record and what was typed."""
    typed = {
        "act": "send", "/title": "Keep", "/http_method": "POST", "/url_path": "/keep",
        "/content_type": "multipart",
        "/request_body/0/name": "note", "/request_body/1/name": "doc",
        "/request_body/1/type": "file", "process_id": process_id, **more,
    }  # fmt: skip
    manager = User.objects.filter(username="dan").first() or make_user("dan", "Data source manager")
    return client_of(manager).post("/datasources/archive/methods/keep/send/", typed)


def test_send_takes_an_upload_and_keeps_nothing_of_it(archive: HTTPServer, ada: Any) -> None:
    seen: list[Any] = []
    archive.expect_request("/keep").respond_with_handler(taking(seen))
    chosen: Any = [SimpleUploadedFile("a.pdf", PDF), SimpleUploadedFile("b.csv", CSV)]
    given: dict[str, Any] = {"/input/body.doc": chosen, "/input/body.note": "n"}
    page = as_manager(**given)
    assert page.status_code == 200
    assert seen == [[("a.pdf", "application/pdf", PDF), ("b.csv", "text/csv", CSV)]]
    assert File.objects.count() == 0
    assert "--form 'doc=@\"a.pdf\";type=application/pdf'" in html.unescape(page.content.decode())
    assert "endobj" not in page.content.decode()


def test_send_takes_the_files_of_a_record_as_far_as_the_person_gets_at_them(
    archive: HTTPServer, ada: Any
) -> None:
    seen: list[Any] = []
    archive.expect_request("/keep").respond_with_handler(taking(seen))
    claim = made(api_client(ada), "claim", receipt={"id": uploaded(ada)})
    page = as_manager(claim)
    assert seen == [[("offer.pdf", "application/pdf", PDF)]]
    assert "From the record offer.pdf" in text_of(page)
    # What is chosen on the page goes before.
    as_manager(claim, **{"/input/body.doc": SimpleUploadedFile("b.csv", CSV)})
    assert seen[1] == [("b.csv", "text/csv", CSV)]
    # One that may not be read is none.
    File.objects.update(state=File.State.REFUSED)
    as_manager(claim)
    assert seen[2] == []


def test_the_api_takes_files_as_base64(archive: HTTPServer, ada: Any) -> None:
    seen: list[Any] = []
    archive.expect_request("/keep").respond_with_handler(taking(seen))
    api = api_client(make_user("dan", "Data source manager"))
    one = {"name": "a.pdf", "content": base64.b64encode(PDF).decode()}
    for value in (one, [one, one]):
        sent = {"input": {"body.doc": value}}
        got = api.post("/api/v1/datasources/archive/methods/keep/call/", sent)
        assert (got.status_code, got.data["status"]) == (200, 200)
    assert [len(files) for files in seen] == [1, 2]
    assert seen[1][1] == ("a.pdf", "application/pdf", PDF)
    assert File.objects.count() == 0


@pytest.mark.parametrize(
    "value",
    [
        {"name": "a.pdf"}, {"name": "a.pdf", "content": "*"}, {"name": "", "content": ""},
        {"name": "a", "content": 7}, {"id": "x"}, "text", [7],
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_at_its_place(ada: Any, value: Any) -> None:
    api = api_client(make_user("dan", "Data source manager"))
    got = api.post(
        "/api/v1/datasources/archive/methods/keep/call/", {"input": {"body.doc": value}}
    )  # fmt: skip
    assert got.status_code == 400
    [flaw] = got.json()["errors"]
    assert flaw["pointer"] == "/input/body.doc"
    assert flaw["detail"] == (
        'Send a file as {"name": "offer.pdf", "content": "..."}, with the content as base64.'
    )
