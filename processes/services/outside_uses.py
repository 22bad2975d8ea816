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
    name = copy.design.name
    pieces = [
        element
        for element in tree.walk(copy.document)
        if element.target == target or _is_inside(element, tree.find(copy.document, target))
    ]
    made = [use for element in pieces for use in _firing(name, element)]
    fields = {tree.name_of(element.target) for element in pieces if element.kind == "field"}
    return [*dict.fromkeys(made), *_looking_in(copy, fields)]


def _is_inside(element: Element, whole: Element) -> bool:
    return element.path[: len(whole.path)] == whole.path


def _firing(process: str, element: Element) -> Iterator[Use]:
    """Yield the scheduled tasks that fire a field, a rule or a form."""
    fired = _fired(element)
    for use in used_by("target", f"{process}/{fired}") if fired else ():
        yield Use("", "", f"The {use['kind']} {use['name']} fires it.")


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
    draft = copy.design.draft
    if not fields or draft is None:
        return
    name = copy.design.name
    now, then = _Without(name, None), _Without(name, _without(document_of(draft), fields))
    for version in living_versions():
        other = document_of(version)
        if version.design.name == name or not _looks_into(other, name):
            continue
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

    def __init__(self, name: str, document: Document | None) -> None:
        """Take the process that differs, and its definition; None for the stored one."""
        super().__init__()
        self._name, self._document = name, document

    def _process(self, name: str) -> Document | None:
        if name == self._name and self._document is not None:
            return self._document
        return super()._process(name)
