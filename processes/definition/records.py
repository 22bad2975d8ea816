"""How people meet the instances of a process: what one is called, what its statuses mean."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, ValidationInfo

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.fields.icons import Icon
from processes.language.limits import LONGEST_STATUS
from processes.language.references import check_field_name, flaw, name_problems, names_in, parsed

MOST_IN_SUMMARY = 6
MOST_STATUSES = 50
LONGEST_NAME = 60
LONGEST_TITLE = 500
LONGEST_NEXT = 2_000

Meaning: TypeAlias = Literal["waiting", "good", "bad", "attention", "neutral"]


def _title(source: str, info: ValidationInfo) -> str:
    template, names = parsed(source), names_in(info)
    if names is None:
        return source
    problems = name_problems(template, names)
    for name in dict.fromkeys(template.references):
        if names.is_secret(name.partition(".")[0]):
            problems.append(
                _("%(name)s is a secret field. It cannot be part of a title.") % {"name": name}
            )
        elif name.partition(".")[0] in {"user", "now", "today"} or name == "process.url":
            problems.append(
                _("[%(name)s] cannot be part of a title. Use fields and [process.id].")
                % {"name": name}
            )
    if problems:
        raise flaw(" ".join(problems))
    return source


def _summary(fields: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    names = names_in(info)
    for name in fields:
        check_field_name(name, info)
        if names is not None and names.is_secret(name):
            raise flaw(
                _("%(name)s is a secret field. Choose a field that may be shown.") % {"name": name}
            )
        if names is not None and name in names.fields and names.fields[name].holds_rows:
            raise flaw(_("%(name)s is a table. Choose a field with one value.") % {"name": name})
    return tuple(dict.fromkeys(fields))


class RecordWords(BaseModel):
    """How people name a record of a process, and what they know it by."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    one: str = Field(
        default="",
        max_length=LONGEST_NAME,
        title=gettext_noop("One record"),
        description=gettext_noop("Such as: Leave request. If empty: the title of the process."),
        json_schema_extra={"control": "line"},
    )
    many: str = Field(
        default="",
        max_length=LONGEST_NAME,
        title=gettext_noop("Many records"),
        description=gettext_noop("Such as: Leave requests. If empty: the title of the process."),
        json_schema_extra={"control": "line"},
    )
    title: Annotated[str, AfterValidator(_title)] = Field(
        default="",
        max_length=LONGEST_TITLE,
        title=gettext_noop("Title of a record"),
        description=gettext_noop("Such as: [kind], [first_day]. If empty: the Process ID."),
        json_schema_extra={"control": "value"},
    )
    request: StrictBool = Field(
        default=False,
        title=gettext_noop("Someone asks for it"),
        description=gettext_noop(
            "Notifications then say: Emma Doyle asks for annual leave, 7\u201311 Dec. "
            "It needs a title."
        ),
        json_schema_extra={"control": "switch"},
    )
    summary: Annotated[tuple[str, ...], AfterValidator(_summary)] = Field(
        default=(),
        max_length=MOST_IN_SUMMARY,
        title=gettext_noop("Summary"),
        description=gettext_noop("The fields that lists and the home page show under the title."),
        json_schema_extra={"control": "field_list"},
    )
    icon: Icon = Field(
        default="",
        title=gettext_noop("Icon"),
        description=gettext_noop("Shown beside the process on the home page and in lists."),
        json_schema_extra={"control": "select"},
    )


def _status(name: str) -> str:
    if not name.strip():
        raise flaw(_("Enter the name of the status."))
    return name.strip()


class StatusMeaning(BaseModel):
    """A status of a process and what it means to people, which gives it its colour."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, AfterValidator(_status)] = Field(
        max_length=LONGEST_STATUS,
        title=gettext_noop("Status"),
        description=gettext_noop("As the rules of the process set it, such as: Approved."),
        json_schema_extra={"control": "line"},
    )
    meaning: Meaning = Field(
        default="neutral",
        title=gettext_noop("Meaning"),
        description=gettext_noop("Gives the status its colour and icon."),
        json_schema_extra={"control": "select"},
    )


def _once_each(statuses: tuple[StatusMeaning, ...]) -> tuple[StatusMeaning, ...]:
    seen: set[str] = set()
    for status in statuses:
        key = status.name.casefold()
        if key in seen:
            raise flaw(_("The status %(name)s is listed twice.") % {"name": status.name})
        seen.add(key)
    return statuses


Record = Annotated[
    RecordWords,
    Field(
        title=gettext_noop("Records"),
        description=gettext_noop("How people see the records of this process."),
        json_schema_extra={"control": "parts", "group": "records"},
    ),
]
Statuses = Annotated[
    tuple[StatusMeaning, ...],
    AfterValidator(_once_each),
    Field(
        max_length=MOST_STATUSES,
        title=gettext_noop("Statuses"),
        description=gettext_noop("What each status means. A status that is not listed is grey."),
        json_schema_extra={"control": "rows", "group": "records"},
    ),
]
NextText = Annotated[
    str,
    AfterValidator(_title),
    Field(
        max_length=LONGEST_NEXT,
        title=gettext_noop("What happens next"),
        description=gettext_noop(
            "Shown to the person who has submitted the form. Fields in brackets give their values."
        ),
        json_schema_extra={"control": "value"},
    ),
]
