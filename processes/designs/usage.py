"""How processes use what lies below them, and what uses a process."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.urls import reverse

from processes.definition.checks_people import named_in
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.language.people_refs import group_ref
from processes.language.values import names_in
from processes.models import (
    DesignVersion,
    FormOwner,
    InstancePerson,
    ProcessDesign,
    ProcessInstance,
    SavedViewReader,
)
from processes.rules.ports import Ref

Use = dict[str, Any]
MOST_INSTANCES = 20


def uses_of_datasource(name: str) -> list[Use]:
    """Return the designs whose draft, published or any instance's version names a datasource."""
    return [
        use
        for version in living_versions()
        if any(ref.datasource == name for ref in _refs(document_of(version)))
        for use in [_use_of(version)]
    ]


def uses_of_method(name: str) -> list[Use]:
    """Return the same for one REST method, named `datasource/method`."""
    wanted = tuple(name.split("/", 1))
    return [
        _use_of(version)
        for version in living_versions()
        if any((ref.datasource, ref.method) == wanted for ref in _refs(document_of(version)))
    ]


def uses_of_process(name: str) -> list[Use]:
    """Return the instances of a process and the other processes that look into it."""
    instances = _newest(ProcessInstance.objects.filter(design__name=name))
    lookups = [
        _use_of(version)
        for version in living_versions()
        if version.design.name != name and looks_into(document_of(version), name)
    ]
    return instances + lookups


def uses_of_attribute(name: str) -> list[Use]:
    """Return the designs that read an attribute of people: of the user, or through a user field."""
    return [_use_of(version) for version in living_versions() if _reads(document_of(version), name)]


def _reads(document: Document, attribute: str) -> bool:
    roots = "|".join(["user", *(re.escape(name) for name in document.people_fields)])
    read = rf'\b(?:{roots})\.{attribute}\b|"property": "{attribute}"'
    return re.search(read, json.dumps(document.normalised())) is not None


def uses_of_user(name: str) -> list[Use]:
    """Return the instances of which an open form belongs to a person by name."""
    owned = FormOwner.objects.filter(kind=FormOwner.Kind.USER, name=name).values("instance")
    return _newest(ProcessInstance.objects.filter(pk__in=owned))


def uses_of_group(name: str) -> list[Use]:
    """Return the instances that a group has work or rights in, and the designs that name it.

    Then the saved views that are shared with it.
    """
    owned = FormOwner.objects.filter(kind=FormOwner.Kind.GROUP, name=name).values("instance")
    holding = ProcessInstance.objects.filter(
        Q(pk__in=owned) | Q(pk__in=_written_for(name)) | Q(pk__in=_given_rights(name))
    )
    designs = [
        _use_of(version) for version in living_versions() if _names(document_of(version), name)
    ]
    shared = SavedViewReader.objects.filter(ref=group_ref(name)).select_related("view__owner")
    views = [
        {"kind": "view", "name": str(one.view), "url": f"/api/v1/views/{one.view_id}/"}
        for one in shared[:MOST_INSTANCES]
    ]
    return _newest(holding) + designs + views


def _newest(rows: QuerySet[ProcessInstance]) -> list[Use]:
    names = rows.order_by("-pk").values_list("process_id", flat=True)[:MOST_INSTANCES]
    return [
        {"kind": "instance", "name": name, "url": f"/api/v1/instances/{name}/"} for name in names
    ]


def _written_for(group: str) -> list[int]:
    """Return the instances at work that keep a group for a form which is not open now."""
    # One database writes signs outside of ASCII as they are, the other one escapes them.
    written = [json.dumps(group), json.dumps(group, ensure_ascii=False)]
    rows = ProcessInstance.objects.annotate(text=Cast("forms", TextField()))
    rows = rows.filter(Q(text__contains=written[0]) | Q(text__contains=written[1]))
    return [
        pk
        for pk, kept in rows.values_list("pk", "forms")
        if not kept.get("ended")
        and any(group in record.get("groups", ()) for record in kept.get("forms", {}).values())
    ][-MOST_INSTANCES:]


def _given_rights(group: str) -> list[int]:
    """Return the instances that name a group in lists of their own, or at work in a user field."""
    ref = group_ref(group)
    held = InstancePerson.objects.filter(ref=ref).exclude(relation=InstancePerson.PARTICIPANT)
    own = Q(security__isnull=False) & ~Q(security={})
    rows = ProcessInstance.objects.filter(Q(pk__in=held.values("instance")) | own)
    in_a_field = set(held.values_list("instance", flat=True))
    return [
        pk
        for pk, security, forms in rows.values_list("pk", "security", "forms")
        if any(ref in refs for refs in (security or {}).values())
        or (pk in in_a_field and not forms.get("ended"))
    ][-MOST_INSTANCES:]


def _names(document: Document, group: str) -> bool:
    """Tell whether a form, a right, a field or a rule names a group."""
    if any(named.group == group for named in named_in(document)):
        return True
    given = {
        name.casefold()
        for _, rule in document.placed_rules()
        for text in rule.addressees("groups")
        for name in names_in(text)
    }
    return group.casefold() in given


def page_of_process(use: Use) -> str:
    """Return the page of the design that a version belongs to."""
    return reverse("design", args=[str(use["name"]).split()[0]])


def page_of_instance(use: Use) -> str:
    """Return the page of an instance."""
    return reverse("instance", args=[use["name"]])


def designs_by_name(names: Collection[str]) -> dict[str, str]:
    """Return the pages of the designs that are there, by name."""
    found = ProcessDesign.objects.filter(name__in=names).values_list("name", flat=True)
    return {name: reverse("design", args=[name]) for name in found}


def instances_by_name(names: Collection[str]) -> dict[str, str]:
    """Return the pages of the instances that are there, by their Process IDs."""
    found = ProcessInstance.objects.filter(process_id__in=names)
    return {
        name: reverse("instance", args=[name])
        for name in found.values_list("process_id", flat=True)
    }


def looks_into(document: Document, name: str) -> bool:
    """Tell whether a rule of a design works on instances of a process, or starts it."""
    return any(ref.process == name for ref in _refs(document))


def _refs(document: Document) -> Iterator[Ref]:
    return (ref for _, rule in document.placed_rules() for ref in rule.refers())


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
