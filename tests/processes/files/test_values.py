"""Files in values: taken by their id, filled in from what is known, refused like a bad value."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from kianda.lib.errors import Missing
from processes.files.access import files_of, readable_file
from processes.files.uploads import Uploader, append, begin_upload, store_bytes
from processes.models import Change, File, ProcessInstance
from tests.factories import OPEN_TO_ALL, api_client, make_user
from tests.processes.definitions import button, set_rule, text_field
from tests.processes.files.samples import PDF
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)

NOBODYS = "11111111-1111-4111-8111-111111111111"


def claim(**settings: Any) -> dict[str, Any]:
    """Return a process whose first form takes a receipt and several more files."""
    rules = [set_rule("copy", "[receipt]"), {"type": "save"}]
    return {
        "name": "claim",
        "security": OPEN_TO_ALL,
        "forms": [
            {"name": "ask", "fields": [
                {"type": "file_upload", "name": "receipt", **settings},
                {"type": "file_upload", "name": "more", "multiple": True},
                {"type": "file_upload", "name": "copy"},
                {"type": "file_upload", "name": "secret_one", "see": ["user:boss"]},
                text_field("told"),
                button("keep", *rules),
                button("tell", set_rule("told", "[receipt.name], [receipt.size]"),
                       {"type": "save"}),
                button("claims", set_rule("copy", "[told]"), {"type": "save"}),
            ]},
        ],
    }  # fmt: skip


@pytest.fixture
def cast() -> dict[str, Any]:
    people = {
        "admin": make_user("root", "Administrator"),
        "ada": make_user("ada", "User"),
        "ben": make_user("ben", "User"),
        "boss": make_user("boss", "User"),
    }
    published(claim(), user=people["admin"])
    return people


@pytest.fixture
def ada(cast: dict[str, Any]) -> APIClient:
    return api_client(cast["ada"])


def uploaded(user: Any, name: str = "offer.pdf", content: bytes = PDF) -> str:
    return str(store_bytes([content], name=name, by=user).pk)


def patched(client: APIClient, process_id: str, **data: Any) -> Any:
    revision = read(client, process_id)["revision"]
    return client.patch(f"/api/v1/instances/{process_id}/", {"data": data, "revision": revision})


def test_a_file_is_sent_by_its_id_and_read_with_what_is_known(cast: Any, ada: APIClient) -> None:
    number = uploaded(cast["ada"])
    lie = {"id": number, "name": "other.exe", "size": 1, "media_type": "text/html"}
    process_id = made(ada, "claim", receipt=lie, more=[{"id": uploaded(cast["ada"], "b.pdf")}])
    data = read(ada, process_id)["data"]
    assert data["receipt"] == {
        "id": number, "name": "offer.pdf", "size": len(PDF), "media_type": "application/pdf",
    }  # fmt: skip
    assert [one["name"] for one in data["more"]] == ["b.pdf"]
    assert data["copy"] is None
    instance = ProcessInstance.objects.get(process_id=process_id)
    assert [(one.name, one.field) for one in files_of(instance)] == [
        ("offer.pdf", "receipt"), ("b.pdf", "more"),
    ]  # fmt: skip


def test_history_says_which_files_came_and_went(cast: Any, ada: APIClient) -> None:
    process_id = made(ada, "claim", receipt={"id": uploaded(cast["ada"])})
    assert patched(ada, process_id, receipt=None).status_code == 200
    change = Change.objects.latest("pk").fields[0]
    assert (change["before"]["name"], change["after"]) == ("offer.pdf", None)
    # What the history names is still there, and can be put back by whoever sees it.
    assert patched(ada, process_id, receipt=change["before"]).status_code == 200
    assert read(ada, process_id)["data"]["receipt"] == change["before"]


@pytest.mark.parametrize("which", ["nobody's", "another person's", "another instance's"])
def test_a_file_of_others_is_refused_as_one_that_is_not_there(
    cast: Any, ada: APIClient, which: str
) -> None:
    number = NOBODYS
    if which == "another person's":
        number = uploaded(cast["ben"])
    if which == "another instance's":
        number = uploaded(cast["ada"])
        made(ada, "claim", receipt={"id": number})
    process_id = made(ada, "claim")
    for field, sent, place in [
        ("receipt", {"id": number}, "/data/receipt"),
        ("more", [{"id": number}], "/data/more/0"),
    ]:
        answer = patched(ada, process_id, **{field: sent})
        assert answer.status_code == 400
        assert answer.data["errors"] == [{
            "pointer": place,
            "detail": f"{field.capitalize()}: You cannot use the file {number} here. "
            "Upload it first.",
        }]  # fmt: skip
        answer = ada.post("/api/v1/instances/", {"process": "claim", "data": {field: sent}})
        assert answer.status_code == 400
    assert read(ada, process_id)["data"]["receipt"] is None


def test_a_file_in_a_hidden_field_is_not_brought_into_one_that_is_seen(
    cast: Any, ada: APIClient
) -> None:
    root = api_client(cast["admin"])
    number = uploaded(cast["admin"])
    process_id = made(root, "claim", secret_one={"id": number})
    answer = patched(ada, process_id, receipt={"id": number})
    assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (400, "/data/receipt")
    assert "secret_one" not in read(ada, process_id)["data"]


def test_a_file_that_has_not_arrived_is_refused(cast: Any, ada: APIClient) -> None:
    half = begin_upload(Uploader(cast["ada"]), name="offer.pdf", size=len(PDF))
    append(half, offset=0, chunk=PDF[:10])
    answer = ada.post("/api/v1/instances/", {"process": "claim", "data": {"receipt": str(half.pk)}})
    assert answer.status_code == 400
    assert "offer.pdf is still being uploaded" in answer.data["errors"][0]["detail"]
    assert not ProcessInstance.objects.exists()


def test_one_upload_goes_into_one_instance(cast: Any, ada: APIClient) -> None:
    number = uploaded(cast["ada"])
    made(ada, "claim", receipt={"id": number})
    again = {"process": "claim", "data": {"receipt": {"id": number}}}
    assert ada.post("/api/v1/instances/", again).status_code == 400
    assert File.objects.get().instance.process_id == "claim-1"


def test_rules_copy_files_and_read_their_parts(cast: Any, ada: APIClient) -> None:
    process_id = made(ada, "claim")
    number = uploaded(cast["ada"])
    run = fired(ada, process_id, "keep", receipt={"id": number})
    assert run["status"] == "succeeded", run["error"]
    data = read(ada, process_id)["data"]
    assert data["copy"] == data["receipt"]
    assert data["copy"]["id"] == number
    assert fired(ada, process_id, "tell")["status"] == "succeeded"
    assert read(ada, process_id)["data"]["told"] == f"offer.pdf, {len(PDF)}"
    assert File.objects.get().attached_at is not None


def test_what_an_answer_claims_to_be_a_file_is_looked_up(cast: Any, ada: APIClient) -> None:
    foreign = uploaded(cast["ben"])
    process_id = made(ada, "claim", told=foreign)
    run = fired(ada, process_id, "claims")
    assert (run["status"], run["error"]["kind"]) == ("failed", "value")
    assert "Copy: You cannot use the file" in run["error"]["message"]
    own = uploaded(cast["ada"])
    assert patched(ada, process_id, told=own).status_code == 200
    assert fired(ada, process_id, "claims")["status"] == "succeeded"
    assert read(ada, process_id)["data"]["copy"]["name"] == "offer.pdf"


def test_a_file_is_read_by_whoever_sees_a_field_that_holds_it(cast: Any, ada: APIClient) -> None:
    root = api_client(cast["admin"])
    seen, hidden = uploaded(cast["admin"]), uploaded(cast["admin"], "hidden.pdf")
    process_id = made(root, "claim", receipt={"id": seen}, secret_one={"id": hidden})

    def readers(number: str) -> list[str]:
        found = []
        for name, user in cast.items():
            try:
                readable_file(number, Uploader(user))
            except Missing:
                continue
            else:
                found.append(name)
        return found

    assert readers(seen) == ["admin", "ada", "ben", "boss"]
    assert readers(hidden) == ["admin", "boss"]
    loose = uploaded(cast["ada"])
    assert readers(loose) == ["ada"]
    # In the recycle bin nobody gets at it.
    assert root.delete(f"/api/v1/instances/{process_id}/").status_code == 204
    assert readers(seen) == []
