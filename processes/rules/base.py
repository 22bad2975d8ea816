"""What every rule is; what one may ask of its run stands in `processes.rules.ports`."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, StrictBool, ValidationInfo

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.kinds import Kind
from processes.language.call_results import Answer, RuleFailed
from processes.language.conditions import ConditionGroup
from processes.language.expressions import Template
from processes.language.mappings import (
    Assignment,
    Changes,
    ErrorRow,
    InputRow,
    SuccessRow,
    item_at,
    read_answer,
    read_error,
    scope,
)
from processes.language.references import flaw
from processes.language.setting_types import RuleId
from processes.rules.ports import Context, Item, Ref


def read_item(rows: Sequence[SuccessRow], item: Item, context: Context) -> Changes:
    """Return what an on-success mapping takes from an instance."""
    refuse_open_secrets(rows, context)
    item_id = item_at(item, "process.id")
    return read_answer(
        rows,
        scope(context.resolve, item=item),
        into=context,
        missing=lambda name: (
            _("The record %(item_id)s has no %(name)s.")
            % {"item_id": item_id, "name": name.removeprefix("item.")}
        ),
    )


def refuse_open_secrets(rows: Sequence[SuccessRow], context: Context) -> None:
    """Let a secret of an instance only into a secret field, whatever a formula makes of it."""
    for row in rows:
        for name in Template.parse(row.value).references:
            root, _dot, rest = name.partition(".")
            if root == "item" and context.is_secret_of_item(rest):
                if context.is_secret(row.field):
                    continue
                raise RuleFailed(
                    "configuration",
                    _(
                        "[%(name)s] is a secret of another process. It can only go into a secret "
                        "field, and %(field)s is not one."
                    )
                    % {"name": name, "field": row.field},
                )


__all__ = ["Answer", "Context", "OnFailure", "OutwardRule", "Rule", "RuleFailed"]

# The controls of settings that hold refs.
_OF_REFS = frozenset({"refs", "recipients"})
OnFailure = Literal["stop", "undo", "continue"]


class Rule(Kind):
    """One action in the ordered list of a field, form or process."""

    icon: ClassVar[str]
    can_fail: ClassVar[bool] = False
    calls_out: ClassVar[bool] = False
    # What it calls changes nothing there, and can be asked again.
    only_asks: ClassVar[bool] = False
    stores: ClassVar[bool] = False
    # What it does comes about with the next rule that stores, in the same list.
    takes_effect_when_stored: ClassVar[bool] = False
    completes: ClassVar[bool] = False  # A form.
    # It says who works on a form next, and does nothing else.
    assigns: ClassVar[bool] = False
    needs_instance: ClassVar[bool] = True
    # What ends a form ends no row, and a loop in a loop would hide whose row is meant.
    row_by_row: ClassVar[bool] = False

    id: RuleId = Field(
        title=gettext_noop("Id"),
        description=gettext_noop(
            "Permanent name of the rule in its process: lowercase letters, digits, hyphens."
        ),
        json_schema_extra={"control": "slug", "made": "from the title"},
    )
    title: str = Field(
        default="",
        max_length=200,
        title=gettext_noop("Title"),
        description=gettext_noop("Name of the rule in lists and in the trace of a run."),
        json_schema_extra={"control": "text", "made": "from the id or the kind"},
    )
    enabled: StrictBool = Field(
        default=True,
        title=gettext_noop("Switched on"),
        description=gettext_noop("A rule that is switched off is skipped."),
        json_schema_extra={"control": "switch"},
    )
    conditions: ConditionGroup | None = Field(
        default=None,
        title=gettext_noop("Conditions"),
        description=gettext_noop(
            "The rule runs only when they are met. Without conditions it always runs."
        ),
        json_schema_extra={"control": "conditions"},
    )

    @property
    def failure_mode(self) -> OnFailure:
        """Return what happens to the run when this rule fails."""
        return "stop"

    def can_end_the_run(self) -> bool:
        """Tell whether the rule may fail in a way that loses what was not stored before it."""
        return self.can_fail and self.failure_mode == "stop"

    def brings_answers(self) -> bool:
        """Tell whether the rule brings values of an outside answer into fields."""
        return False

    def opens_form(self) -> str:
        """Return the name of the form that the rule opens; nothing when it opens none."""
        return ""

    def links_to_form(self) -> str:
        """Return the name of the form that anyone with a link fills in; nothing without one."""
        return ""

    def may_hide(self) -> frozenset[str]:
        """Return the fields and forms that it hides, always or at times."""
        return frozenset()

    def ends_record(self) -> bool:
        """Tell whether the record has ended when the rule has run."""
        return False

    @abstractmethod
    def run(self, context: Context) -> None:
        """Do the rule's work, or raise RuleFailed."""

    def has_otherwise(self) -> bool:
        """Tell whether it does something when its conditions do not hold: it has an opposite."""
        return bool(getattr(self, "opposite", ()))

    def otherwise(self, context: Context) -> None:
        """Do what is to be done when the conditions do not hold."""

    @abstractmethod
    def sentence(self) -> str:
        """Return the rule read as a sentence, for the rule list."""

    def error_changes(self, failure: RuleFailed, context: Context) -> Changes:
        """Return what the on-error mapping makes of a failure."""
        return []

    def inner_rules(self) -> Sequence["Rule"]:
        """Return the rules that stand in it."""
        return ()

    def stays_inside(self) -> bool:
        """Tell whether it needs no instance to work on."""
        inner = (rule for rule in self.inner_rules() if rule.enabled)
        return not self.needs_instance and all(rule.stays_inside() for rule in inner)

    def reaches_out(self) -> bool:
        """Tell whether it has an effect outside its instance, or asks somebody outside."""
        return self.calls_out

    def refers(self) -> Sequence[Ref]:
        """Return what it works with outside its process."""
        return ()

    def assignments_shown(self) -> Sequence[Assignment]:
        """Return the assignments that its sentence is made of, where it is made of those."""
        return ()

    def named_refs(self) -> Iterator[tuple[str, str]]:
        """Yield the refs to people and groups that its settings name, each with its place."""
        for name, info in type(self).model_fields.items():
            extra = info.json_schema_extra
            if isinstance(extra, dict) and extra.get("control") in _OF_REFS:
                yield from ((f"{name}/{at}", ref) for at, ref in enumerate(getattr(self, name)))

    def addressees(self, which: Literal["users", "groups"]) -> Sequence[str]:
        """Return the texts that name people or groups."""
        return ()


InputMapping = Annotated[
    tuple[InputRow, ...],
    Field(
        title=gettext_noop("Input mapping"),
        description=gettext_noop("Which values go into the request."),
        json_schema_extra={"control": "input_mapping"},
    ),
]
SuccessMapping = Annotated[
    tuple[SuccessRow, ...],
    Field(
        title=gettext_noop("On success mapping"),
        description=gettext_noop(
            "Which fields get which values of the response. All rows are applied, or none."
        ),
        json_schema_extra={"control": "success_mapping"},
    ),
]
ErrorMapping = Annotated[
    tuple[ErrorRow, ...],
    Field(
        title=gettext_noop("On error mapping"),
        description=gettext_noop("Which fields get which values of the error."),
        json_schema_extra={"control": "error_mapping"},
    ),
]


def _stop_maps_nothing(chosen: OnFailure | None, info: ValidationInfo) -> OnFailure | None:
    if chosen == "stop" and info.data.get("on_error"):
        raise flaw(
            _(
                "With stop nothing is saved, so an on error mapping has no effect. Choose undo or "
                "continue, or remove the mapping."
            )
        )
    return chosen


FailureChoice = Annotated[
    OnFailure | None,
    AfterValidator(_stop_maps_nothing),
    Field(
        validate_default=True,
        title=gettext_noop("On failure"),
        description=gettext_noop(
            "stop: the run ends and nothing unsaved is stored. undo: changes since the last safe "
            "point are rolled back, the on error mapping is stored, the run ends. continue: the "
            "on error mapping is applied and the next rule runs. If not set: undo with an on "
            "error mapping, stop without one."
        ),
        json_schema_extra={"control": "select"},
    ),
]


class OutwardRule(Rule):
    """A rule that works with something outside its process, and maps back what came of it.

    The kinds declare these settings themselves: their order is that of the dialog.
    """

    can_fail: ClassVar[bool] = True
    calls_out: ClassVar[bool] = True

    if TYPE_CHECKING:
        input_mapping: Sequence[InputRow]
        on_success: SuccessMapping
        on_error: ErrorMapping
        on_failure: FailureChoice

    @property
    def failure_mode(self) -> OnFailure:
        """Return what happens to the run when this rule fails (contract 3)."""
        return self.on_failure or ("undo" if self.on_error else "stop")

    def brings_answers(self) -> bool:
        """Tell whether it brings values into fields that are lost when nothing saves them."""
        return bool(self.on_success)

    def error_changes(self, failure: RuleFailed, context: Context) -> Changes:
        """Return what the on-error mapping makes of a failure."""
        return read_error(self.on_error, context.resolve, failure)

    def accept_items(self, items: Sequence[Item], context: Context) -> None:
        """Map the first of the instances that it worked on, and make it durable."""
        context.accept(read_item(self.on_success, items[0], context) if items else [])
