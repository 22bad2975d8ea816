"""What lists look for has rows that the database keeps; with them and without it is the same."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection

from processes.designs.lifecycle import publish_design, save_design
from processes.instances.lifecycle import create_instance, delete_instance, patch_instance
from processes.listed_values import fill_listed, keep_listed
from processes.lists.records import record_list
from processes.lists.search import search_filter
from processes.models import ListedField, ListedValue, ProcessInstance
from tests.factories import make_user
from tests.lib.conftest import on_postgresql
from tests.processes.lists.test_records import FILTERS, ORDER, ROWS, found, noon
from tests.processes.stories import published

__all__ = ["noon", "on_postgresql"]

pytestmark = pytest.mark.django_db
VIEWS = {"views": [{"name": "large"}]}


@pytest.fixture
def ada() -> Any:
    """Ada, who may see all, and four orders that were there before their process had views."""
    ada, _ben = make_user("ada", "Administrator"), make_user("ben", "User")
    ada.groups.add(Group.objects.create(name="hr"))
    published(ORDER, user=ada)
    for values in ROWS:
        create_instance(process="orders", mode="live", data=values, user=ada)
    return ada


def have_views(user: Any, **changes: Any) -> None:
    """Publish the process with a view, whose fields are looked for from now on."""
    save_design(name="orders", raw={**ORDER, **VIEWS, **changes}, user=user)
    publish_design(name="orders", user=user)


def told(user: Any) -> list[Any]:
    """Return what each of the filters finds."""
    return [(*row[:3], found(record_list("orders", user), row[:3])) for row in FILTERS]


def test_letters_of_any_language_are_found_in_capitals_or_not(ada: Any) -> None:
    create_instance(process="orders", mode="live", data={"what": "Söhne, 5% Ümlaut"}, user=ada)

    def told_of_them() -> str:
        return " ".join(
            found(record_list("orders", ada), ("what", operator, text))
            for operator, text in (
                ("contains", "SÖHNE"), ("contains", "5% ümL"), ("starts_with", "sÖHNE"),
                ("starts_with", "ümlaut"), ("contains", "sohne"),
            )
        )  # fmt: skip

    assert told_of_them() == "5 5 5  "
    have_views(ada)
    while fill_listed():
        pass
    assert told_of_them() == "5 5 5  "
    rows = search_filter(record_list("orders", ada), "ÜMLAUT söHNE")
    assert record_list("orders", ada).rows().filter(rows).count() == 1


def test_what_was_there_before_is_filled_in_and_found_the_same(ada: Any) -> None:
    assert not ListedField.objects.exists()
    have_views(ada)
    assert all(one.listed is None for one in record_list("orders", ada).columns.values())
    assert told(ada) == FILTERS
    assert not fill_listed()
    columns = record_list("orders", ada).columns
    assert [name for name, one in columns.items() if one.listed is None and one.field] == []
    assert "code" not in set(ListedField.objects.values_list("name", flat=True))
    assert told(ada) == FILTERS


def test_it_is_filled_in_piece_by_piece_and_goes_on_where_it_was_stopped(ada: Any) -> None:
    have_views(ada)
    assert fill_listed(chunks=1)
    first = ListedField.objects.order_by("pk").first()
    assert (first.ready, first.filled_to) == (False, ProcessInstance.objects.latest("pk").pk)
    assert not fill_listed()
    assert told(ada) == FILTERS


def test_what_is_stored_changed_or_deleted_meanwhile_is_found_as_it_is(ada: Any) -> None:
    have_views(ada)
    made = create_instance(process="orders", mode="live", data={"what": "stool"}, user=ada)
    assert not fill_listed()
    assert found(record_list("orders", ada), ("what", "eq", "stool")) == "5"
    patch_instance(process_id=made.process_id, data={"what": "bench", "tags": ["z"]}, user=ada)
    listed = record_list("orders", ada)
    assert found(listed, ("what", "eq", "stool")) == ""
    assert found(listed, ("tags", "contains", "z")) == "5"
    delete_instance(process_id=made.process_id, user=ada)
    assert found(listed, ("what", "eq", "bench")) == ""
    ProcessInstance.everything.filter(pk=made.pk).delete()
    assert not ListedValue.objects.filter(instance=made.pk).exists()


def test_a_long_text_is_found_by_its_end(ada: Any) -> None:
    have_views(ada)
    text = "word " * 100 + "needle"
    create_instance(process="orders", mode="live", data={"what": text}, user=ada)
    assert not fill_listed()
    listed = record_list("orders", ada)
    for operator, right in (("contains", "NEEDLE"), ("eq", text), ("in", text)):
        assert found(listed, ("what", operator, right)) == "5", operator
    assert found(listed, ("what", "neq", text)) == "1234"


def test_a_field_that_is_gone_or_of_another_kind_loses_its_rows(ada: Any) -> None:
    have_views(ada)
    assert not fill_listed()
    fields = [{"type": "text", "name": "amount"}, {"type": "secret", "name": "what"}]
    have_views(ada, forms=[{"name": "order", "fields": fields}])
    assert list(ListedField.objects.values_list("name", "part", "ready")) == [
        ("amount", "words", False)
    ]
    assert not ListedValue.objects.exists()
    have_views(ada, views=[])
    assert not ListedField.objects.exists()


def test_files_of_a_process_that_was_published_before_are_looked_for_after_the_update(
    ada: Any,
) -> None:
    proof = {"type": "file_upload", "name": "proof"}
    panel = {"type": "panel", "name": "more", "fields": [proof]}
    have_views(ada, forms=[{"name": "order", "fields": [*ORDER["forms"][0]["fields"], panel]}])
    assert not fill_listed()
    ListedField.objects.filter(name="proof").delete()
    others = set(ListedField.objects.values_list("name", "ready"))
    migration = import_module("processes.migrations.0027_listed_files")
    migration.list_files(apps, None)
    assert {*ListedField.objects.values_list("name", "ready")} == {*others, ("proof", False)}
    assert not fill_listed()
    assert record_list("orders", ada).columns["proof"].listed is not None


def test_without_what_keeps_them_the_rows_are_not_believed_and_made_anew(
    ada: Any, drop_triggers: Callable[[], None]
) -> None:
    have_views(ada)
    assert not fill_listed()
    drop_triggers()
    patch_instance(process_id="orders-2", data={"what": "A bed"}, user=ada)
    assert found(record_list("orders", ada), ("what", "eq", "A bed")) == "2"
    keep_listed()
    assert not fill_listed()
    listed = record_list("orders", ada)
    assert listed.columns["what"].listed is not None
    assert found(listed, ("what", "eq", "A bed")) == "2"


@pytest.fixture
def drop_triggers() -> Callable[[], None]:
    """Return what takes the triggers away, as making the table anew does."""

    def drop() -> None:
        on = " ON processes_processinstance" if connection.vendor == "postgresql" else ""
        with connection.cursor() as cursor:
            for act in ("insert", "update", "delete"):
                cursor.execute(f"DROP TRIGGER listed_values_{act}{on}")

    return drop


SEARCHED_ON_POSTGRESQL = """
from django.core.management import call_command
from django.db import connection
from processes.definition.views import ViewCondition, ViewFilter
from processes.instances.lifecycle import create_instance
from processes.listed_values import fill_listed
from processes.lists.records import record_list
from tests.factories import make_user
from tests.processes.lists.test_records import ORDER
from tests.processes.stories import published

call_command("migrate", run_syncdb=True, verbosity=0)
ada = make_user("ada", "Administrator")
published({**ORDER, "views": [{"name": "large"}]}, user=ada)
for what in ("Straße", "strasse", "Désk 50%", "desk"):
    create_instance(process="orders", mode="live", data={"what": what}, user=ada)
assert not fill_listed()
with connection.cursor() as cursor:
    cursor.execute("SET enable_seqscan = off")
    cursor.execute("ANALYZE")
for operator, text in (("contains", "ESK"), ("contains", "%"), ("starts_with", "STRA")):
    asked = ViewCondition(left="[what]", operator=operator, right=text)
    rows = record_list("orders", ada).rows(ViewFilter(items=(asked,))).order_by("pk")
    print("found", text, *(one.values["what"] for one in rows), sep="|")
    print("planned", "listed_values_in_capitals" in rows.explain())
for operator, text in (("not_contains", "ESK"), ("neq", "desk"), ("blank", ""), ("neq", "")):
    asked = ViewCondition(left="[what]", operator=operator, right=text)
    rows = record_list("orders", ada).rows(ViewFilter(items=(asked,))).order_by("pk")
    print("left", operator, text, *(one.values["what"] for one in rows), sep="|")
    print("joined", "Anti Join" in rows.explain() or operator == "neq" and not text)
"""


@pytest.mark.integration
@pytest.mark.needs("postgres")
@pytest.mark.timeout(300)
def test_texts_are_found_in_an_index_of_their_capitals_on_postgresql_and_what_is_left_by_a_join(
    on_postgresql: Callable[..., str],
) -> None:
    said = on_postgresql(SEARCHED_ON_POSTGRESQL).splitlines()
    assert [one for one in said if one.startswith("found|")] == [
        "found|ESK|desk",
        "found|%|Désk 50%",
        "found|STRA|Straße|strasse",
    ]
    assert [one for one in said if one.startswith("planned")] == ["planned True"] * 3
    assert [one for one in said if one.startswith("left|")] == [
        "left|not_contains|ESK|Straße|strasse|Désk 50%",
        "left|neq|desk|Straße|strasse|Désk 50%",
        "left|blank|",
        "left|neq||Straße|strasse|Désk 50%|desk",
    ]
    # `NOT IN` of more than fits memory is read again for each row.
    assert [one for one in said if one.startswith("joined")] == ["joined True"] * 4
