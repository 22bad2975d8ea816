"""The demo workspace loads through the services, once."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from datasources.models import Datasource
from kianda import demo
from kianda.accounts.roles import USER
from kianda.sandbox.server import STORE_FILE
from kianda.sandbox.store import Store
from processes.definition.document import parse_document
from processes.designs.lifecycle import warnings_of
from processes.models import ProcessDesign, ProcessInstance
from scheduler.models import ScheduledTask
from tests.factories import make_user
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db


def load() -> str:
    out = io.StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def contents() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (Datasource, ProcessDesign, ProcessInstance, ScheduledTask)
    ]


@pytest.fixture
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.KIANDA_DATA_DIR = tmp_path
    return tmp_path


def test_it_makes_a_workspace_whose_names_begin_with_demo(admin: Any, data_dir: Path) -> None:
    admin.is_superuser = True
    admin.save()
    said = load()
    assert said.startswith("Demo loaded: demo-token-service, demo-connection,")
    assert set(ProcessInstance.objects.values_list("process_id", flat=True)) == {
        "demo-token-refresh-1",
        "demo-orders-1",
    }
    assert all(task.enabled and task.next_run_at for task in ScheduledTask.objects.all())
    instance = ProcessInstance.objects.get(process_id=demo.TOKEN_ID)
    store = Store(data_dir / STORE_FILE)
    assert store.knows(demo.CLIENT, instance.secrets["client_secret"])
    store.close()


def test_a_second_time_changes_nothing(admin: Any, data_dir: Path) -> None:
    admin.is_superuser = True
    admin.save()
    load()
    before = contents()
    assert load() == "The demo is already loaded.\n"
    assert contents() == before


@pytest.mark.parametrize("design", [demo.TOKEN_DESIGN, demo.ORDERS_DESIGN])
def test_its_designs_have_no_warnings(admin: Any, data_dir: Path, design: dict[str, Any]) -> None:
    demo.load(user=admin)
    assert warnings_of(parse_document(design)) == []


def test_an_employee_reads_plain_words_about_it(admin: Any, data_dir: Path) -> None:
    demo.load(user=admin)
    emma = client_of(make_user("emma", USER))
    home = text_of(emma.get("/"))
    assert "Order overview An example: shows how many orders a customer has." in home
    listed = text_of(emma.get("/records/demo-orders/"))
    assert "New order overview" in listed
    assert not re.search("refresh|demo: orders", home + listed, re.IGNORECASE)


def test_it_needs_an_administrator_to_own_it(db: None) -> None:
    with pytest.raises(CommandError, match="needs an administrator"):
        load()
