"""Prometheus, its alerts and the Grafana dashboard ask for what /metrics tells, no more."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.test import Client
from django.utils import timezone

from kianda.ops import metrics
from processes.models import Run
from scheduler.models import Heartbeat
from tests.kianda.product import ROOT

FOLDER = ROOT / "docs" / "monitoring"
ALERTS = yaml.safe_load((FOLDER / "kianda-alerts.yml").read_text())
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((FOLDER / "grafana-dashboard.json").read_text())
NAME = re.compile(r"\bkianda_\w+")
SELECTED = re.compile(r'(kianda_\w+)\{(\w+)="(\w+)"')
GROUPED = re.compile(r"by \(([\w, ]+)\) \((?:rate\()?(kianda_\w+)")


def expressions() -> Iterator[Any]:
    yield from (rule["expr"] for rule in RULES)
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel["targets"])


@pytest.fixture
def told(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The lines of /metrics of a product at work."""
    monkeypatch.setattr(metrics, "_kept", (0.0, b""))
    now = timezone.now()
    for part in ("planner", "worker"):
        Heartbeat.objects.create(part=part, name="a 1", at=now)
    Run.objects.create(process_id="a-1", process="a", version="1.0", trigger="api",
                       status="succeeded", queued=now, finished=now)  # fmt: skip
    client.get("/healthz/live")
    return client.get("/metrics").content.decode()


def test_every_metric_asked_for_is_told(told: Any) -> None:
    for name in {name for text in expressions() for name in NAME.findall(text)}:
        assert f"\n{name}" in told or f"# TYPE {name} " in told, name


def test_every_label_asked_for_is_told(told: Any) -> None:
    for name, label, value in {found for text in expressions() for found in SELECTED.findall(text)}:
        known = re.findall(rf'^{name}\{{[^}}]*{label}="(\w+)"', told, re.MULTILINE)
        # No answer of the server has failed here.
        assert value in known or value == "5xx", f"{name}: {label}={value}"
    for labels, name in {found for text in expressions() for found in GROUPED.findall(text)}:
        for label in labels.split(", "):
            assert re.search(rf'^{name}\{{[^}}]*{label}="', told, re.MULTILINE), f"{name}: {label}"


def test_every_metric_of_ours_is_on_the_dashboard(told: Any) -> None:
    shown = " ".join(expressions())
    for name in re.findall(r"^# TYPE (kianda_\w+)", told, re.MULTILINE):
        assert name in shown


def test_every_alert_says_what_does_not_happen_and_what_to_do() -> None:
    for rule in RULES:
        assert rule["alert"].startswith("Kianda")
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["description"].endswith(".")


def test_prometheus_asks_where_the_metrics_are() -> None:
    (job,) = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    assert (job["job_name"], job["metrics_path"]) == ("kianda", "/metrics")
    for rule in RULES:
        assert all(name == "kianda" for name in re.findall(r'job="(\w+)"', rule["expr"]))


def test_the_panels_of_the_dashboard_do_not_overlap_and_take_their_source_by_choice() -> None:
    taken: set[Any] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["datasource"]["uid"] == "${datasource}"
