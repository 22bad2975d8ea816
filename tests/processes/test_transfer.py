"""Export and import of designs: one readable file, no secrets, a preview, all or nothing."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from datasources.models import Datasource
from datasources.selectors import document_of as datasource_of
from datasources.services import create_datasource
from kianda.accounts.models import AuditEntry
from kianda.lib.errors import Invalid, TooLarge
from processes.models import ProcessDesign
from processes.services.bundles import NOT_OURS, read_bundle
from processes.services.designs import create_design, get_design
from processes.services.documents import document_of
from processes.services.exporting import export_text
from processes.services.importing import Choice, carry_out, plan_of
from processes.services.library import put_into_group
from tests.pages import client_of, text_of
from tests.processes.conftest import ORDERS_METHOD, RULES, TOKEN_METHOD, definition, with_rules

pytestmark = pytest.mark.django_db
SECRETS = (
    "hunter2-password",
    "key-4711-abcdef",
    "literal-secret-1234",
    "in-the-query-99",
    "field-literal",
)


def service(**changes: Any) -> dict[str, Any]:
    """Return a datasource with a secret at every place that can hold one."""
    method = {
        **TOKEN_METHOD,
        "request_headers": [{"name": "Accept", "value": "application/json"},
                            {"name": "X-Api-Key", "value": "key-4711-abcdef"}],
    }  # fmt: skip
    return {
        "name": "token-service", "title": "Token service", "kind": "rest",
        "base_url": "https://auth.example.org",
        "auth": {"scheme": "basic", "username": "kianda", "password": "hunter2-password"},
        "test_path": "/ping?api_key=in-the-query-99&x=1",
        "methods": [method, ORDERS_METHOD], **changes,
    }  # fmt: skip


def secretive() -> dict[str, Any]:
    """Return a definition with secrets written out in its rules."""
    call = json.loads(json.dumps(RULES[1]))
    call["input_mapping"][2]["value"] = "literal-secret-1234"
    set_secret = {
        "type": "set_form_field", "id": "set-secret", "title": "Set the secret",
        "assignments": [{"field": "client_secret", "value": "field-literal"}],
    }  # fmt: skip
    return with_rules([set_secret, call, RULES[2]])


@pytest.fixture
def workspace(ada: Any, admin: Any) -> str:
    """A design with its datasource; returns the exported file."""
    create_datasource(raw=service(), user=admin)
    create_datasource(raw=service(name="not-needed"), user=admin)
    design = create_design(raw=secretive(), user=ada)
    put_into_group(design, "Integrations", user=ada)
    return export_text(["token-refresh"], user=ada)


def emptied(text: str) -> Any:
    """Return the file read back in a workspace that has nothing."""
    ProcessDesign.everything.all().delete()
    Datasource.objects.all().delete()
    return read_bundle(text.encode())


def all_of(bundle: Any, act: str = "make") -> dict[str, Choice]:
    made = {f"process:{one.name}": Choice(act) for one in bundle.processes}
    return made | {f"datasource:{one['name']}": Choice("make") for one in bundle.datasources}


# ---- the file


def test_the_file_is_readable_and_brings_the_datasources_that_are_called(workspace: str) -> None:
    read = json.loads(workspace)
    assert (read["format"], read["format_version"]) == ("kianda-designs", 1)
    assert [one["name"] for one in read["datasources"]] == ["token-service"]
    assert read["processes"][0]["group"] == "Integrations"
    assert '"datasource": "token-service"' in workspace
    # What is at its default does not stand there.
    assert "response_headers" not in workspace
    assert max(map(len, workspace.split("\n"))) < 200


def test_no_secret_for_another_process_is_in_the_file(ada: Any) -> None:
    rules = [
        {"type": "start_a_process", "process": "token-refresh",
         "input_mapping": [{"target": "client_secret", "value": "for-another"}]},
        {"type": "create_item", "datasource": "kianda", "method": "token-refresh",
         "input_mapping": [{"target": "body.refresh_token", "value": "for-new"},
                           {"target": "body.redirect_url", "value": "https://no.secret"}]},
        {"type": "create_item", "datasource": "kianda", "method": "not-there",
         "input_mapping": [{"target": "body.password", "value": "for-nobody-yet"}]},
    ]  # fmt: skip
    create_design(raw=with_rules(rules), user=ada)
    text = export_text(["token-refresh"], user=ada)
    assert [word for word in ("for-another", "for-new", "for-nobody-yet") if word in text] == []
    assert "https://no.secret" in text
    bundle = read_bundle(text.encode())
    done = carry_out(bundle, {"process:token-refresh": Choice("draft")}, user=ada)
    assert "Create item: a value for body.refresh_token" in [one.sentence for one in done.todo]


def test_no_secret_is_in_the_file_nor_in_the_audit_log(workspace: str) -> None:
    audit = " ".join(AuditEntry.objects.values_list("detail", flat=True))
    for secret in SECRETS:
        assert secret not in workspace
        assert secret not in audit
    assert "/ping?api_key=********&x=1" in workspace


def test_an_imported_file_exports_as_the_same_file(workspace: str, ada: Any, admin: Any) -> None:
    bundle = emptied(workspace)
    carry_out(bundle, all_of(bundle), user=admin)
    again, before = json.loads(export_text(["token-refresh"], user=ada)), json.loads(workspace)
    assert again["datasources"][0].keys() | {"test_path"} == before["datasources"][0].keys()
    first, second = (one["processes"][0]["definition"] for one in (before, again))
    assert [f["name"] for f in first["forms"][0]["fields"]] == [
        f["name"] for f in second["forms"][0]["fields"]
    ]


# ---- the import


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
        "process:token-refresh": Choice("make", "token-refresh-2"),
        "datasource:token-service": Choice("make", "other-service"),
    }
    carry_out(bundle, choices, user=admin)
    rules = document_of(get_design("token-refresh-2").draft).rules_of("refresh")
    assert [rule.datasource for rule in rules if hasattr(rule, "datasource")] == ["other-service"]


def test_a_file_can_become_the_next_draft_of_what_is_here(workspace: str, admin: Any) -> None:
    read = json.loads(workspace)
    read["processes"][0]["definition"]["description"] = "From the other side."
    bundle = read_bundle(json.dumps(read).encode())
    carry_out(bundle, {"process:token-refresh": Choice("draft")}, user=admin)
    design = get_design("token-refresh")
    assert (str(design.draft), design.description) == ("0.2", "From the other side.")


def test_an_import_that_cannot_be_whole_makes_nothing(workspace: str, admin: Any) -> None:
    bundle = read_bundle(workspace.encode())
    choices = {
        "datasource:token-service": Choice("make", "No Slug"),
        "process:token-refresh": Choice("make", "token-refresh"),
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
    done = carry_out(bundle, {"process:token-refresh": Choice("make")}, user=ada)
    assert "There is no datasource token-service." in [todo.sentence for todo in done.todo]


def test_an_address_that_may_not_be_reached_is_refused(workspace: str, admin: Any) -> None:
    bundle = emptied(workspace.replace("https://auth.example.org", "http://10.0.0.1"))
    with pytest.raises(Invalid) as caught:
        carry_out(bundle, all_of(bundle), user=admin)
    [flaw] = caught.value.errors
    assert flaw.pointer == "/datasources/0/base_url"
    assert "not a public address" in flaw.detail


def test_a_definition_by_itself_is_imported_too(ada: Any) -> None:
    bundle = read_bundle(json.dumps({**definition(), "meta": {"version": "3.0"}}).encode())
    assert [one.name for one in bundle.processes] == ["token-refresh"]


BAD = [
    (b"", "The file is empty."),
    (b"   \n", "The file is empty."),
    (b"hello", "The file is not JSON"),
    (b"\x89PNG\r\n\x1a\n\xff", "This is no text file."),
    (b'{"format": "kianda-designs", "processes": [{"defin', "The file ends in the middle"),
    (b'{"format": "kianda-designs", "exported": nul', "The file ends in the middle"),
    (b'{"format": "kianda-designs",\n "processes": [}]}', "in line 2, column"),
    (b"[1, 2]", NOT_OURS),
    (b'{"swagger": "2.0"}', NOT_OURS),
    (b'{"name": "x", "base_url": "https://x.example"}', "holds a data source alone"),
    (b'{"format": "kianda-designs", "format_version": 2, "processes": []}', "newer version"),
    (b'{"format": "kianda-designs", "format_version": 1, "processes": []}', "no process design"),
    (b'{"format": "kianda-designs", "format_version": 1, "processes": {}}', NOT_OURS),
    (b'{"format": "kianda-designs", "format_version": 1, "processes": [7]}', "Write an object"),
    (b'{"forms": [], "forms": []}', "stands twice"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "sentence"), BAD)
def test_what_is_no_export_is_refused_in_a_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_bundle(body)
    said = " ".join(flaw.detail for flaw in caught.value.errors)
    assert sentence in said


def test_two_megabytes_are_too_large() -> None:
    with pytest.raises(TooLarge, match=r"2\.0 MB; at most 1\.5 MB"):
        read_bundle(b"x" * 2_000_000)


def test_every_flaw_of_every_definition_is_told(workspace: str) -> None:
    read = json.loads(workspace)
    read["processes"].append({"definition": {"name": "No", "forms": [{"name": "1"}]}})
    read["processes"].append(read["processes"][0])
    with pytest.raises(Invalid) as caught:
        read_bundle(json.dumps(read).encode())
    places = [flaw.pointer for flaw in caught.value.errors]
    assert "/processes/1/definition/name" in places
    assert "/processes/1/definition/forms/0/name" in places
    assert any("stands twice" in flaw.detail for flaw in caught.value.errors)


# ---- the pages


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
    assert "The name is taken" in page
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
        ({}, "The file is empty."),
        ({"text": "half a {"}, "The file is not JSON"),
        ({"text": "x" * 2_000_000}, "The file has 2.0 MB; at most 1.5 MB"),
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
