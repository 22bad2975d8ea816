"""Signatures are made in the form: named by the server, and no file from elsewhere is one."""

import re
from typing import Any

import pytest

from processes.files.uploads import store_bytes
from processes.models import File
from tests.factories import OPEN_TO_ALL, api_client, make_user
from tests.pages import client_of
from tests.processes.definitions import button, process, set_rule
from tests.processes.files.samples import png
from tests.processes.files.test_tus import BYTES, FILES, tus
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)

LEAVE = process(
    {"type": "signature", "name": "signed"},
    {"type": "signature", "name": "copy"},
    {"type": "image", "name": "photo"},
    {"type": "file_upload", "name": "other"},
    button("again", set_rule("copy", "[signed]"), {"type": "save"}),
    button("forge", set_rule("copy", "[other]"), {"type": "save"}),
    name="leave", rules=[], security=OPEN_TO_ALL,
)  # fmt: skip


@pytest.fixture
def ada() -> Any:
    published(LEAVE, user=make_user("root", "Administrator"))
    return make_user("ada", "User", first_name="Ada", last_name="Lovelace")


def uploaded(client: Any, **about: Any) -> dict[str, str]:
    content = png(90, 24)
    headers = tus(len(content), filename="mine.png", **about)
    answer = client.generic("POST", FILES, content, content_type=BYTES, headers=headers)
    assert answer.status_code == 201, answer.data
    return {"id": answer.data["id"]}


def patched(client: Any, process_id: str, **data: Any) -> Any:
    revision = read(client, process_id)["revision"]
    return client.patch(f"/api/v1/instances/{process_id}/", {"data": data, "revision": revision})


def test_who_signs_is_named_by_the_server(ada: Any) -> None:
    client: Any = api_client(ada)
    process_id = made(client, "leave", signed=uploaded(client, process="leave", field="signed"))
    name = read(client, process_id)["data"]["signed"]["name"]
    assert name.startswith("Signature of Ada Lovelace, 20")
    assert name.endswith(" UTC.png")
    second = uploaded(client, process_id=process_id, field="signed")
    assert patched(client, process_id, signed=second).status_code == 200
    # One signature is copied into another field.
    assert fired(client, process_id, "again")["status"] == "succeeded"
    data = read(client, process_id)["data"]
    assert data["copy"] == data["signed"]


@pytest.mark.parametrize(
    "about",
    [
        {},
        {"field": "signed"},
        {"process": "leave", "field": "other"},
        {"process": "leave", "field": "photo"},
    ],
)
def test_a_picture_from_elsewhere_is_no_signature(ada: Any, about: dict[str, str]) -> None:
    client: Any = api_client(ada)
    process_id = made(client, "leave")
    answer = patched(client, process_id, signed=uploaded(client, **about))
    assert answer.status_code == 400
    (said,) = answer.data["errors"]
    assert "is not a signature from this form. Sign in the form." in said["detail"]
    assert File.objects.get().attached_at is None


def test_rules_make_no_signature_of_another_file(ada: Any) -> None:
    client: Any = api_client(ada)
    content = store_bytes([png()], name="mine.png", by=ada)
    process_id = made(client, "leave", other={"id": str(content.pk)})
    run = fired(client, process_id, "forge")
    assert run["status"] == "failed"
    assert "is not a signature from this form" in run["error"]["message"]


def test_the_canvas_of_the_designer_shows_fields_of_files(ada: Any) -> None:
    assert ada
    page = client_of(make_user("dora", "Designer")).get("/designs/leave/designer/").content.decode()
    for name in ("signed", "photo", "other"):
        box = page[page.index(f'id="b-{name}"') :].partition("</button>")[0]
        assert re.search(r"form-control.*\bfile\b", box, re.S), box
