"""Designs come from a file as it was previewed: all or nothing, and what is left to do is said."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from datasources.models import Datasource
from datasources.selectors import rest_document_of as datasource_of
from kianda.lib.errors import Invalid
from processes.designs.lifecycle import create_design
from processes.document_cache import document_of
from processes.library.import_file import read_bundle
from processes.library.importer import ImportChoice, carry_out, plan_of
from processes.models import ProcessDesign
from processes.selectors import get_design
from tests.pages import client_of, text_of
from tests.processes.conftest import definition
from tests.processes.library.transfer.files import all_of, emptied

pytestmark = pytest.mark.django_db


def test_an_import_makes_all_and_says_what_is_left_to_do(workspace: str, admin: Any) -> None:
    bundle = emptied(workspace)
    done = carry_out(bundle, all_of(bundle), user=admin)
    assert [one.name for one in done.processes] == ["token-refresh"]
    assert get_design("token-refresh").group == "Integrations"
    source = datasource_of(Datasource.objects.get())
    assert source.auth.credentials() == {"password": ""}
    said = [(todo.kind, todo.sentence) for todo in done.todo]
    assert ("datasource", "Password") in said
    assert ("datasource", "X-Api-Key of Get/Refresh Auth Token") in said
    assert ("process", "Get a new token: a value for body.client_secret") in said
    assert ("process", "Set the secret: a value for client_secret") in said


def test_objects_whose_names_are_taken_come_under_other_names_and_find_each_other(
    workspace: str, admin: Any
) -> None:
    bundle = read_bundle(workspace.encode())
    plan = plan_of(bundle, user=admin)
    assert (plan.processes[0].taken, plan.processes[0].choice.name) == (True, "token-refresh-2")
    assert (plan.datasources[0].same, plan.datasources[0].choice.act) == (True, "use")
    choices = {
        "process:token-refresh": ImportChoice("make", "token-refresh-2"),
        "datasource:token-service": ImportChoice("make", "other-service"),
    }
    carry_out(bundle, choices, user=admin)
    rules = document_of(get_design("token-refresh-2").draft).rules_of("refresh")
    assert [rule.datasource for rule in rules if hasattr(rule, "datasource")] == ["other-service"]


def test_a_file_can_become_the_next_draft_of_what_is_here(workspace: str, admin: Any) -> None:
    read = json.loads(workspace)
    read["processes"][0]["definition"]["description"] = "From the other side."
    bundle = read_bundle(json.dumps(read).encode())
    carry_out(bundle, {"process:token-refresh": ImportChoice("draft")}, user=admin)
    design = get_design("token-refresh")
    assert (str(design.draft), design.description) == ("0.2", "From the other side.")


def test_an_import_that_cannot_be_whole_makes_nothing(workspace: str, admin: Any) -> None:
    bundle = read_bundle(workspace.encode())
    choices = {
        "datasource:token-service": ImportChoice("make", "No Slug"),
        "process:token-refresh": ImportChoice("make", "token-refresh"),
    }
    with pytest.raises(Invalid) as caught:
        carry_out(bundle, choices, user=admin)
    places = [flaw.pointer for flaw in caught.value.errors]
    assert places == ["/datasources/0/name", "/processes/0/name"]
    assert ProcessDesign.objects.count() == 1
    assert Datasource.objects.count() == 2


def test_a_designer_may_not_make_a_datasource(workspace: str, ada: Any) -> None:
    bundle = emptied(workspace)
    assert plan_of(bundle, user=ada).datasources[0].acts == ("leave",)
    with pytest.raises(Invalid, match="Nothing was imported"):
        carry_out(bundle, all_of(bundle), user=ada)
    done = carry_out(bundle, {"process:token-refresh": ImportChoice("make")}, user=ada)
    assert "There is no datasource token-service." in [todo.sentence for todo in done.todo]


def test_an_address_that_may_not_be_reached_is_refused(workspace: str, admin: Any) -> None:
    bundle = emptied(workspace.replace("https://auth.example.org", "http://10.0.0.1"))
    with pytest.raises(Invalid) as caught:
        carry_out(bundle, all_of(bundle), user=admin)
    [flaw] = caught.value.errors
    assert flaw.pointer == "/datasources/0/base_url"
    assert "not a public address" in flaw.detail


def upload(text: str | bytes) -> dict[str, Any]:
    body = text.encode() if isinstance(text, str) else text
    return {"file": SimpleUploadedFile("designs.json", body, "application/json")}


def test_a_file_is_exported_previewed_and_imported_on_pages(workspace: str, admin: Any) -> None:
    client = client_of(admin)
    answer = client.get("/designs/token-refresh/export/")
    assert answer["Content-Disposition"] == 'attachment; filename="token-refresh.json"'
    preview = client.post("/designs/import/", upload(answer.content))
    assert preview.status_code == 200
    page = text_of(preview)
    assert "The name already exists" in page
    assert "Secrets to enter afterwards" in page
    assert ProcessDesign.objects.count() == 1
    held = preview.context["held"]
    assert "token-refresh" not in held
    sent = {
        "held": held,
        "act:process:token-refresh": "make", "name:process:token-refresh": "Bad Name",
        "act:datasource:token-service": "use",
    }  # fmt: skip
    refused = client.post("/designs/import/", sent)
    assert refused.status_code == 422
    assert 'value="Bad Name"' in refused.content.decode()
    sent["name:process:token-refresh"] = "second"
    done = client.post("/designs/import/", sent)
    assert done["Location"] == "/designs/import/done/"
    assert "Set the secret: a value for client_secret" in text_of(client.get(done["Location"]))
    assert get_design("second").group == "Integrations"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choose a file, or paste its text."),
        ({"text": " \n"}, "Choose a file, or paste its text."),
        ({"file": SimpleUploadedFile("empty.json", b"")}, "The file is empty."),
        ({"text": "half a {"}, "The file is not JSON"),
        ({"text": "x" * 2_000_000}, "larger than 1.5 MB. Export fewer designs into one file."),
        ({"file": SimpleUploadedFile("a.json", b"x" * 1_500_001)}, "is larger than 1.5 MB"),
        ({"held": "made-up"}, "The preview is too old."),
    ],
)
def test_a_bad_file_is_told_on_the_page(ada: Any, sent: dict[str, Any], sentence: str) -> None:
    response = client_of(ada).post("/designs/import/", sent)
    assert response.status_code == 422
    assert sentence in text_of(response)


def test_several_designs_go_into_one_file(workspace: str, ada: Any) -> None:
    create_design(raw=definition(name="second"), user=ada)
    client = client_of(ada)
    assert "Choose at least one design." in text_of(client.get("/designs/export/?asked=1"))
    answer = client.get("/designs/export/?name=second&name=token-refresh&name=second")
    read = json.loads(answer.content)
    assert [one["definition"]["name"] for one in read["processes"]] == ["second", "token-refresh"]
    assert client.get("/designs/export/?name=nobody").status_code == 404
