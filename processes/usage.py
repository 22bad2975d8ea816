"""How processes use what lies below them, and what uses a process."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from processes.document import Document
from processes.models import DesignVersion, ProcessDesign, ProcessInstance
from processes.rules import StartAProcess
from processes.rules.base import BUILT_IN, CallingRule
from processes.services.documents import document_of

Use = dict[str, Any]


def uses_of_datasource(name: str) -> list[Use]:
    """Return the designs whose draft, published or any instance's version names a datasource."""
    return [
        use
        for version in living_versions()
        if any(rule_source == name for rule_source, _ in _calls(document_of(version)))
        for use in [_use_of(version)]
    ]


def uses_of_method(name: str) -> list[Use]:
    """Return the same for one REST method, named `datasource/method`."""
    source, _, method = name.partition("/")
    return [
        _use_of(version)
        for version in living_versions()
        if (source, method) in _calls(document_of(version))
    ]


def uses_of_process(name: str) -> list[Use]:
    """Return the instances of a process and the other processes that look into it."""
    instances = [
        {"kind": "instance", "name": process_id, "url": f"/api/v1/instances/{process_id}/"}
        for process_id in ProcessInstance.objects.filter(design__name=name)
        .order_by("-pk")
        .values_list("process_id", flat=True)[:20]
    ]
    lookups = [
        _use_of(version)
        for version in living_versions()
        if version.design.name != name and (BUILT_IN, name) in _calls(document_of(version))
    ]
    return instances + lookups


def page_of_process(use: Use) -> str:
    """Return the page of the design that a version belongs to."""
    return reverse("design", args=[str(use["name"]).split()[0]])


def page_of_instance(use: Use) -> str:
    """Return the page of an instance."""
    return reverse("instance", args=[use["name"]])


def _calls(document: Document) -> set[tuple[str, str]]:
    found = set()
    for _, rule in document.placed_rules():
        if isinstance(rule, CallingRule):
            found.add((rule.datasource, rule.method))
        elif isinstance(rule, StartAProcess):
            found.add((BUILT_IN, rule.process))
    return found


def _use_of(version: DesignVersion) -> Use:
    return {
        "kind": "process",
        "name": f"{version.design.name} {version}",
        "url": f"/api/v1/processes/{version.design.name}/?version={version}",
    }


def living_versions() -> Iterator[DesignVersion]:
    """Yield the versions that may still run: drafts, published ones, those of instances."""
    living = set(ProcessDesign.objects.values_list("draft_id", flat=True))
    living |= set(ProcessDesign.objects.values_list("published_id", flat=True))
    living |= set(ProcessInstance.objects.values_list("version_id", flat=True).distinct())
    rows = DesignVersion.objects.filter(pk__in=living - {None}).select_related("design")
    return rows.defer("document").order_by("design__name", "-major", "-minor").iterator()
