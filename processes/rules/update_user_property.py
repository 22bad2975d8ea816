"""Update user property: change what is known of a person."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.labels import part_in_words
from processes.language.mappings import Row, evaluate
from processes.language.people import USER, kind_and_name
from processes.language.references import flaw
from processes.language.setting_types import ChangedProperty, TextValue
from processes.language.values import as_text
from processes.rules.base import Context, ErrorMapping, FailureChoice, OutwardRule
from processes.rules.get_user_property import no_user, one_named
from processes.rules.ports import PersonAct


class NewProperty(Row):
    """A value, and the user property that gets it."""

    value: TextValue
    property: ChangedProperty = Field(
        title=gettext_noop("Property"),
        description=gettext_noop("What is changed."),
        json_schema_extra={"control": "select"},
    )


class UpdateUserProperty(OutwardRule):
    """Changes manager, department, job title, phone or attributes of a user immediately.

    Only an Administrator can change user data, not even users their own: the user who starts the
    run, or whom a scheduled task runs as, must be one. The change is recorded in the audit log. An
    empty value clears the property.
    """

    label = gettext_noop("Update user property")
    category = gettext_noop("Users")
    icon = "person-gear"
    row_by_row: ClassVar[bool] = True

    type: Literal["update_user_property"] = "update_user_property"
    user: TextValue = Field(
        title=gettext_noop("User"),
        description=gettext_noop(
            "A user field such as [approver], a user name or an email address."
        ),
        json_schema_extra={"control": "value"},
    )
    properties: tuple[NewProperty, ...] = Field(
        title=gettext_noop("Properties"),
        description=gettext_noop("Which property gets which value."),
        json_schema_extra={"control": "rows"},
    )
    on_error: ErrorMapping = ()
    on_failure: FailureChoice = None

    @field_validator("properties")
    @classmethod
    def _changes_each_once(cls, rows: tuple[NewProperty, ...]) -> tuple[NewProperty, ...]:
        if not rows:
            raise flaw(_("Add a row: a value, and the property that gets it."))
        names = [row.property for row in rows]
        for name in names:
            if names.count(name) > 1:
                raise flaw(
                    _("%(property)s is set twice. Remove one of the rows.")
                    % {"property": part_in_words(name)}
                )
        return rows

    def brings_answers(self) -> bool:
        """Tell that it brings nothing into fields."""
        return False

    def run(self, context: Context) -> None:
        """Change the person, and make it durable that it was done."""
        user = one_named(evaluate(self.user, context.resolve, of="user"))
        if not user:
            raise no_user(user, self.user)
        values: dict[str, str] = {
            row.property: as_text(evaluate(row.value, context.resolve, of=row.property)).strip()
            for row in self.properties
        }
        if "manager" in values:
            kind, name = kind_and_name(values["manager"])
            values["manager"] = name if kind == USER else values["manager"]
        context.act(PersonAct(user, values))
        context.accept([])

    def sentence(self) -> str:
        """Return `Change Department and Phone of [person]`."""
        said = _(" and ").join(part_in_words(row.property) for row in self.properties)
        return _("Change %(properties)s of %(user)s") % {"properties": said, "user": self.user}
