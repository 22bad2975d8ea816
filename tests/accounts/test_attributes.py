"""Attributes of users: what a workspace adds to what is known of its people."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from kianda.accounts.models import AuditEntry, UserAttribute
from kianda.accounts.services.attributes import (
    LONGEST_VALUE,
    TAKEN,
    add_attribute,
    delete_attribute,
)
from kianda.accounts.services.people_file import decoded, read_people
from kianda.accounts.services.people_import import carry_out, plan_import
from kianda.accounts.services.person_data import PersonData, PersonValues, part_of, person_data
from kianda.accounts.services.users import change_person
from kianda.lib.errors import InUse, Invalid
from processes.definition.document import parse_document
from processes.instances.lifecycle import create_instance
from processes.language.people import PARTS
from processes.running.runs import trigger
from tests.factories import make_user
from tests.pages import client_of, text_of
from tests.processes.definitions import button, process, set_rule, text_field
from tests.processes.stories import published

pytestmark = pytest.mark.django_db
PATH = "/api/v1/user-attributes/"


@pytest.fixture
def centre(admin: Any) -> UserAttribute:
    return add_attribute(title="Cost centre", by=admin)


@pytest.fixture
def mark(db: None) -> Any:
    return make_user("mark", "User", first_name="Mark", last_name="Murphy")


def fresh(user: Any) -> Any:
    return User.objects.get(pk=user.pk)


def test_no_attribute_can_take_the_place_of_what_every_user_has() -> None:
    assert set(PARTS) <= TAKEN


def test_an_attribute_is_asked_for_in_the_dialog_of_a_user_and_read_in_values(
    admin: Any, mark: Any, centre: UserAttribute
) -> None:
    client = client_of(admin)
    page = client.get(f"/users/{mark.pk}/")
    assert "Cost centre" in text_of(page)
    sent = {
        "name": "Mark Murphy", "email": "", "roles": ["User"], "attributes-cost_centre": " 4711 ",
        "revision": page.context["revision"],
    }  # fmt: skip
    client.post(f"/users/{mark.pk}/", sent)
    assert person_data(mark).attributes == {"cost_centre": "4711"}
    values = PersonValues({}, fresh(mark))
    assert values["user.cost_centre"] == "4711"
    assert part_of("user:mark", "cost_centre") == "4711"
    told = AuditEntry.objects.filter(kind="user").latest("pk").detail
    assert "Cost centre" in told
    assert "4711" not in told
    assert "4711" in text_of(client_of(fresh(mark)).get("/profile/"))


def test_a_value_that_is_too_long_is_refused_beside_its_box(
    admin: Any, mark: Any, centre: UserAttribute
) -> None:
    client = client_of(admin)
    sent = {
        "roles": ["User"], "attributes-cost_centre": "x" * (LONGEST_VALUE + 1),
        "revision": client.get(f"/users/{mark.pk}/").context["revision"],
    }  # fmt: skip
    answer = client.post(f"/users/{mark.pk}/", sent)
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"attributes-cost_centre"}


def test_the_api_adds_titles_and_deletes_attributes(admin: Any, api: Any) -> None:
    made = api(admin).post(PATH, {"title": "Öffice site"}, format="json")
    assert (made.status_code, made.json()) == (
        201, {"name": "office_site", "title": "Öffice site"},
    )  # fmt: skip
    one = PATH + "office_site/"
    assert made["Location"].endswith(one)
    changed = api(admin).patch(one, {"title": "Office"}, format="json")
    assert changed.json() == {"name": "office_site", "title": "Office"}
    assert api(admin).get(PATH).json()["results"] == [changed.json()]
    stale = api(admin).patch(one, {"title": "Room"}, format="json", HTTP_IF_MATCH=made["ETag"])
    assert stale.status_code == 412
    assert api(admin).delete(one).status_code == 204
    assert api(admin).get(one).status_code == 404


@pytest.mark.parametrize(
    ("body", "at", "words"),
    [
        ({"title": " "}, "/title", "Enter a title"),
        ({"title": "x" * 81}, "/title", "at most 80"),
        ({"title": "cost CENTRE", "name": "other"}, "/title", "already"),
        ({"title": "Other", "name": "Cost_Centre"}, "/name", "already"),
        ({"title": "Post", "name": "email"}, "/name", "Every user already has email"),
        ({"title": "E-mail", "name": "e-mail"}, "/name", "Start with a letter"),
        ({"title": "Now", "name": "now"}, "/name", "reserved"),
    ],
)
def test_bad_titles_and_names_have_their_sentences(
    admin: Any, api: Any, centre: UserAttribute, body: dict[str, str], at: str, words: str
) -> None:
    answer = api(admin).post(PATH, body, format="json")
    assert answer.status_code == 400
    (flaw,) = answer.json()["errors"]
    assert flaw["pointer"] == at
    assert words in flaw["detail"]


def test_attributes_of_a_user_are_read_and_changed_over_the_api(
    admin: Any, api: Any, mark: Any, centre: UserAttribute
) -> None:
    add_attribute(title="Office", by=admin)
    one = "/api/v1/users/mark/"
    assert api(admin).get(one).json()["attributes"] == {}
    answer = api(admin).patch(one, {"attributes": {"cost_centre": "1"}}, format="json")
    assert answer.json()["attributes"] == {"cost_centre": "1"}
    answer = api(admin).patch(one, {"attributes": {"office": "Cork"}}, format="json")
    assert answer.json()["attributes"] == {"cost_centre": "1", "office": "Cork"}
    answer = api(admin).patch(one, {"attributes": {"cost_centre": ""}}, format="json")
    assert answer.json()["attributes"] == {"office": "Cork"}
    answer = api(admin).patch(one, {"attributes": {"shoe": "44"}}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/attributes/shoe"
    assert person_data(mark).attributes == {"office": "Cork"}


def test_a_file_of_people_may_have_columns_of_attributes(
    admin: Any, mark: Any, centre: UserAttribute
) -> None:
    text, flaw = decoded(b"User name;Cost centre\nmark;4711\nemma;0815\n")
    assert flaw is None
    file = read_people(text)
    plan = plan_import(file)
    assert plan.flaws == []
    told = [(one.title, one.before, one.after) for one in plan.changed[0].changes]
    assert told == [("Cost centre", "", "4711")]
    carry_out(file, digest=plan.digest, by=admin)
    assert person_data(mark).attributes == {"cost_centre": "4711"}
    assert person_data(User.objects.get(username="emma")).attributes == {"cost_centre": "0815"}
    assert [one.changes for one in plan_import(read_people(text)).changed] == []


def test_a_deleted_attribute_takes_its_values_with_it(
    admin: Any, mark: Any, centre: UserAttribute
) -> None:
    own = {"cost_centre": "1"}
    change_person(
        mark, name="", email="", roles=["User"], groups=[], data=PersonData(attributes=own),
        by=admin,
    )  # fmt: skip
    client = client_of(admin)
    asked = text_of(client.get(f"/users/attributes/{centre.pk}/delete/"))
    assert "Also deletes its value for 1 user" in asked
    client.post(f"/users/attributes/{centre.pk}/delete/")
    assert not UserAttribute.objects.exists()
    assert person_data(mark).attributes == {}
    assert part_of("user:mark", "cost_centre") == ""


def test_an_attribute_that_a_design_reads_stays(admin: Any, centre: UserAttribute) -> None:
    note = text_field("note", default="Centre [user.cost_centre]")
    name = published(process(note), user=admin)
    with pytest.raises(InUse, match="Cost centre is in use by"):
        delete_attribute(centre, by=admin)
    answer = client_of(admin).post(f"/users/attributes/{centre.pk}/delete/")
    assert answer.status_code == 422
    assert name in text_of(answer)
    assert UserAttribute.objects.exists()


@pytest.mark.parametrize(
    "piece",
    [
        set_rule("note", "[user.shoe]"),
        set_rule("note", "=Concat([who.shoe], 1)"),
        {"type": "get_user_property", "properties": [{"field": "note", "property": "shoe"}]},
        {"type": "update_user_property", "user": "[who]",
         "properties": [{"value": "44", "property": "shoe"}]},
    ],
)  # fmt: skip
def test_values_name_only_attributes_that_are_there(admin: Any, piece: dict[str, Any]) -> None:
    who = {"type": "user_picker", "name": "who", "title": "Who"}
    design = process(text_field("note"), who, button("go", piece))
    with pytest.raises(Invalid) as refused:
        parse_document(design)
    assert "shoe" in " ".join(flaw.detail for flaw in refused.value.errors)
    add_attribute(title="Shoe", by=admin)
    assert parse_document(design)


def test_rules_read_find_and_change_attributes(admin: Any, mark: Any) -> None:
    add_attribute(title="Shoe", by=admin)
    who = {"type": "user_picker", "name": "who", "title": "Who"}
    rules: list[dict[str, Any]] = [
        {"type": "update_user_property", "user": "mark",
         "properties": [{"value": "44", "property": "shoe"}]},
        {"type": "lookup_user_by_property", "property": "shoe", "value": "44", "field": "who"},
        {"type": "get_user_property", "user": "[who]",
         "properties": [{"field": "note", "property": "shoe"}]},
        set_rule("size", "Size [who.shoe]"),
        {"type": "save"},
    ]  # fmt: skip
    name = published(
        process(text_field("note"), text_field("size"), who, button("refresh", *rules)), user=admin
    )
    one = create_instance(process=name, mode="live", data={}, user=admin)
    run = trigger(process_id=one.process_id, target="refresh", user=admin, trigger="button")
    assert run.status == "succeeded", run.error
    one.refresh_from_db()
    assert (one.values["note"], one.values["size"]) == ("44", "Size 44")
    assert person_data(mark).attributes == {"shoe": "44"}
