"""On PostgreSQL a prepared statement is read and planned once, and does what it does on SQLite."""

from collections.abc import Callable

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.needs("postgres"), pytest.mark.timeout(300)]

ITS_TESTS = """
import sys, pytest
of = "tests/lib/test_prepared_statements.py"
sys.exit(pytest.main(["-q", "-p", "no:randomly", "-p", "no:cacheprovider", of]))
"""
ASKED_OFTEN = """
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from kianda.lib.db.prepared_statements import PreparedQuery, insert_of, update_of
call_command("migrate", run_syncdb=True, verbosity=0)
User.objects.all().delete()
by_name = PreparedQuery(lambda name: User.objects.filter(username=name), "name")
for number in range(10):
    name = f"user{number}"
    insert_of(User(username=name)).run()
    update_of(User, where={"username": name}, first_name="Ann").run()
    print("found", by_name.first(name).first_name)
with connection.cursor() as cursor:
    cursor.execute("SELECT left(statement, 6) FROM pg_prepared_statements ORDER BY 1")
    print("planned", *(row[0] for row in cursor.fetchall()))
"""


def test_all_that_holds_of_prepared_statements_holds_there(
    on_postgresql: Callable[..., str],
) -> None:
    assert " passed" in on_postgresql(ITS_TESTS)


def test_what_is_asked_often_is_planned_once_unless_a_pooler_stands_between(
    on_postgresql: Callable[..., str],
) -> None:
    def planned(parameters: str) -> list[str]:
        said = on_postgresql(ASKED_OFTEN, parameters).splitlines()
        assert said.count("found Ann") == 10
        return next(line.split()[1:] for line in said if line.startswith("planned"))

    assert planned("") == ["INSERT", "SELECT", "UPDATE"]
    assert planned("?prepare_threshold=none") == []
    assert planned("?prepare_threshold=50") == []
