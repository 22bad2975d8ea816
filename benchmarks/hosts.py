"""The product on two hosts, each with a scheduler and two workers: exactly once, and a cut cable.

The hosts are network namespaces with names of their own; PostgreSQL, Redis and the token server are
reached over the cable. All of them share the processor cores of this machine.
"""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from benchmarks import namespaces, servers
from benchmarks.figures import Report, spread
from benchmarks.floor import FORM
from benchmarks.namespaces import Host
from benchmarks.processes import ROOT, BenchmarkError, provider, started, wait_for
from benchmarks.product import Ground, Product

HOSTS = ("north", "south")
PARTS = ("beat", "worker", "worker")
SECOND = timedelta(seconds=1)
TASKS, AT_ONCE, WARM_UP_S = 100, 1_000, 15
FIRINGS = (
    "SELECT task_id, planned_at, planned_until, count, started_at, outcome, reason, run_id, "
    "(SELECT holder FROM processes_run WHERE processes_run.id = run_id) "
    "FROM scheduler_occurrence WHERE trigger = 'planned' ORDER BY task_id, planned_at"
)
ALIVE = "SELECT count(*) FROM scheduler_heartbeat WHERE part = 'worker' AND at > '{since}'"
OPEN = "SELECT count(*) FROM scheduler_occurrence WHERE outcome IS NULL AND planned_at <= '{until}'"
NEXT = "SELECT min(next_run_at) FROM scheduler_scheduledtask WHERE enabled"
RUNS = "SELECT count(*) FROM processes_run"


@dataclass(frozen=True)
class Lengths:
    """Seconds: all is well, a cable is cut, it is back; and how often all are due at once."""

    calm: int = 20
    cut: int = 15
    back: int = 45
    bursts: int = 2


QUICK = Lengths(calm=10, back=40, bursts=1)


@dataclass(frozen=True)
class Firing:
    """One row of the history of a task."""

    task: int
    planned: datetime
    until: datetime
    count: int
    started: datetime | None
    outcome: str | None
    reason: str
    run: int | None
    host: str

    @property
    def ran(self) -> bool:
        """Tell whether it did what it was planned for."""
        return self.outcome == "succeeded"

    @property
    def late_ms(self) -> float:
        """Return how late its run began."""
        assert self.started is not None
        return (self.started - self.planned) / timedelta(milliseconds=1)

    def moments(self, begins: datetime, ends: datetime) -> int:
        """Return how many of its moments lie within a time; those of a gap are a second apart."""
        return sum(begins < self.planned + number * SECOND <= ends for number in range(self.count))

    @property
    def is_punctual(self) -> bool:
        """Tell whether it ran, and began within a second."""
        return self.ran and self.late_ms <= 1000


@dataclass
class Hosts:
    """A product that is served on hosts."""

    product: Product
    # The name of the host on which a worker of this id runs, or ran.
    where: dict[int, str] = field(default_factory=dict)

    @contextmanager
    def serving(self, *hosts: Host) -> Iterator[None]:
        """Run scheduler and workers on each, and a web on the first, for the length of a block."""
        since, web = datetime.now(UTC), hosts[0]
        self.product.host = web.address
        with ExitStack() as stack:
            for host in hosts:
                for part in PARTS if host is not web else ("web", *PARTS):
                    process = stack.enter_context(self._part(host, part))
                    self.where[process.pid] = host.name
            workers = len(hosts) * PARTS.count("worker")
            wait_for(
                lambda: self.product.rows(ALIVE.format(since=since))[0][0] == workers
                and self.product.answers("/healthz/full"),
                seconds=60, every=0.2, saying="The product on hosts is not well",
            )  # fmt: skip
            yield

    def _part(self, host: Host, part: str) -> Any:
        folder = self.product.folder / host.name
        folder.mkdir(exist_ok=True)
        environment = self.product.environment | {
            "KIANDA_DATA_DIR": str(folder), "KIANDA_HOST": host.address,
            "KIANDA_ALLOWED_HOSTS": host.address,
        }  # fmt: skip
        command = host.command(sys.executable, "manage.py", "serve", "--only", part)
        return started(
            command, log=folder / f"{part}.log", patience_s=40, cwd=ROOT, env=environment
        )

    def firings(self, begins: datetime, ends: datetime) -> list[Firing]:
        """Return what lies within a time, task by task, each in the order of its plan."""
        found = []
        for task, planned, until, count, at, outcome, reason, run, holder in self.product.rows(
            FIRINGS
        ):
            # A holder is named by machine, number and beginning of a process.
            host = self.where[int(holder.split(".")[1], 36)] if holder else ""
            until = until or planned
            if until > begins and planned <= ends:
                found.append(Firing(task, planned, until, count, at, outcome, reason, run, host))
        return found

    def wait_until_settled(self, until: datetime) -> None:
        """Wait until all that was planned by then has an outcome."""
        wait_for(
            lambda: not self.product.rows(OPEN.format(until=until))[0][0],
            seconds=90, every=0.5, saying="Not every firing has an outcome",
        )  # fmt: skip


def hosts(ground: Ground, report: Report) -> None:
    """Measure tasks of a second through a cut cable, then a thousand at one moment."""
    report.begin(f"Two hosts, {ground.name}")
    lacks = "a database server" if ground.postgres is None else namespaces.missing()
    if lacks:
        report.line(f"Left out: it needs {lacks}.")
        return
    lengths = QUICK if report.quick else Lengths()
    with ExitStack() as stack:
        address, pair = stack.enter_context(namespaces.network(HOSTS))
        folder = ground.folder / "hosts"
        folder.mkdir(mode=0o755)
        shared = Ground(
            folder,
            stack.enter_context(provider(folder, address)),
            "hosts",
            stack.enter_context(servers.redis(folder / "redis", address)),
            stack.enter_context(servers.postgres(folder / "pg", address)),
        )
        shared.prepare()
        _each_second(shared, pair, lengths, report)
        _at_once(shared, pair, lengths, report)


def _each_second(ground: Ground, pair: list[Host], lengths: Lengths, report: Report) -> None:
    """Let tasks fire each second: both hosts, then one alone, then both again."""
    product = ground.product()
    product.fill(instances=TASKS, tasks={"kind": "seconds", "every": 1}, apart_s=1)
    served, before = Hosts(product), _calls(ground)
    with served.serving(*pair):
        # What was missed before the start is caught up with, on processes that are cold.
        time.sleep(WARM_UP_S)
        moments = [datetime.now(UTC)]
        time.sleep(lengths.calm)
        with pair[1].cut_off():
            moments.append(datetime.now(UTC))
            time.sleep(lengths.cut)
        moments.append(datetime.now(UTC))
        time.sleep(lengths.back)
        moments.append(datetime.now(UTC))
        served.wait_until_settled(moments[-1])
    calls = _calls(ground) - before - 1
    begins, cut, back, ends = moments
    rows = served.firings(begins, ends)
    share, both = _tell_time("both hosts", rows, begins, cut - SECOND, report)
    _, apart = _tell_time(f"{pair[1].name} cut off", rows, cut, back, report)
    _, after = _tell_time(f"{pair[1].name} back", rows, back, ends, report)
    _tell_waits(rows, cut, back, report)
    _tell_goals(share, both, apart, after, report)
    _tell_exactly_once(served, begins, ends, calls, report)


def _calls(ground: Ground) -> int:
    """Return how often the token server has given a token, this one counted."""
    answer = requests.post(f"{ground.provider}/oauth/token", data=FORM, timeout=10)
    return int(answer.json()["access_token"].removeprefix("at-"))


def _tell_time(
    title: str, rows: list[Firing], begins: datetime, ends: datetime, report: Report
) -> tuple[float, Counter[str]]:
    """Tell what became of the firings of a time; returns the share that ran, and how many where."""
    ran = [row for row in rows if row.ran and begins < row.planned <= ends]
    where, others = Counter(row.host for row in ran), Counter[str]()
    for row in rows:
        if not row.ran and (moments := row.moments(begins, ends)):
            others[str(row.outcome)] += moments
    firings, late = len(ran) + others.total(), spread([row.late_ms for row in ran])
    share = len(ran) / max(1, firings)
    report.line(
        f"{title}: {firings} firings, {share:.1%} ran ({_in_words(where)}), late "
        f"p50 {late['p50']:.0f}  p99 {late['p99']:.0f} ms; others: {_in_words(others) or 'none'}",
        **{title: {"firings": firings, "ran": dict(where), "late_ms": late, "others": others}},
    )  # fmt: skip
    return share, where


def _tell_goals(
    share: float, both: Counter[str], apart: Counter[str], after: Counter[str], report: Report
) -> None:
    north, south = HOSTS
    report.goal("both hosts: at least 99 % ran", met=share >= 0.99, found=f"{share:.2%}")
    least = min(both[north], both[south]) / max(1, both.total())
    report.goal("both hosts: each has a quarter at least", met=least >= 0.25, found=f"{least:.0%}")
    report.goal(
        "a cut cable: the other host goes on", met=apart[north] > 0, found=_in_words(apart)
    )  # fmt: skip
    report.goal(
        "the cable back: both work", met=after[north] > 0 and after[south] > 0,
        found=_in_words(after),
    )  # fmt: skip


def _tell_waits(rows: list[Firing], cut: datetime, back: datetime, report: Report) -> None:
    for title, since in (("the cut", cut), ("the cable was back", back)):
        waits = _until_punctual(rows, since)
        figures = spread(waits) | {"longest": max(waits)}
        report.line(
            f"after {title} a task was punctual (late at most 1 s) within p50 {figures['p50']:.1f} "
            f" p95 {figures['p95']:.1f} s, the last one within {figures['longest']:.1f} s",
            **{f"punctual_after_{title}": figures},
        )  # fmt: skip


def _until_punctual(rows: list[Firing], since: datetime) -> list[float]:
    """Return the seconds from a moment to the next punctual run of each task."""
    ends = max(row.planned for row in rows)
    # Who has none waits until the end at least.
    waits = dict.fromkeys((row.task for row in rows), (ends - since).total_seconds())
    for row in rows:
        if row.planned > since and row.is_punctual:
            waits[row.task] = min(waits[row.task], (row.planned - since).total_seconds())
    return list(waits.values())


def _tell_exactly_once(
    served: Hosts, begins: datetime, ends: datetime, calls: int, report: Report
) -> None:
    rows = served.firings(begins, ends)
    tasks = defaultdict(list)
    for row in rows:
        tasks[row.task].append(row)
    off = sum(
        abs(sum(row.count for row in some) - 1 - round((some[-1].until - some[0].planned) / SECOND))
        for some in tasks.values()
    )
    report.goal(
        "each moment of each task is in its history exactly once",
        met=not off and len(tasks) == TASKS, found=f"{off} off, {len(tasks)} tasks",
    )  # fmt: skip
    untold = [row for row in rows if not row.ran and not (row.outcome and row.reason)]
    report.goal("none is lost without a reason", met=not untold, found=f"{len(untold)}")
    whole = served.firings(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    runs = [row.run for row in whole if row.run]
    made, succeeded = served.product.rows(RUNS)[0][0], sum(row.ran for row in whole)
    met = len(runs) == len(set(runs)) == made and succeeded <= calls <= made
    report.goal(
        "no firing is carried out twice", met=met,
        found=f"{len(runs)} firings with a run, {made} runs, {calls} calls, {succeeded} succeeded",
    )  # fmt: skip


def _at_once(ground: Ground, pair: list[Host], lengths: Lengths, report: Report) -> None:
    """Let a thousand be due at the same moment: one host and two by turns."""
    product = ground.product()
    product.fill(instances=AT_ONCE, tasks={"kind": "minutes", "every": 1})
    served, last = Hosts(product), defaultdict(list)
    for number in range(2 * lengths.bursts):
        serving = pair[: 1 + number % 2]
        with served.serving(*serving):
            last[len(serving)].append(_burst(served))
    one, two = (sum(last[number]) / lengths.bursts for number in (1, 2))
    report.line(
        f"{AT_ONCE:,} due at once: the last starts {two:.1f} s late on two hosts with four "
        f"workers, {one:.1f} s on one host with two ({two / one:.2f} x)",
        last_start_s={"one": last[1], "two": last[2]}, ratio=round(two / one, 2),
    )  # fmt: skip


def _burst(served: Hosts) -> float:
    """Return how late the last of those starts that are due at the next whole moment."""
    due = served.product.rows(NEXT)[0][0]
    if (due - datetime.now(UTC)).total_seconds() < 3:
        # What came due while it started is another matter.
        time.sleep(5)
        due = served.product.rows(NEXT)[0][0]
    time.sleep((due - datetime.now(UTC)).total_seconds() + 1)
    served.wait_until_settled(due)
    rows = served.firings(due - SECOND, due)
    if len(rows) != AT_ONCE or not all(row.ran for row in rows):
        raise BenchmarkError(f"{sum(row.ran for row in rows)} of {AT_ONCE} ran")
    return max(row.late_ms for row in rows) / 1000


def _in_words(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
