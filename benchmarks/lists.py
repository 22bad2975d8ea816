"""Every list of the pages and of the API, searched and filtered, with 10 and with 100,000 rows."""

import http.client
import json
import time
from typing import Any

from benchmarks.figures import Report, percentile
from benchmarks.processes import BenchmarkError, run_module
from benchmarks.product import Ground, Product

FEW, MANY, GOAL_MS = 10, 100_000, 150
# A word that one row in eight has, one that a single old row has, one that none has, and two words.
SEARCHES = ("cedar", "1234", "nothing-has-this", "birch 99")
LISTS: dict[str, tuple[str, ...]] = {
    "start page": ("/",),
    "instances": (
        "/instances/", "/instances/?page={last}", "/instances/?ordering=modified",
        "/instances/?ordering=-process_id", "/instances/?process=process-3",
        "/instances/?mode=preview", "/instances/?status=closed", "/instances/?q={process_id}",
        "/instances/?q={words}", "/instances/?q={words}&status=open",
    ),
    "runs": (
        "/runs/", "/runs/?page={last}", "/runs/?ordering=started", "/runs/?ordering=-finished",
        "/runs/?status=failed", "/runs/?status=running",
        "/runs/?q={process_id}", "/runs/?q={words}",
    ),
    "one instance": (
        "/instances/{process_id}/", "/instances/{process_id}/runs/",
        "/instances/{process_id}/changes/", "/instances/{process_id}/changes/?page={last}",
    ),
    "my work": (
        "/work/", "/work/?page={last}", "/work/?process=process-3", "/work/?q={words}",
    ),
    "scheduled tasks": (
        "/scheduled-tasks/", "/scheduled-tasks/?page={last}", "/scheduled-tasks/?ordering=name",
        "/scheduled-tasks/?ordering=-last", "/scheduled-tasks/?status=failed",
        "/scheduled-tasks/?status=paused", "/scheduled-tasks/?status=running",
        "/scheduled-tasks/?process=process-3", "/scheduled-tasks/?q={words}",
    ),
    "history of a task": (
        "/scheduled-tasks/{task}/history/", "/scheduled-tasks/{task}/history/?page={last}",
        "/scheduled-tasks/{task}/history/?range=7d", "/scheduled-tasks/{task}/history/?range=30d",
        "/scheduled-tasks/{task}/history/?outcome=failed",
    ),
    "process designs": (
        "/designs/", "/designs/?page={last}", "/designs/?ordering=-modified",
        "/designs/?state=never", "/designs/?group=Group 3", "/designs/?q={words}",
        "/designs/{process}/versions/", "/bin/", "/bin/?page={last}",
    ),
    "data sources": (
        "/datasources/", "/datasources/?page={last}", "/datasources/?ordering=-modified",
        "/datasources/?status=test_failed", "/datasources/?q={words}",
    ),
    "users": (
        "/users/", "/users/?page={last}", "/users/?role=User", "/users/?status=inactive",
        "/users/?search={words}",
    ),
    "API tokens": ("/tokens/", "/tokens/?page={last}"),
    "audit log": (
        "/audit/", "/audit/?page={last}", "/audit/?kind=process", "/audit/?user=user7",
        "/audit/?search={words}",
    ),
    "command bar": ("/search/?q={words}", "/search/?q={process_id}"),
    "API": (
        "/api/v1/instances/", "/api/v1/instances/?search={words}", "/api/v1/instances/?page={last}",
        "/api/v1/runs/", "/api/v1/runs/?status=failed", "/api/v1/runs/?process_id={process_id}",
        "/api/v1/scheduled-tasks/", "/api/v1/scheduled-tasks/?search={words}",
        "/api/v1/scheduled-tasks/{task}/occurrences/", "/api/v1/processes/?search={words}",
        "/api/v1/datasources/?search={words}",
    ),
}  # fmt: skip
# The list of one process: any single filter.
RECORDS: dict[str, tuple[str, ...]] = {
    "records": tuple(
        f"/records/requests/{query}"
        for query in (
            "", "?page={last}", "?filter=what:contains:cedar", "?filter=what:eq:birch 000001",
            "?filter=note:contains:nothing-has-this", "?filter=amount:gt:450",
            "?filter=amount:between:10,20", "?filter=day:today", "?filter=day:gte:2026-01-01",
            "?filter=kind:in:annual,other", "?filter=kind:neq:other", "?filter=who:eq:user:user7",
            "?filter=who:is_me", "?filter=who:blank:", "?filter=process.status:eq:open",
        )
    )
}  # fmt: skip
# What somebody without the rights of a designer sees is another question to the database.
WHOSE = {
    "admin": "", "user": ", of one who sees most", "guest": ", of one who sees 1 %",
    "worker": ", of one with all the work",
}  # fmt: skip
ALSO = {
    "instances": ("user", "guest"), "runs": ("user", "guest"),
    "records": ("user", "guest"),
    "my work": ("user", "guest", "worker"), "command bar": ("user", "guest", "worker"),
}  # fmt: skip


def lists(ground: Ground, report: Report) -> None:
    """Measure each list as a person waits for it: the whole page, over one kept connection."""
    _lists(ground, report, LISTS, "Lists")


def records(ground: Ground, report: Report) -> None:
    """Measure the list of one process; apart, for its records would lengthen the other lists."""
    _lists(ground, report, RECORDS, "Records of a process")


def _lists(
    ground: Ground, report: Report, lists: dict[str, tuple[str, ...]], title: str
) -> None:  # fmt: skip
    found: dict[int, dict[str, dict[str, list[float]]]] = {}
    for rows in (FEW, MANY):
        report.begin(f"{title} with {rows:,} rows each, {ground.name}")
        product = ground.product()
        made = _fill(product, rows, records=lists is RECORDS)
        with product.running():
            found[rows] = _measure(product, made, rows, report, lists)
    report.begin(f"{title}, {FEW} and {MANY:,} rows, {ground.name}")
    for name, asked in found[MANY].items():
        _line(report, name, found[FEW][name], asked)


def _line(
    report: Report, name: str, few: dict[str, list[float]], many: dict[str, list[float]]
) -> None:
    slowest = max(many, key=lambda address: percentile(many[address], 95))
    before, after = [
        percentile([ms for took in asked.values() for ms in took], 50) for asked in (few, many)
    ]
    worst = percentile(many[slowest], 95)
    report.line(
        f"{name:35} p50 {before:6.1f} -> {after:6.1f} ms, {after / before:4.1f} x; "
        f"slowest p95 {worst:6.1f} ms, {slowest}",
        **{name: {"p50_few": before, "p50_many": after, "p95_worst": worst, "worst": slowest}},
    )  # fmt: skip
    report.goal(
        f"{name}: p95 with {MANY:,} rows at most {GOAL_MS} ms", met=worst <= GOAL_MS,
        found=f"{worst:.0f} ms",
    )  # fmt: skip


def _fill(product: Product, rows: int, *, records: bool) -> dict[str, Any]:
    printed = run_module(
        "benchmarks.many", environment=product.environment, seconds=1800,
        feed=json.dumps({"provider": product.provider, "rows": rows, "records": records}),
    )  # fmt: skip
    made: dict[str, Any] = json.loads(printed)
    product.token = made["token"]
    product.settle()
    return made


def _measure(
    product: Product, made: dict[str, Any], rows: int, report: Report,
    lists: dict[str, tuple[str, ...]],
) -> dict[str, dict[str, list[float]]]:  # fmt: skip
    people = {who: Person(product, cookies) for who, cookies in made["sessions"].items()}
    times = 6 if report.quick else 20
    found: dict[str, dict[str, list[float]]] = {}
    for name, addresses in lists.items():
        for who in ("admin", *ALSO.get(name, ())):
            title = name + WHOSE[who]
            asked = found[title] = {}
            for address in _addresses(addresses, made, rows):
                asked[address] = people[who].ask(address, times)
                report.line(
                    f"{title:35} p50 {percentile(asked[address], 50):6.1f}  "
                    f"p95 {percentile(asked[address], 95):6.1f} ms  {address}"
                )
    return found


def _addresses(templates: tuple[str, ...], made: dict[str, Any], rows: int) -> list[str]:
    known = {
        "process_id": made["process_id"], "process": "benchmark", "task": made["task"],
        "last": max(1, rows // 2 // 25),
    }  # fmt: skip
    return [
        template.format(words=words, **known).replace(" ", "+")
        for template in templates
        for words in (SEARCHES if "{words}" in template else ("",))
    ]


class Person:
    """Somebody with a browser: one kept connection and a session."""

    def __init__(self, product: Product, cookies: dict[str, str]) -> None:
        self._product = product
        self._connection = http.client.HTTPConnection(product.host, product.port, timeout=120)
        self._cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())

    def ask(self, address: str, times: int) -> list[float]:
        """Open an address so many times, after one that does not count; return milliseconds."""
        return [self._open(address) for _ in range(times + 1)][1:]

    def _open(self, address: str) -> float:
        headers = {"Cookie": self._cookie}
        if address.startswith("/api/"):
            headers = {"Authorization": f"Bearer {self._product.token}"}
        try:
            took, answer, page = self._ask(address, headers)
        except http.client.RemoteDisconnected:
            # A connection that nobody used for a while is closed; a browser opens another one.
            took, answer, page = self._ask(address, headers)
        # A page past the end is 404 in the API; it is looked for all the same.
        if answer.status != 200 and not (answer.status == 404 and "page=" in address):
            raise BenchmarkError(f"{address}: {answer.status} {page[-1500:]!r}")
        return took

    def _ask(
        self, address: str, headers: dict[str, str]
    ) -> tuple[float, http.client.HTTPResponse, bytes]:
        start = time.perf_counter()
        self._connection.request("GET", address, headers=headers)
        answer = self._connection.getresponse()
        page = answer.read()
        return (time.perf_counter() - start) * 1000, answer, page
