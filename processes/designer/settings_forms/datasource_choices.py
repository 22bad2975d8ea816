"""The data sources to choose from, each with its methods; the built-in one has the processes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from datasources.rest.document import RestDatasource
from processes.designer.settings_forms.editor_scope import CatalogLists, EditorScope
from processes.rules.instances import BUILT_IN_SOURCES

# So many methods are seen at a glance; of more only those of what is chosen show at first.
FEW = 15


@dataclass(frozen=True)
class Method:
    """A method that can be chosen: `token-service/refresh-token`."""

    value: str
    title: str
    note: str
    chosen: bool


@dataclass(frozen=True)
class Source:
    """A data source with its methods."""

    name: str
    title: str
    icon: str
    note: str = ""
    leaves: list[Method] = field(default_factory=list)
    # Whether its methods show at first.
    open: bool = False


@dataclass(frozen=True)
class Chosen:
    """What is chosen now."""

    title: str
    icon: str
    method: str = ""
    note: str = ""


def sources_in(lists: CatalogLists, scope: EditorScope) -> list[Source]:
    """Return everything to choose from."""
    chosen = f"{scope.datasource}/{scope.method}"
    found = [*_built_in(lists.processes(), chosen), *_rest(lists.datasources(), chosen)]
    few = sum(len(one.leaves) for one in found) <= FEW
    return [replace(one, open=few or any(leaf.chosen for leaf in one.leaves)) for one in found]


def _built_in(processes: Sequence[tuple[str, str]], chosen: str) -> Iterator[Source]:
    for one in BUILT_IN_SOURCES.values():
        leaves = [
            Method(value, title, _("process"), value == chosen)
            for name, title in processes
            for value in [f"{one.name}/{name}"]
        ]
        yield Source(one.name, one.title, one.icon, leaves=leaves)


def _rest(sources: Iterable[RestDatasource], chosen: str) -> list[Source]:
    made = []
    for one in sources:
        leaves = [
            Method(value, method.title, method.http_method, value == chosen)
            for method in one.methods
            for value in [f"{one.name}/{method.name}"]
        ]
        note = "" if leaves else _("incomplete")
        made.append(Source(one.name, one.title, "globe2", note, leaves))
    return made


def chosen_in(scope: EditorScope) -> Chosen | None:
    """Return what is chosen, in words; None when nothing is, or it is no longer there."""
    if built_in := BUILT_IN_SOURCES.get(scope.datasource):
        process = scope.process
        title = str(process.get("title") or process.get("name")) if process is not None else ""
        return Chosen(built_in.title, built_in.icon, title)
    source, method = scope.source, scope.rest_method
    if source is None:
        return None
    if method is None:
        return Chosen(source.title, "globe2")
    return Chosen(source.title, "globe2", method.title, f"{method.http_method} {method.url_path}")
