"""What a template of the gallery plans, made in one transaction: all of it, or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from datasources.models import Datasource
from datasources.services.datasources import create_datasource
from kianda.accounts.roles import ADMINISTRATOR, DATASOURCE_MANAGER, has_role
from kianda.lib import names
from kianda.lib.errors import Flaw, Forbidden, Invalid
from processes.designs.lifecycle import create_design, publish_design
from processes.document_cache import document_of
from processes.instances.lifecycle import create_instance
from processes.library.catalogue import free_name, put_into_group
from processes.library.exporter import sources_of
from processes.models import ProcessDesign, ProcessInstance
from processes.selectors import get_design, visible_instances
from scheduler.gallery.base import FreeNames, InstallPlan
from scheduler.models import ScheduledTask
from scheduler.selectors import visible_tasks
from scheduler.services.tasks import create_task

SHOWN = 5


@dataclass(frozen=True)
class Made:
    """The objects of a process that belong together, as the last page shows them."""

    design: ProcessDesign
    datasources: list[Datasource] = field(default_factory=list)
    instances: list[ProcessInstance] = field(default_factory=list)
    tasks: list[ScheduledTask] = field(default_factory=list)


def may_make_datasources(user: User) -> bool:
    """Tell whether the person may make what a template with a datasource makes."""
    return has_role(user, ADMINISTRATOR, DATASOURCE_MANAGER)


def free_names(wishes: FreeNames) -> FreeNames:
    """Return names that nothing has, as near as possible to the wishes."""
    sources = Datasource.objects.filter(name__startswith=wishes.datasource)
    tasks = ScheduledTask.objects.filter(name__startswith=wishes.task)
    return FreeNames(
        names.free_name(wishes.datasource, set(sources.values_list("name", flat=True))),
        free_name(wishes.process),
        names.free_name(wishes.task, set(tasks.values_list("name", flat=True)), " ({})"),
    )


def make(plan: InstallPlan, *, user: User) -> ProcessDesign:
    """Make what is planned, all or nothing; raises Invalid with places such as /task/name."""
    if plan.datasource is not None and not may_make_datasources(user):
        raise Forbidden(_("You need the role Data source manager to create a data source."))
    with transaction.atomic():
        if plan.datasource is not None:
            with _within("/datasource"):
                create_datasource(raw=plan.datasource, user=user)
        with _within("/definition"):
            design = create_design(raw=plan.definition, user=user)
            put_into_group(design, plan.group, user=user)
            publish_design(name=design.name, user=user, note=_("From a template"))
        if plan.data is not None:
            _make_instance(plan, design.name, user)
    return design


def _make_instance(plan: InstallPlan, process: str, user: User) -> None:
    with _within(""):
        made = create_instance(process=process, mode="live", data=plan.data or {}, user=user)
    if plan.task is not None:
        with _within("/task"):
            ids = {"process": process, "process_id": made.process_id}
            create_task(raw={**plan.task, **ids}, user=user)


@contextmanager
def _within(place: str) -> Iterator[None]:
    """Put the place of an object before what is wrong with it."""
    try:
        yield
    except Invalid as invalid:
        flaws = invalid.errors or [Flaw("", invalid.detail)]
        raise Invalid(
            invalid.detail, errors=[Flaw(f"{place}{one.pointer}", one.detail) for one in flaws]
        ) from invalid


def made_of(name: str, *, user: User) -> Made:
    """Return a process with what belongs to it; raises Missing."""
    design = get_design(name)
    assert design.draft is not None  # a design is made with its first version
    document = document_of(design.draft)
    instances = visible_instances(user, design=design).order_by("-pk")
    tasks = visible_tasks(user).filter(design=design).order_by("-pk")
    sources = Datasource.objects.filter(name__in=sources_of(document)).order_by("title")
    return Made(design, list(sources), list(instances[:SHOWN]), list(tasks[:SHOWN]))
