"""A call with the live token of a connection beside the same call with a fixed one.

`python -m benchmarks.connections` reads `{"provider", "calls"}` on standard input; prints the
milliseconds of both, one call after the other.
"""

import json
import sys
import time
from typing import Any

from benchmarks.figures import Report, percentile
from benchmarks.processes import run_module
from benchmarks.product import Ground

MOST_TIMES = 1.3
WARM_UP = 30
NAMES = ("grant_type", "client_id", "client_secret", "refresh_token")


def connections(ground: Ground, report: Report) -> None:
    """Measure what it costs to ask for the live token before each call."""
    report.begin(f"Calls through a connection, {ground.name}")
    product = ground.product()
    order = {"provider": product.provider, "calls": 200 if report.quick else 1000}
    printed = run_module(
        "benchmarks.connections", environment=product.environment, seconds=300,
        feed=json.dumps(order),
    )  # fmt: skip
    found = {name: percentile(took, 50) for name, took in json.loads(printed).items()}
    times = found["connection"] / found["bearer"]
    report.line(
        f"p50 {found['bearer']:.2f} ms with a fixed token, {found['connection']:.2f} ms with the "
        f"live one, {times:.2f} x",
        **found,
    )
    report.goal(
        f"a call through a connection costs at most {MOST_TIMES} x", met=times <= MOST_TIMES,
        found=f"{times:.2f} x",
    )  # fmt: skip


def measure(order: dict[str, Any]) -> dict[str, list[float]]:
    """Make the calls in turn, so that both meet the same machine."""
    from datasources.connections.calls import send_authorised
    from datasources.rest.request import build
    from datasources.selectors import get_document
    from datasources.services.datasources import create_datasource

    client = {"client_id": "kianda", "client_secret": "s"}
    ways: dict[str, dict[str, Any]] = {
        "bearer": {"scheme": "bearer", "token": "at-000000000000000000000001"},
        "connection": {
            "scheme": "oauth2", "grant": "refresh_token", "client_auth": "post",
            "token_url": f"{order['provider']}/oauth/token", "refresh_token": "seed",
            **client,
        },
    }  # fmt: skip
    took: dict[str, list[float]] = {}
    for name, auth in ways.items():
        method = {
            "name": "call", "http_method": "POST", "url_path": "/oauth/token",
            "content_type": "form", "request_body": [{"name": one, "value": "x"} for one in NAMES],
        }  # fmt: skip
        raw = {"name": name, "base_url": order["provider"], "auth": auth, "methods": [method]}
        create_datasource(raw=raw, user=None)
        took[name] = []
    for number in range(WARM_UP + order["calls"]):
        for name, found in took.items():
            start = time.perf_counter()
            source = get_document(name)
            called = source.method("call")
            assert called is not None
            send_authorised(source, lambda token, s=source, m=called: build(s, m, {}, token))
            if number >= WARM_UP:
                found.append((time.perf_counter() - start) * 1000)
    return took


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
