"""Who refers to a piece of a working copy: inside the design, and from outside of it."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from kianda.lib.errors import Missing
from kianda.lib.usage import used_by
from processes.definition import tree
from processes.definition.checks import check_references
from processes.definition.document import Document, load_document
from processes.definition.tree import Object, Piece, name_of
from processes.designer.editing.uses import Use, uses_of, uses_of_column
from processes.designs.stored_catalog import StoredCatalog
from processes.designs.usage import living_versions, looks_into
from processes.document_cache import document_of
from processes.models import WorkingCopy


def uses_outside(copy: WorkingCopy, target: str) -> list[Use]:
    """Return who refers to a piece, or to one inside it, and would miss it once it is published."""
    whole = tree.find(copy.document, target)
    inside = [
        element
        for element in tree.walk(copy.document)
        if element.path[: len(whole.path)] == whole.path
    ]
    fired = {_fired(element) for element in inside} - {""}
    gone = {element.target for element in inside}
    return [*_firing(copy.design.name, fired), *_looking_in(copy, gone)]


def uses_of_name(copy: WorkingCopy, target: str) -> list[Use]:
    """Return who outside knows a form or field by its name; what is inside keeps its own."""
    found = tree.find(copy.document, target)
    return [*_firing(copy.design.name, {_fired(found)}), *_looking_in(copy, {target})]


def _firing(process: str, targets: set[str]) -> list[Use]:
    """Return the scheduled tasks that fire one of the targets, or a part of it."""
    found = [
        Use(
            "",
            "",
            _("The %(kind)s %(name)s runs it.")
            % {"kind": _(str(use["kind"])), "name": use["name"]},
        )
        for use in used_by("target", process)
        if use["target"] in targets or str(use["target"]).partition("#")[0] in targets
    ]
    return list(dict.fromkeys(found))


def _fired(element: Piece) -> str:
    if element.kind == "field":
        return tree.name_of(element.target)
    if element.kind == "form":
        return element.target
    owner = element.owner
    if element.kind == "rule" and owner is not None and owner.kind == "field":
        return f"{owner.name}#{element.name}"
    return ""


def _looking_in(copy: WorkingCopy, gone: set[str]) -> Iterator[Use]:
    """Yield the other processes whose rules would miss a piece: what the checks then refuse."""
    name = copy.design.name
    others = [
        (version, document_of(version))
        for version in living_versions()
        if version.design.name != name and looks_into(document_of(version), name)
    ]
    if not others or copy.design.draft is None:
        return
    then = _Without(name, _without(document_of(copy.design.draft), gone))
    now = StoredCatalog()
    for version, other in others:
        missed = set(check_references(other, then)) - set(check_references(other, now))
        raw = other.normalised() if missed else {}
        for target in sorted({tree.place_of(raw, flaw.pointer)[0] for flaw in missed}):
            rule = tree.find(raw, target).title
            process = f"{version.design.name} {version}"
            yield Use(
                "",
                "",
                _("The rule %(rule)s of the process %(process)s uses it.")
                % {"rule": rule, "process": process},
            )


def _without(document: Document, gone: set[str]) -> Document:
    """Return a definition with some pieces under names that nobody knows."""
    raw: Object = document.normalised()
    for number, element in enumerate(list(tree.walk(raw))):
        if element.target in gone and element.kind != tree.PROCESS:
            joint = "-" if element.kind == "rule" else "_"
            element.node[tree.name_key(element.kind)] = f"nobody{joint}{number}"
    return load_document(raw)


class _Without(StoredCatalog):
    """What is stored, with another definition of one process."""

    def __init__(self, name: str, document: Document) -> None:
        """Take the process that differs, and its definition."""
        super().__init__()
        self._name, self._document = name, document

    def _process(self, name: str) -> Document | None:
        return self._document if name == self._name else super()._process(name)


def all_uses(name: str, target: str, column: str = "") -> list[Use]:
    """Return who would miss a form, field or rule, or a column of a table; raises Missing, Gone."""
    copy = (
        WorkingCopy.objects.select_related("design")
        .filter(design__name=name, design__deleted_at=None)
        .first()
    )
    if copy is None:
        raise Missing(_("There is no process %(name)s.") % {"name": name})
    if column:
        return uses_of_column(copy.document, name_of(target), column)
    return [*uses_of(copy.document, target), *uses_outside(copy, target)]
