"""The form of a start page: a title, for whom, and tiles that choose process, list and chart."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from kianda.lib.dialogs.controls import ControlType, read_name, register
from kianda.lib.dialogs.dialog import BoundControl, Dialog, Option
from processes.definition.document import Document
from processes.designer.settings_forms.controls import OF_PROCESSES
from processes.designer.settings_forms.elements import ElementView, elements_of
from processes.language.people_refs import EVERYONE, ref_in_words
from processes.start_pages.tiles import (
    charts_named,
    documents_by_name,
    lists_of,
    processes_offered,
)
from processes.views.lists.chart_panels import title_in

register({**OF_PROCESSES, "start_tile": ControlType("start_tile", read_name)})


class TileChoices:
    """What the tiles of one form choose from; each process is read once."""

    def __init__(self, names: set[str]) -> None:
        """Take the processes that are chosen."""
        self._names = names

    @cached_property
    def processes(self) -> list[Option]:
        """Return the processes."""
        return [Option(name, title) for name, title in processes_offered()]

    @cached_property
    def _documents(self) -> dict[str, Document]:
        return documents_by_name(self._names)

    def lists(self, process: str) -> list[Option]:
        """Return the lists of a process."""
        document = self._documents.get(process)
        known = lists_of(document) if document is not None else {}
        return [Option(name, view.title) for name, view in known.items()]

    def charts(self, process: str, view: str) -> list[Option]:
        """Return the charts of a list; the number of its records is the first."""
        document = self._documents.get(process)
        found = lists_of(document).get(view) if document is not None else None
        if document is None or found is None:
            return []
        known = charts_named(found).items()
        number = Option("", _("Number of %(records)s") % {"records": document.many_records})
        return [number, *(Option(name, title_in(document, one)) for name, one in known)]


@dataclass(frozen=True)
class StartControl(BoundControl):
    """One control of the form."""

    form: "StartPageDialog"

    @property
    def elements(self) -> list[ElementView]:
        """Return the tiles."""
        return elements_of(self)

    @property
    def drawn_alone(self) -> bool:
        """Tell whether it can be drawn anew alone: it comes with the form."""
        return False

    @property
    def add_words(self) -> str:
        """Return what the button says that adds a tile."""
        return _(str(self.spec.extra["add"]))

    @property
    def ref_choices(self) -> list[tuple[str, str, str, str]]:
        """Return whom a start page can be for beside people and groups: everyone."""
        return [(EVERYONE, capfirst(ref_in_words(EVERYONE)), "globe", "")]

    @property
    def chooses_again(self) -> bool:
        """Tell whether other controls offer something else once it is changed."""
        return self.spec.name in {"process", "view"}

    @property
    def options(self) -> list[Option]:
        """Return what may be chosen in a tile; what is chosen and gone is there all the same."""
        if self.spec.control != "start_tile":
            return super().options
        process, view = (str(self.form.raw.get(key, "")) for key in ("process", "view"))
        choices = self.form.choices
        known = {
            "process": lambda: choices.processes, "view": lambda: choices.lists(process),
            "chart": lambda: choices.charts(process, view),
        }[self.spec.name]()  # fmt: skip
        if self.value and self.value not in {one.value for one in known}:
            gone = _("%(name)s (no longer exists)") % {"name": self.value}
            known = [Option(self.value, gone), *known]
        first = [Option("", _("Choose"))] if self.spec.required and not self.value else []
        return [*first, *known]


@dataclass(kw_only=True)
class StartPageDialog(Dialog):
    """The form of a start page."""

    bound = StartControl

    choices: TileChoices


def with_first_lists(raw: dict[str, Any], choices: TileChoices) -> dict[str, Any]:
    """Return what was typed; a tile of another process than before has its first list."""
    tiles = [dict(tile) for tile in raw.get("tiles", ())]
    for tile in tiles:
        process = str(tile.get("process", ""))
        lists = [one.value for one in choices.lists(process)]
        if lists and tile.get("view") not in lists:
            tile["view"] = lists[0]
        charts = [one.value for one in choices.charts(process, str(tile.get("view", "")))]
        if charts and tile.get("chart", "") not in charts:
            tile["chart"] = ""
    return {**raw, "tiles": tiles}
