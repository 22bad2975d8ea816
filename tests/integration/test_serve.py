"""`manage.py serve`: one command starts all, one Ctrl-C ends all, and whatever dies comes back."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import requests

from kianda.ops.directory_lock import directory_alone
from kianda.serve.services import WEB_PROCESSES
from tests.integration.api import Api
from tests.integration.parts import ROOT, Process, Product, ended, free_port, wait_for
from tests.kianda.product import migrated

pytestmark = pytest.mark.integration
WORKERS = {"worker", "worker-2"} if (os.cpu_count() or 1) > 1 else {"worker"}
ALL = {"broker", "sandbox", "web", "beat"} | WORKERS


class Served:
    """The product as `make run` starts it, in a data directory that nobody has used."""

    def __init__(self, folder: Path) -> None:
        self.product = Product(folder, {"KIANDA_EGRESS_ALLOW": ""}, apart=False)
        self.folder, self.url = folder, self.product.url
        self.process = self.start()

    def start(self) -> Process:
        self.log = self.folder / "serve.log"
        self.log.unlink(missing_ok=True)
        self.process = Process(
            [sys.executable, "manage.py", "serve", "--set-up"],
            log=self.log, cwd=ROOT, env=self.product.environment,
        )  # fmt: skip
        self.product.parts["serve"] = self.process
        wait_for(self.is_well, seconds=60, saying="The product is not well")
        return self.process

    def is_well(self) -> bool:
        return self.product.is_well()

    @property
    def sandbox(self) -> str:
        return "http://" + (self.folder / "sandbox.address").read_text().strip()

    def resets_the_sandbox(self) -> bool:
        with suppress(requests.ConnectionError):
            return requests.put(f"{self.sandbox}/switches", json={}, timeout=10).ok
        return False

    def said(self) -> str:
        return self.log.read_text()

    def family(self) -> dict[int, str]:
        """Return every process that the parent has started, and theirs."""
        found: dict[int, str] = {}
        waiting = [self.process.pid]
        children = processes()
        while waiting:
            parent = waiting.pop()
            for pid, (of, command) in children.items():
                if of == parent:
                    found[pid] = command
                    waiting.append(pid)
        return found

    def end(self) -> None:
        """End it, whatever state it is in."""
        if self.process.runs:
            self.process.end(signal.SIGINT, seconds=40)


def processes() -> dict[int, tuple[int, str]]:
    """Return the parent and the command of every process that lives."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat=,command="],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    rows = [line.split(None, 3) for line in listed.splitlines()]
    return {
        int(row[0]): (int(row[1]), row[3]) for row in rows if len(row) == 4 and row[2][0] != "Z"
    }


def gone(family: dict[int, str]) -> bool:
    """Tell whether none of these processes lives."""
    now = processes()
    return not any(pid in now and now[pid][1] == command for pid, command in family.items())


@pytest.fixture(scope="module")
def installed(new_folder: Callable[[str], Path]) -> Iterator[Served]:
    product = Served(migrated(new_folder("serve")))
    yield product
    product.end()


@pytest.fixture
def served(installed: Served) -> Served:
    """The product, which runs whatever the last test did to it, on a provider that is well."""
    if not installed.process.runs:
        installed.start()
    # The signs of life of the last start are still fresh: the sandbox may not be up.
    wait_for(installed.resets_the_sandbox, seconds=60, saying="The sandbox does not answer")
    return installed


def test_it_starts_from_nothing_and_ctrl_c_leaves_nothing(
    new_folder: Callable[[str], Path],
) -> None:
    served = Served(new_folder("fresh"))
    try:
        it_starts_and_stops(served)
    finally:
        served.end()


def is_alive(url: str) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(f"{url}/healthz/live", timeout=10).ok
    return False


def test_the_web_that_is_served_alone_says_where_it_runs(
    new_folder: Callable[[str], Path],
) -> None:
    product = Product(migrated(new_folder("web") / "data"), {}, apart=True)
    try:
        product.start_part("web")
        wait_for(
            lambda: f"Kianda runs at {product.url} (web)." in product.said(),
            seconds=60, saying="no address",
        )  # fmt: skip
        wait_for(lambda: is_alive(product.url), seconds=20, saying="no page")
        assert product.said().count("Kianda runs at") == 1
    finally:
        product.stop()


def it_starts_and_stops(served: Served) -> None:
    login = re.search(r"is (\w+), the password is (\S+)", served.said())
    assert login, "the administrator's login is printed"
    assert "Demo loaded" in served.said()
    wait_for(
        lambda: f"Kianda runs at {served.url}" in served.said(), seconds=60, saying="no address"
    )
    assert all(name in served.said() for name in ALL)
    family = served.family()
    assert len(family) >= len(ALL)
    groups = {os.getpgid(pid) for pid in family}
    assert os.getpgid(served.process.pid) not in groups, "Ctrl-C reaches the parent alone"

    assert served.process.end(signal.SIGINT) == 0
    assert gone(family)
    assert served.said().rstrip().endswith("Stopped.")
    assert "Traceback" not in served.said()
    left = {path.name for path in served.folder.iterdir()}
    assert {name for name in left if name.endswith("-wal")} == set(), "one file has all the data"
    with closing(sqlite3.connect(served.folder / "kianda.sqlite3")) as file:
        assert file.execute("SELECT count(*) FROM processes_processdesign").fetchone() == (2,)
    open_to_others = [path for path in served.folder.rglob("*") if path.stat().st_mode & 0o077]
    assert [path for path in open_to_others if path != served.log] == []

    address = (served.folder / "sandbox.address").read_text()
    served.start()
    assert "password is" not in served.said(), "the login is printed once"
    assert "Demo loaded" not in served.said()
    assert (served.folder / "sandbox.address").read_text() == address


def test_each_process_that_is_killed_comes_back(served: Served) -> None:
    def children() -> set[int]:
        return {pid for pid, (of, _) in processes().items() if of == served.process.pid}

    # The signs of life of an earlier start may still be fresh while the last parts start.
    wait_for(lambda: len(children()) == len(ALL), seconds=60, saying="Not every part started")
    first = children()
    for pid in first:
        os.kill(pid, signal.SIGKILL)
        wait_for(ended(processes, pid), seconds=30, saying="it lives on")
        wait_for(
            lambda: len(children()) == len(ALL) and served.is_well(),
            seconds=60,
            saying="It did not come back",
        )
    assert not first & children()
    for name in ALL:
        assert f"{name} ended (signal 9)" in served.said()


def test_a_killed_web_process_of_two_is_replaced(served: Served) -> None:
    def webs() -> list[int]:
        children = {pid for pid, (of, _) in processes().items() if of == served.process.pid}
        return [pid for pid in served.family() if pid not in children]

    many = min(WEB_PROCESSES, os.cpu_count() or 1)
    # The product is well as soon as the first of them is there again.
    wait_for(lambda: len(webs()) == many, seconds=60, saying="A web process is missing")
    killed = webs()[0]
    os.kill(killed, signal.SIGKILL)
    wait_for(
        lambda: len(webs()) == many and killed not in webs() and served.is_well(),
        seconds=60,
        saying="It was not replaced",
    )


def test_when_the_parent_is_killed_nobody_survives_and_it_starts_again(served: Served) -> None:
    family = served.family()
    served.process.end(signal.SIGKILL)
    wait_for(lambda: gone(family), seconds=30, saying="Somebody survived")
    served.start()


def test_a_queue_that_the_broker_cannot_read_is_set_aside(served: Served) -> None:
    served.process.end(signal.SIGINT, seconds=40)
    queue = served.folder / "broker" / "appendonlydir"
    for file in queue.iterdir():
        file.write_bytes(b"this is no queue")
    served.start()
    assert list(queue.parent.glob("appendonlydir.broken-*"))


def test_a_second_product_on_the_same_folder_is_refused(served: Served) -> None:
    second = serve(served.product.environment | {"KIANDA_PORT": str(free_port())})
    assert second.returncode == 1
    assert f"Kianda is already running on the data directory {served.folder}" in second.stderr
    assert served.is_well()


def test_a_restore_is_refused_while_it_runs_and_not_when_it_was_killed(served: Served) -> None:
    file = served.folder / "backup.tar"
    served.product.manage("backup", str(file), "--force")
    refused = manage(served, "restore", str(file), "--force")
    assert refused.returncode == 1
    assert f"Kianda is running on the data directory {served.folder}. Stop it" in refused.stderr
    assert served.is_well()
    family = served.family()
    served.process.end(signal.SIGKILL)
    wait_for(lambda: gone(family), seconds=50, saying="Somebody survived")
    assert (served.folder / "serve.lock").read_text().strip() == str(served.process.pid)
    done = manage(served, "restore", str(file), "--force")
    assert done.returncode == 0, done.stderr
    served.start()


def manage(served: Served, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=served.product.environment,
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def test_the_start_after_a_cut_restore_says_what_is_there(served: Served) -> None:
    served.process.end(signal.SIGINT, seconds=40)
    folder = served.folder / "restore"
    folder.mkdir(mode=0o700)
    (folder / "kianda_secret_keys").write_text("unpacked")
    served.start()
    assert "A restore was interrupted before it changed anything" in served.said()
    assert not folder.exists()


def test_a_part_does_not_start_into_a_restore(served: Served) -> None:
    served.process.end(signal.SIGINT, seconds=40)
    with directory_alone(served.folder):
        refused = manage(served, "serve", "--only", "sandbox")
        assert refused.returncode == 1
        assert "A restore is in progress in the data directory" in refused.stderr
        whole = serve(served.product.environment)
        assert whole.returncode == 1
        assert f"(process {os.getpid()}, a restore)" in whole.stderr
    served.start()


def test_a_taken_port_is_named_with_the_setting_that_changes_it(
    served: Served, new_folder: Callable[[str], Path]
) -> None:
    other = served.product.environment | {"KIANDA_DATA_DIR": str(new_folder("other"))}
    second = serve(other)
    assert second.returncode == 1
    assert f"Port {served.product.port} on 127.0.0.1 cannot be used" in second.stderr
    assert "KIANDA_PORT=" in second.stderr
    assert "Traceback" not in second.stderr


def serve(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "serve"], cwd=ROOT, env=environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_demo_refreshes_and_uses_its_token_without_any_setting(served: Served) -> None:
    api = served.product.api(served.product.api_token())
    tasks = {task["name"]: task for task in api.all("/scheduled-tasks/")}

    def done(name: str) -> bool:
        rows = api.all(f"/scheduled-tasks/{tasks[name]['id']}/occurrences/")
        return any(row["outcome"] == "succeeded" for row in rows)

    wait_for(lambda: done("Demo: refresh the token"), seconds=60, saying="No token", every=0.5)
    data = api.get("/instances/demo-token-refresh-1/")["data"]
    assert data["access_token"] == "********"
    assert data["last_error"] == ""
    for process_id, target in (
        ("demo-token-refresh-1", "use_token"),
        ("demo-orders-1", "read_orders"),
    ):
        run = api.post(f"/instances/{process_id}/trigger/", {"target": target})
        assert run["status"] == "succeeded", run["error"]
    data = api.get("/instances/demo-orders-1/")["data"]
    assert (data["order_count"], data["first_order"]) == (3, "acme-1")


def test_a_run_in_flight_ends_before_the_product_does(served: Served) -> None:
    api = served.product.api(served.product.api_token())
    [task] = [
        f"/scheduled-tasks/{one['id']}"
        for one in api.all("/scheduled-tasks/")
        if one["name"] == "Demo: refresh the token"
    ]
    # Each half minute it has a run of the same instance, which keeps other ones away.
    api.post(f"{task}/pause/")
    wait_for(
        lambda: all(run["status"] != "running" for run in api.all("/runs/")),
        seconds=60,
        saying="A run does not end",
    )
    requests.put(f"{served.sandbox}/switches", json={"slow_s": 3}, timeout=10)
    runs: list[str] = []

    def refresh() -> None:
        with suppress(requests.ConnectionError):
            body = {"target": "refresh"}
            runs.append(api.post("/instances/demo-token-refresh-1/trigger/", body)["status"])

    waiting = threading.Thread(target=refresh)
    waiting.start()
    own = Api(api.url, api.token)
    wait_for(
        lambda: any(
            run["status"] == "running" and run["trigger"] == "api" for run in own.all("/runs/")
        ),
        seconds=10,
        saying="The run did not begin",
    )
    own.post(f"{task}/resume/")
    assert served.process.end(signal.SIGINT, seconds=40) == 0
    waiting.join()
    assert runs == ["succeeded"]


def test_a_crowd_of_waiting_runs_leaves_the_pages_answering(served: Served) -> None:
    api = served.product.api(served.product.api_token())
    requests.put(
        f"{served.sandbox}/switches", json={"slow_s": 6, "where": "everywhere"}, timeout=10
    )
    body = {"process": "demo-token-refresh", "mode": "live", "data": {}}
    made = [api.post("/instances/", body) for _ in range(32)]

    def trigger(process_id: str) -> None:
        token = api.session.headers["Authorization"]
        requests.post(
            f"{served.url}/api/v1/instances/{process_id}/trigger/",
            json={"target": "refresh"}, headers={"Authorization": token}, timeout=60,
        )  # fmt: skip

    crowd = [threading.Thread(target=trigger, args=(one["process_id"],)) for one in made]
    for one in crowd:
        one.start()
    wait_for(
        lambda: sum(run["status"] == "running" for run in api.get("/runs/")["results"]) >= 32,
        seconds=10,
        saying="The runs did not begin",
    )
    for path in ("/instances/", "/runs/", "/processes/", "/datasources/", "/scheduled-tasks/"):
        answer = api.session.get(f"{served.url}/api/v1{path}", timeout=3)
        assert answer.status_code == 200
    assert any(one.is_alive() for one in crowd), "they still wait"
    for one in crowd:
        one.join()
