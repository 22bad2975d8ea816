"""Get user property: what is known of a person, brought into fields."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.labels import part_in_words
from processes.language.mappings import Row, evaluate
from processes.language.people import GROUP, kind_and_name
from processes.language.references import flaw
from processes.language.setting_types import FieldName, PersonProperty, TextValue
from processes.language.values import Value, names_in
from processes.rules.base import Context, Rule, RuleFailed
from processes.rules.ports import PeopleQuery


class PropertyRow(Row):
    """A field, and the user property that it gets."""

    field: FieldName
    property: PersonProperty = Field(
        title=gettext_noop("Property"),
        description=gettext_noop("The property that the field gets."),
        json_schema_extra={"control": "select"},
    )


class GetUserProperty(Rule):
    """Copies properties of a user into fields: name, email, manager, department, groups.

    The user is the one who starts the run, or the one in a user field; a user name or an email
    address works too. A property without a value clears its field. The manager is written as
    user:mark, as a user field expects it.
    """

    label = gettext_noop("Get user property")
    category = gettext_noop("Users")
    icon = "person-vcard"
    row_by_row: ClassVar[bool] = True
    needs_instance: ClassVar[bool] = False
    can_fail: ClassVar[bool] = True

    type: Literal["get_user_property"] = "get_user_property"
    user: TextValue = Field(
        default="[user.username]",
        title=gettext_noop("User"),
        description=gettext_noop(
            "A user field such as [approver], a user name or an email address. [user.username] is "
            "the user who starts the run."
        ),
        json_schema_extra={"control": "value"},
    )
    properties: tuple[PropertyRow, ...] = Field(
        title=gettext_noop("Fields"),
        description=gettext_noop("Which field gets which property."),
        json_schema_extra={"control": "rows"},
    )
    on_none: Literal["fail", "continue"] = Field(
        default="fail",
        title=gettext_noop("When nothing is found"),
        description=gettext_noop(
            "fail: the step fails with the kind not_found. continue: the fields keep "
            "their values and the next rule runs."
        ),
        json_schema_extra={"control": "select"},
    )

    @field_validator("properties")
    @classmethod
    def _gets_something(cls, rows: tuple[PropertyRow, ...]) -> tuple[PropertyRow, ...]:
        if not rows:
            raise flaw(_("Add a row: a field, and the property that it gets."))
        return rows

    def run(self, context: Context) -> None:
        """Look the person up, and fill the fields."""
        named = one_named(evaluate(self.user, context.resolve, of="user"))
        wanted = tuple(dict.fromkeys(row.property for row in self.properties))
        found = context.find_people(PeopleQuery("id", named, wanted=wanted)) if named else []
        if found:
            context.assign_all([(row.field, found[0][row.property]) for row in self.properties])
        elif self.on_none == "fail":
            raise no_user(named, self.user)

    def sentence(self) -> str:
        """Return `Get manager and e-mail of [approver]`."""
        parts = list(dict.fromkeys(part_in_words(row.property) for row in self.properties))
        said = {"properties": _(" and ").join(parts), "user": self.user or _("no one")}
        return _("Get %(properties)s of %(user)s") % said


def one_named(value: Value) -> str:
    """Return the one person that a value names, or nothing; RuleFailed for a group or several."""
    names = names_in(value)
    if len(names) > 1:
        sentence = _("%(names)s are more than one user. Choose one.")
        raise RuleFailed("value", sentence % {"names": ", ".join(names)})
    named = names[0] if names else ""
    if kind_and_name(named)[0] == GROUP:
        sentence = _("%(name)s is a group. Choose a user.")
        raise RuleFailed("value", sentence % {"name": kind_and_name(named)[1]})
    return named


def no_user(named: str, source: str) -> RuleFailed:
    """Return the failure that nobody has a name, or that none is given."""
    if not named:
        return RuleFailed("not_found", _("%(source)s does not name a user.") % {"source": source})
    name = kind_and_name(named)[1]
    return RuleFailed("not_found", _("No user named %(name)s.") % {"name": name})
