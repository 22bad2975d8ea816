"""Who refers to a piece of a design from outside of it: scheduled tasks, and other processes."""

from collections.abc import Iterator

from kianda.lib.usage import used_by
from processes.checks import check_references
from processes.designing import tree
from processes.designing.tree import Element, Object
from processes.designing.uses import Use
from processes.document import Document, load_document
from processes.models import WorkingCopy
from processes.services.catalog import StoredCatalog
from processes.services.documents import document_of
from processes.usage import living_versions


def uses_outside(copy: WorkingCopy, target: str) -> list[Use]:
    """Return who refers to a piece, or to one inside it, and would miss it once it is published."""
    whole = tree.find(copy.document, target)
    inside = [
        element
        for element in tree.walk(copy.document)
        if element.path[: len(whole.path)] == whole.path
    ]
    fields = {tree.name_of(element.target) for element in inside if element.kind == "field"}
    fired = {_fired(element) for element in inside} - {""}
    return [*_firing(copy.design.name, fired), *_looking_in(copy, fields)]


def uses_of_name(copy: WorkingCopy, target: str) -> list[Use]:
    """Return who outside knows a form or field by its name; what is inside keeps its own."""
    found = tree.find(copy.document, target)
    fields = {tree.name_of(target)} if found.kind == "field" else set()
    return [*_firing(copy.design.name, {_fired(found)}), *_looking_in(copy, fields)]


def _firing(process: str, targets: set[str]) -> list[Use]:
    """Return the scheduled tasks that fire one of the targets, or a part of it."""
    found = [
        Use("", "", f"The {use['kind']} {use['name']} fires it.")
        for use in used_by("target", process)
        if use["target"] in targets or str(use["target"]).partition("#")[0] in targets
    ]
    return list(dict.fromkeys(found))


def _fired(element: Element) -> str:
    if element.kind == "field":
        return tree.name_of(element.target)
    if element.kind == "form":
        return element.target
    if element.kind == "rule" and tree.kind_of(element.owner) == "field":
        return f"{tree.name_of(element.owner)}#{tree.name_of(element.target)}"
    return ""


def _looking_in(copy: WorkingCopy, fields: set[str]) -> Iterator[Use]:
    """Yield the other processes whose rules would miss a field: what the checks then refuse."""
    name = copy.design.name
    others = [
        (version, document_of(version))
        for version in (living_versions() if fields else ())
        if version.design.name != name and _looks_into(document_of(version), name)
    ]
    if not others or copy.design.draft is None:
        return
    then = _Without(name, _without(document_of(copy.design.draft), fields))
    now = StoredCatalog()
    for version, other in others:
        missed = set(check_references(other, then)) - set(check_references(other, now))
        for flaw in sorted(missed):
            yield Use("", "", f"The process {version.design.name} {version} uses it: {flaw.detail}")


def _looks_into(document: Document, name: str) -> bool:
    return any(
        getattr(rule, "datasource", "") == "kianda" and getattr(rule, "method", "") == name
        for _, rule in document.placed_rules()
    )


def _without(document: Document, fields: set[str]) -> Document:
    raw: Object = document.normalised()
    for element in list(tree.walk(raw)):
        held = element.node.get("fields")
        if isinstance(held, list) and element.kind in {"form", "field"}:
            element.node["fields"] = [one for one in held if one.get("name") not in fields]
    return load_document(raw)


class _Without(StoredCatalog):
    """What is stored, with another definition of one process."""

    def __init__(self, name: str, document: Document) -> None:
        """Take the process that differs, and its definition."""
        super().__init__()
        self._name, self._document = name, document

    def _process(self, name: str) -> Document | None:
        return self._document if name == self._name else super()._process(name)
