"""The demo workspace loads through the services, once."""

import io
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from datasources.models import Datasource
from kianda import demo
from kianda.accounts.roles import ADMINISTRATOR, DATASOURCE_MANAGER, DESIGNER, USER
from kianda.sandbox.app import Sandbox
from kianda.sandbox.server import STORE_FILE, Server, open_socket
from kianda.sandbox.store import Store
from processes.definition.document import parse_document
from processes.designs.lifecycle import warnings_of
from processes.models import ProcessDesign, ProcessInstance
from processes.running import runs
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


@pytest.fixture
def sandbox(data_dir: Path, settings: Any) -> Iterator[None]:
    """The demo's service, where the product finds it."""
    settings.KIANDA_DEMO = True
    store = Store(data_dir / STORE_FILE)
    with Server(open_socket(data_dir), Sandbox(store)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield
        server.shutdown()
        thread.join()
    store.close()


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


@pytest.mark.usefixtures("sandbox")
def test_who_is_offered_the_order_overview_reads_the_orders_with_it(admin: Any) -> None:
    demo.load(user=admin)
    run = runs.trigger(process_id=demo.TOKEN_ID, target="refresh", user=admin, trigger="button")
    assert run.error is None
    for role in (USER, DESIGNER, DATASOURCE_MANAGER, ADMINISTRATOR):
        person = make_user(f"a-{role.lower().replace(' ', '-')}", role)
        client = client_of(person)
        start = text_of(client.get("/start/"))
        assert "Order overview" in start
        # Its one record needs no second, for which the service gives no credentials.
        assert ("Access token" in start) is (role == ADMINISTRATOR)
        sent = {"act": "press:read_orders", "v-customer": "acme"}
        done = client.post(f"/start/{demo.ORDERS_PROCESS}/", sent, follow=True)
        assert "failed" not in text_of(done)
        made = ProcessInstance.objects.get(created_by=person, design__name=demo.ORDERS_PROCESS)
        assert (made.values["order_count"], made.values["first_order"]) == (3, "acme-1")


def test_its_token_is_fetched_as_soon_as_the_product_runs(admin: Any, data_dir: Path) -> None:
    demo.load(user=admin)
    refresh = ScheduledTask.objects.get(process_id=demo.TOKEN_ID)
    orders = ScheduledTask.objects.exclude(process_id=demo.TOKEN_ID).get()
    assert refresh.next_run_at is not None
    assert orders.next_run_at is not None
    assert refresh.next_run_at <= timezone.now() < orders.next_run_at


def test_it_needs_an_administrator_to_own_it(db: None) -> None:
    with pytest.raises(CommandError, match="needs an administrator"):
        load()
