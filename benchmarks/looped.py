"""A loop that calls out for each row of its table: `python -m benchmarks.looped`.

Reads `{"rows": [few, many], "times"}` on standard input, prints `{"took": [[...], [...]]}`: what a
row took in milliseconds, in loops through few rows and through many, in turn.
"""

import json
import sys
import time
from typing import Any

from benchmarks.workspace import DATASOURCE

PROCESS = "looped"
REDIRECT_URI = "https://app.example.org/callback"


def definition() -> dict[str, Any]:
    """Return a process whose button sends each row of a table, and keeps what is answered."""
    sent = {
        "grant_type": "refresh_token", "client_id": "client-1", "redirect_uri": "[row.note]",
        "client_secret": "secret-secret-secret", "refresh_token": "[row.what]",
    }  # fmt: skip
    call = {
        "type": "create_item", "datasource": DATASOURCE, "method": "refresh-token",
        "input_mapping": [
            *({"target": f"body.{name}", "value": value} for name, value in sent.items()),
            {"target": "url_path", "value": "/oauth/token"},
        ],
        "on_success": [{"field": "row.ticket", "value": "[response.body.access_token]"}],
    }  # fmt: skip
    texts, numbers = ("what", "note", "ticket"), ("pieces", "price", "discount")
    columns = [
        *({"type": "text", "name": name} for name in texts),
        *({"type": "number", "name": name} for name in numbers),
    ]
    rules = [{"type": "loop_table", "table": "lines", "rules": [call]}, {"type": "save"}]
    fields: list[dict[str, Any]] = [
        {"type": "table", "name": "lines", "columns": columns},
        {"type": "button", "name": "send", "rules": rules},
    ]
    return {"name": PROCESS, "forms": [{"name": "order", "fields": fields}]}


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Run loops through few rows and through many in turn; the first of each warms up."""
    from django.contrib.auth.models import User

    from processes.designs.lifecycle import create_design, publish_design
    from processes.instances.lifecycle import create_instance
    from processes.running.runs import trigger

    user = User.objects.get(username="benchmark")
    create_design(raw=definition(), user=user)
    publish_design(name=PROCESS, user=user)
    took: list[list[float]] = [[] for _ in order["rows"]]
    for _ in range(1 + order["times"]):
        for found, rows in zip(took, order["rows"], strict=True):
            lines = [
                {"what": f"rt-{n:06}", "note": "https://app.example.org/callback"}
                for n in range(rows)
            ]
            made = create_instance(process=PROCESS, mode="live", data={"lines": lines}, user=user)
            start = time.perf_counter()
            run = trigger(process_id=made.process_id, target="send", user=user, trigger="api")
            found.append((time.perf_counter() - start) * 1000 / rows)
            if run.status != "succeeded":
                raise SystemExit(f"The run {run.status}: {run.error}")
    return {"took": [one[1:] for one in took]}


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
