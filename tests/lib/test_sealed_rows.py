"""Each sealed value opens in its own row and column alone, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import models, transaction
from django.test.utils import isolate_apps

from datasources.models import Datasource, Variable
from kianda.accounts.services.key_ring import TEXT, check_key_ring, refuses_unbound
from kianda.lib.sealing import SealedElsewhere, is_newest
from kianda.lib.secrets import EncryptedJSONField, Sealed, opens, seal, sealed_fields
from processes.models import ProcessInstance, Run
from tests.lib import sealed_rows
from tests.lib.sealed_rows import any_row, lay_canary, put, text_of, unbound, value_of

COLUMNS = [
    pytest.param(model, column, id=f"{model.__name__}.{column}")
    for model, column in sealed_rows.columns()
]


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "column"), COLUMNS)
class TestEachColumn:
    def test_a_value_does_not_open_in_another_row(self, model: Any, column: str) -> None:
        sealed_rows.another_row_does_not_open_it(model, column)

    def test_the_value_of_another_column_does_not_open_here(self, model: Any, column: str) -> None:
        sealed_rows.another_column_does_not_open_it(model, column)

    def test_no_two_rows_are_known_by_the_same(self, model: Any, column: str) -> None:
        sealed_rows.nothing_else_can_be_the_row(model, column)

    def test_a_new_key_seals_it_for_the_same_row(self, model: Any, column: str) -> None:
        sealed_rows.a_new_key_seals_it_for_the_same_row(model, column)

    def test_one_of_before_is_read_bound_by_the_next_write_and_refused_once_none_is_left(
        self, model: Any, column: str
    ) -> None:
        sealed_rows.one_of_before_is_read_and_bound(model, column)

    def test_one_that_no_key_opens_is_let_go_of_and_no_other_is_touched(
        self, model: Any, column: str
    ) -> None:
        sealed_rows.what_no_key_opens_is_let_go_of(model, column)


@pytest.mark.django_db
def test_a_new_database_takes_no_value_that_is_bound_to_no_row() -> None:
    check_key_ring()
    assert refuses_unbound()
    own = any_row(Variable)
    put(own, "value", unbound('"anything"'))
    assert not opens(own, "value") or sealed_rows.does_not_open(own, "value")


@pytest.mark.django_db
def test_the_command_binds_what_is_from_before_and_says_how_many(capsys: Any) -> None:
    lay_canary(TEXT)
    rows = [any_row(Variable) for _ in range(3)]
    for row in rows:
        put(row, "value", unbound('"old"'))
    call_command("rotate_secrets")
    said = capsys.readouterr().out
    assert "datasources.Variable.value: 3" in said
    assert "3 of them are newly bound to their row." in said
    assert "All values are bound to their rows; others are now refused." in said
    assert all(is_newest(text_of(row, "value")) for row in rows)
    call_command("rotate_secrets")
    assert "\n0 values" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_command_names_what_was_moved_and_seals_the_rest(settings: Any) -> None:
    check_key_ring()
    own, other, third = (any_row(Variable) for _ in range(3))
    put(other, "value", text_of(own, "value"))
    settings.KIANDA_SECRET_KEYS = [Fernet.generate_key().decode(), *settings.KIANDA_SECRET_KEYS]
    with pytest.raises(CommandError, match=f"datasources_variable value {other.name}"):
        call_command("rotate_secrets")
    assert is_newest(text_of(own, "value"))
    assert is_newest(text_of(third, "value"))
    assert not is_newest(text_of(other, "value"))


@pytest.mark.django_db
def test_a_row_that_is_known_by_its_number_comes_with_its_value_or_not_at_all() -> None:
    with pytest.raises(TypeError):
        Run.objects.create(journal={"a": object()}, **_run())
    assert Run.objects.count() == 0
    run = Run.objects.create(journal={"a": 1}, unsaved_values={"b": 2}, **_run())
    assert (run.journal, run.unsaved_values) == ({"a": 1}, {"b": 2})
    assert (value_of(run, "journal"), value_of(run, "unsaved_values")) == ({"a": 1}, {"b": 2})


def _run() -> dict[str, Any]:
    run = any_row(Run)
    Run.objects.all().delete()
    return {"queued": run.queued, "process_id": "p-1", "process": "p", "status": "queued"}


@pytest.mark.django_db
def test_a_row_that_becomes_another_one_does_not_take_along_what_nobody_has_read() -> None:
    own = any_row(Variable)
    known = Variable.objects.get(pk=own.pk)
    known.name = "another"
    with pytest.raises(SealedElsewhere), transaction.atomic():
        known.save()
    read = Variable.objects.get(pk=own.pk)
    value, read.name = read.value, "another"
    read.save()
    assert value_of(own, "value") == value


@pytest.mark.django_db
def test_a_value_is_opened_when_it_is_asked_for_and_read_by_one_query(
    django_assert_num_queries: Any,
) -> None:
    own = any_row(ProcessInstance)
    with django_assert_num_queries(2):
        later = ProcessInstance.objects.only("process_id").get(pk=own.pk)
        assert later.secrets == own.secrets
    put(own, "secrets", "v2.rubbish")
    with django_assert_num_queries(1):
        known = ProcessInstance.objects.get(pk=own.pk)
        assert not opens(known, "secrets")
    assert known.process_id == own.process_id


@pytest.mark.django_db
def test_what_is_read_past_the_row_stays_sealed() -> None:
    own = any_row(Datasource)
    found = Datasource.everything.values_list("document", flat=True).get(pk=own.pk)
    assert isinstance(found, Sealed)
    assert found.text == text_of(own, "document")
    assert found.text not in repr(found)
    Datasource.everything.filter(pk=own.pk).update(document=seal(own, "document", {"new": 1}))
    assert value_of(own, "document") == {"new": 1}


@isolate_apps("tests")
def test_a_value_cannot_be_sealed_for_what_two_rows_may_share() -> None:
    class Shared(models.Model):
        name = models.CharField(max_length=9)
        kind = models.CharField(max_length=9, unique=True)
        by_name = EncryptedJSONField(bound_to=["name"])
        by_kind = EncryptedJSONField(bound_to=["kind"])
        by_both = EncryptedJSONField(bound_to=["name", "kind"])
        by_key = EncryptedJSONField()

        class Meta:
            app_label = "tests"

    wrong = {one.name: [e.id for e in one.check()] for one in sealed_fields(Shared)}
    known = ["kianda.E010"]
    assert wrong == {"by_name": known, "by_kind": [], "by_both": known, "by_key": []}


ON_POSTGRESQL = """
from django.core.management import call_command
from tests.lib.sealed_rows import check_all
call_command("migrate", run_syncdb=True, verbosity=0)
print("held", check_all())
"""


@pytest.mark.integration
@pytest.mark.needs("postgres")
@pytest.mark.timeout(300)
def test_all_of_it_holds_on_postgresql(on_postgresql: Callable[..., str]) -> None:
    assert f"held {len(sealed_rows.CHECKS) * len(COLUMNS)}" in on_postgresql(ON_POSTGRESQL)
