"""How one page shows fields and forms after a rule Field display mode: edit or read, not stored.

It is good for one view of one person, and only while the forms that it is about stand as they did.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kianda.lib.errors import Conflict
from kianda.lib.i18n import gettext as _
from processes.definition.document import Document
from processes.engine.instance_state import FormRecord, Records, form_of
from processes.fields.base import FormField

EDIT, READ = "edit", "read"
Standing = Sequence[str]


@dataclass(frozen=True)
class DisplayModes:
    """Fields and forms by name, each `edit` or `read`, and how their forms stood then."""

    modes: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, Standing] = field(default_factory=dict)
    # When that ends, in seconds since 1970; 0 while it is not known yet.
    until: int = 0

    @classmethod
    def now(cls, modes: Mapping[str, str], document: Document, records: Records) -> "DisplayModes":
        """Return modes as they are good from now on, but for what the definition has no more."""
        on = {name: _form_of(document, name) for name in modes}
        return cls(
            {name: mode for name, mode in modes.items() if on[name] in records},
            {form: _standing(records[form]) for form in on.values() if form in records},
        )

    @property
    def overrides(self) -> dict[str, dict[str, bool]]:
        """Return them as what is open for change and what is not."""
        return {name: {"enabled": mode == EDIT} for name, mode in self.modes.items()}

    def refuse_outdated(self, records: Records) -> None:
        """Raise Conflict when a form was submitted, opened or sent back since."""
        if all(
            form in records and _standing(records[form]) == tuple(stood)
            for form, stood in self.forms.items()
        ):
            return
        raise Conflict(
            _(
                "A rule had let you edit more of this page. A form was submitted or sent back in "
                "the meantime, so that has ended. Check the page, and select the button again if "
                "you still need to edit it.")
        )  # fmt: skip

    def going_on(
        self, chosen: Mapping[str, str], document: Document, records: Records
    ) -> "DisplayModes":
        """Return what holds after an act: what rules have chosen now, over what still stands."""
        kept = {
            name: mode
            for name, mode in self.modes.items()
            if (form := _form_of(document, name)) in records
            and _standing(records[form]) == tuple(self.forms.get(form, ()))
        }
        found = DisplayModes.now({**kept, **chosen}, document, records)
        return found if chosen else replace(found, until=self.until)

    def opened(self, document: Document) -> frozenset[str]:
        """Return the fields with values that may be changed although their form is not open.

        What is nearest to a field decides: itself, a panel around it, its form.
        """
        if EDIT not in self.modes.values():
            return frozenset()
        return frozenset(
            name
            for form in document.forms
            for name, mode in self._inside(form.fields, self.modes.get(form.name, ""))
            if mode == EDIT and document.fields[name].holds_value
        )

    def _inside(self, fields: Sequence[FormField], outer: str) -> Iterator[tuple[str, str]]:
        for one in fields:
            mode = self.modes.get(one.name, outer)
            yield one.name, mode
            yield from self._inside(one.inner, mode)

    def as_json(self) -> list[Any]:
        """Return them as JSON."""
        return [dict(self.modes), {form: list(stood) for form, stood in self.forms.items()}]


NO_MODES = DisplayModes()


def _form_of(document: Document, name: str) -> str:
    own = any(form.name == name for form in document.forms)
    return name if own else form_of(document, name)


def _standing(record: FormRecord) -> tuple[str, ...]:
    return record.status, record.started, record.completed, record.sent_back
