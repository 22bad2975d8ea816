"""A deleted datasource lies in the recycle bin with its secrets, and its name is free."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from datasources.models import Datasource
from datasources.selectors import document_of, get_document
from datasources.services.access import set_security
from datasources.services.datasources import create_datasource, delete_datasource
from datasources.services.recycle_bin import DATASOURCES
from kianda.accounts.models import AuditEntry
from kianda.accounts.services.key_ring import rotate
from kianda.accounts.services.recycle_bin import restore
from kianda.lib.errors import Forbidden, Invalid, Missing
from kianda.lib.recycle_bin import in_bin
from tests.datasources.conftest import raw_datasource

pytestmark = pytest.mark.django_db
AUTH = {"scheme": "bearer", "token": "bearer-secret-42"}


def deleted(user: Any, **changes: Any) -> Datasource:
    """Return a datasource with a credential that a person has deleted."""
    made = create_datasource(raw=raw_datasource(auth=AUTH, **changes), user=user)
    delete_datasource(name=made.name, user=user)
    return made


def test_a_deleted_datasource_can_be_called_and_listed_no_more(dan: Any) -> None:
    made = deleted(dan)
    with pytest.raises(Missing):
        get_document("token-service")
    assert not Datasource.objects.exists()
    assert list(in_bin(Datasource)) == [made]
    with pytest.raises(Missing):
        delete_datasource(name="token-service", user=dan)


def test_its_secrets_stay_encrypted_in_the_bin_and_come_back(dan: Any) -> None:
    made = deleted(dan)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM datasources_datasource")
        assert "bearer-secret-42" not in repr(cursor.fetchall())
    restore(DATASOURCES, pk=made.pk, user=dan)
    found: Any = get_document("token-service")
    assert found.auth.token == "bearer-secret-42"
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["created", "deleted", "restored"]


def test_a_name_that_is_taken_meanwhile_asks_for_another(dan: Any) -> None:
    made = deleted(dan)
    create_datasource(raw=raw_datasource(title="The new one"), user=dan)
    with pytest.raises(Invalid) as refused:
        restore(DATASOURCES, pk=made.pk, user=dan)
    assert refused.value.errors[0].pointer == "/name"
    with pytest.raises(Invalid):
        restore(DATASOURCES, pk=made.pk, user=dan, name="Not a name")
    assert DATASOURCES.free_name("token-service") == "token-service-2"
    restore(DATASOURCES, pk=made.pk, user=dan, name="token-service-2")
    found: Any = get_document("token-service-2")
    assert (found.name, found.auth.token) == ("token-service-2", "bearer-secret-42")
    assert get_document("token-service").title == "The new one"


def test_who_may_not_change_it_may_not_restore_it(dan: Any, admin: Any) -> None:
    made = create_datasource(raw=raw_datasource(), user=dan)
    people = {"users": ["admin"], "groups": []}
    set_security(name="token-service", raw={"editors": people}, user=admin)
    delete_datasource(name="token-service", user=admin)
    with pytest.raises(Forbidden):
        restore(DATASOURCES, pk=made.pk, user=dan)
    restore(DATASOURCES, pk=made.pk, user=admin)


def test_a_new_key_reaches_what_is_in_the_bin(dan: Any, settings: Any) -> None:
    made = deleted(dan)
    settings.KIANDA_SECRET_KEYS = [Fernet.generate_key().decode(), *settings.KIANDA_SECRET_KEYS]
    assert rotate(Datasource, "document").changed == 1
    settings.KIANDA_SECRET_KEYS = settings.KIANDA_SECRET_KEYS[:1]
    found: Any = document_of(Datasource.everything.get(pk=made.pk))
    assert found.auth.token == "bearer-secret-42"
