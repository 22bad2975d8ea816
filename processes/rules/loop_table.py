"""Loop table: run rules for each row of a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, ValidatorFunctionWrapHandler, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.limits import LIMITS
from processes.language.references import flaw, names_in
from processes.language.setting_types import TableName
from processes.rules.base import Context, Rule

if TYPE_CHECKING:
    RowRule = Rule  # Any of those that may stand in a row: `processes.rules` knows them.


class LoopTable(Rule):
    """Runs its rules for each row of a table, one row after the other.

    In these rules `[row.<column>]` is the value of a column in that row, and `row.<column>` a field
    that can be set or mapped to. Rows that its rules add are processed too.
    """

    label = gettext_noop("Loop table")
    category = gettext_noop("Tables")
    icon = "arrow-clockwise"
    needs_instance: ClassVar[bool] = False
    can_fail: ClassVar[bool] = True

    type: Literal["loop_table"] = "loop_table"
    table: TableName = Field(
        title=gettext_noop("Table"),
        description=gettext_noop("The table whose rows are processed."),
        json_schema_extra={"control": "table"},
    )
    rules: list["RowRule"] = Field(
        default=[],
        max_length=LIMITS.rules,
        validate_default=True,
        title=gettext_noop("Rules"),
        description=gettext_noop("What happens for each row, in this order."),
        json_schema_extra={"control": "rules"},
    )
    on_row_failure: Literal["stop", "continue"] = Field(
        default="stop",
        title=gettext_noop("When a row fails"),
        description=gettext_noop(
            "stop: the run ends. continue: the next row is processed, and the error is counted."
        ),
        json_schema_extra={"control": "select"},
    )

    @field_validator("rules", mode="wrap")
    @classmethod
    def _in_rows(cls, raw: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """Check the rules inside with the columns of the table known as `row.x`."""
        names, context = names_in(info), info.context
        if names is None or not isinstance(context, dict):
            return handler(raw)
        context["names"] = names.in_rows_of(str(info.data.get("table", "")))
        try:
            return handler(raw)
        finally:
            context["names"] = names

    @field_validator("rules")
    @classmethod
    def _does_something(cls, rules: list[Rule]) -> list[Rule]:
        if not rules:
            raise flaw(_("Add a rule that runs for each row."))
        return rules

    def inner_rules(self) -> Sequence[Rule]:
        """Return the rules that run for each row."""
        return self.rules

    def can_end_the_run(self) -> bool:
        """Tell whether a row may fail in a way that ends the run."""
        ends = any(rule.can_end_the_run() for rule in self.rules)
        return ends and self.on_row_failure == "stop"

    def brings_answers(self) -> bool:
        """Tell whether a rule in it brings values that nothing in it stores afterwards."""
        brings = False
        for rule in self.rules:
            brings = not rule.stores and (brings or rule.brings_answers())
        return brings

    def run(self, context: Context) -> None:
        """Go through the rows."""
        context.each_row(self.table, self.rules, go_on=self.on_row_failure == "continue")

    def sentence(self) -> str:
        """Return `For each row of lines: 3 rules`."""
        count = len(self.rules)
        said = (
            _("For each row of %(table)s: %(count)s rule")
            if count == 1
            else _("For each row of %(table)s: %(count)s rules")
        )
        return said % {"table": self.table, "count": count}
