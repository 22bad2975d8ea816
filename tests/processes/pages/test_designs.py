"""The pages of a design, without a browser: its definition as text, versions, deleting."""

import json
from typing import Any

import pytest

from processes.definition.serialization import definition_text
from processes.designs.lifecycle import create_design, publish_design, save_design
from processes.document_cache import document_of
from processes.instances.lifecycle import create_instance, patch_instance
from processes.models import ProcessDesign, ProcessInstance, Run
from processes.selectors import get_design
from tests.pages import SCRIPT, client_of, text_of
from tests.processes.conftest import VALUES, definition, local
from tests.processes.definitions import button, process, set_rule, text_field

pytestmark = pytest.mark.django_db


def test_a_new_design_is_stored_as_a_draft(ada: Any) -> None:
    response = client_of(ada).post(
        "/designs/new/definition/", {"definition": json.dumps(definition())}
    )
    assert (response.status_code, response["Location"]) == (303, "/designs/token-refresh/")
    assert str(get_design("token-refresh").draft) == "0.1"


def test_the_text_in_the_editor_read_again_is_the_same_definition(design: Any, ada: Any) -> None:
    text = client_of(ada).get("/designs/token-refresh/").context["editor"].text
    response = client_of(ada).post("/designs/token-refresh/", {"definition": text})
    assert response.status_code == 303
    assert str(get_design("token-refresh").draft) == "1.0"


BROKEN = [
    ('{\n "name": "x",\n "forms": [}\n}', 3, "A value is missing here"),
    ('{\n "name": "x"\n "forms": []\n}', 3, "A comma is missing before this place"),
    ('{\n "name": "A B",\n "forms": []}', 2, "lower-case letters, digits and single hyphens"),
    ('{"name": "ok",\n"forms": [\n{"name": "f",\n"fields": [{"type": "no"}]}]}', 4, "type 'no'"),
    ('{"name": "ok",\n"forms": [\n{"title": "F"}]}', 3, "This is required."),
    ("", 1, "The definition is empty"),
    ("[]", 1, "as a JSON object"),
    ('{"name": "ok", "name": "ok"}', 1, "appears twice"),
    ("{" * 5000, 1, "double quotes"),
    ('{\n"name": "ok",\n"title": "T",\n"forms":\n[NaN,\n1]}', 5, "NaN is not a JSON number"),
    ('{\n"name": "ok",\n"n":\n[1, 2,\n' + "7" * 5000 + "]}", 5, "more than 308 digits"),
    ('{\n"name": "ok",\n"n": [\n1,\n1e999]}', 5, "too large"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "sentence"), BROKEN)
def test_each_error_of_a_definition_is_shown_at_its_line(
    ada: Any, text: str, line: int, sentence: str
) -> None:
    response = client_of(ada).post("/designs/new/definition/", {"definition": text})
    assert response.status_code == 422
    [mark] = [m for m in response.context["editor"].errors if sentence in m.sentence]
    assert mark.line == line
    assert f"Line {line}" in text_of(response)
    assert response.context["editor"].text == text
    assert not ProcessDesign.objects.exists()


def test_five_megabytes_are_refused_with_a_sentence_and_stay_in_the_editor(ada: Any) -> None:
    text = json.dumps({"name": "big", "description": "x" * 5_000_000})
    response = client_of(ada).post("/designs/new/definition/", {"definition": text})
    assert response.status_code == 422
    assert "A definition can have at most 1 MB" in text_of(response)
    assert response.context["editor"].text == text


def test_script_in_every_text_of_a_definition_is_only_text(ada: Any) -> None:
    raw = process(
        text_field("a", title=SCRIPT, help=SCRIPT, default=SCRIPT),
        button("go", set_rule("a", "x", title=SCRIPT), ),
        title=SCRIPT, description=SCRIPT,
    )  # fmt: skip
    client = client_of(ada)
    client.post("/designs/new/definition/", {"definition": json.dumps(raw)})
    publish_design(name="orders", user=ada, note=SCRIPT)
    client.post("/start/orders/", {"mode": "live", "v-a": SCRIPT})
    client.post("/instances/orders-1/", {"act": "press:go", "v-a": SCRIPT})
    run = Run.objects.get()
    for path in [
        "/designs/", "/designs/orders/", "/designs/orders/versions/",
        "/designs/orders/versions/1.0/", "/instances/", "/start/orders/",
        "/instances/orders-1/",
        "/instances/orders-1/changes/", f"/runs/{run.pk}/", "/runs/", "/designs/orders/publish/",
    ]:  # fmt: skip
        response = client.get(path)
        assert response.status_code == 200, path
        assert "<script>alert" not in response.content.decode(), path


def test_saving_a_draft_that_somebody_else_has_saved_meanwhile_shows_both_changes(
    design: Any, ada: Any, admin: Any
) -> None:
    client = client_of(ada)
    mine = definition_text(document_of(design.draft)).replace("Client ID", "Client name")
    save_design(name="token-refresh", raw=local(description="Theirs"), user=admin)
    body = {"definition": mine, "version": "1.0"}
    response = client.post("/designs/token-refresh/", body)
    assert response.status_code == 422
    page = text_of(response)
    assert "admin saved version 1.1 while you were editing" in page
    assert "Description of the process changed." in page
    assert "Client name" in page
    assert str(get_design("token-refresh").draft) == "1.1"
    kept = response.context["editor"]
    again = {"definition": kept.text, "version": kept.version}
    assert client.post("/designs/token-refresh/", again).status_code == 303
    assert "Client name" in json.dumps(get_design("token-refresh").draft.document)


def test_the_name_of_a_design_cannot_be_changed_in_the_editor(design: Any, ada: Any) -> None:
    body = {"definition": json.dumps(local(name="other")), "version": "1.0"}
    response = client_of(ada).post("/designs/token-refresh/", body)
    assert response.status_code == 422
    assert "cannot be changed" in text_of(response)


def test_warnings_stand_at_their_lines(ada: Any) -> None:
    create_design(raw=definition(), user=ada)
    editor = client_of(ada).get("/designs/token-refresh/").context["editor"]
    [mark] = [m for m in editor.warnings if "token-service" in m.sentence]
    assert "token-service" in editor.text.split("\n")[mark.line - 1]


def test_hints_beside_the_definition_do_not_read_as_errors(ada: Any) -> None:
    go = button("go", set_rule("total", "abc"), {"type": "save"})
    raw = process({"type": "number", "name": "total"}, go)
    create_design(raw=raw, user=ada)
    page = " ".join(text_of(client_of(ada).get("/designs/orders/")).split())
    assert "Check 1 point Line " in page
    assert '"abc" is not a number.' in page


def test_publishing_names_what_does_not_hold(ada: Any) -> None:
    create_design(raw=definition(), user=ada)
    response = client_of(ada).post("/designs/token-refresh/publish/", {"note": "x"})
    assert response.status_code == 422
    assert "token-service" in text_of(response)
    assert get_design("token-refresh").published is None


def test_publishing_moves_instances_and_says_which_stayed(
    design: Any, instance: Any, ada: Any
) -> None:
    patch_instance(
        process_id=instance.process_id, data={"created_at": "soon"}, revision=1, user=ada
    )
    other = create_instance(process="token-refresh", mode="live", data=VALUES, user=ada)
    raw = local()
    next(f for f in raw["forms"][0]["fields"] if f["name"] == "created_at")["type"] = "number"
    save_design(name="token-refresh", raw=raw, user=ada)
    client = client_of(ada)
    response = client.post("/designs/token-refresh/publish/", {"move_instances": "1", "note": "n"})
    page = text_of(response)
    assert "1 record stayed on its version" in page
    assert instance.process_id in page
    assert "is not valid: " in page
    assert str(ProcessInstance.objects.get(pk=other.pk).version) == "2.0"
    moved = client.post(f"/instances/{instance.process_id}/move/")
    assert moved.status_code == 409
    assert "is not valid: " in text_of(moved)


def test_a_note_that_is_too_long_is_refused_beside_it(design: Any, ada: Any) -> None:
    save_design(name="token-refresh", raw=local(description="n"), user=ada)
    response = client_of(ada).post("/designs/token-refresh/publish/", {"note": "x" * 501})
    assert response.status_code == 422
    assert "more than 500 characters" in text_of(response)


def test_any_two_versions_are_compared_in_sentences(design: Any, ada: Any) -> None:
    save_design(name="token-refresh", raw=local(description="New words"), user=ada)
    page = client_of(ada).get("/designs/token-refresh/versions/?from=0.1&to=1.1")
    assert "Description of the process changed." in text_of(page)
    assert '+ "description": "New words"' in text_of(page)
    assert client_of(ada).get("/designs/token-refresh/versions/?from=9.9&to=1.1").status_code == 404


def test_an_old_version_is_restored_as_the_newest_draft(design: Any, ada: Any) -> None:
    save_design(name="token-refresh", raw=local(description="New words"), user=ada)
    client_of(ada).post("/designs/token-refresh/versions/1.0/restore/")
    draft = get_design("token-refresh").draft
    assert (str(draft), draft.document["description"]) == ("1.2", local()["description"])


def test_a_design_in_use_is_not_deleted_and_says_by_whom(
    instance: Any, ada: Any, admin: Any
) -> None:
    response = client_of(ada).post("/designs/token-refresh/delete/")
    assert response.status_code == 409
    assert instance.process_id in text_of(response)
    assert "all the same" not in text_of(response)
    forced = client_of(admin).post("/designs/token-refresh/delete/", {"force": "1"})
    assert (forced.status_code, forced["Location"]) == (303, "/designs/")
    assert not ProcessDesign.objects.exists()
