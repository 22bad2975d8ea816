"""The pages of designs, instances and runs, without a browser: roles, acts, bad input."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_httpserver import HTTPServer

from kianda import search
from kianda.accounts.models import Profile
from kianda.lib import lists
from kianda.lib.secrets import MASK
from kianda.once import new_token
from processes.models import Change, ProcessDesign, ProcessInstance, Run
from processes.services import runs
from processes.services.designs import create_design, get_design, publish_design, save_design
from processes.services.documents import document_of
from processes.services.instances import create_instance, patch_instance
from processes.services.values import stored_values
from processes.writing import definition_text
from tests.processes.conftest import RULES, VALUES, answers, definition, with_rules
from tests.processes.definitions import button, process, set_rule, text_field

pytestmark = pytest.mark.django_db
Make = Callable[..., ProcessInstance]
SCRIPT = "<script>alert(1)</script>\"'&"


def client_of(user: Any, **more: Any) -> Client:
    client = Client(**more)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text_of(response: Any) -> str:
    """Return what a page says, without its marks."""
    plain = re.sub(r"<(script|style)[\s\S]*?</\1>|<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", html.unescape(plain))


def local(**changes: Any) -> dict[str, Any]:
    """Return the scenario's definition without the rule that calls out."""
    return with_rules([RULES[0], RULES[2]], **changes)


def values_of(instance: ProcessInstance) -> dict[str, Any]:
    fresh = ProcessInstance.objects.select_related("version").get(pk=instance.pk)
    return dict(stored_values(document_of(fresh.version), fresh))


@pytest.fixture
def design(ada: Any) -> ProcessDesign:
    create_design(raw=local(), user=ada)
    publish_design(name="token-refresh", user=ada)
    return get_design("token-refresh")


@pytest.fixture
def instance(design: ProcessDesign, ada: Any) -> ProcessInstance:
    return create_instance(process="token-refresh", mode="live", data=VALUES, user=ada)


def sent(instance: ProcessInstance, **typed: str) -> dict[str, str]:
    """Return what the form posts when only these fields were changed."""
    now = values_of(instance)
    known = {name: now[name] for name in ("grant_type", "client_id", "redirect_url", "last_error")}
    revision = ProcessInstance.objects.get(pk=instance.pk).revision
    return {
        "revision": str(revision),
        **{f"v-{name}": value for name, value in {**known, **typed}.items()},
    }


# ---- who may see what


PLACES = [
    "/designs/", "/designs/new/", "/designs/new/definition/", "/designs/import/",
    "/designs/export/", "/designs/bin/", "/designs/token-refresh/details/",
    "/designs/token-refresh/duplicate/", "/designs/token-refresh/export/",
    "/designs/token-refresh/", "/designs/token-refresh/versions/",
    "/designs/token-refresh/publish/", "/designs/token-refresh/delete/",
    "/designs/token-refresh/versions/0.1/", "/designs/token-refresh/versions/0.1/restore/",
]  # fmt: skip
SHARED = [
    "/instances/", "/instances/new/", "/instances/token-refresh-1/", "/runs/",
    "/instances/token-refresh-1/runs/", "/instances/token-refresh-1/changes/",
    "/instances/token-refresh-1/delete/",
]  # fmt: skip


@pytest.mark.parametrize("path", PLACES)
def test_designs_are_for_designers(instance: Any, ada: Any, ben: Any, path: str) -> None:
    assert client_of(ada).get(path).status_code == 200
    assert client_of(ben).get(path).status_code == 403
    assert Client().get(path).status_code in {302, 303}


@pytest.mark.parametrize("path", SHARED)
def test_instances_and_runs_are_for_every_role(
    instance: Any, ben: Any, cleo: Any, path: str
) -> None:
    assert client_of(ben).get(path).status_code == 200
    assert client_of(cleo).get(path).status_code == 403


def test_a_preview_of_somebody_else_is_not_there_for_a_user(
    design: Any, ada: Any, ben: Any
) -> None:
    made = create_instance(process="token-refresh", mode="preview", data={}, user=ada)
    for part in ("", "runs/", "changes/", "delete/"):
        assert client_of(ben).get(f"/instances/{made.process_id}/{part}").status_code == 404
    assert made.process_id not in text_of(client_of(ben).get("/instances/"))


def test_a_user_cannot_make_a_preview(design: Any, ben: Any) -> None:
    body = {"process": "token-refresh", "mode": "preview", "v-client_id": "x"}
    assert client_of(ben).post("/instances/new/", body).status_code == 403
    assert not ProcessInstance.objects.exists()


# ---- lists


@pytest.mark.parametrize("path", ["/designs/", "/instances/", "/runs/"])
def test_a_list_asks_the_database_as_often_for_many_rows_as_for_few(ada: Any, path: str) -> None:
    client = client_of(ada)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(path).status_code == 200
        return len(found)

    def make(numbers: range) -> None:
        for n in numbers:
            raw = process(text_field("a"), button("go", set_rule("a", "x")), name=f"p-{n}")
            create_design(raw=raw, user=ada)
            publish_design(name=f"p-{n}", user=ada)
            made = create_instance(process=f"p-{n}", mode="live", data={}, user=ada)
            runs.trigger(process_id=made.process_id, target="go", user=ada, trigger="button")

    make(range(2))
    queries()
    few = queries()
    make(range(2, 12))
    assert queries() == few


def test_instances_are_found_by_process_id_and_by_values_but_never_by_names_or_secrets(
    design: Any, ada: Any
) -> None:
    for client_id in ("acme", "100%_real", "Łódź"):
        data = {**VALUES, "client_id": client_id}
        create_instance(process="token-refresh", mode="live", data=data, user=ada)

    def found(words: str) -> list[str]:
        rows = client_of(ada).get("/instances/", {"q": words}).context["page"]
        return sorted(row.process_id[-1] for row in rows)

    assert found("ACM") == ["1"]
    assert found("refresh-2") == ["2"]
    assert found("%_r") == ["2"]
    assert found("Łódź") == ["3"]
    assert found("acme token") == ["1"]
    assert found("cs-secret-1") == []
    assert found("redirect_url") == []


def test_a_look_into_values_ends_says_so_and_goes_on(
    design: ProcessDesign, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        create_instance(
            process="token-refresh", mode="live", data={"client_id": f"shop-{number}"}, user=ada
        )
    monkeypatch.setattr(lists, "LOOKED_AT", 2)
    monkeypatch.setattr(search, "LOOKED_AT", 2)
    client = client_of(ada)

    def found(page: Any) -> list[str]:
        return [one.process_id for one in page.context["page"]]

    page = client.get("/instances/", {"q": "shop"})
    assert found(page) == ["token-refresh-5", "token-refresh-4"]
    page = client.get("/instances/", {"q": "shop-1"})
    assert found(page) == []
    assert "Values were looked at in" in text_of(page)
    for expected in (["token-refresh-2"], []):
        links = re.findall(r'href="(\?[^"]*before=\d+[^"]*)"', page.content.decode())
        page = client.get("/instances/" + html.unescape(links[-1]))
        assert found(page) == expected
    assert "Values were looked at in" not in text_of(page)
    # Process IDs are looked at in all of them, and the command bar finds the beginning of one.
    assert found(client.get("/instances/", {"q": "REFRESH-1"})) == ["token-refresh-1"]
    bar = text_of(client.get("/search/", {"q": "token-refresh-1"}))
    assert "Looked at the newest" in bar
    assert "token-refresh-1 OAuth token refresh" in bar


def test_a_filter_offers_so_many_processes_and_the_chosen_one(
    design: ProcessDesign, ada: Any
) -> None:
    create_instance(process="token-refresh", mode="live", data={}, user=ada)
    moment = design.created
    ProcessDesign.objects.bulk_create(
        ProcessDesign(name=f"many-{n}", title=f"Many {n:03}", created=moment, modified=moment)
        for n in range(210)
    )
    page = client_of(ada).get("/instances/", {"process": "token-refresh"}).content.decode()
    assert page.count('<option value="many-') == 200
    assert '<option value="token-refresh" selected>' in page
    assert "10 more: open a process design and its instances" in page


def test_a_search_without_hits_repeats_it_and_offers_to_clear(instance: Any, ada: Any) -> None:
    page = text_of(client_of(ada).get("/instances/", {"q": SCRIPT}))
    assert f"Nothing fits “{SCRIPT}”" in page
    assert "Clear filters" in page


@pytest.mark.parametrize("path", ["/designs/", "/instances/", "/runs/"])
@pytest.mark.parametrize(
    "query", ["?page=999", "?page=x", "?ordering=secrets", "?q=%00", "?mode=x"]
)
def test_odd_queries_are_answered(instance: Any, ada: Any, path: str, query: str) -> None:
    assert client_of(ada).get(path + query).status_code == 200


# ---- designs


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
    ('{\n "name": "A B",\n "forms": []}', 2, "small letters, digits and single hyphens"),
    ('{"name": "ok",\n"forms": [\n{"name": "f",\n"fields": [{"type": "no"}]}]}', 4, "no type 'no'"),
    ('{"name": "ok",\n"forms": [\n{"title": "F"}]}', 3, "This is required."),
    ("", 1, "The definition is empty"),
    ("[]", 1, "as a JSON object"),
    ('{"name": "ok", "name": "ok"}', 1, "stands twice"),
    ("{" * 5000, 1, "double quotes"),
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
    assert "A definition may have 1 MB" in text_of(response)
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
    client.post("/instances/new/", {"process": "orders", "mode": "live", "v-a": SCRIPT})
    client.post("/instances/orders-1/", {"act": "press:go", "v-a": SCRIPT})
    run = Run.objects.get()
    for path in [
        "/designs/", "/designs/orders/", "/designs/orders/versions/",
        "/designs/orders/versions/1.0/", "/instances/", "/instances/new/?process=orders",
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
    assert "The name cannot be changed" in text_of(response)


def test_warnings_stand_at_their_lines(ada: Any) -> None:
    create_design(raw=definition(), user=ada)
    editor = client_of(ada).get("/designs/token-refresh/").context["editor"]
    [mark] = [m for m in editor.warnings if "token-service" in m.sentence]
    assert "token-service" in editor.text.split("\n")[mark.line - 1]


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
    assert "1 instance stayed on its version" in page
    assert instance.process_id in page
    assert "does not fit" in page
    assert str(ProcessInstance.objects.get(pk=other.pk).version) == "2.0"
    moved = client.post(f"/instances/{instance.process_id}/move/")
    assert moved.status_code == 409
    assert "does not fit" in text_of(moved)


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


# ---- new instances


def test_a_new_instance_starts_with_the_defaults_of_the_first_form(design: Any, ben: Any) -> None:
    page = client_of(ben).get("/instances/new/?process=token-refresh")
    assert 'value="refresh_token"' in page.content.decode()
    body = {"process": "token-refresh", "mode": "live", "v-grant_type": "other", "v-client_id": "c"}
    response = client_of(ben).post("/instances/new/", body)
    assert response["Location"] == "/instances/token-refresh-1/"
    made = ProcessInstance.objects.get()
    assert (made.values["grant_type"], made.values["client_id"]) == ("other", "c")


def test_what_is_required_is_asked_for_beside_its_field_and_typed_text_stays(
    design: Any, ben: Any
) -> None:
    typed = {"v-client_id": "", "v-redirect_url": SCRIPT, "v-expires_in": "x"}
    body = {"process": "token-refresh", **typed}
    response = client_of(ben).post("/instances/new/", body)
    assert response.status_code == 422
    assert "Client ID is required. Fill it in." in text_of(response)
    assert '"x" is not a number' in text_of(response)
    assert html.escape(SCRIPT) in response.content.decode().replace("&#34;", "&quot;")
    assert not ProcessInstance.objects.exists()


@pytest.mark.parametrize("name", ["", "nothing", "\0"])
def test_a_process_that_is_not_there_is_said(design: Any, ben: Any, name: str) -> None:
    response = client_of(ben).post("/instances/new/", {"process": name})
    assert response.status_code == 422
    assert not ProcessInstance.objects.exists()


# ---- one instance


def test_no_secret_is_ever_in_a_page(instance: Any, ada: Any) -> None:
    client = client_of(ada)
    client.post(
        f"/instances/{instance.process_id}/", sent(instance, client_secret="brand-new-secret")
    )
    assert values_of(instance)["client_secret"] == "brand-new-secret"
    for part in ("", "changes/", "runs/"):
        page = client.get(f"/instances/{instance.process_id}/{part}").content.decode()
        assert "brand-new-secret" not in page
        assert "rt-old-42" not in page
        assert MASK not in page


def test_an_empty_secret_is_kept_and_a_removed_one_is_gone(instance: Any, ada: Any) -> None:
    client = client_of(ada)
    path = f"/instances/{instance.process_id}/"
    client.post(path, sent(instance, client_secret="", last_error="x"))
    assert values_of(instance)["client_secret"] == "cs-secret-1"
    client.post(path, {**sent(instance, client_secret=""), "remove-client_secret": "1"})
    assert values_of(instance)["client_secret"] == ""


def test_saving_by_hand_stores_what_was_typed_with_its_history(instance: Any, ben: Any) -> None:
    path = f"/instances/{instance.process_id}/"
    response = client_of(ben).post(path, sent(instance, redirect_url="https://new.example/"))
    assert (response.status_code, response["Location"]) == (303, path)
    [change] = Change.objects.all()
    assert change.by_name == "ben"
    assert change.fields == [
        {"field": "redirect_url", "before": VALUES["redirect_url"], "after": "https://new.example/"}
    ]


def test_saving_what_nobody_changed_makes_no_revision(instance: Any, ada: Any) -> None:
    client_of(ada).post(f"/instances/{instance.process_id}/", sent(instance))
    assert ProcessInstance.objects.get().revision == 1


def test_a_required_field_left_blank_is_explained_and_nothing_is_stored(
    instance: Any, ada: Any
) -> None:
    body = sent(instance, client_id="", redirect_url="typed")
    response = client_of(ada).post(f"/instances/{instance.process_id}/", body)
    assert response.status_code == 422
    assert "Client ID is required. Fill it in." in text_of(response)
    assert 'value="typed"' in response.content.decode()
    assert values_of(instance)["client_id"] == "client-1"


def test_both_changed_one_field_so_the_person_chooses(instance: Any, ada: Any, ben: Any) -> None:
    path = f"/instances/{instance.process_id}/"
    body = sent(instance, redirect_url="mine", last_error="also mine")
    theirs = {"redirect_url": "theirs", "client_id": "other"}
    patch_instance(process_id=instance.process_id, data=theirs, revision=1, user=ben)
    response = client_of(ada).post(path, body)
    assert response.status_code == 409
    page = text_of(response)
    assert "One field was changed meanwhile" in page
    assert "Keep mine: mine" in page
    assert "Take theirs: theirs" in page
    assert "ben, by hand" in page
    assert "Client ID: client-1 other" in page
    assert values_of(instance)["redirect_url"] == "theirs"
    assert 'name="revision" value="2"' in response.content.decode()
    again = sent(instance, redirect_url="mine", last_error="also mine")
    client_of(ada).post(path, {**again, "take-redirect_url": "theirs"})
    assert values_of(instance)["redirect_url"] == "theirs"
    assert values_of(instance)["last_error"] == "also mine"
    assert values_of(instance)["client_id"] == "other"


def test_keeping_mine_overwrites_theirs_knowingly(instance: Any, ada: Any, ben: Any) -> None:
    body = sent(instance, redirect_url="mine")
    patch_instance(
        process_id=instance.process_id, data={"redirect_url": "theirs"}, revision=1, user=ben
    )
    path = f"/instances/{instance.process_id}/"
    assert client_of(ada).post(path, body).status_code == 409
    again = {**sent(instance, redirect_url="mine"), "take-redirect_url": "mine"}
    patch_instance(
        process_id=instance.process_id, data={"redirect_url": "theirs again"}, revision=2, user=ben
    )
    asked_anew = client_of(ada).post(path, again)
    assert "theirs again" in text_of(asked_anew)
    assert asked_anew.status_code == 409
    client_of(ada).post(path, {**again, "revision": "3"})
    assert values_of(instance)["redirect_url"] == "mine"


def test_changes_of_different_fields_do_not_meet(instance: Any, ada: Any, ben: Any) -> None:
    body = sent(instance, redirect_url="mine")
    patch_instance(
        process_id=instance.process_id, data={"client_id": "theirs"}, revision=1, user=ben
    )
    response = client_of(ada).post(f"/instances/{instance.process_id}/", body)
    assert response.status_code == 303
    stored = values_of(instance)
    assert (stored["redirect_url"], stored["client_id"]) == ("mine", "theirs")


def test_a_former_value_is_restored_as_a_change_by_hand(instance: Any, ada: Any) -> None:
    patch_instance(
        process_id=instance.process_id,
        data={"redirect_url": "wrong", "client_secret": "n"},
        revision=1,
        user=ada,
    )
    change = Change.objects.get()
    path = f"/instances/{instance.process_id}/changes/{change.pk}"
    client = client_of(ada)
    assert "Restore the value" in text_of(client.get(f"{path}/redirect_url/"))
    assert client.post(f"{path}/redirect_url/").status_code == 303
    assert values_of(instance)["redirect_url"] == VALUES["redirect_url"]
    assert Change.objects.count() == 2
    assert client.post(f"{path}/client_secret/").status_code == 409
    assert client.get(f"{path}/nothing/").status_code == 404


def test_an_instance_is_deleted_after_a_question(instance: Any, ada: Any, ben: Any) -> None:
    path = f"/instances/{instance.process_id}/delete/"
    assert client_of(ben).post(path).status_code == 403
    assert client_of(ada).post(path)["Location"] == "/instances/"
    assert not ProcessInstance.objects.exists()


# ---- pressing, and doing things once


def test_pressing_a_button_runs_it_with_what_was_typed(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    path = f"/instances/{instance.process_id}/"
    body = {**sent(instance, client_id="typed"), "act": "press:refresh"}
    assert client_of(ada).post(path, body)["Location"] == path
    run = Run.objects.get()
    assert (run.status, run.trigger, run.run_as_name) == ("succeeded", "button", "ada")
    assert provider.log[0][0].form["client_id"] == "typed"
    assert values_of(instance)["access_token"] == "at-new"


def test_for_htmx_the_values_change_in_place_and_say_so(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    response = client_of(ada).post(
        f"/instances/{instance.process_id}/",
        {**sent(instance), "act": "press:refresh"},
        headers={"HX-Request": "true", "HX-Target": "instance"},
    )
    assert response.status_code == 200
    page = response.content.decode()
    assert "<html" not in page
    assert 'value="at-new"' in page
    assert "changed now" in page
    assert "See the trace" in page


def test_a_form_sent_twice_has_one_effect_and_leads_to_the_same_place(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    body = {**sent(instance), "act": "press:refresh", "once": new_token()}
    client = client_of(ada)
    first = client.post(f"/instances/{instance.process_id}/", body)
    second = client.post(f"/instances/{instance.process_id}/", body)
    assert Run.objects.count() == len(provider.log) == 1
    assert second.status_code == first.status_code == 303
    assert client.get(second["Location"]).status_code == 200


def test_a_refused_form_may_be_sent_again_with_its_token(design: Any, ada: Any) -> None:
    body = {"process": "token-refresh", "mode": "live", "once": new_token()}
    client = client_of(ada)
    assert client.post("/instances/new/", body).status_code == 422
    made = {**body, "v-client_id": "c"}
    places = [client.post("/instances/new/", made)["Location"] for _ in range(2)]
    assert places == ["/instances/token-refresh-1/"] * 2
    assert ProcessInstance.objects.count() == 1


def test_an_invalid_value_stands_beside_its_field_when_a_button_is_pressed(
    instance: Any, ada: Any
) -> None:
    body = {**sent(instance, expires_in="soon"), "act": "press:refresh"}
    response = client_of(ada).post(f"/instances/{instance.process_id}/", body)
    assert response.status_code == 422
    assert '"soon" is not a number' in text_of(response)
    assert not Run.objects.exists()


def test_a_button_that_is_not_there_is_said(instance: Any, ada: Any) -> None:
    body = {**sent(instance), "act": "press:nothing"}
    response = client_of(ada).post(f"/instances/{instance.process_id}/", body)
    assert response.status_code == 422
    assert "no field nothing" in text_of(response)


def test_a_busy_instance_names_the_run_and_keeps_what_was_typed(
    instance: Any, ada: Any, settings: Any
) -> None:
    settings.KIANDA_BUSY_WAIT_S = 0
    run = runs.enqueue(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    Run.objects.filter(pk=run.pk).update(status="running")
    client = client_of(ada)
    for act in ("save", "press:refresh"):
        body = {**sent(instance, redirect_url="typed"), "act": act}
        response = client.post(f"/instances/{instance.process_id}/", body)
        assert response.status_code == 409
        assert f"/runs/{run.pk}/" in response.content.decode()
        assert 'value="typed"' in response.content.decode()


def test_a_preview_is_pressed_at_its_newest_draft(design: Any, ada: Any) -> None:
    made = create_instance(process="token-refresh", mode="preview", data=VALUES, user=ada)
    save_design(name="token-refresh", raw=local(description="newer"), user=ada)
    body = {**sent(made), "act": "press:refresh"}
    response = client_of(ada).post(f"/instances/{made.process_id}/", body)
    assert response.status_code == 303
    assert Run.objects.get().version == "1.1"


# ---- runs


def test_a_run_shows_request_answer_changes_and_no_secret(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    run = runs.trigger(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    response = client_of(ada).get(f"/runs/{run.pk}/")
    page, words = response.content.decode(), text_of(response)
    for secret in ("cs-secret-1", "rt-old-42", "rt-new-77"):
        assert secret not in page
    assert "Refresh on token-refresh-1" in words
    assert "client_secret= secret" in words
    assert "curl --request POST" in html.unescape(page)
    assert "2. Get a new token" in words
    assert "new secret" in words


def test_a_failed_step_is_open_and_what_was_not_reached_says_so(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider, "busy", status=503)
    instance = make_token()
    run = runs.trigger(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    response = client_of(ada).get(f"/runs/{run.pk}/")
    assert [step["open"] for step in response.context["steps"]] == [False, True, False]
    assert "503" in text_of(response)
    assert "Not reached: the run ended before it." in text_of(response)
    assert "The last run failed" in text_of(client_of(ada).get("/instances/token-refresh-1/"))


def test_a_running_run_asks_for_itself_each_second_and_a_closed_one_does_not(
    instance: Any, ada: Any
) -> None:
    run = runs.enqueue(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    client = client_of(ada)
    growing = client.get(f"/runs/{run.pk}/").content.decode()
    assert 'hx-trigger="every 1s"' in growing
    assert 'http-equiv="refresh"' in growing
    runs.execute_queued(run.pk)
    part = client.get(
        f"/runs/{run.pk}/", headers={"HX-Request": "true", "HX-Target": "run"}
    ).content.decode()
    assert "<html" not in part
    assert "every 1s" not in part


def test_an_answer_that_nobody_stored_is_offered_and_stored(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token(RULES[:2])
    run = runs.trigger(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    client = client_of(ada)
    for path in (f"/runs/{run.pk}/", f"/instances/{instance.process_id}/"):
        assert "Store these values" in text_of(client.get(path))
    dialog = client.get(f"/runs/{run.pk}/store/")
    assert "Refresh token" in text_of(dialog)
    assert "rt-new-77" not in dialog.content.decode()
    assert client.post(f"/runs/{run.pk}/store/").status_code == 303
    assert values_of(instance)["refresh_token"] == "rt-new-77"
    assert client.post(f"/runs/{run.pk}/store/").status_code == 409


@pytest.mark.parametrize("number", ["0", "999999", "9" * 30])
def test_a_run_that_is_not_there_is_a_page_that_says_so(ada: Any, number: str) -> None:
    assert client_of(ada).get(f"/runs/{number}/").status_code == 404


def test_what_a_field_held_before_it_became_secret_is_shown_no_more(ada: Any) -> None:
    open_field = {"type": "text", "name": "key", "title": "Key"}
    create_design(raw=process(open_field, name="keys"), user=ada)
    publish_design(name="keys", user=ada)
    made = create_instance(process="keys", mode="live", data={"key": "first-key-1"}, user=ada)
    path = f"/instances/{made.process_id}/"
    patch_instance(process_id=made.process_id, data={"key": "next-key-22"}, revision=1, user=ada)
    assert "first-key-1" in text_of(client_of(ada).get(f"{path}changes/"))
    save_design(name="keys", raw=process({**open_field, "type": "secret"}, name="keys"), user=ada)
    publish_design(name="keys", user=ada, move_instances=True)
    change = Change.objects.get()
    for page in ("", "changes/", f"changes/{change.pk}/key/"):
        answer = client_of(ada).get(path + page)
        assert answer.status_code == 200, page
        assert "first-key-1" not in answer.content.decode()
        assert "next-key-22" not in answer.content.decode()


def test_moments_in_the_history_are_told_in_the_persons_zone(ada: Any) -> None:
    raw = process({"type": "date", "name": "due", "title": "Due", "mode": "datetime"}, name="dues")
    create_design(raw=raw, user=ada)
    publish_design(name="dues", user=ada)
    made = create_instance(
        process="dues", mode="live", data={"due": "2025-07-01T10:00:00Z"}, user=ada
    )
    patch_instance(
        process_id=made.process_id, data={"due": "2025-07-01T22:30:00Z"}, revision=1, user=ada
    )
    Profile.objects.update_or_create(user=ada, defaults={"zone": "Europe/Dublin"})
    said = text_of(client_of(ada).get(f"/instances/{made.process_id}/changes/"))
    assert "1 Jul 2025, 11:00:00 1 Jul 2025, 23:30:00" in said


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("client-77_a.b", "client-77_a"),
        ("https://a.example.org/x", "example.org/x"),
        ('say "hi" to C:\\temp', '"hi" C:\\t'),
        ("Grüße an Zoë", "grüße zoë"),
        ("100 %", "%"),
        ("a_b", "a_"),
    ],
)
def test_a_value_is_found_by_any_part_of_it(design: Any, ada: Any, value: str, words: str) -> None:
    for client_id in (value, "another"):
        create_instance(
            process="token-refresh", mode="live", data={"client_id": client_id}, user=ada
        )
    said = text_of(client_of(ada).get("/instances/", {"q": words.lower()}))
    assert "token-refresh-1" in said
    assert "token-refresh-2" not in said
    assert "Client ID" in said


def test_a_search_with_very_many_hits_shows_the_first_thousand_and_says_so(
    design: Any, ada: Any
) -> None:
    one = create_instance(process="token-refresh", mode="live", data={}, user=ada)
    rows = [ProcessInstance.objects.get(pk=one.pk) for _ in range(lists.MOST_HITS)]
    for number, row in enumerate(rows):
        row.pk, row.process_id, row.key = None, f"more-{number}", f"more-{number}"
    ProcessInstance.objects.bulk_create(rows)
    client = client_of(ada)
    assert "25 of 1,001 instances" in text_of(client.get("/instances/"))
    assert "25 of more than 1,000 instances" in text_of(
        client.get("/instances/", {"q": "refresh_token"})
    )
    last = text_of(client.get("/instances/", {"q": "refresh_token", "page": "999"}))
    assert "1,000 of more than 1,000" in last
    assert "25 of 1,000 instances" in text_of(client.get("/instances/", {"q": "more"}))
