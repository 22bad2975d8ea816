"""Look up user by property: the people of whom something is known, brought into a user field."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.labels import part_in_words
from processes.language.mappings import evaluate
from processes.language.people_refs import MOST
from processes.language.references import check_field_name, flaw, names_in
from processes.language.setting_types import PersonProperty, TextValue
from processes.language.values import as_text
from processes.rules.base import Context, Rule, RuleFailed
from processes.rules.ports import Item, PeopleQuery


def _user_field(name: str, info: ValidationInfo) -> str:
    names = names_in(info)
    kind = names.kind_of(check_field_name(name, info)) if names is not None else None
    if kind is not None and not kind.names_people:
        raise flaw(
            _("%(name)s is not a user field. Choose a field that holds people.") % {"name": name}
        )
    return name


class LookupUserByProperty(Rule):
    """Finds users by a property and writes them into a user field.

    Only users who can sign in are found, sorted by user name; uppercase and lowercase are treated
    alike. For managers the user name is compared, for groups those that are not roles.
    """

    label = gettext_noop("Look up user by property")
    category = gettext_noop("Users")
    icon = "person-lines-fill"
    row_by_row: ClassVar[bool] = True
    needs_instance: ClassVar[bool] = False
    can_fail: ClassVar[bool] = True

    type: Literal["lookup_user_by_property"] = "lookup_user_by_property"
    property: PersonProperty = Field(
        title=gettext_noop("Property"),
        description=gettext_noop("What is compared, such as the department."),
        json_schema_extra={"control": "select"},
    )
    operator: Literal["eq", "contains"] = Field(
        default="eq",
        title=gettext_noop("Compared by"),
        description=gettext_noop("Whether it equals the value or only contains it."),
        json_schema_extra={"control": "select"},
    )
    value: TextValue = Field(
        title=gettext_noop("Value"),
        description=gettext_noop("The value to find: text, a field such as [department], or both."),
        json_schema_extra={"control": "value"},
    )
    field: Annotated[str, AfterValidator(_user_field)] = Field(
        title=gettext_noop("User field"),
        description=gettext_noop("The field that gets the users found."),
        json_schema_extra={"control": "field_picker"},
    )
    several: Literal["fail", "first", "all"] = Field(
        default="fail",
        title=gettext_noop("When more than one is found"),
        description=gettext_noop(
            "fail: the step fails with the kind value. first: the first by user name is used. "
            "all: a field that allows more than one gets all of them, at most 100."
        ),
        json_schema_extra={"control": "select", "group": "failure"},
    )
    on_none: Literal["fail", "continue"] = Field(
        default="fail",
        title=gettext_noop("When nothing is found"),
        description=gettext_noop(
            "fail: the step fails with the kind not_found. continue: the field keeps "
            "its value and the next rule runs."
        ),
        json_schema_extra={"control": "select"},
    )

    def run(self, context: Context) -> None:
        """Look people up, and fill the field."""
        value = as_text(evaluate(self.value, context.resolve, of="value")).strip()
        most = {"first": 1, "fail": 2, "all": MOST + 1}[self.several]
        query = PeopleQuery(self.property, value, self.operator, most=most)
        # Of most people something is not known: a blank value would find them all.
        found = context.find_people(query) if value else []
        if found:
            self._take(found, value, context)
        elif self.on_none == "fail":
            raise RuleFailed("not_found", self._said(_("No user is found whose %(rest)s."), value))

    def _take(self, found: list[Item], value: str, context: Context) -> None:
        refs = [item["ref"] for item in found]
        if self.several == "fail" and len(refs) > 1:
            sentence = _("More than one user is found whose %(rest)s.")
            raise RuleFailed("value", self._said(sentence, value))
        if len(refs) > MOST:
            sentence = _("More than 100 users are found whose %(rest)s.")
            raise RuleFailed("value", self._said(sentence, value))
        context.assign(self.field, refs if self.several == "all" else refs[0])

    def _said(self, sentence: str, value: str) -> str:
        compared = (
            _("%(property)s is “%(value)s”")
            if self.operator == "eq"
            else _("%(property)s contains “%(value)s”")
        )
        rest = compared % {"property": part_in_words(self.property), "value": value}
        return sentence % {"rest": rest}

    def sentence(self) -> str:
        """Return `Find the user whose Department is “HR”, into approver`."""
        found = self._said(_("Find the user whose %(rest)s"), self.value)
        return _("%(found)s, into %(field)s") % {"found": found, "field": self.field}
