"""What the rules share that change or delete what a filter finds."""

from typing import ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.conditions import ItemFilter
from processes.language.references import flaw
from processes.rules.base import BUILT_IN, CallingRule, RuleFailed


class MatchingRule(CallingRule):
    """A rule that calls a REST method, or works on the instances of a process that a filter finds.

    It is no kind itself.
    """

    for_built_in: ClassVar[frozenset[str]] = frozenset({"filter", "matches", "on_none"})

    filter: ItemFilter | None = Field(
        default=None,
        title=gettext_noop("Filter"),
        description=gettext_noop(
            "Which instances of the process are meant, such as [item.process.id] eq "
            "orders-1. Only for the built-in datasource, which needs one."
        ),
        json_schema_extra={"control": "item_filter"},
        validate_default=True,
    )
    matches: Literal["one", "all"] = Field(
        default="one",
        title=gettext_noop("How many"),
        description=gettext_noop(
            "one: the step fails when more than one instance fits. all: each that fits, "
            "at most 1,000."
        ),
        json_schema_extra={"control": "select"},
    )
    on_none: Literal["fail", "continue"] = Field(
        default="fail",
        title=gettext_noop("When nothing is found"),
        description=gettext_noop(
            "fail: the step fails with the kind not_found. continue: nothing is done and "
            "the next rule runs."
        ),
        json_schema_extra={"control": "select"},
    )

    @field_validator("filter")
    @classmethod
    def _a_process_is_filtered(
        cls, chosen: ItemFilter | None, info: ValidationInfo
    ) -> ItemFilter | None:
        built_in = info.data.get("datasource") == BUILT_IN
        if built_in and (chosen is None or not chosen.items):
            raise flaw(_("Say which instances are meant: the filter needs a row."))
        if not built_in and chosen is not None and "datasource" in info.data:
            raise flaw(
                _("Only the datasource kianda has a filter. Use the input mapping of the method.")
            )
        return chosen

    @property
    def is_built_in(self) -> bool:
        """Tell whether it works on instances of a process."""
        return self.datasource == BUILT_IN

    def found_nothing(self) -> None:
        """Fail when nothing was found, unless that is to be passed over."""
        if self.on_none == "fail":
            raise RuleFailed(
                "not_found",
                _("No instance of %(method)s was found%(where)s.")
                % {"method": self.method, "where": self.where()},
            )

    def where(self) -> str:
        """Return the filter as the end of a sentence."""
        return (
            _(" where %(filter)s") % {"filter": self.filter.in_words()}
            if self.filter and self.filter.items
            else ""
        )

    def which(self) -> str:
        """Return what is worked on, for the sentence."""
        every = _("all instances") if self.matches == "all" else _("the instance")
        return _("%(every)s of %(method)s%(where)s") % {
            "every": every,
            "method": self.method,
            "where": self.where(),
        }
