"""The customer's scenario through an integrator's hands: every object is made over the API."""

import copy
import secrets
from datetime import datetime, timedelta
from typing import Any

from tests.integration.api import Api
from tests.integration.parts import wait_for
from tests.integration.provider import Provider
from tests.processes.definitions import TOKEN_SERVICE, token_refresh


class Workspace:
    """Makes datasources, processes, instances and tasks under names of their own."""

    def __init__(self, api: Api, provider: Provider) -> None:
        """Take the API and the outside world."""
        self.api, self.provider = api, provider
        mark = secrets.token_hex(3)
        self.service, self.process = f"service-{mark}", f"token-refresh-{mark}"

    def make_design(self) -> None:
        """Make the datasource and the published process."""
        self.api.post("/datasources/", datasource(self.service, self.provider.url), expect=201)
        self.api.post("/processes/", design(self.process, self.service), expect=201)
        self.api.post(f"/processes/{self.process}/publish/", {}, expect=201)

    def make_instance(self) -> dict[str, Any]:
        """Make a live instance with a client of its own at the provider."""
        client = f"client-{secrets.token_hex(4)}"
        given = self.provider.register(client)
        data = {
            "client_id": client,
            "client_secret": "cs-" + secrets.token_hex(6),
            "refresh_token": given.refresh,
            "access_token": given.access,
        }
        body = {"process": self.process, "mode": "live", "data": data}
        return dict(self.api.post("/instances/", body, expect=201))

    def make_task(self, instance: dict[str, Any], *, every: int = 1) -> dict[str, Any]:
        """Schedule the refresh of an instance."""
        body = {
            "name": f"Refresh {instance['process_id']}",
            "process": self.process,
            "process_id": instance["process_id"],
            "target": "refresh",
            "schedule": {"kind": "seconds", "every": every},
        }
        return dict(self.api.post("/scheduled-tasks/", body, expect=201))

    def occurrences(self, task: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the ledger of a task, oldest first."""
        rows = self.api.all(f"/scheduled-tasks/{task['id']}/occurrences/")
        return sorted(rows, key=lambda row: (row["planned_at"], int(row["id"])))

    def outcomes(self, task: dict[str, Any]) -> list[str]:
        """Return the outcomes that are there, oldest first."""
        return [row["outcome"] for row in self.occurrences(task) if row["outcome"]]

    def wait_for_runs(self, task: dict[str, Any], *, more: int, seconds: float) -> None:
        """Wait until so many more occurrences have succeeded."""
        count = self.outcomes(task).count("succeeded")
        wait_for(
            lambda: self.outcomes(task).count("succeeded") >= count + more,
            seconds=seconds,
            saying=f"{more} more occurrences of {task['name']} did not succeed",
            every=0.1,
        )

    def pause(self, task: dict[str, Any]) -> None:
        """Pause a task."""
        self.api.post(f"/scheduled-tasks/{task['id']}/pause/", expect=200)

    def at_rest(self, task: dict[str, Any], *, seconds: float = 60) -> list[dict[str, Any]]:
        """Pause a task, wait until every occurrence has its outcome, and return them."""
        self.pause(task)
        wait_for(
            lambda: all(row["outcome"] for row in self.occurrences(task)),
            seconds=seconds,
            saying=f"occurrences of {task['name']} have no outcome",
            every=0.1,
        )
        return self.occurrences(task)

    def value(self, instance: dict[str, Any], field: str) -> Any:
        """Return a value of an instance as it is stored."""
        return self.api.get(f"/instances/{instance['process_id']}/")["data"][field]


def datasource(name: str, url: str) -> dict[str, Any]:
    """Return the scenario's datasource at an address; `mark` names the run in each request."""
    made = copy.deepcopy(TOKEN_SERVICE) | {"name": name, "base_url": url}
    made["methods"][0]["request_body"].append({"name": "mark"})
    return made


def design(name: str, service: str) -> dict[str, Any]:
    """Return the scenario's definition; its request says when its run started."""
    made = token_refresh() | {"name": name}
    rule = made["forms"][0]["fields"][-1]["rules"][1]
    rule["datasource"] = service
    rule["input_mapping"].append({"target": "body.mark", "value": "[now]"})
    return made


def reader(name: str, *, of: str, instance: str, service: str) -> dict[str, Any]:
    """Return a process that finds the token in an instance of another one and calls with it."""
    same = {"left": "[item.process.id]", "operator": "eq", "right": instance}
    find = {
        "type": "find_items",
        "id": "find",
        "datasource": "kianda",
        "method": of,
        "filter": {"match": "all", "items": [same]},
        "on_success": [{"field": "token", "value": "[item.access_token]"}],
    }
    call = {
        "type": "find_items",
        "id": "orders",
        "datasource": service,
        "method": "get-orders",
        "input_mapping": [
            {"target": "path.customer", "value": "42"},
            {"target": "header.Authorization", "value": "Bearer [token]"},
        ],
        "on_success": [{"field": "first", "value": "[response.body.items.0.id]"}],
    }
    fields = [
        {"type": "text", "name": "token"},
        {"type": "text", "name": "first"},
        {"type": "button", "name": "look", "rules": [find, call, {"type": "save", "id": "save"}]},
    ]
    return {"name": name, "forms": [{"name": "main", "fields": fields}]}


def check_ledger(rows: list[dict[str, Any]], *, every: int = 1) -> None:
    """Check that each moment of the grid lies in exactly one row, and that each row has ended."""
    planned = [row for row in rows if row["trigger"] == "planned"]
    assert planned, "nothing was planned"
    before: datetime | None = None
    for row in planned:
        first = moment(row["planned_at"])
        last = moment(row["planned_until"] or row["planned_at"])
        assert row["outcome"], row
        assert row["count"] == (last - first) / timedelta(seconds=every) + 1, row
        if before is not None:
            assert first - before == timedelta(seconds=every), (before, row)
        before = last


def moment(text: str) -> datetime:
    """Return a moment that the API has written."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def marks_seen_twice(provider: Provider, client: str) -> list[str]:
    """Return the runs that called the provider more than once."""
    marks = [call.mark for call in provider.calls_of(client)]
    return [mark for mark in set(marks) if marks.count(mark) > 1]
