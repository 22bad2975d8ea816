"""What the targets of runs are called, for lists of runs of any process."""

from collections.abc import Iterable

from django.db.models import Q

from kianda.lib.names import as_title
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.language.people import called
from processes.language.people_refs import user_ref
from processes.models import DesignVersion, ProcessInstance, Run


def with_target_titles(runs: Iterable[Run]) -> list[tuple[Run, str]]:
    """Return runs, each with what its button, form or rule is called in the version that ran.

    A run of an instance that is in the recycle bin is shown as of one that is gone. What the people
    who started them are called is looked up at once, and remembered until the page is made.
    """
    found = list(runs)
    called(user_ref(run.run_as_name) for run in found if run.run_as_name)
    pks = {run.instance_id for run in found if run.instance_id}
    living = set(ProcessInstance.objects.filter(pk__in=pks).values_list("pk", flat=True))
    for run in found:
        if run.instance_id not in living:
            run.instance_id = None
    documents = _documents({(run.process, run.version) for run in found})
    return [(run, _title(run.target, documents.get((run.process, run.version)))) for run in found]


def _documents(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], Document]:
    asked = Q(pk__in=[])
    for process, version in wanted:
        major, _, minor = version.partition(".")
        if major.isdecimal() and minor.isdecimal():
            asked |= Q(design__name=process, major=int(major), minor=int(minor))
    rows = DesignVersion.objects.filter(asked).select_related("design").defer("document")
    return {(row.design.name, str(row)): document_of(row) for row in rows}


def _title(target: str, document: Document | None) -> str:
    """Return a title; where the design is gone, the name in words."""
    if document is not None:
        for known in document.targets():
            if known.target == target:
                return known.title
    owner, _, rule = target.partition("#")
    return as_title((rule or owner).removeprefix("form:").replace("-", "_"))
