"""Who holds which role."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from pytest_django import DjangoAssertNumQueries

from kianda.accounts.roles import (
    ADMINISTRATOR,
    DATASOURCE_MANAGER,
    DESIGNER,
    ROLES,
    USER,
    has_role,
    roles_of,
)
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_every_role_has_a_group_after_migration() -> None:
    assert set(Group.objects.values_list("name", flat=True)) >= set(ROLES)


@pytest.mark.parametrize(
    ("groups", "held"),
    [
        ((), set()),
        (("Gardener",), set()),
        ((USER,), {USER}),
        ((DESIGNER,), {DESIGNER, USER}),
        ((DATASOURCE_MANAGER,), {DATASOURCE_MANAGER, USER}),
        ((ADMINISTRATOR,), set(ROLES)),
    ],
)
def test_a_person_acts_in_the_roles_of_their_groups(groups: tuple[Any, ...], held: Any) -> None:
    assert roles_of(make_user("eve", *groups)) == held


def test_a_superuser_counts_as_administrator() -> None:
    assert has_role(make_user("root", is_superuser=True), ADMINISTRATOR)


@pytest.mark.parametrize("user", [None, AnonymousUser()])
def test_nobody_has_no_role(user: Any) -> None:
    assert not has_role(user, *ROLES)


def test_an_inactive_person_has_no_role() -> None:
    assert not roles_of(make_user("gone", ADMINISTRATOR, is_active=False))


def test_roles_are_read_once_per_request(
    django_assert_num_queries: DjangoAssertNumQueries, ada: Any
) -> None:
    with django_assert_num_queries(1):
        assert has_role(ada, DESIGNER)
        assert not has_role(ada, ADMINISTRATOR)
