"""Carries out one piece of work in a forked process that kills itself at a chosen point.

`python -m tests.integration.crash_child` reads one JSON object a line: what to do, on which
database, and at which point to die. For each it forks, prints the child's id, waits for its end,
and prints how it ended and what it found. The points are: right before each statement that writes
and each commit, and right after each commit and each such statement that commits by itself. Only
Django's own hooks are used to see them.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from datasources.services.datasources import create_datasource  # noqa: E402
from kianda.mail import recovery as mail_recovery  # noqa: E402
from kianda.mail.delivery import deliver_due  # noqa: E402
from kianda.mail.letters import Letter  # noqa: E402
from kianda.mail.models import MailMessage, MailRecipient  # noqa: E402
from kianda.mail.planning import plan_letters  # noqa: E402
from kianda.serve.services import preload_web  # noqa: E402
from processes.designs.lifecycle import create_design, publish_design  # noqa: E402
from processes.document_cache import document_of  # noqa: E402
from processes.instances.lifecycle import create_instance  # noqa: E402
from processes.instances.stored_values import stored_values  # noqa: E402
from processes.models import ProcessInstance, Run  # noqa: E402
from processes.running import runs  # noqa: E402
from scheduler import services as scheduler  # noqa: E402
from scheduler.models import Occurrence, ScheduledTask  # noqa: E402
from tests.integration.story import datasource, design  # noqa: E402

WRITES = ("INSERT", "UPDATE", "DELETE")
EVERY_S = 60
LATER = timedelta(minutes=10)
# Which instance each kind of work is about; the third one is made by the work itself.
INSTANCES = {"occurrence": 0, "queued": 1, "new instance": 2}


class Points:
    """Counts the points at which a process may be killed, and kills this one at one of them."""

    def __init__(self, deadly: int | None) -> None:
        """Die at the point of this number; None lives on."""
        self.deadly = deadly
        self.names: list[str] = []

    def watch(self) -> None:
        """See every write and every commit of the connection from now on."""
        commit: Callable[[], None] = connection.commit

        def committed() -> None:
            self._at("before COMMIT")
            commit()
            self._at("after COMMIT")

        connection.commit = committed  # type: ignore[method-assign]
        connection.execute_wrappers.append(self._statement)

    def _statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(WRITES):
            return execute(sql, params, many, context)
        name = " ".join(sql.split()[:3]).replace('"', "")
        self._at(f"before {name}")
        done = execute(sql, params, many, context)
        if not connection.in_atomic_block:
            # Inside a transaction nothing lies between this and the next point.
            self._at(f"after {name}")
        return done

    def _at(self, name: str) -> None:
        if self.deadly == len(self.names):
            os.kill(os.getpid(), signal.SIGKILL)
        self.names.append(name)


def seed(url: str, client: dict[str, str], **_: Any) -> dict[str, Any]:
    """Make the scenario: a datasource, a published process, an instance, a task, a queued run."""
    user = get_user_model().objects.get(username="admin")
    create_datasource(raw=datasource("token-service", url), user=user)
    create_design(raw=design("token-refresh", "token-service"), user=user)
    publish_design(name="token-refresh", user=user)
    made = [
        create_instance(process="token-refresh", mode="live", data=client, user=user)
        for _ in range(2)
    ]
    for name, process_id in (("Refresh", made[0].process_id), ("Make", None)):
        task = {
            "name": name,
            "process": "token-refresh",
            "process_id": process_id,
            "target": "refresh",
            "schedule": {"kind": "seconds", "every": EVERY_S},
            "enabled": process_id is not None,
        }
        scheduler.create_task(raw=task, user=user)
    runs.enqueue(process_id=made[1].process_id, target="refresh", user=user, trigger="api", data={})
    return {}


def work(kind: str, deadly: int | None = None, **_: Any) -> dict[str, Any]:
    """Plan and carry out the first firing of the task, or carry out the queued run."""
    points = Points(deadly)
    points.watch()
    _do(kind)
    return {"points": points.names}


def _do(kind: str) -> None:
    if kind == "occurrence":
        for pk in scheduler.plan(_first_moment()):
            scheduler.execute(pk)
    elif kind == "new instance":
        task = ScheduledTask.objects.get(name="Make")
        scheduler.execute(scheduler.run_now(task_id=str(task.pk), user=task.run_as).pk)
    else:
        runs.execute_queued(Run.objects.order_by("pk").values_list("pk", flat=True)[0])


def _first_moment() -> Any:
    task = ScheduledTask.objects.get(name="Refresh")
    return task.start + timedelta(seconds=EVERY_S)


def recover(kind: str, *, everything: bool, deadly: int | None = None, **_: Any) -> dict[str, Any]:
    """Do what the product does when it starts again, or its sweep when the leases are over."""
    before = _found(kind)
    points = Points(deadly)
    points.watch()
    moment = timezone.now() if everything else timezone.now() + LATER
    lost = scheduler.recover(moment, everything=everything)
    queued = runs.queued_to_send(moment, everything=everything)
    runs.recover_runs(moment=moment, everything=everything)
    scheduler.settle_closed()
    for pk in [*lost, *(scheduler.plan(_first_moment()) if kind == "occurrence" else [])]:
        scheduler.execute(pk)
    for pk in queued if kind == "queued" else []:
        runs.execute_queued(pk)
    return {"before": before, "after": _found(kind), "points": points.names}


def next_firing(kind: str, **_: Any) -> dict[str, Any]:
    """Carry out what comes next on the same instance."""
    if kind == "occurrence":
        for pk in scheduler.plan(_first_moment() + timedelta(seconds=EVERY_S)):
            scheduler.execute(pk)
    else:
        user = get_user_model().objects.get(username="admin")
        instance = Run.objects.order_by("pk")[0].process_id
        runs.trigger(process_id=instance, target="refresh", user=user, trigger="button")
    return {"after": _found(kind)}


def _found(kind: str) -> dict[str, Any]:
    """Return what is stored about the work: its occurrences, its runs, its instance."""
    instances = ProcessInstance.objects.select_related("version").order_by("pk")
    used = instances[INSTANCES[kind]] if len(instances) > INSTANCES[kind] else None
    if used is None:
        return {"instances": len(instances), "occurrences": _occurrences(), "runs": []}
    values = stored_values(document_of(used.version), used)
    rows = Run.objects.filter(instance=used).order_by("pk")
    return {
        "instances": len(instances),
        "occurrences": _occurrences(),
        "runs": [
            {
                "id": run.pk,
                "status": run.status,
                "phase": (run.journal or {}).get("phase"),
                "erased": run.journal is None and run.lease_until is None,
                "message": (run.error or {}).get("message", ""),
                "steps": [step["rule"] for step in run.steps],
            }
            for run in rows
        ],
        "revision": used.revision,
        "access_token": values["access_token"],
        "refresh_token": values["refresh_token"],
    }


def _occurrences() -> list[dict[str, Any]]:
    first = _first_moment()
    return [
        {
            "planned": round((row.planned_at - first).total_seconds()),
            "count": row.count,
            "outcome": row.outcome,
            "reason": row.reason,
            "run": row.run_id,
        }
        for row in Occurrence.objects.order_by("planned_at", "pk")
    ]


def plan_mail(**_: Any) -> dict[str, Any]:
    """Plan one message to two people."""
    to = ("anna@example.org", "ben@example.org")
    plan_letters([Letter(key="leave-7", to=to, subject="Decide", text="A leave")])
    return {}


def send_mail(smtp: dict[str, Any], deadly: int | None = None, **_: Any) -> dict[str, Any]:
    """Send what is due by an account."""
    settings.KIANDA_SMTP = smtp
    points = Points(deadly)
    points.watch()
    deliver_due()
    return {"points": points.names, "states": _mail_states()}


def recover_mail(smtp: dict[str, Any], *, everything: bool, **_: Any) -> dict[str, Any]:
    """Do what the sweep does an hour later, or what the product does when it starts again."""
    before = _mail_states()
    settings.KIANDA_SMTP = smtp
    mail_recovery.recover(timezone.now() + timedelta(hours=1), everything=everything)
    deliver_due()
    return {"before": before, "states": _mail_states()}


def _mail_states() -> list[str]:
    rows = MailRecipient.objects.order_by("pk")
    return [*MailMessage.objects.values_list("state", flat=True)] + [row.state for row in rows]


ACTS: dict[str, Callable[..., dict[str, Any]]] = {
    "plan_mail": plan_mail,
    "send_mail": send_mail,
    "recover_mail": recover_mail,
    "seed": seed,
    "work": work,
    "recover": recover,
    "next": next_firing,
}


def _child(asked: dict[str, Any], answer: int) -> NoReturn:
    status = 1
    try:
        connection.settings_dict["NAME"] = asked["database"]
        found = ACTS[asked.pop("act")](**asked)
        connection.close()
        os.write(answer, json.dumps(found).encode())
        status = 0
    except BaseException:  # noqa: BLE001 - the last frame of this process: say it and end.
        traceback.print_exc()
    finally:
        os._exit(status)


def _carry_out(asked: dict[str, Any]) -> dict[str, Any]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _child(asked, writer)
    os.close(writer)
    print(json.dumps({"pid": pid}), flush=True)
    with os.fdopen(reader) as answer:
        text = answer.read()
    _, status = os.waitpid(pid, 0)
    return {"status": os.waitstatus_to_exitcode(status), "found": json.loads(text or "null")}


def main() -> None:
    """Carry out what is asked for, one line after the other."""
    # The first run asks for an address: every child would import each page for that.
    preload_web()
    for line in sys.stdin:
        print(json.dumps(_carry_out(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
