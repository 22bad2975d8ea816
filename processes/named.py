"""String types that name a form, a table or a process, checked as `processes.references` does."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import FIELD_NAME, SLUG
from processes.references import flaw, names_in


def check_table_name(name: str, info: ValidationInfo) -> str:
    """Refuse what is no table of this process."""
    names = names_in(info)
    if not FIELD_NAME.match(name):
        raise flaw(_("Give the name of a table."))
    if names is not None and names.type_of(name) != "table":
        raise flaw(
            _("There is no table %(name)s. Choose a field of the type table.") % {"name": name}
        )
    return name


def check_form_name(name: str, info: ValidationInfo) -> str:
    """Refuse what is no form of this process."""
    if not FIELD_NAME.match(name):
        raise flaw(_("Give the name of a form."))
    names = names_in(info)
    if names is not None and name not in names.forms:
        raise flaw(_("There is no form %(name)s. Choose a form of this process.") % {"name": name})
    return name


def _check_process(name: str) -> str:
    if not SLUG.match(name) or len(name) > 63:
        raise flaw(_("Give the name of a process: small letters, digits and single hyphens."))
    return name


def _control(name: str, description: str) -> Any:
    return Field(description=description, json_schema_extra={"control": name})


TableName = Annotated[
    str,
    AfterValidator(check_table_name),
    _control("table", gettext_noop("The name of a table of this process.")),
]
FormName = Annotated[
    str,
    AfterValidator(check_form_name),
    _control("form", gettext_noop("The name of a form of this process.")),
]
ProcessRef = Annotated[
    str, AfterValidator(_check_process), _control("process", gettext_noop("The name of a process."))
]
