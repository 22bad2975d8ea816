"""What rules share that say how fields and forms stand: rows of names, and what becomes of each."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, ValidationInfo, field_validator
from pydantic.config import JsonDict

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import FIELD_NAME
from processes.language.references import flaw, names_in
from processes.rules.base import Context, Rule


def _field_or_form(name: str, info: ValidationInfo) -> str:
    names = names_in(info)
    if not FIELD_NAME.match(name):
        raise flaw(_("Enter the name of a field or a form, without brackets."))
    if names is not None and name not in {*names.fields, *names.forms}:
        raise flaw(_("There is no field or form %(name)s.") % {"name": name})
    return name


FieldOrFormName = Annotated[str, AfterValidator(_field_or_form)]
FIELD_OR_FORM: JsonDict = {"control": "field_or_form"}


class DisplayRule(Rule):
    """A rule with rows of what becomes of fields and forms, and others for otherwise.

    The kinds declare these settings themselves: each tells what its rows are about.
    """

    category = gettext_noop("Workflow")
    row_by_row: ClassVar[bool] = True
    needs_instance: ClassVar[bool] = False
    can_fail: ClassVar[bool] = False
    # What is said when there is no row.
    add_a_row: ClassVar[str]
    # What each action reads like, with `%(field)s`.
    words: ClassVar[Mapping[str, str]]

    if TYPE_CHECKING:
        changes: Sequence[Any]
        opposite: Sequence[Any]

    @field_validator("changes", check_fields=False)
    @classmethod
    def _changes_something(cls, rows: Sequence[Any]) -> Sequence[Any]:
        if not rows:
            raise flaw(_(cls.add_a_row))
        return rows

    def run(self, context: Context) -> None:
        """Do what stands there."""
        self._apply_all(self.changes, context)

    def otherwise(self, context: Context) -> None:
        """Do what stands under otherwise."""
        self._apply_all(self.opposite, context)

    def _apply_all(self, rows: Iterable[Any], context: Context) -> None:
        for row in rows:
            self.apply(row.field, row.action, context)

    @abstractmethod
    def apply(self, name: str, action: Any, context: Context) -> None:
        """Do with one field or form what its row says."""

    def said(self) -> str:
        """Return `hide amount and disable status`."""
        return _(" and ").join(
            _(self.words[row.action]) % {"field": row.field} for row in self.changes
        )
