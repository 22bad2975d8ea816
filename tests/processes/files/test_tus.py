"""Uploads through the API as tus 1.0 has them: begun, gone on with, told about, ended."""

import base64
from typing import Any

import pytest
from django.test import Client

from processes.models import File
from tests.factories import api_client, make_user
from tests.pages import client_of
from tests.processes.files.samples import EXE, PDF
from tests.processes.files.test_values import claim
from tests.processes.stories import made, published

pytestmark = pytest.mark.django_db(transaction=True)

FILES = "/api/v1/files/"
SIZE = len(PDF)
BYTES = "application/offset+octet-stream"


def about(**said: str) -> str:
    return ",".join(
        f"{name} {base64.b64encode(one.encode()).decode()}" for name, one in said.items()
    )


def tus(size: int | None = None, offset: int | None = None, **said: Any) -> dict[str, str]:
    headers = {"Tus-Resumable": "1.0.0"}
    headers |= {} if size is None else {"Upload-Length": str(size)}
    headers |= {} if offset is None else {"Upload-Offset": str(offset)}
    return headers | ({"Upload-Metadata": about(**said)} if said else {})


@pytest.fixture
def cast() -> dict[str, Any]:
    people = {name: make_user(name, "User") for name in ("ada", "ben", "boss")}
    people["root"] = make_user("root", "Administrator")
    published(claim(allowed="pdf", max_mb=1), user=people["root"])
    return people


@pytest.fixture
def ada(cast: dict[str, Any]) -> Any:
    return api_client(cast["ada"])


def begin(client: Any, size: Any = SIZE, **said: Any) -> Any:
    named = {"filename": "offer.pdf", **said}
    return client.post(FILES, b"", content_type="text/plain", headers=tus(size, **named))


def send(client: Any, place: str, offset: int, piece: bytes) -> Any:
    return client.generic("PATCH", place, piece, content_type=BYTES, headers=tus(offset=offset))


def test_a_client_of_tus_uploads_in_pieces(ada: Any) -> None:
    begun = begin(ada)
    assert (begun.status_code, begun["Tus-Resumable"]) == (201, "1.0.0")
    assert begun.data["state"] == "uploading"
    place = begun["Location"]
    assert place.endswith(f"{FILES}{begun.data['id']}/")
    first = send(ada, place, 0, PDF[:10])
    assert (first.status_code, first["Upload-Offset"]) == (204, "10")
    there = ada.head(place, headers=tus())
    assert (there["Upload-Offset"], there["Upload-Length"]) == ("10", str(len(PDF)))
    assert there["Cache-Control"] == "no-store"
    assert send(ada, place, 10, PDF[10:]).status_code == 204
    done = ada.get(place).data
    assert (done["state"], done["media_type"], done["received"]) == (
        "ready", "application/pdf", len(PDF),
    )  # fmt: skip
    assert "finding" not in done
    assert b"".join(ada.get(f"{place}content/").streaming_content) == PDF


def test_one_request_may_bring_all_of_it(ada: Any) -> None:
    headers = tus(len(PDF), filename="../../offer.pdf")
    answer = ada.generic("POST", FILES, PDF, content_type=BYTES, headers=headers)
    assert (answer.status_code, answer.data["state"], answer.data["name"]) == (
        201, "ready", "offer.pdf",
    )  # fmt: skip


def test_what_is_understood_is_told(ada: Any) -> None:
    answer = ada.options(FILES)
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Extension"] == "creation,creation-with-upload,termination"
    assert answer["Tus-Max-Size"] == "100000000"


@pytest.mark.parametrize(
    ("headers", "status", "sentence"),
    [
        ({"Upload-Length": "5"}, 412, "Tus-Resumable: 1.0.0"),
        (tus(), 400, "Upload-Length must be a whole number"),
        (tus() | {"Upload-Length": "-1"}, 400, "Upload-Length must be a whole number"),
        (tus() | {"Upload-Length": "٣"}, 400, "Upload-Length must be a whole number"),
        (tus() | {"Upload-Defer-Length": "1"}, 400, "size of the file in bytes"),
        (tus(5) | {"Upload-Metadata": "filename %%%"}, 400, "Upload-Metadata is not valid"),
        (tus(2_000_000_000), 413, "larger than 100 MB. Choose a smaller file."),
    ],
)
def test_what_cannot_be_begun_is_refused(
    ada: Any, headers: dict[str, str], status: int, sentence: str
) -> None:
    answer = ada.post(FILES, b"", content_type="text/plain", headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert sentence in str(answer.data)
    assert not File.objects.exists()


@pytest.mark.parametrize(
    ("headers", "kind", "status", "sentence"),
    [
        (tus(offset=3), BYTES, 409, "The server has 0 bytes of the file"),
        (tus(), BYTES, 400, "Upload-Offset must be a whole number"),
        (tus(offset=0), "application/json", 415, "application/offset+octet-stream"),
        ({"Upload-Offset": "0"}, BYTES, 412, "Tus-Resumable"),
    ],
)
def test_a_piece_that_does_not_fit_is_refused(
    ada: Any, headers: dict[str, str], kind: str, status: int, sentence: str
) -> None:
    place = begin(ada)["Location"]
    answer = ada.generic("PATCH", place, PDF, content_type=kind, headers=headers)
    assert answer.status_code == status
    assert sentence in str(answer.data)
    assert send(ada, place, 0, PDF).status_code == 204


def test_more_than_announced_is_refused(ada: Any) -> None:
    place = begin(ada, size=10)["Location"]
    answer = send(ada, place, 0, PDF)
    assert (answer.status_code, "More was sent" in answer.data["detail"]) == (413, True)


def test_the_last_piece_sent_twice_changes_nothing(ada: Any) -> None:
    place = begin(ada)["Location"]
    assert send(ada, place, 0, PDF).status_code == 204
    # The answer was lost on the way.
    assert ada.head(place, headers=tus())["Upload-Offset"] == str(len(PDF))
    assert send(ada, place, len(PDF), b"").status_code == 204
    assert send(ada, place, 0, PDF).status_code == 409
    assert File.objects.get().state == "ready"


def test_an_upload_is_ended(ada: Any) -> None:
    place = begin(ada)["Location"]
    assert ada.delete(place).status_code == 204
    assert ada.get(place).status_code == 404
    assert send(ada, place, 0, PDF).status_code == 404


def test_a_lie_is_told_with_the_last_piece(ada: Any) -> None:
    place = begin(ada, size=len(EXE))["Location"]
    answer = send(ada, place, 0, EXE)
    assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (400, "/content")
    assert "does not match its content" in answer.data["errors"][0]["detail"]


def test_an_upload_is_its_own_persons(cast: Any, ada: Any) -> None:
    place = begin(ada)["Location"]
    ben = api_client(cast["ben"])
    for answer in (
        ben.get(place), ben.head(place, headers=tus()), send(ben, place, 0, PDF),
        ben.delete(place), ben.get(f"{place}content/"),
    ):  # fmt: skip
        assert answer.status_code == 404
    half = ada.get(f"{place}content/")
    assert (half.status_code, "is still being uploaded" in half.data["detail"]) == (409, True)
    assert ada.get(f"{FILES}nonsense/").status_code == 404


def test_a_token_that_may_only_read_uploads_nothing(cast: Any) -> None:
    reader = api_client(cast["ada"], ["read"])
    assert begin(reader).status_code == 403


def test_a_page_uploads_with_its_session_and_its_token_against_forgery(cast: Any) -> None:
    page = Client(enforce_csrf_checks=True)
    page.force_login(cast["ada"])
    bare: dict[str, Any] = {
        "content_type": "text/plain",
        "headers": tus(len(PDF), filename="offer.pdf"),
    }
    assert page.post(FILES, b"", **bare).status_code == 403
    page.get("/start/claim/")
    bare["headers"] |= {"X-CSRFToken": page.cookies["csrftoken"].value}
    assert page.post(FILES, b"", **bare).status_code == 201
    # The first piece may come along there too: nobody has read the body before.
    whole = page.post(FILES, PDF, **bare | {"content_type": BYTES})
    assert (whole.status_code, whole.json()["state"]) == (201, "ready")
    assert Client().post(FILES, b"", **bare).status_code == 401


@pytest.mark.parametrize(
    ("said", "status", "sentence"),
    [
        (
            {"field": "receipt", "filename": "a.docx"},
            400,
            "is not allowed here. Allowed: pdf",
        ),
        ({"field": "told"}, 400, "no field told that takes files"),
        ({"field": "nothing"}, 400, "no field nothing that takes files"),
        ({"field": "secret_one"}, 400, "no field secret_one that takes files"),
        ({"field": "receipt", "process_id": "claim-99"}, 404, "no record claim-99"),
    ],
)
def test_a_field_refuses_before_a_byte_is_sent(
    ada: Any, said: dict[str, str], status: int, sentence: str
) -> None:
    process_id = made(ada, "claim")
    answer = begin(ada, **{"process_id": process_id, **said})
    assert answer.status_code == status
    assert sentence in str(answer.data)


def test_a_field_takes_what_it_takes(ada: Any) -> None:
    process_id = made(ada, "claim")
    assert begin(ada, process_id=process_id, field="receipt").status_code == 201
    large = begin(ada, size=1_000_001, process_id=process_id, field="receipt")
    assert (large.status_code, "At most 1 MB are allowed" in str(large.data)) == (400, True)
    assert begin(ada, process="claim", field="receipt").status_code == 201
    refused = begin(ada, process="claim", field="receipt", filename="a.docx")
    assert refused.status_code == 400
    assert begin(ada, process="nothing", field="receipt").status_code == 404


def test_whoever_may_not_start_a_process_learns_nothing_of_its_fields() -> None:
    field = {"type": "file_upload", "name": "receipt", "allowed": "pdf"}
    closed = {
        "name": "pay", "security": {"start": ["user:boss"], "see": ["user:boss"]},
        "forms": [{"name": "one", "fields": [field]}],
    }  # fmt: skip
    published(closed, user=make_user("boss", "Designer"))
    tom = api_client(make_user("tom", "User"), ["run"])
    for process in ("pay", "nothing"):
        answer = begin(tom, process=process, field="receipt", filename="a.doc")
        assert answer.status_code == 404
        assert f"no process {process}" in str(answer.data)


def test_a_closed_form_and_a_field_of_others_take_nothing(cast: Any) -> None:
    two = {
        "name": "two", "security": {"see": ["everyone"], "change": ["everyone"]},
        "forms": [
            {"name": "one", "fields": [
                {"type": "file_upload", "name": "mine", "edit": ["user:boss"]}]},
            {"name": "later", "fields": [{"type": "file_upload", "name": "then"}]},
        ],
    }  # fmt: skip
    published(two, user=cast["root"])
    ada = api_client(cast["ada"])
    process_id = made(ada, "two")
    foreign = begin(ada, process_id=process_id, field="mine")
    assert (foreign.status_code, foreign.data["detail"]) == (403, "Only boss.")
    closed = begin(ada, process_id=process_id, field="then")
    assert (closed.status_code, "takes no files now" in closed.data["detail"]) == (409, True)
    assert begin(api_client(cast["boss"]), process_id=process_id, field="mine").status_code == 201


def test_the_files_of_an_instance_are_listed_for_those_who_see_them(cast: Any) -> None:
    root: Any = api_client(cast["root"])

    def uploaded(name: str) -> dict[str, str]:
        headers = tus(len(PDF), filename=name)
        return {
            "id": root.generic("POST", FILES, PDF, content_type=BYTES, headers=headers).data["id"]
        }

    process_id = made(root, "claim", receipt=uploaded("a.pdf"), secret_one=uploaded("b.pdf"))
    place = f"/api/v1/instances/{process_id}/files/"
    listed = root.get(place).data
    assert [(one["name"], one["field"], one["process_id"]) for one in listed] == [
        ("a.pdf", "receipt", process_id), ("b.pdf", "secret_one", process_id),
    ]  # fmt: skip
    assert listed[0]["finding"] == ""
    assert [one["name"] for one in api_client(cast["ada"]).get(place).data] == ["a.pdf"]
    # What an instance holds is no upload any more.
    assert root.delete(f"{FILES}{listed[0]['id']}/").status_code == 404
    assert client_of(cast["ada"]).get(f"/files/{listed[1]['id']}/b.pdf").status_code == 404
