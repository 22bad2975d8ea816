"""The designer on a large design, through its pages: opened, and edited by one person."""

import http.client
import re
import time
from typing import Any
from urllib.parse import urlencode

from benchmarks import machine
from benchmarks.figures import Report, in_words, spread
from benchmarks.processes import BenchmarkError
from benchmarks.product import Ground, Product

NAME = "large-benchmark"
FORMS, FIELDS, RULES = 10, 300, 600
OPEN_MS, EDIT_MS = 1000, 150
_REVISION = re.compile(rb'name="revision" value="(\d+)"')


def definition(datasource: str) -> dict[str, Any]:
    """Return a design of 300 fields with two rules each, which refer to other fields."""
    each = FIELDS // FORMS
    forms = [
        {
            "name": f"step_{form}", "title": f"Step {form}",
            "fields": [_field(form * each + number, datasource) for number in range(each)],
        }
        for form in range(FORMS)
    ]  # fmt: skip
    return {"name": NAME, "title": "A large design", "forms": forms}


def _field(number: int, datasource: str) -> dict[str, Any]:
    kind = ("text", "text", "number", "date", "toggle")[number % 5]
    return {
        "type": kind, "name": f"value_{number}", "title": f"Value {number}", "width": 6,
        "rules": [_set(number), _call(number, datasource)],
    }  # fmt: skip


def _set(number: int) -> dict[str, Any]:
    other = number - number % 5
    return {
        "type": "set_form_field", "id": f"set-{number}", "title": f"Follow value {number}",
        "conditions": {"items": [{"left": f"[value_{number}]", "operator": "not_blank"}]},
        "assignments": [
            {"field": f"value_{other}", "value": f"Was [value_{number}] on [today]"},
            {"field": f"value_{other + 1}", "value": f'=If([value_{number}] == "", "-", "set")'},
        ],
    }  # fmt: skip


def _call(number: int, datasource: str) -> dict[str, Any]:
    other = number - number % 5
    return {
        "type": "create_item", "id": f"call-{number}", "title": f"Send value {number}",
        "datasource": datasource, "method": "refresh-token",
        "input_mapping": [
            {"target": "body.client_id", "value": f"[value_{other}]"},
            {"target": "body.redirect_uri", "value": f"[value_{number}]"},
        ],
        "on_success": [{"field": f"value_{other}", "value": "[response.body.access_token]"}],
        "on_error": [{"field": f"value_{other + 1}", "value": "[error.message]"}],
    }  # fmt: skip


def designer(ground: Ground, report: Report) -> None:
    """Measure opening the designer and editing in it, each request as a person waits for it."""
    report.begin(f"Designer: open and edit the {FIELDS}-field design, {ground.name}")
    product = ground.product()
    made = product.fill(instances=1, design=True)
    with product.running():
        person = _Person(product, made["session"])
        opened = [person.open() for _ in range(5 if report.quick else 20)]
        figures = spread(opened)
        report.line(f"open     {in_words(figures)}   first {opened[0]:.0f} ms",
                    open=figures, first_open=round(opened[0], 1))  # fmt: skip
        report.goal(
            f"the designer opens within {OPEN_MS / 1000:g} s", met=max(opened) <= OPEN_MS,
            found=f"at most {max(opened):.0f} ms",
        )  # fmt: skip
        for name, edits in _edits(15 if report.quick else 60).items():
            before = machine.cpu_seconds(product.processes())
            took = [person.edit(edit) for edit in edits]
            busy = (machine.cpu_seconds(product.processes()) - before) / len(edits) * 1000
            figures = spread(took)
            report.line(f"{name:8} {in_words(figures)}   {busy:.0f} ms of processor each",
                        **{name: figures | {"cpu": round(busy, 1)}})  # fmt: skip
            report.goal(
                f"an edit ({name}) takes at most {EDIT_MS} ms (p95)", met=figures["p95"] <= EDIT_MS,
                found=f"{figures['p95']:.0f} ms",
            )  # fmt: skip


def _edits(count: int) -> dict[str, list[dict[str, str]]]:
    """Return what a person does: one rule after the other off, a field added, moved, undone."""
    numbers = range(7, FIELDS, FIELDS // count)
    return {
        "switch": [{"act": f"switch rule:set-{n}", "at": f"field:value_{n}"} for n in numbers],
        "add": [{"act": "add field text", "at": f"field:value_{n}"} for n in numbers],
        "move": [{"act": f"later field:value_{n}", "at": f"field:value_{n}"} for n in numbers],
        "undo": [{"act": "undo", "at": f"field:value_{n}"} for n in numbers],
    }


class _Person:
    """A designer with a browser: one kept connection, cookies, the revision that was seen."""

    def __init__(self, product: Product, session: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection(product.host, product.port, timeout=30)
        self._address = f"/designs/{NAME}/designer/"
        self._cookies = dict(session)
        self._revision = 0

    def open(self) -> float:
        """Open the page; return the milliseconds until its last byte."""
        return self._ask("GET", self._address)

    def edit(self, fields: dict[str, str]) -> float:
        """Send one act as the page's script does; return the milliseconds."""
        sent = urlencode(fields | {"revision": str(self._revision)})
        headers = {
            "Content-Type": "application/x-www-form-urlencoded", "X-Designer": "1",
            "X-CSRFToken": self._cookies["csrftoken"],
        }  # fmt: skip
        return self._ask("POST", f"{self._address}act/", sent, headers)

    def _ask(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> float:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        start = time.perf_counter()
        self._connection.request(method, path, body, {"Cookie": cookies, **(headers or {})})
        answer = self._connection.getresponse()
        page = answer.read()
        took = (time.perf_counter() - start) * 1000
        if answer.status != 200:
            raise BenchmarkError(f"{method} {path}: {answer.status} {page[-1500:]!r}")
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        found = _REVISION.search(page)
        if found:
            self._revision = int(found[1])
        return took
