"""What migrations leave in a database: correctness rests on its constraints."""

from collections.abc import Callable

import pytest

from tests.integration.conftest import PRODUCTION
from tests.integration.parts import Product

pytestmark = pytest.mark.integration

# A migration of a field can take with it what stands on the same column.
MISSING = """
from django.apps import apps
from django.db import connection
with connection.cursor() as cursor:
    for model in apps.get_models():
        there = connection.introspection.get_constraints(cursor, model._meta.db_table)
        for one in (*model._meta.constraints, *model._meta.indexes):
            if one.name not in there:
                print(model._meta.label, one.name)
print("looked")
"""


@pytest.mark.parametrize("kind", ["embedded", PRODUCTION])
def test_every_constraint_and_index_is_in_the_database(
    new_product: Callable[..., Product], kind: str
) -> None:
    found = new_product(kind).manage("shell", "--no-imports", "-c", MISSING)
    assert found.splitlines() == ["looked"]
