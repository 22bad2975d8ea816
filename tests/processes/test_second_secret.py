"""A kind of field is secret by saying so: a second one is masked and encrypted everywhere."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from django.db import connection
from pytest_httpserver import HTTPServer

from kianda.lib.errors import Invalid
from kianda.lib.secrets import MASK
from processes.definition.document import parse_document
from processes.designs.lifecycle import create_design, publish_design, save_design
from processes.fields import InputField, Table, fields
from processes.instances.lifecycle import create_instance, patch_instance
from processes.library.exporter import export_text
from processes.models import Change, ProcessInstance, Run
from tests.factories import Api
from tests.pages import client_of
from tests.processes.conftest import VALUES, answers, definition
from tests.processes.definitions import text_field
from tests.processes.kinds import registered
from tests.processes.stories import values_of

pytestmark = pytest.mark.django_db(transaction=True)
# What is stored at first, what the provider answers, what is written out in the design.
SECRETS = ("cs-secret-1", "rt-old-42", "rt-new-77", "written-out-5")


class Pin(InputField):
    """Holds what is asked for at a machine. It says that it is secret, and nothing more."""

    label = "Pin"
    is_secret = True

    type: Literal["pin"] = "pin"

    def empty(self) -> str:
        """Return the empty text."""
        return ""

    def to_python(self, raw: object) -> str:
        """Return anything as text."""
        return "" if raw is None else str(raw)


@pytest.fixture(autouse=True)
def _pins(tmp_path: Path, settings: Any) -> Iterator[None]:
    """Let there be pins, with a template by their name."""
    folder = tmp_path / "fields"
    folder.mkdir()
    (folder / "pin.html").write_text('{% include "fields/secret.html" %}')
    engine, *others = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, *engine["DIRS"]]}, *others]
    with registered(Pin):
        yield


def with_pins() -> dict[str, Any]:
    """Return the definition of the scenario with pins for secrets, one of them set by a rule."""
    text = json.dumps(definition()).replace('"type": "secret"', '"type": "pin"')
    made: dict[str, Any] = json.loads(text)
    *others, refresh = made["forms"][0]["fields"]
    refresh["rules"][0]["assignments"].append({"field": "fixed", "value": "written-out-5"})
    made["forms"][0]["fields"] = [*others, {"type": "pin", "name": "fixed"}, refresh]
    return made


@pytest.fixture
def instance(token_service: Any, provider: HTTPServer, ada: Any) -> ProcessInstance:
    """A live instance of it."""
    answers(provider)
    create_design(raw=with_pins(), user=ada)
    publish_design(name="token-refresh", user=ada)
    return create_instance(process="token-refresh", mode="live", data=VALUES, user=ada)


def tells(text: object) -> list[str]:
    """Return the secrets that a text tells."""
    return [secret for secret in SECRETS if secret in str(text)]


def everything_stored() -> str:
    """Return what the tables of processes hold of instances, as the database has it."""
    with connection.cursor() as cursor:
        found = []
        for model in (ProcessInstance, Run, Change):
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")
            found += cursor.fetchall()
    return repr(found)


def test_it_is_encrypted_where_it_is_stored_and_masked_where_it_is_read(
    instance: ProcessInstance, ada: Any, api: Api
) -> None:
    client = api(ada)
    at = f"/api/v1/instances/{instance.process_id}/"
    run = client.post(f"{at}trigger/", {"target": "refresh"}).json()
    assert run["status"] == "succeeded"
    instance.refresh_from_db()
    assert values_of(instance)["refresh_token"] == "rt-new-77"
    assert values_of(instance)["fixed"] == "written-out-5"
    assert tells(everything_stored()) == []
    data = client.get(at).json()["data"]
    assert [data[name] for name in ("client_secret", "refresh_token", "fixed")] == [MASK] * 3
    answers_of_the_api = [
        run, client.get(at).json(), client.get("/api/v1/instances/").json(),
        client.get(f"/api/v1/runs/{run['id']}/").json(), client.get("/api/v1/runs/").json(),
    ]  # fmt: skip
    assert tells(answers_of_the_api) == []
    sent = next(step for step in run["steps"] if step["request"])["request"]
    assert MASK in json.dumps(sent)


def test_history_tells_only_that_it_was_changed(instance: ProcessInstance, ada: Any) -> None:
    patch_instance(
        process_id=instance.process_id, data={"client_secret": "written-out-5"},
        revision=instance.revision, user=ada,
    )  # fmt: skip
    change = Change.objects.latest("pk")
    [row] = [row for row in change.fields if row["field"] == "client_secret"]
    assert (row["before"], row["after"]) == (MASK, MASK)
    at = f"/instances/{instance.process_id}/changes/"
    client = client_of(ada)
    assert tells(client.get(at).content.decode()) == []
    client.post(f"{at}{change.pk}/client_secret/")
    instance.refresh_from_db()
    assert values_of(instance)["client_secret"] == "written-out-5"


def test_no_page_shows_it(instance: ProcessInstance, ada: Any, api: Api) -> None:
    at = f"/instances/{instance.process_id}/"
    run = api(ada).post(f"/api/v1{at}trigger/", {"target": "refresh"}).json()
    client = client_of(ada)
    form = client.get(at).content.decode()
    assert 'type="password"' in form
    assert "Saved. Leave empty to keep it." in form
    pages = [
        at, f"{at}runs/", f"{at}changes/", "/instances/",
        f"/runs/{run['id']}/", "/runs/", "/search/?q=client",
        "/designs/token-refresh/preview/new/", "/designs/token-refresh/preview/new/form/",
    ]  # fmt: skip
    for page in pages:
        response = client.get(page, follow=True)
        assert response.status_code == 200, page
        # What a design has written out stands where the design is told.
        assert set(tells(response.content.decode())) <= {"written-out-5"}, page
    assert instance.process_id not in client.get("/search/?q=rt-new-77").content.decode()


def test_an_empty_box_keeps_it_and_a_word_removes_it(instance: ProcessInstance, ada: Any) -> None:
    at = f"/instances/{instance.process_id}/"
    client = client_of(ada)
    sent = {"revision": instance.revision, "v-client_secret": "", "v-client_id": "other"}
    client.post(at, sent)
    instance.refresh_from_db()
    assert values_of(instance)["client_id"] == "other"
    assert values_of(instance)["client_secret"] == "cs-secret-1"
    client.post(at, sent | {"revision": instance.revision, "remove-client_secret": "1"})
    instance.refresh_from_db()
    assert values_of(instance)["client_secret"] == ""


def test_a_preview_and_its_debugger_say_only_that_it_is_set(
    instance: ProcessInstance, ada: Any
) -> None:
    made = create_instance(process="token-refresh", mode="preview", data=VALUES, user=ada)
    at = f"/designs/token-refresh/preview/instance/{made.process_id}/"
    client = client_of(ada)
    for step in ({}, {"act": "press:refresh", "outward": "sample"}):
        client.post(f"{at}form/", {"revision": made.revision, **step})
        for part in ("", "form/", "debugger/"):
            assert tells(client.get(at + part, follow=True).content.decode()) == []


def test_a_design_lets_it_go_only_where_secrets_may_go(token_service: Any, ada: Any) -> None:
    made = with_pins()
    made["process_id"] = "{number}-[client_secret]"
    rules = made["forms"][0]["fields"][-1]["rules"]
    rules[0]["assignments"].append({"field": "client_id", "value": "[client_secret]"})
    with pytest.raises(Invalid) as caught:
        parse_document(made)
    told = {flaw.pointer: flaw.detail for flaw in caught.value.errors}
    [leak] = [told[at] for at in told if at.endswith("/value")]
    assert "client_secret is a secret field. It can go only into input mappings" in leak
    assert "There is no field client_secret that a Process ID can use." in told["/process_id"]


def test_a_version_in_which_it_is_plain_has_it_empty(instance: ProcessInstance, ada: Any) -> None:
    plain = json.loads(json.dumps(with_pins()).replace('"type": "pin"', '"type": "text"'))
    save_design(name="token-refresh", raw=plain, user=ada)
    publish_design(name="token-refresh", user=ada, move_instances=True)
    instance.refresh_from_db()
    assert values_of(instance)["client_secret"] == ""
    assert tells(everything_stored()) == []


def test_an_export_and_the_designer_tell_nothing_that_is_written_out(
    instance: ProcessInstance, ada: Any
) -> None:
    assert tells(export_text(["token-refresh"], user=ada)) == []
    client = client_of(ada)
    page = client.get("/designs/token-refresh/designer/?target=field:client_secret")
    assert page.status_code == 200
    rule = client.get("/designs/token-refresh/designer/rule/get-token/")
    assert rule.status_code == 200
    assert tells(page.content.decode() + rule.content.decode()) == []


def test_a_table_has_no_secret_column() -> None:
    secret = [slug for slug, kind in fields.kinds.items() if kind.is_secret]
    assert secret == ["secret", "pin"]
    for slug in secret:
        with pytest.raises(ValueError, match="type"):
            Table.model_validate({"name": "t", "columns": [{"type": slug, "name": "c"}]})
    assert text_field("a")["type"] in fields.kinds
