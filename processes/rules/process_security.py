"""Process security: who sees, fills in or deletes this one instance from now on."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.people import refs_in
from processes.language.people_refs import MOST, Refs, named_field, refs_in_words
from processes.language.references import flaw
from processes.rules.base import Context, Rule

LISTS = ("see", "change", "delete")


class ProcessSecurity(Rule):
    """Sets who can see, fill in or delete this record.

    For everyone else the rights of the design still apply. A user field means the people in it when
    the rule runs. Administrators of the process, and owners of an open form, always see the record.
    """

    label = gettext_noop("Process security")
    category = gettext_noop("Workflow")
    icon = "shield-lock"
    row_by_row: ClassVar[bool] = True
    can_fail: ClassVar[bool] = False

    type: Literal["process_security"] = "process_security"
    see: Refs = Field(
        default=(),
        max_length=MOST,
        title=gettext_noop("May see"),
        description=gettext_noop("Who can see the record. If empty, unchanged."),
        json_schema_extra={"control": "refs", "group": "main"},
    )
    change: Refs = Field(
        default=(),
        max_length=MOST,
        title=gettext_noop("May fill in"),
        description=gettext_noop("Who can fill in its open forms. If empty, unchanged."),
        json_schema_extra={"control": "refs", "group": "main"},
    )
    delete: Refs = Field(
        default=(),
        max_length=MOST,
        title=gettext_noop("May delete"),
        description=gettext_noop("Who can delete it. If empty, unchanged."),
        json_schema_extra={"control": "refs", "group": "main"},
    )
    existing: Literal["override", "append", "reset"] = Field(
        default="override",
        title=gettext_noop("Current people"),
        description=gettext_noop(
            "override: only those named here. append: those named here as well. reset: the rights "
            "of the design apply again."
        ),
        json_schema_extra={"control": "select"},
    )

    @model_validator(mode="after")
    def _names_somebody(self) -> "ProcessSecurity":
        named = any(getattr(self, name) for name in LISTS)
        if named == (self.existing == "reset"):
            raise flaw(
                _("Enter people in one of the lists, or choose reset and leave the lists empty.")
            )
        return self

    def run(self, context: Context) -> None:
        """Set the lists."""
        if self.existing == "reset":
            context.forms.secure({}, append=False)
            return
        lists = {name: getattr(self, name) for name in LISTS if getattr(self, name)}
        context.forms.secure(
            {
                name: [one for ref in refs for one in _people(ref, context)]
                for name, refs in lists.items()
            },
            append=self.existing == "append",
        )

    def sentence(self) -> str:
        """Return `May see: people involved, hr`."""
        if self.existing == "reset":
            return _("Reset the rights to those of the design")
        fields = type(self).model_fields
        said = [
            f"{_(str(fields[name].title))}: {refs_in_words(refs)}"
            for name in LISTS
            if (refs := getattr(self, name))
        ]
        return "; ".join(said)


def _people(ref: str, context: Context) -> list[str]:
    field = named_field(ref)
    return sorted(refs_in(context.resolve(field))) if field else [ref]
