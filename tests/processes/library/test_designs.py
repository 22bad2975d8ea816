"""Designs are added, described, grouped and duplicated."""

from typing import Any

import pytest

from kianda.lib.errors import Invalid, Stale
from processes.designer.working_copy import edit, open_copy, save_version
from processes.designs.lifecycle import create_design
from processes.document_cache import document_of
from processes.library import catalogue
from processes.models import ProcessDesign
from processes.selectors import get_design
from tests.factories import make_user
from tests.pages import client_of, text_of
from tests.processes.conftest import definition
from tests.processes.library.shelves import added, looking

pytestmark = pytest.mark.django_db
WORDS = {"title": "Leave", "description": "", "group": "People"}


def test_a_design_is_added_with_one_empty_form_and_a_name_from_its_title(ada: Any) -> None:
    made = added(ada, "Leave request: 2026", group="People")
    assert (made.name, made.group, str(made.draft)) == ("leave-request-2026", "People", "0.1")
    assert [form["name"] for form in get_design(made.name).draft.document["forms"]] == ["main"]


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ({"title": " "}, ["/title"]),
        ({"title": "", "group": "x" * 101}, ["/title", "/group"]),
        ({"title": "x" * 201}, ["/title"]),
        ({"title": "A", "name": "No Slug"}, ["/name"]),
        ({"title": "A", "name": "import"}, ["/name"]),
        ({"title": "A", "name": "bin"}, ["/name"]),
        ({"title": "A", "name": "templates"}, ["/name"]),
        ({"title": "A", "name": "taken"}, ["/name"]),
        ({"title": "A", "description": "x" * 10_001}, ["/description"]),
    ],
)
def test_each_wrong_setting_is_told_at_its_place(
    ada: Any, words: dict[str, str], places: list[str]
) -> None:
    added(ada, "Taken")
    settings = {"title": "A", "name": "", "description": "", "group": "", **words}
    with pytest.raises(Invalid) as caught:
        catalogue.add_design(**settings, user=ada)
    assert [flaw.pointer for flaw in caught.value.errors] == places
    assert ProcessDesign.objects.count() == 1


def test_a_new_title_makes_a_draft_and_a_new_group_does_not(ada: Any) -> None:
    added(ada)
    words = {**WORDS, "title": "Leave request"}
    assert catalogue.describe_design("leave-request", words=words, user=ada) == "saved"
    design = get_design("leave-request")
    assert (design.group, str(design.draft)) == ("People", "0.1")
    catalogue.describe_design("leave-request", words=WORDS, user=ada)
    design = get_design("leave-request")
    assert (design.title, str(design.draft)) == ("Leave", "0.2")


def test_a_new_title_joins_the_edits_that_the_designer_holds(ada: Any) -> None:
    added(ada)
    copy = open_copy("leave-request", user=ada)
    wish = {"do": "change", "target": "form:main", "settings": {"title": "First"}}
    edit("leave-request", user=ada, revision=copy.revision, edit=wish)
    assert catalogue.describe_design("leave-request", words=WORDS, user=ada) == "kept"
    assert get_design("leave-request").title == "Leave request"
    copy = open_copy("leave-request", user=ada)
    save_version("leave-request", user=ada, revision=copy.revision)
    saved = get_design("leave-request").draft.document
    assert (saved["title"], saved["forms"][0]["title"]) == ("Leave", "First")


def test_a_title_is_not_written_over_a_draft_that_was_not_read(ada: Any, admin: Any) -> None:
    seen = added(ada).draft
    catalogue.describe_design("leave-request", words=WORDS, user=admin)
    with pytest.raises(Stale):
        catalogue.describe_design("leave-request", words=WORDS, user=ada, expected=seen)


def test_a_duplicate_looks_into_itself_where_the_original_did(ada: Any) -> None:
    create_design(raw=looking("orders", "orders"), user=ada)
    made = catalogue.duplicate_design(
        name="orders", new_name="", title="Orders copy", description="", group="", user=ada
    )
    rules: dict[Any, Any] = dict(document_of(get_design(made.name).draft).placed_rules())
    assert [rule.method for rule in rules.values()] == ["orders-copy"]
    original: Any = document_of(get_design("orders").draft).rules_of("look_up")[0]
    assert original.method == "orders"


def test_names_of_copies_are_numbered(ada: Any) -> None:
    for expected in ("leave-copy", "leave-copy-2", "leave-copy-3"):
        assert catalogue.free_name("leave-copy") == expected
        added(ada, name=expected)


def test_a_process_cannot_have_the_name_of_a_page(ada: Any, api: Any) -> None:
    answer = api(ada).post("/api/v1/processes/", definition(name="templates"))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/name")


def test_the_list_shows_its_folders_and_opens_one(ada: Any) -> None:
    added(ada, "Leave", group="People")
    added(ada, "Onboarding", group="People")
    added(ada, "Orders")
    page = text_of(client_of(ada).get("/designs/"))
    assert "3 designs in 1 group" in page
    assert page.index("In no group") < page.index("Orders") < page.index("People 2")
    page = text_of(client_of(ada).get("/designs/?group=People"))
    assert "Onboarding" in page
    assert "Orders" not in page.replace("All groups", "")


def test_a_design_is_added_described_and_duplicated_on_pages(ada: Any) -> None:
    client = client_of(ada)
    made = client.post("/designs/new/", {"/title": "Leave", "/group": "People"})
    assert (made.status_code, made["Location"]) == (303, "/designs/leave/designer/")
    refused = client.post("/designs/new/", {"/title": "", "/name": "leave"})
    assert refused.status_code == 422
    assert "Enter a title." in text_of(refused)
    sent = {"/title": "Leave of absence", "/group": "", "version": "0.1"}
    assert client.post("/designs/leave/details/", sent).status_code == 303
    assert get_design("leave").title == "Leave of absence"
    again = client.post("/designs/leave/details/", sent)
    assert "You changed this in another window. " in text_of(again)
    other = make_user("mia", "Designer")
    again = client_of(other).post("/designs/leave/details/", sent)
    assert "ada changed this while you were editing. " in text_of(again)
    copied = client.post("/designs/leave/duplicate/", {"/title": "Two", "/name": "two"})
    assert copied["Location"] == "/designs/two/designer/"
