"""Prepared statements do what their querysets do, with their text made once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.test.utils import CaptureQueriesContext

from kianda.accounts.models import ApiToken
from kianda.accounts.services.tokens import create_token
from kianda.lib.db.prepared_statements import (
    PreparedQuery,
    PreparedUpdate,
    insert_of,
    run_all,
    update_of,
)
from kianda.lib.secrets import seal
from processes.models import Run
from tests.plain_orm import ONLY_PREPARED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("either_way")]


@pytest.fixture
def by_name() -> PreparedQuery[User]:
    return PreparedQuery(lambda name: User.objects.filter(username=name), "name")


def test_a_prepared_query_finds_each_value_it_is_given(
    by_name: PreparedQuery[User], ada: Any, ben: Any
) -> None:
    assert [by_name.first("ada"), by_name.first("ben"), by_name.first("zoe")] == [ada, ben, None]


def test_its_objects_are_whole_and_typed(by_name: PreparedQuery[User], ada: Any) -> None:
    found = by_name.first("ada")
    assert found is not None
    assert found.date_joined == ada.date_joined
    assert found.date_joined.tzinfo is not None
    assert not found.get_deferred_fields()


def test_related_objects_and_annotations_come_along_in_one_query(ada: Any) -> None:
    create_token(ada, name="robot", scopes=["run"], expires_at=None)
    tokens = PreparedQuery(
        lambda name: (
            ApiToken.objects.filter(name=name)
            .select_related("user")
            .annotate(role=F("user__groups__name"))
        ),
        "sample",
    )
    assert tokens.first("no such token") is None
    with CaptureQueriesContext(connection) as queries:
        found: Any = tokens.first("robot")
        assert (found.user, found.scopes, found.role) == (ada, ["run"], "Designer")
    assert len(queries) == 1


def test_what_was_left_out_is_read_when_it_is_asked_for(ada: Any) -> None:
    names = PreparedQuery(lambda name: User.objects.filter(username=name).only("pk"), "name")
    found = names.first("ada")
    assert found is not None
    assert "email" in found.get_deferred_fields()
    assert found.email == ada.email


def test_a_locked_row_is_asked_for_as_the_database_wants_it(ada: Any) -> None:
    locked = PreparedQuery(
        lambda pk: User.objects.filter(pk=pk).select_for_update(of=("self",)), -4711
    )
    with transaction.atomic():
        assert locked.first(ada.pk) == ada
        assert locked.first(0) is None


@ONLY_PREPARED
def test_a_sample_that_does_not_stand_in_the_query_is_a_mistake() -> None:
    wrong = PreparedQuery(lambda _name: User.objects.all(), "name")
    with pytest.raises(AssertionError):
        wrong.first("ada")


def test_an_update_reaches_the_rows_that_equal_and_counts_them(ada: Any, ben: Any) -> None:
    moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
    ready = update_of(User, where={"id": ada.pk}, last_login=moment, first_name="Ada")
    assert User.objects.get(pk=ada.pk).first_name == ""
    assert ready.run() == 1
    other = update_of(User, where={"id": ada.pk, "username": "ben"}, first_name="Ben")
    assert other.run() == 0
    ada.refresh_from_db()
    ben.refresh_from_db()
    assert (ada.last_login, ada.first_name, ben.first_name) == (moment, "Ada", "")


def test_an_update_that_finds_no_row_says_so_and_breaks_no_transaction(ada: Any) -> None:
    gone = LookupError("no such row")
    with transaction.atomic():
        with pytest.raises(LookupError):
            update_of(User, where={"id": 0}, or_raise=gone, first_name="Nobody").run()
        assert update_of(User, where={"id": ada.pk}, or_raise=gone, first_name="Ada").run() == 1
    assert User.objects.get(pk=ada.pk).first_name == "Ada"


def test_json_encrypted_and_empty_values_are_written_as_the_model_writes_them(ada: Any) -> None:
    run = Run.objects.create(
        process_id="p-1", process="p", version="1.0", trigger="api", status="running",
        queued=datetime(2026, 11, 23, tzinfo=UTC), run_as=ada,
    )  # fmt: skip
    write = update_of(
        Run, where={"id": run.pk, "status": "running"}, steps=[{"a": 1}], error=None,
        journal=seal(run, "journal", {"secret": "s3cret-s3cret"}), run_as_id=None,
    )  # fmt: skip
    done = write.run()
    with connection.cursor() as cursor:
        cursor.execute("SELECT journal FROM processes_run WHERE id = %s", [run.pk])
        stored = cursor.fetchone()[0]
    run.refresh_from_db()
    assert done == 1
    assert (run.steps, run.error, run.run_as) == ([{"a": 1}], None, None)
    assert run.journal == {"secret": "s3cret-s3cret"}
    assert "s3cret" not in stored


def test_an_inserted_row_has_its_number_and_is_what_was_given(ada: Any) -> None:
    moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
    run = Run(
        process_id="p-1", process="p", version="1.0", trigger="api", status="queued",
        queued=moment, run_as=ada, steps=[1],
    )  # fmt: skip
    assert insert_of(run).run() == 1
    stored = Run.objects.get(pk=run.pk)
    assert not run._state.adding
    assert (stored.queued, stored.run_as, stored.journal) == (moment, ada, None)
    assert (stored.steps, stored.error, stored.time_zone) == ([1], None, "UTC")


@ONLY_PREPARED
def test_a_value_that_is_not_sealed_for_its_row_is_never_written(ada: Any) -> None:
    run = Run(
        process_id="p-1", process="p", version="1.0", trigger="api", status="queued",
        queued=datetime(2026, 11, 23, tzinfo=UTC), run_as=ada, journal={"a": 1},
    )  # fmt: skip
    with pytest.raises(TypeError, match="sealed for its row"):
        insert_of(run)
    with pytest.raises(TypeError, match="sealed for its row"), transaction.atomic():
        Run.objects.bulk_create([run])
    run.save()
    assert Run.objects.get(pk=run.pk).journal == {"a": 1}
    for changed in ({"a": 2}, "text"):
        with pytest.raises(TypeError, match="sealed for its row"):
            update_of(Run, where={"id": run.pk}, journal=changed)
        with pytest.raises(TypeError, match="sealed for its row"), transaction.atomic():
            Run.objects.filter(pk=run.pk).update(journal=changed)


def test_an_insert_that_the_database_refuses_is_said_as_django_says_it(ada: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_of(User(username="ada")).run()
    assert User.objects.filter(username="ada").count() == 1


def test_many_writes_are_done_in_their_order(ada: Any, ben: Any) -> None:
    made, order = User(username="cy"), []
    with transaction.atomic():
        run_all(
            [
                update_of(User, where={"id": ada.pk}, first_name="Ada"),
                update_of(User, where={"first_name": "Ada"}, last_name="Byron"),
                lambda: order.append(User.objects.get(pk=ada.pk).last_name),
                insert_of(made),
                update_of(User, where={"username": "cy"}, first_name="Cy"),
            ]
        )
    assert order == ["Byron"]
    assert User.objects.get(pk=made.pk).first_name == "Cy"
    run_all([])


def test_of_many_writes_the_first_that_fails_is_told_of_and_none_is_kept(ada: Any) -> None:
    first, second = LookupError("first"), LookupError("second")
    with pytest.raises(LookupError, match="first"), transaction.atomic():
        run_all(
            [
                update_of(User, where={"id": ada.pk}, first_name="Ada"),
                update_of(User, where={"id": 0}, or_raise=first, first_name="Nobody"),
                update_of(User, where={"id": 0}, or_raise=second, first_name="Nobody"),
            ]
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        run_all(
            [
                update_of(User, where={"id": ada.pk}, first_name="Ada"),
                insert_of(User(username="ada")),
                update_of(User, where={"id": ada.pk}, last_name="Byron"),
            ]
        )
    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name) == ("", "")


def test_a_prepared_update_takes_expressions_moments_and_nothing(ada: Any) -> None:
    sample = datetime(1999, 1, 1, tzinfo=UTC)
    sign_in = PreparedUpdate(
        lambda pk, name, moment: (
            User.objects.filter(pk=pk, is_active=True),
            {"last_login": Coalesce("last_login", moment), "first_name": name},
        ),
        -4711,
        "first name",
        sample,
    )
    first, second = (datetime(2026, 11, day, tzinfo=UTC) for day in (23, 24))
    assert sign_in.run(ada.pk, "Ada", first) == 1
    assert sign_in.run(ada.pk, "Countess", second) == 1
    assert sign_in.run(0, "Nobody", second) == 0
    ada.refresh_from_db()
    assert (ada.last_login, ada.first_name) == (first, "Countess")
