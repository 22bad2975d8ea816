"""The pages of an instance, without a browser: values typed by hand, secrets, history."""

import html
from typing import Any

import pytest

from kianda.accounts.models import Profile
from kianda.lib.secrets import MASK
from processes.designs.lifecycle import create_design, publish_design, save_design
from processes.instances.lifecycle import create_instance, patch_instance
from processes.models import Change, ProcessInstance
from tests.pages import SCRIPT, client_of, text_of
from tests.processes.conftest import VALUES
from tests.processes.definitions import process
from tests.processes.pages.scenario import sent
from tests.processes.stories import values_of

pytestmark = pytest.mark.django_db


def test_a_new_instance_starts_with_the_defaults_of_the_first_form(design: Any, ben: Any) -> None:
    page = client_of(ben).get("/start/token-refresh/")
    assert 'value="refresh_token"' in page.content.decode()
    body = {"mode": "live", "v-grant_type": "other", "v-client_id": "c"}
    client = client_of(ben)
    response = client.post("/start/token-refresh/", body)
    assert response["Location"] == "/instances/token-refresh-1/"
    assert "OAuth token refresh created." in text_of(client.get(response["Location"]))
    made = ProcessInstance.objects.get()
    assert (made.values["grant_type"], made.values["client_id"]) == ("other", "c")


def test_what_is_required_is_asked_for_beside_its_field_and_typed_text_stays(
    design: Any, ben: Any
) -> None:
    typed = {"v-client_id": "", "v-redirect_url": SCRIPT, "v-expires_in": "x"}
    body = typed
    response = client_of(ben).post("/start/token-refresh/", body)
    assert response.status_code == 422
    assert "Client ID is required. Fill it in." in text_of(response)
    assert '"x" is not a number' in text_of(response)
    assert html.escape(SCRIPT) in response.content.decode().replace("&#34;", "&quot;")
    assert not ProcessInstance.objects.exists()


@pytest.mark.parametrize("name", ["nothing", "TOKEN-REFRESH"])
def test_a_process_that_is_not_there_is_said(design: Any, ben: Any, name: str) -> None:
    response = client_of(ben).post(f"/start/{name}/", {})
    assert response.status_code == 404
    assert "You cannot start anything named" in text_of(response)
    assert not ProcessInstance.objects.exists()


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


def test_a_revision_that_cannot_be_loses_nothing(instance: Any, ada: Any) -> None:
    body = sent(instance, redirect_url="mine") | {"revision": "9" * 5000}
    assert client_of(ada).post(f"/instances/{instance.process_id}/", body).status_code == 303
    assert values_of(instance)["redirect_url"] == "mine"


def test_both_changed_one_field_so_the_person_chooses(instance: Any, ada: Any, ben: Any) -> None:
    path = f"/instances/{instance.process_id}/"
    ben.first_name, ben.last_name = "Ben", "Barry"
    ben.save()
    body = sent(instance, redirect_url="mine", last_error="also mine")
    theirs = {"redirect_url": "theirs", "client_id": "other"}
    patch_instance(process_id=instance.process_id, data=theirs, revision=1, user=ben)
    response = client_of(ada).post(path, body)
    assert response.status_code == 409
    page = text_of(response)
    assert "1 field was changed while you were editing" in page
    assert "Use my value: mine" in page
    assert "Use their value: theirs" in page
    assert "Ben Barry changed this while you were editing, today " in page
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


def test_both_windows_of_one_person_changed_one_field(instance: Any, ada: Any) -> None:
    body = sent(instance, redirect_url="mine")
    theirs = {"redirect_url": "before"}
    patch_instance(process_id=instance.process_id, data=theirs, revision=1, user=ada)
    page = text_of(client_of(ada).post(f"/instances/{instance.process_id}/", body))
    assert "You changed this in another window, today " in page
    assert "Use the value of this window: mine" in page
    assert "Use the value of the other window: before" in page


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
    assert "Restore value" in text_of(client.get(f"{path}/redirect_url/"))
    assert client.post(f"{path}/redirect_url/").status_code == 303
    assert values_of(instance)["redirect_url"] == VALUES["redirect_url"]
    assert Change.objects.count() == 2
    assert client.post(f"{path}/client_secret/").status_code == 409
    assert client.get(f"{path}/nothing/").status_code == 404


def test_an_instance_is_deleted_after_a_question(instance: Any, ada: Any, ben: Any) -> None:
    path = f"/instances/{instance.process_id}/delete/"
    assert client_of(ben).post(path).status_code == 403
    assert client_of(ada).post(path)["Location"] == "/records/token-refresh/"
    assert not ProcessInstance.objects.exists()


def test_a_deleted_preview_leads_to_all_records_for_no_list_of_a_process_has_it(
    instance: Any, ada: Any
) -> None:
    seen = create_instance(process="token-refresh", mode="preview", data=VALUES, user=ada)
    answer = client_of(ada).post(f"/instances/{seen.process_id}/delete/")
    assert answer["Location"] == "/instances/"


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
    change = Change.objects.earliest("pk")
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
