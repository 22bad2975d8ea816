"""Files that answers bring are kept with the record: asked for once, told when they are none."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from datasources.models import CallRecord
from datasources.services.datasources import create_datasource
from kianda.lib.secrets import Sealed
from processes.files.access import open_file
from processes.files.pruning import prune_files
from processes.models import File, ProcessInstance, Run
from tests.factories import OPEN_TO_ALL, api_client, make_user
from tests.pages import client_of
from tests.processes.definitions import button, process, text_field
from tests.processes.files.samples import HTML, PDF, TEXT
from tests.processes.files.test_values import uploaded
from tests.processes.running.recovery.dying import diary_of, recover
from tests.processes.stories import fired, made, published, read

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_folders")]

CONVERTER = {
    "name": "converter", "title": "Converter",
    "methods": [{
        "name": "to-pdf", "http_method": "POST", "url_path": "/to-pdf",
        "content_type": "multipart", "request_body": [{"name": "doc", "type": "file"}],
        "answer": "file",
    }],
}  # fmt: skip
CALL = {
    "type": "create_item", "id": "convert", "datasource": "converter", "method": "to-pdf",
    "input_mapping": [{"target": "body.doc", "value": "[letter]"}],
    "on_success": [
        {"field": "made", "value": "[response.body]"},
        {"field": "told", "value": "[response.body.name], [response.body.size]"},
    ],
}  # fmt: skip
SAVE = {"type": "save", "id": "save"}
LETTERS = process(
    {"type": "file_upload", "name": "letter"},
    {"type": "file_upload", "name": "made", "allowed": "pdf"},
    {"type": "file_upload", "name": "all", "multiple": True},
    text_field("told"),
    button("refresh", CALL, SAVE),
    button("into_list", {**CALL, "id": "c2", "on_success": [
        {"field": "all", "value": "[response.body]"}]}, {**SAVE, "id": "s2"}),
    name="letters", rules=[], security=OPEN_TO_ALL,
)  # fmt: skip
NAMED = {"Content-Disposition": 'attachment; filename="../letter.pdf"'}


@pytest.fixture
def converter(httpserver: HTTPServer, settings: Any) -> HTTPServer:
    settings.KIANDA_EGRESS_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    root = make_user("root", "Administrator")
    base = httpserver.url_for("/").rstrip("/")
    create_datasource(raw={**CONVERTER, "base_url": base}, user=root)
    published(LETTERS, user=root)
    return httpserver


@pytest.fixture
def ada(converter: HTTPServer) -> Any:
    return make_user("ada", "User")


def converts(converter: HTTPServer, body: bytes = PDF, **more: Any) -> None:
    """Let the service make the same of every file that it is sent, which its parser must find."""

    def make(request: Request) -> Response:
        assert request.files["doc"].read() == TEXT
        told = {"content_type": "application/pdf", "headers": NAMED, **more}
        return Response(body, **told)

    converter.expect_request("/to-pdf", method="POST").respond_with_handler(make)


def a_letter(ada: Any) -> str:
    """Make a record with a letter to be converted."""
    return made(api_client(ada), "letters", letter={"id": uploaded(ada, "letter.txt", TEXT)})


def test_a_file_goes_out_and_another_one_comes_back(converter: HTTPServer, ada: Any) -> None:
    converts(converter)
    letter = a_letter(ada)
    run = fired(api_client(ada), letter, "refresh")
    assert run["status"] == "succeeded", run["error"]
    data = read(api_client(ada), letter)["data"]
    kept = data["made"]
    assert {**kept, "id": ""} == {
        "id": "", "name": "letter.pdf", "size": len(PDF), "media_type": "application/pdf"
    }  # fmt: skip
    assert data["told"] == f"letter.pdf, {len(PDF)}"
    row = File.objects.get(pk=kept["id"])
    assert (row.instance.process_id, row.field, row.created_by) == (letter, "made", ada)
    got: Any = client_of(ada).get(f"/files/{row.pk}/letter.pdf")
    assert b"".join(got.streaming_content) == PDF
    step = Run.objects.get().steps[0]
    assert step["response"]["body"] == kept
    assert step["response"]["bytes"] == len(PDF)
    assert CallRecord.objects.get().response_bytes == len(PDF)
    assert "endobj" not in json.dumps(list(Run.objects.values()), default=str)


def test_a_field_of_several_takes_it_as_one_of_them(converter: HTTPServer, ada: Any) -> None:
    converts(converter)
    letter = a_letter(ada)
    assert fired(api_client(ada), letter, "into_list")["status"] == "succeeded"
    assert [one["name"] for one in read(api_client(ada), letter)["data"]["all"]] == ["letter.pdf"]


@pytest.mark.parametrize(
    ("body", "more", "kind", "sentence"),
    [
        (
            HTML, {"content_type": "text/html"}, "bad_answer",
            "Converter answered with a web page in place of a file.",
        ),
        (b"", {}, "bad_answer", "Converter answered 200 without a file: the response is empty."),
        (
            TEXT, {}, "bad_answer",
            "The file that Converter sent was not saved. The name letter.pdf does not match its "
            "content (text/plain). Rename the file or choose another.",
        ),
        (
            b"%PDF-" + bytes(1_100_000), {}, "too_large",
            "Converter answered with a file of more than 1,000,000 bytes.",
        ),
    ],
    ids=["page", "empty", "another kind than its name says", "too large"],
)  # fmt: skip
def test_what_is_not_kept_is_told_and_changes_nothing(
    converter: HTTPServer, ada: Any, settings: Any, *, body: bytes, more: Any, kind: str,
    sentence: str,
) -> None:  # fmt: skip
    settings.KIANDA_MAX_FILE_MB = 1
    converts(converter, body, **more)
    letter = a_letter(ada)
    run = fired(api_client(ada), letter, "refresh")
    assert (run["status"], run["error"]["kind"]) == ("failed", kind)
    assert sentence in run["error"]["message"]
    assert read(api_client(ada), letter)["data"]["made"] is None
    # What nothing names is nobody's: it goes with the clean-up.
    File.objects.exclude(field="letter").update(attached_at=timezone.now() - timedelta(days=2))
    prune_files(timezone.now())
    assert [file.name for file in File.objects.all()] == ["letter.txt"]


def test_a_file_whose_answer_was_stored_is_not_asked_for_twice(
    converter: HTTPServer, ada: Any
) -> None:
    converts(converter)
    instance = ProcessInstance.objects.get(key=a_letter(ada))
    run = diary_of(instance, ada).die_after("answered")
    converter.clear_log()
    # However long it lies there: the run that holds it is not over.
    prune_files(timezone.now() + timedelta(days=3))
    [finished] = recover(everything=True)
    assert (finished.pk, finished.status) == (run.pk, "succeeded")
    kept = read(api_client(ada), instance.process_id)["data"]["made"]
    with open_file(File.objects.get(pk=kept["id"])) as content:
        assert content.read() == PDF
    assert not converter.log


def test_a_process_that_dies_before_leaves_only_what_is_pruned(
    converter: HTTPServer, ada: Any
) -> None:
    converts(converter)
    instance = ProcessInstance.objects.get(key=a_letter(ada))
    diary_of(instance, ada).die_after("calling")
    converter.clear_log()
    [closed] = recover(everything=True)
    assert closed.status == "interrupted"
    assert not converter.log
    assert File.objects.filter(name="letter.pdf").count() == 1
    prune_files(timezone.now() + timedelta(days=3))
    assert [file.name for file in File.objects.all()] == ["letter.txt"]


def test_a_file_waits_for_the_database_and_is_not_asked_for_twice(
    converter: HTTPServer, ada: Any
) -> None:
    converts(converter)
    letter = a_letter(ada)
    refused: list[str] = []

    def away(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if sql.startswith('INSERT INTO "processes_file"') and len(refused) < 2:
            refused.append(sql)
            raise OperationalError("The database is away.")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(away):
        run = fired(api_client(ada), letter, "refresh")
    assert (run["status"], len(refused), len(converter.log)) == ("succeeded", 2, 1)
    assert read(api_client(ada), letter)["data"]["made"]["name"] == "letter.pdf"


def test_what_a_run_holds_that_cannot_be_opened_loses_no_file(
    converter: HTTPServer, ada: Any
) -> None:
    converts(converter)
    instance = ProcessInstance.objects.get(key=a_letter(ada))
    run = diary_of(instance, ada).die_after("answered")
    Run.objects.filter(pk=run.pk).update(journal=Sealed("of another key ring"))
    prune_files(timezone.now() + timedelta(days=3))
    assert File.objects.filter(name="letter.pdf").count() == 1


def test_a_trial_tells_of_the_file_and_keeps_nothing(converter: HTTPServer, ada: Any) -> None:
    converts(converter)
    api = api_client(make_user("dan", "Data source manager"))
    content = base64.b64encode(TEXT).decode()
    got = api.post(
        "/api/v1/datasources/converter/methods/to-pdf/call/",
        {"input": {"body.doc": {"name": "letter.txt", "content": content}}},
    )
    told = {"name": "../letter.pdf", "size": len(PDF), "media_type": "application/pdf"}
    assert (got.data["status"], got.data["body"]) == (200, told)
    assert File.objects.count() == 0
