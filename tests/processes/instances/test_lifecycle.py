"""Instances: Process IDs, values, changes by hand (contract 1, 2, 5)."""

from typing import Any

import pytest

from kianda.lib.errors import Forbidden, InUse, Invalid, Missing, Stale
from kianda.lib.secrets import MASK
from processes.designs.lifecycle import create_design, delete_design, publish_design
from processes.instances.lifecycle import create_instance, delete_instance, patch_instance
from processes.instances.process_ids import filled_pattern
from processes.language.values import Value
from processes.models import Change, ProcessInstance
from tests.factories import OPEN_TO_ALL
from tests.processes.conftest import local
from tests.processes.stories import live, values_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def design(ada: Any) -> Any:
    """The scenario's process without its call, published."""
    made = create_design(raw=local(security=OPEN_TO_ALL), user=ada)
    publish_design(name="token-refresh", user=ada)
    return made


PATTERNS = [
    ("{process}-{number}", "orders-7"),
    ("{number:5}", "00007"),
    ("INV_{number:3}.x", "INV_007.x"),
    ("{process}-[customer]", "orders-M-ller---Co"),
    ("[amount]/{number}", "12.5-7"),
    ("{number:01}", "7"),
]


@pytest.mark.parametrize(("pattern", "made"), PATTERNS)
def test_a_process_id_is_made_from_its_pattern(pattern: str, made: str) -> None:
    from decimal import Decimal

    values: dict[str, Value] = {"customer": "Müller & Co", "amount": Decimal("12.50")}
    assert filled_pattern(pattern, process="orders", number=7, values=values) == made


def test_numbers_only_grow_and_preview_and_live_share_them(design: Any, ada: Any) -> None:
    first = live(ada)
    second = create_instance(process="token-refresh", mode="preview", data={}, user=ada)
    delete_instance(process_id=second.process_id, user=ada)
    third = live(ada)
    assert [i.process_id for i in (first, second, third)] == [
        "token-refresh-1",
        "token-refresh-2",
        "token-refresh-3",
    ]


def test_a_deleted_process_id_is_never_given_again(ada: Any) -> None:
    create_design(raw=local(process_id="[client_id]"), user=ada)
    publish_design(name="token-refresh", user=ada)
    gone = live(ada, client_id="Acme")
    delete_instance(process_id=gone.process_id, user=ada)
    with pytest.raises(Invalid, match="ACME is or was in use"):
        live(ada, client_id="ACME")
    assert not ProcessInstance.objects.exists()


@pytest.mark.parametrize(
    ("pattern", "first", "second"),
    [
        ("{process}-{number}", "token-refresh-1", "token-refresh-2"),
        ("T {number:3}.{process}", "T-001.token-refresh", "T-002.token-refresh"),
        ("[client_id]/{number}", "me-1", "me-2"),
    ],
)
def test_a_process_made_anew_under_an_old_name_counts_on(
    ada: Any, pattern: str, first: str, second: str
) -> None:
    made = []
    for _ in range(2):
        create_design(raw=local(process_id=pattern), user=ada)
        publish_design(name="token-refresh", user=ada)
        made.append(live(ada, client_id="me").process_id)
        delete_instance(process_id=made[-1], user=ada)
        delete_design(name="token-refresh", user=ada)
    assert made == [first, second]


def test_every_field_that_can_have_a_value_has_one_in_form_order(design: Any, ada: Any) -> None:
    from processes.api.representations import instance_json

    made = create_instance(process="token-refresh", mode="live", data={}, user=ada)
    data = instance_json(made, ada)["data"]
    assert list(data.items()) == [
        ("grant_type", "refresh_token"),
        ("client_id", ""),
        ("client_secret", ""),
        ("redirect_url", ""),
        ("refresh_token", ""),
        ("access_token", ""),
        ("expires_in", None),
        ("created_at", ""),
        ("last_error", ""),
    ]


def test_live_without_a_published_version_is_refused_at_the_mode(ada: Any) -> None:
    create_design(raw=local(), user=ada)
    with pytest.raises(Invalid) as refused:
        live(ada)
    assert [flaw.pointer for flaw in refused.value.errors] == ["/mode"]


def test_every_flaw_of_the_data_is_named_and_nothing_is_made(design: Any, ada: Any) -> None:
    with pytest.raises(Invalid) as refused:
        live(ada, expires_in="soon", nobody="x", client_secret=MASK, refresh=True)
    assert {flaw.pointer for flaw in refused.value.errors} == {
        "/data/expires_in",
        "/data/nobody",
        "/data/client_secret",
        "/data/refresh",
    }
    assert not ProcessInstance.objects.exists()


def test_previews_are_for_designers(design: Any, ben: Any) -> None:
    with pytest.raises(Forbidden):
        create_instance(process="token-refresh", mode="preview", data={}, user=ben)


def test_a_change_by_hand_keeps_masked_secrets_and_is_in_the_history(
    design: Any, ada: Any, ben: Any
) -> None:
    instance = live(ada)
    patch_instance(
        process_id=instance.process_id,
        data={"client_id": "client-2", "refresh_token": MASK, "client_secret": "cs-2"},
        revision=1,
        user=ben,
    )
    stored = values_of(instance)
    assert stored["client_id"] == "client-2"
    assert stored["refresh_token"] == "rt-old-42"
    assert stored["client_secret"] == "cs-2"
    change = Change.objects.get(instance=instance)
    assert (change.by_name, change.run, change.revision) == ("ben", None, 2)
    assert {row["field"] for row in change.fields} == {"client_id", "client_secret"}
    assert "cs-2" not in repr(change.fields)


def test_an_empty_text_removes_a_secret(design: Any, ada: Any) -> None:
    instance = live(ada)
    patch_instance(process_id=instance.process_id, data={"client_secret": ""}, revision=1, user=ada)
    assert values_of(instance)["client_secret"] == ""


def test_a_stale_revision_is_refused_and_changes_nothing(design: Any, ada: Any) -> None:
    instance = live(ada)
    with pytest.raises(Stale):
        patch_instance(
            process_id=instance.process_id, data={"client_id": "x"}, revision=2, user=ada
        )
    assert values_of(instance)["client_id"] == "client-1"


def test_the_process_id_is_found_whatever_its_case(design: Any, ada: Any) -> None:
    instance = live(ada)
    patch_instance(
        process_id=instance.process_id.upper(), data={"client_id": "x"}, revision=1, user=ada
    )
    assert values_of(instance)["client_id"] == "x"


def test_only_its_creator_or_an_administrator_deletes_an_instance(
    design: Any, ada: Any, ben: Any, admin: Any
) -> None:
    instance = live(ben)
    # A designer sees it, as everybody does.
    with pytest.raises(Forbidden):
        delete_instance(process_id=instance.process_id, user=ada)
    with pytest.raises(Forbidden):
        delete_instance(process_id=live(ada).process_id, user=ben)
    delete_instance(process_id=live(ada).process_id, user=ada)
    delete_instance(process_id=live(ben).process_id, user=admin)
    delete_instance(process_id=instance.process_id, user=ben)
    with pytest.raises(Missing):
        delete_instance(process_id=instance.process_id, user=ben)


def test_an_instance_that_something_names_is_not_deleted(design: Any, ada: Any) -> None:
    from kianda.lib import usage

    instance = live(ada)
    before = {kind: list(checks) for kind, checks in usage._checks.items()}
    use = {"kind": "test", "name": "A task", "url": "/"}
    usage.register("instance", lambda name: [use] if name == instance.process_id else [])
    try:
        with pytest.raises(InUse) as used:
            delete_instance(process_id=instance.process_id, user=ada)
        assert used.value.extra["used_by"] == [use]
    finally:
        usage._checks.clear()
        usage._checks.update(before)


SECRETS_AT_REST = ("cs-secret-1", "rt-old-42")


def test_secrets_are_not_in_the_row(design: Any, ada: Any) -> None:
    from django.db import connection

    live(ada)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM processes_processinstance")
        rows = repr(cursor.fetchall())
    assert "client-1" in rows
    assert not any(secret in rows for secret in SECRETS_AT_REST)
