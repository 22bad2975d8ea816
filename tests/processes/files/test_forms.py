"""Files on pages: sent with a form where no script runs, through links, shown, kept in forms."""

import base64
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kianda.web.form_once import new_token
from processes.designs.lifecycle import publish_design, save_design
from processes.models import File, FormLink, ProcessInstance
from processes.running import runs
from tests.factories import OPEN_TO_ALL, make_user
from tests.pages import client_of, text_of
from tests.processes.definitions import button, process, text_field
from tests.processes.files.samples import EXE, PDF, png
from tests.processes.files.test_values import claim, uploaded
from tests.processes.stories import published, values_of

pytestmark = pytest.mark.django_db(transaction=True)

BYTES = "application/offset+octet-stream"


@pytest.fixture
def cast() -> dict[str, Any]:
    people = {name: make_user(name, "User") for name in ("ada", "ben", "boss")}
    people["root"] = make_user("root", "Administrator")
    published(claim(), user=people["root"])
    return people


@pytest.fixture
def ada(cast: dict[str, Any]) -> Client:
    return client_of(cast["ada"])


def sent(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/octet-stream")


def new(client: Client, **data: Any) -> Any:
    once = {"once": new_token(), "mode": "live", "act": "create"}
    return client.post("/start/claim/", {**once, **data})


def saved(client: Client, process_id: str, **data: Any) -> Any:
    revision = ProcessInstance.objects.get(process_id=process_id).revision
    body = {"once": new_token(), "revision": str(revision), "act": "save", **data}
    return client.post(f"/instances/{process_id}/", body)


def names(field: str) -> list[str]:
    value = values_of(ProcessInstance.objects.latest("pk"))[field]
    many = value if isinstance(value, list) else [value]
    return [one["name"] for one in many if one]


def written(number: str, name: str = "offer.pdf") -> str:
    file = {"id": number, "name": name, "size": len(PDF), "media_type": "application/pdf"}
    return json.dumps(file)


def test_without_scripts_files_go_with_the_form(ada: Client) -> None:
    answer = new(
        ada,
        **{"upload-receipt": sent("offer.pdf", PDF),
           "upload-more": [sent("a.png", png()), sent("../b.pdf", PDF)]},
    )  # fmt: skip
    assert answer.status_code == 303
    assert (names("receipt"), names("more")) == (["offer.pdf"], ["a.png", "b.pdf"])
    page = text_of(ada.get(answer["Location"]))
    assert "a.png" in page
    # A box that is not ticked any more takes its file out; a new one goes behind those that stay.
    kept = File.objects.get(name="b.pdf")
    again = saved(
        ada, "claim-1",
        **{"v-more": ["", written(str(kept.pk), "b.pdf")], "upload-more": sent("c.pdf", PDF),
           "v-receipt": ["", written(str(File.objects.get(name="offer.pdf").pk))]},
    )  # fmt: skip
    assert again.status_code in {200, 303}
    assert (names("receipt"), names("more")) == (["offer.pdf"], ["b.pdf", "c.pdf"])
    assert saved(ada, "claim-1", **{"v-receipt": ""}).status_code in {200, 303}
    assert names("receipt") == []


def test_a_file_that_is_refused_is_told_beside_its_field_and_the_others_stay(ada: Client) -> None:
    answer = new(
        ada,
        **{"upload-receipt": sent("offer.pdf", EXE), "upload-more": sent("a.png", png()),
           "v-told": "typed"},
    )  # fmt: skip
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Receipt: The name offer.pdf does not match its content" in text_of(answer)
    # What arrived is in the form already, as what was typed is.
    posted = re.search(r'name="v-more"\s+value="({[^"]*})"', page)
    assert posted is not None
    assert 'value="typed"' in page
    value = posted[1].replace("&quot;", '"')
    assert new(ada, **{"v-more": ["", value]}).status_code == 303
    assert names("more") == ["a.png"]
    assert File.objects.count() == 1


def test_a_file_for_a_field_that_one_does_not_fill_in_is_dropped(ada: Client) -> None:
    assert new(ada, **{"upload-secret_one": sent("a.pdf", PDF)}).status_code == 303
    assert not File.objects.exists()


def test_what_a_page_posts_of_a_foreign_file_tells_nothing(cast: Any, ada: Client) -> None:
    number = uploaded(cast["ben"], "salaries.pdf")
    answer = new(ada, **{"v-receipt": written(number, "mine.pdf")})
    assert answer.status_code == 422
    page = text_of(answer)
    assert f"Receipt: You cannot use the file {number} here." in page
    assert "salaries" not in page
    for garbled in ("{broken", "[]", '{"id": 5}', "x" * 500):
        assert new(ada, **{"v-receipt": garbled}).status_code == 422


def test_the_page_of_an_instance_lists_files_and_says_which_are_not_checked(
    cast: Any, ada: Client
) -> None:
    number = uploaded(cast["ada"])
    assert new(ada, **{"v-receipt": written(number)}).status_code == 303
    File.objects.update(state=File.State.SCANNING)
    page = text_of(ada.get("/instances/claim-1/"))
    assert "not checked yet" in page
    File.objects.update(state=File.State.REFUSED, finding="Evil.Worm")
    page = text_of(ada.get("/instances/claim-1/"))
    assert "did not pass the file check" in page
    assert "Evil.Worm" not in page
    assert "Evil.Worm" in text_of(client_of(cast["root"]).get("/instances/claim-1/"))
    assert saved(ada, "claim-1", **{"v-receipt": ""}).status_code in {200, 303}
    assert "only in the history" in text_of(ada.get("/instances/claim-1/"))


def test_the_history_names_files_whose_field_the_process_has_no_more(
    cast: Any, ada: Client
) -> None:
    more = [sent("a.png", png()), sent("b.pdf", PDF)]
    new(ada, **{"upload-receipt": sent("offer.pdf", PDF), "upload-more": more})
    raw = claim()
    raw["forms"][0]["fields"] = [text_field("told")]
    save_design(name="claim", raw=raw, user=cast["root"])
    publish_design(name="claim", user=cast["root"], move_instances=True)
    page = text_of(ada.get("/instances/claim-1/changes/"))
    assert "offer.pdf empty" in page
    assert "a.png, b.pdf empty" in page
    assert "Media type" not in page


# ---- through links


@pytest.fixture
def path(cast: dict[str, Any]) -> str:
    """The address of a link to a form that takes a photo."""
    link = {"type": "anonymous_form_link", "form": "survey", "field": "address"}
    raw = process(
        text_field("address"), button("ask", link, {"type": "save"}), name="ticket", rules=[]
    )
    raw["forms"].append({"name": "survey", "title": "Tell us", "fields": [
        {"type": "file_upload", "name": "photo", "allowed": "pdf"},
        {"type": "file_upload", "name": "inner", "see": ["user:boss"]},
        button("send", {"type": "submit"}),
    ]})  # fmt: skip
    raw["forms"][1]["activate_with"] = raw["forms"][0]["name"]
    published(raw | {"security": OPEN_TO_ALL}, user=cast["root"])
    made = client_of(cast["ada"])
    once = {"once": new_token(), "mode": "live", "act": "create"}
    assert made.post("/start/ticket/", once).status_code == 303
    runs.trigger(process_id="ticket-1", target="ask", user=cast["ada"], trigger="button")
    row = ProcessInstance.objects.get(process_id="ticket-1")
    return "/" + str(values_of(row)["address"]).split("/", 3)[3]


def stranger(path: str) -> Client:
    client = Client()
    assert client.get(path).status_code == 200
    return client


def about(**said: str) -> str:
    return ",".join(f"{key} {base64.b64encode(one.encode()).decode()}" for key, one in said.items())


def begun(client: Client, path: str, *, name: str = "p.pdf", field: str = "photo") -> Any:
    headers = {
        "Tus-Resumable": "1.0.0", "Upload-Length": str(len(PDF)),
        "Upload-Metadata": about(filename=name, field=field),
    }  # fmt: skip
    return client.post(f"{path}files/", b"", content_type="text/plain", headers=headers)


def appended(client: Client, place: str) -> Any:
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    return client.generic("PATCH", place, PDF.decode(), content_type=BYTES, headers=headers)


def test_through_a_link_files_are_uploaded_and_sent(path: str) -> None:
    client = stranger(path)
    place = begun(client, path)["Location"]
    assert appended(client, place).status_code == 204
    told = client.get(place).json()
    assert told["media_type"] == "application/pdf"
    revision = ProcessInstance.objects.get(process_id="ticket-1").revision
    body = {"act": "press:send", "revision": str(revision), "v-photo": ["", json.dumps(told)]}
    assert client.post(path, body)["Location"] == f"{path}sent/"
    assert names("photo") == ["p.pdf"]


def test_an_upload_through_a_link_is_that_browsers_alone(path: str) -> None:
    one, other = stranger(path), stranger(path)
    place = begun(one, path)["Location"]
    assert one.cookies["k-uploads"]["httponly"]
    assert one.cookies["k-uploads"]["path"] == "/f/"
    for answer in (other.get(place), appended(other, place), other.delete(place)):
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
    assert one.delete(place).status_code == 204


def test_a_link_takes_files_for_its_form_alone(path: str) -> None:
    client = stranger(path)
    for field, name, sentence in [
        ("inner", "p.pdf", "no field inner that takes files"),
        ("address", "p.pdf", "no field address that takes files"),
        ("photo", "p.docx", "is not allowed here"),
    ]:
        answer = begun(client, path, name=name, field=field)
        assert answer.status_code == 400
        assert sentence in answer.content.decode()
    # Who has not seen the page has no browser that is known.
    assert begun(Client(), path).status_code == 400
    assert not File.objects.exists()


def test_a_link_takes_only_so_many_files(path: str) -> None:
    client = stranger(path)
    for _each in range(20):
        assert begun(client, path).status_code == 201
    assert begun(client, path).status_code == 429


def test_a_link_that_has_ended_takes_nothing(path: str) -> None:
    client = stranger(path)
    place = begun(client, path)["Location"]
    FormLink.objects.update(ended=FormLink.Ended.REVOKED)
    assert begun(client, path).status_code == 410
    assert appended(client, place).status_code == 410
    assert begun(client, "/f/unknown/").status_code == 404


def test_without_scripts_a_link_takes_files_with_its_form(path: str) -> None:
    client = stranger(path)
    revision = ProcessInstance.objects.get(process_id="ticket-1").revision
    body = {"act": "press:send", "revision": str(revision)}
    wrong = client.post(path, {**body, "upload-photo": sent("p.pdf", EXE)})
    assert wrong.status_code == 422
    assert "does not match its content" in text_of(wrong)
    assert client.post(path, {**body, "upload-photo": sent("p.pdf", PDF)}).status_code == 303
    assert names("photo") == ["p.pdf"]
