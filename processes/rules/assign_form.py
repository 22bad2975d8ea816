"""Assign form: say whose a form is."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.labels import name_in_words
from processes.language.mappings import Resolve, evaluate
from processes.language.people import GROUP, USER, kind_and_name
from processes.language.references import flaw, parsed
from processes.language.setting_types import FormName, TextValue
from processes.language.values import names_in
from processes.rules.base import Context, Rule, RuleFailed

MOST = 100


class Assignees(BaseModel):
    """People and groups: names, fields such as [owner], or formulas."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    users: tuple[TextValue, ...] = Field(
        default=(),
        max_length=MOST,
        title=gettext_noop("Users"),
        description=gettext_noop(
            "User names or email addresses. [user.username] is the user who started the run, "
            "[user.manager] their manager."
        ),
        json_schema_extra={"control": "users"},
    )
    groups: tuple[TextValue, ...] = Field(
        default=(),
        max_length=MOST,
        title=gettext_noop("Groups"),
        description=gettext_noop("Names of groups."),
        json_schema_extra={"control": "groups"},
    )


class AssignForm(Rule):
    """Sets the owners of a form: people, groups, or everyone with access to the record.

    A value can name more than one, separated by commas. The form can be opened at the same time; it
    is then open alongside the forms that are open already.
    """

    label = gettext_noop("Assign form")
    category = gettext_noop("Workflow")
    icon = "person-check"
    assigns: ClassVar[bool] = True
    row_by_row: ClassVar[bool] = True
    can_fail: ClassVar[bool] = True

    type: Literal["assign_form"] = "assign_form"
    form: FormName = Field(
        title=gettext_noop("Form"),
        description=gettext_noop("Which form."),
        json_schema_extra={"control": "form"},
    )
    to: Assignees = Field(
        default=Assignees(),
        title=gettext_noop("To"),
        description=gettext_noop("The new owners: people and groups."),
        json_schema_extra={"control": "people", "values": True},
    )
    everyone: StrictBool = Field(
        default=False,
        title=gettext_noop("Everyone"),
        description=gettext_noop("Whether everyone with access to the record can work on it."),
        json_schema_extra={"control": "switch"},
    )
    existing: Literal["override", "append"] = Field(
        default="override",
        title=gettext_noop("Current owners"),
        description=gettext_noop("override: they are replaced. append: they stay."),
        json_schema_extra={"control": "select"},
    )
    opens: StrictBool = Field(
        default=False,
        title=gettext_noop("Open the form"),
        description=gettext_noop("Whether work on it can start immediately."),
        json_schema_extra={"control": "switch"},
    )

    @model_validator(mode="after")
    def _names_somebody(self) -> "AssignForm":
        somebody = bool(self.to.users or self.to.groups)
        if somebody == self.everyone:
            raise flaw(_("Enter people or groups, or choose everyone, but not both."))
        return self

    def opens_form(self) -> str:
        """Return the form that is opened at the same time."""
        return self.form if self.opens else ""

    def run(self, context: Context) -> None:
        """Work out the names and assign."""
        users, groups = _by_kind(
            _names(self.to.users, _by_user_name(context.resolve)),
            _names(self.to.groups, context.resolve),
        )
        if not self.everyone and not users and not groups:
            raise RuleFailed("value", self._nobody())
        context.forms.assign(
            [self.form],
            users=users,
            groups=groups,
            append=self.existing == "append" and not self.everyone,
            opens=self.opens,
        )

    def _nobody(self) -> str:
        """Return why nobody owns the form: the values that name no one."""
        sources = [*self.to.users, *self.to.groups]
        names = dict.fromkeys(name for one in sources for name in parsed(one).references)
        told = ", ".join(name_in_words(name) for name in names) or _("To")
        return _("No owner for “%(form)s”. Empty: %(values)s.") % {
            "form": self.form, "values": told,
        }  # fmt: skip

    def addressees(self, which: Literal["users", "groups"]) -> Sequence[str]:
        """Return the texts that name people or groups."""
        return self.to.users if which == "users" else self.to.groups

    def sentence(self) -> str:
        """Return `Assign the form approval to ada and Buyers`."""
        named = _(" and ").join([*self.to.users, *self.to.groups])
        said = (
            _("Assign the form %(form)s to %(owners)s, and open it")
            if self.opens
            else _("Assign the form %(form)s to %(owners)s")
        )
        return said % {"form": self.form, "owners": _("everyone") if self.everyone else named}


def _by_kind(users: list[str], groups: list[str]) -> tuple[list[str], list[str]]:
    """Return names of people and of groups: a user field may name either, whatever asks for it."""
    people = [name for name in users if kind_and_name(name)[0] != GROUP]
    people += [name for name in groups if kind_and_name(name)[0] == USER]
    bands = [kind_and_name(name)[1] for name in groups if kind_and_name(name)[0] != USER]
    bands += [kind_and_name(name)[1] for name in users if kind_and_name(name)[0] == GROUP]
    return people, bands


def _by_user_name(resolve: Resolve) -> Resolve:
    """Return what values resolve by, with the user name for [user.name].

    That was the user name once, and stored designs assign forms by it; what somebody is called
    names nobody.
    """
    return lambda name: resolve("user.username" if name == "user.name" else name)


def _names(sources: tuple[str, ...], resolve: Resolve) -> list[str]:
    """Return the names that values give: a list, or a text with commas or lines."""
    found: list[str] = []
    for source in sources:
        value = evaluate(source, resolve, of="to")
        found += names_in(value)
    return list(dict.fromkeys(found))
