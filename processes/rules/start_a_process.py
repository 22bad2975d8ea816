"""Start a process: make an instance of another process, or work on an existing one."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import FIELD_NAME
from processes.language.expressions import Template
from processes.language.mappings import (
    InputRow,
    SuccessRow,
    collect_fields,
    evaluate,
)
from processes.language.references import flaw
from processes.language.setting_types import ProcessRef, TextValue
from processes.language.values import as_text
from processes.rules.base import (
    Context,
    ErrorMapping,
    FailureChoice,
    OutwardRule,
    RuleFailed,
    SuccessMapping,
)
from processes.rules.ports import InstanceAct, Ref


def _other_field(name: str) -> str:
    if not FIELD_NAME.match(name) or len(name) > 64:
        raise flaw(_("Enter the name of a field of the other process, without brackets."))
    return name


class OtherFieldRow(InputRow):
    """A field of the other process and the value that it gets."""

    target: Annotated[str, AfterValidator(_other_field)] = Field(
        title=gettext_noop("Field of the other process"),
        description=gettext_noop("The field of the other process that gets the value."),
        json_schema_extra={"control": "other_field"},
    )


class StartAProcess(OutwardRule):
    """Creates a record of a process, or uses an existing one by its Process ID.

    The input mapping fills fields there. A field or rule there can be triggered; this run waits for
    that run, and what it saves is stored. Without a trigger the mapped values are saved
    immediately. The on success mapping reads the other record afterwards, `[item.<field>]` and
    `[item.process.id]`. Runs can start each other at most eight levels deep, and never on a record
    that one of them works on.
    """

    label = gettext_noop("Start a process")
    category = gettext_noop("Workflow")
    icon = "play-circle"
    row_by_row: ClassVar[bool] = True

    type: Literal["start_a_process"] = "start_a_process"
    process: ProcessRef = Field(
        title=gettext_noop("Process"),
        description=gettext_noop("Which process."),
        json_schema_extra={"control": "process"},
    )
    lookup: Literal["new", "existing"] = Field(
        default="new",
        title=gettext_noop("Record"),
        description=gettext_noop(
            "new: a new record is created. existing: the record with the Process ID is used."
        ),
        json_schema_extra={"control": "select"},
    )
    process_id: TextValue = Field(
        default="",
        title=gettext_noop("Process ID"),
        description=gettext_noop("Of the existing record, such as [order_id]."),
        json_schema_extra={"control": "value"},
        validate_default=True,
    )
    input_mapping: tuple[OtherFieldRow, ...] = Field(
        default=(),
        title=gettext_noop("Input mapping"),
        description=gettext_noop(
            "Which fields of the other process get which values. A secret can only go into a "
            "secret field."
        ),
        json_schema_extra={"control": "rows"},
    )
    target: str = Field(
        default="",
        max_length=200,
        title=gettext_noop("Trigger in that record"),
        description=gettext_noop(
            "What runs in the other record: a field, a rule as field#rule, a form as "
            "form:name#submit. If empty, nothing runs there."
        ),
        json_schema_extra={"control": "trigger"},
    )
    on_success: SuccessMapping = ()
    on_error: ErrorMapping = ()
    on_failure: FailureChoice = None

    @field_validator("process_id")
    @classmethod
    def _says_which(cls, source: str, info: ValidationInfo) -> str:
        if info.data.get("lookup") == "existing" and not source:
            raise flaw(_("Enter the Process ID of the record, or a field that holds it."))
        return source

    @field_validator("input_mapping")
    @classmethod
    def _each_field_once(cls, rows: tuple[OtherFieldRow, ...]) -> tuple[OtherFieldRow, ...]:
        names = [row.target for row in rows]
        for name in names:
            if names.count(name) > 1:
                raise flaw(
                    _("The field %(name)s is mapped twice. Remove one of the rows.")
                    % {"name": name}
                )
        return rows

    @field_validator("on_success")
    @classmethod
    def _reads_the_instance(cls, rows: tuple[SuccessRow, ...]) -> tuple[SuccessRow, ...]:
        for row in rows:
            for name in Template.parse(row.value).references:
                if name.partition(".")[0] == "response":
                    raise flaw(
                        _(
                            "[%(name)s], mapped to %(field)s, does not exist. For the other "
                            "record, write [item. ...]."
                        )
                        % {"name": name, "field": row.field}
                    )
        return rows

    def refers(self) -> Sequence[Ref]:
        """Return the process."""
        return [Ref("process", process=self.process, target=self.target)]

    def run(self, context: Context) -> None:
        """Start it, then map what came of it."""
        rows = [
            InputRow.model_construct(target=f"body.{row.target}", value=row.value)
            for row in self.input_mapping
        ]
        values, secret = collect_fields(rows, context.resolve, context.is_secret, omit_blank=False)
        wanted = self._wanted(context)
        act = InstanceAct(
            "start", self.process, values, secret, process_id=wanted, target=self.target
        )
        self.accept_items(context.act(act), context)

    def _wanted(self, context: Context) -> str:
        if self.lookup == "new":
            return ""
        wanted = as_text(evaluate(self.process_id, context.resolve, of="process_id")).strip()
        if not wanted:
            raise RuleFailed(
                "not_found",
                _("The Process ID is blank, so no record of %(process)s can be found.")
                % {"process": self.process},
            )
        return wanted

    def sentence(self) -> str:
        """Return `Start orders and trigger approve there`."""
        what = (
            _("Start %(process)s") % {"process": self.process}
            if self.lookup == "new"
            else _("Use %(process)s %(id)s") % {"process": self.process, "id": self.process_id}
        )
        return (
            _("%(what)s and trigger %(target)s there") % {"what": what, "target": self.target}
            if self.target
            else what
        )
