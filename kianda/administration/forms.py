"""The forms of the pages of accounts."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from kianda.accounts.permissions import SCOPES
from kianda.accounts.roles import (
    ADMINISTRATOR,
    DATASOURCE_MANAGER,
    DESIGNER,
    ROLES,
    USER,
    implying,
    role_titles,
)
from kianda.accounts.services import person_data
from kianda.accounts.services.attributes import LONGEST_TITLE, LONGEST_VALUE, attribute_titles
from kianda.accounts.services.groups import LONGEST, names_in, own_groups
from kianda.web.people_picker import PeopleInput

ROLE_WORDS = {
    ADMINISTRATOR: _("manages everything, including users and settings"),
    DESIGNER: _("creates process designs and scheduled tasks and previews them"),
    DATASOURCE_MANAGER: _("connects services and manages their credentials"),
    USER: _("works on records: completes forms, uses buttons"),
}
SCOPE_WORDS = {
    "read": _("read everything that the user may see"),
    "run": _("create and change records, use their buttons"),
    "design": _("change and publish process designs"),
    "datasources": _("change data sources and call their methods"),
    "tokens": _("get access tokens of connections, to call their services"),
    "schedule": _("change scheduled tasks"),
    "admin": _("everything, including metrics"),
}


def group_choices() -> list[tuple[str, str]]:
    """Return the groups that a person can be put into: those that are no roles."""
    return [(name, name) for name in own_groups().order_by("name").values_list("name", flat=True)]


def zone_choices() -> list[tuple[str, str]]:
    """Return the time zones a person may choose, the workspace's first."""
    names = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
    own = _("As in the workspace: %(zone)s") % {"zone": settings.KIANDA_TIME_ZONE}
    return [("", own), *((name, name) for name in names)]


def language_choices() -> list[tuple[str, str]]:
    """Return the languages a person may choose, each by its own name."""
    return [("", str(_("As in the browser"))), *settings.LANGUAGES]


class ProfileForm(forms.Form):
    """What a person chooses for the pages."""

    zone: Any = forms.ChoiceField(
        label=_("Time zone"), required=False, choices=zone_choices,
        help_text=_("Used for times on pages. Scheduled tasks have their own time zone."),
    )  # fmt: skip
    language: Any = forms.ChoiceField(
        label=_("Language"), required=False, choices=language_choices,
        help_text=_("Used for pages and messages. Text that people have entered is not "
                    "translated."),
    )  # fmt: skip
    theme: Any = forms.ChoiceField(
        label=_("Theme"), required=False,
        choices=[("", _("System")), ("light", _("Light")), ("dark", _("Dark"))],
    )  # fmt: skip
    single_keys: Any = forms.BooleanField(
        label=_("Single-letter shortcuts in the designer"), required=False,
        help_text=_("Turn this off if you use speech input or switch control."),
    )  # fmt: skip


# Where an attribute of the workspace stands in a form, and in what is wrong with it.
_OWN = "attributes-"


def by_field(data: person_data.PersonData) -> dict[str, str]:
    """Return what is known of a person by the fields of a form."""
    known = data._asdict()
    own = known.pop("attributes")
    return {**known, **{f"{_OWN}{name}": own.get(name, "") for name in attribute_titles()}}


def _text(key: str) -> Any:
    return forms.CharField(
        label=person_data.TITLES[key], required=False, max_length=person_data.LONGEST[key],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


class _PersonForm(forms.Form):
    field_order = [
        "username", "name", "email", "department", "job_title", "manager", "phone", "roles",
        "groups",
    ]  # fmt: skip
    name: Any = forms.CharField(label=_("Name"), required=False, max_length=300)
    email: Any = forms.CharField(
        label=_("Email"), required=False, max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    roles: Any = forms.MultipleChoiceField(
        label=_("Roles"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(role, _(role)) for role in ROLES],
        help_text=_("Without a role, a user can sign in but do nothing else."),
    )  # fmt: skip
    groups: Any = forms.MultipleChoiceField(
        label=_("Groups"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=group_choices,
        help_text=_("Every member can complete the forms of the group."),
        error_messages={"invalid_choice": _("The group %(value)s no longer exists.")},
    )  # fmt: skip

    manager: Any = forms.CharField(
        label=person_data.TITLES["manager"], required=False, max_length=254,
        widget=PeopleInput(), help_text=_("Type part of a name."),
    )  # fmt: skip
    department: Any = _text("department")
    job_title: Any = _text("job_title")
    phone: Any = _text("phone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Ask for the attributes of the workspace too."""
        super().__init__(*args, **kwargs)
        self._titles = attribute_titles()
        for name, title in self._titles.items():
            self.fields[f"{_OWN}{name}"] = forms.CharField(
                label=title, required=False, max_length=LONGEST_VALUE,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )  # fmt: skip

    @property
    def own(self) -> list[forms.BoundField]:
        """Return the attributes of the workspace."""
        return [self[f"{_OWN}{name}"] for name in self._titles]

    def chosen(self) -> dict[str, Any]:
        """Return what was chosen, as the services take it."""
        given = dict(self.cleaned_data)
        given["attributes"] = {name: given.pop(f"{_OWN}{name}") for name in self._titles}
        data = {key: given.pop(key) for key in person_data.PersonData._fields}
        return {
            **given, "name": " ".join(given["name"].split(maxsplit=1)),
            "groups": sorted(given["groups"]), "data": person_data.PersonData(**data),
        }  # fmt: skip

    def implied(self) -> dict[str, str]:
        """Say beside each role that comes with the ticked ones which of them bring it along."""
        ticked = self["roles"].value() or []
        bringing = {
            role: [one for one in ROLES if one in ticked and one in implying(role)]
            for role in ROLES
        }
        return {role: _implied(by) for role, by in bringing.items() if by}


def _implied(by: list[str]) -> str:
    return gettext("Included in %(roles)s, even if not selected.") % {
        "roles": ", ".join(role_titles(by))
    }


class InviteForm(_PersonForm):
    """A new user."""

    username: Any = forms.CharField(
        label=_("User name"), max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "autofocus": True}
        ),
        help_text=_("For sign-in. Use letters, digits and @ . + - _"),
    )  # fmt: skip


class PersonForm(_PersonForm):
    """A user's name, e-mail, roles, groups and data."""

    def tell_deactivated(self) -> None:
        """Say beside the manager that this one works here no more."""
        self.fields["manager"].help_text = _(
            "This manager is deactivated. You can choose another one."
        )


def _day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AttributeForm(forms.Form):
    """An attribute of users that the workspace adds."""

    title: Any = forms.CharField(
        label=_("Title"), max_length=LONGEST_TITLE, help_text=_("Such as Cost centre."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )  # fmt: skip
    name: Any = forms.CharField(
        label=_("Name"), max_length=64, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        help_text=_("For use in values, such as [user.cost_centre]. If empty, the title is "
                    "used."),
    )  # fmt: skip

    def keep_name(self) -> None:
        """Let the title be changed alone: designs know the attribute by its name."""
        self.fields["name"].disabled = True
        self.fields["name"].help_text = _("Values use this name, so it cannot be changed.")


class SubstituteForm(forms.Form):
    """Who stands in for a person, from when to when."""

    PLACES = {"/from": "first_day", "/until": "last_day"}

    substitute: Any = forms.CharField(
        label=_("Substitute"), max_length=254, required=False, widget=PeopleInput(),
        help_text=_("Type part of a name."),
    )  # fmt: skip
    first_day: Any = forms.DateField(
        label=_("From"), required=False, widget=_day_input(),
    )  # fmt: skip
    last_day: Any = forms.DateField(
        label=pgettext_lazy("the last day", "To"), required=False, widget=_day_input(),
        help_text=_("If empty, there is no end date."),
    )  # fmt: skip


class GroupForm(forms.Form):
    """A group and its members."""

    name: Any = forms.CharField(
        label=_("Name"), max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        help_text=_("Forms and data sources use this name."),
    )  # fmt: skip
    members: Any = forms.CharField(
        label=_("Members"), required=False, max_length=100_000,
        widget=PeopleInput(is_list=True), help_text=_("Type part of a name."),
    )  # fmt: skip

    administrators: Any = forms.CharField(
        label=_("Group administrators"), required=False, max_length=100_000,
        widget=PeopleInput(is_list=True),
        help_text=_("They can add and remove members. So can all Administrators."),
    )  # fmt: skip

    def wanted(self) -> dict[str, list[str]]:
        """Return the names of all who are to be members, and administrators where it asks."""
        lists = (key for key in ("members", "administrators") if key in self.fields)
        return {key: names_in(self.cleaned_data[key]) for key in lists}

    def places(self) -> dict[str, str]:
        """Return the field of each name, by its place in the list."""
        return {
            f"/{key}/{at}": key for key, names in self.wanted().items() for at in range(len(names))
        }

    def members_alone(self) -> None:
        """Ask for nothing but the members: the person administers this group alone."""
        del self.fields["administrators"]
        self.fields["name"].widget.attrs |= {"readonly": True, "autofocus": False}
        self.fields["name"].help_text = _("Only Administrators can change the name.")

    def keep_name(self) -> None:
        """Show the name as one that cannot be changed, and say why."""
        self.fields["name"].widget.attrs |= {"readonly": True, "autofocus": False}
        self.fields["name"].help_text = _(
            "Cannot be changed: forms, designs or data sources use this group."
        )


class TokenForm(forms.Form):
    """A new API token."""

    LIVES = {"30": 30, "90": 90, "365": 365, "": None}

    name: Any = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autofocus": True}),
        help_text=_("What the token is for, such as the name of a script."),
    )  # fmt: skip
    scopes: Any = forms.MultipleChoiceField(
        label=_("Scopes"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(scope, scope) for scope in SCOPES],
        help_text=_("If none is selected, the token may do everything that you may do."),
    )  # fmt: skip
    lives: Any = forms.ChoiceField(
        label=_("Expires"), required=False, initial="90",
        choices=[
            ("30", _("in 30 days")), ("90", _("in 90 days")), ("365", _("in a year")),
            ("", _("never")),
        ],
    )  # fmt: skip

    def expires_at(self) -> datetime | None:
        """Return the moment that was chosen."""
        days = self.LIVES[self.cleaned_data["lives"]]
        return None if days is None else timezone.now() + timedelta(days=days)
