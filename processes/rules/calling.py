"""A rule that asks something of a datasource, and maps back what it brought."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field, StrictBool, ValidationInfo, field_validator

from datasources.rest.oauth_errors import refusal_in_words
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.call_results import Answer, RuleFailed
from processes.language.conditions import ItemFilter
from processes.language.expressions import Template
from processes.language.mappings import Changes, InputRow, SuccessRow, read_answer, scope
from processes.language.references import flaw
from processes.language.setting_types import DatasourceRef, MethodRef
from processes.language.values import Value
from processes.rules.base import (
    ErrorMapping,
    FailureChoice,
    InputMapping,
    OutwardRule,
    SuccessMapping,
    read_item,
)
from processes.rules.instances import source_of
from processes.rules.ports import Context, Ref
from processes.rules.sources import Act, Brought, ItemCall, ItemSource


class CallingRule(OutwardRule):
    """A rule that asks something of a datasource and maps back what it brought."""

    act: ClassVar[Act]

    datasource: DatasourceRef
    method: MethodRef
    input_mapping: InputMapping = ()
    on_success: SuccessMapping = ()
    on_error: ErrorMapping = ()
    on_failure: FailureChoice = None
    omit_blank: StrictBool = Field(
        default=False,
        title=gettext_noop("Omit blank values"),
        description=gettext_noop(
            "Blank values are not sent at all. Otherwise they are sent as blank."
        ),
        json_schema_extra={"control": "switch"},
    )

    @field_validator("input_mapping")
    @classmethod
    def _one_row_for_each_target(
        cls, rows: tuple[InputRow, ...], info: ValidationInfo
    ) -> tuple[InputRow, ...]:
        seen: set[str] = set()
        for row in rows:
            key = row.target.lower() if row.target.startswith("header.") else row.target
            if key in seen:
                raise flaw(
                    _("The target %(target)s is mapped twice. Remove one of the rows.")
                    % {"target": row.target}
                )
            seen.add(key)
        source_of(info.data.get("datasource")).check_inputs(cls.act, rows)
        return rows

    @field_validator("filter", check_fields=False)
    @classmethod
    def _a_filter_that_is_taken(
        cls, chosen: ItemFilter | None, info: ValidationInfo
    ) -> ItemFilter | None:
        if "datasource" in info.data:
            source_of(info.data["datasource"]).check_filter(cls.act, chosen)
        return chosen

    @field_validator("on_success")
    @classmethod
    def _reads_what_is_there(
        cls, rows: tuple[SuccessRow, ...], info: ValidationInfo
    ) -> tuple[SuccessRow, ...]:
        wanted = source_of(info.data.get("datasource")).result
        for row in rows:
            for name in Template.parse(row.value).references:
                if name.partition(".")[0] in {"response", "item"} - {wanted}:
                    raise flaw(
                        _(
                            "[%(name)s], mapped to %(field)s, does not exist. For %(datasource)s, "
                            "write [%(wanted)s. ...]."
                        )
                        % {
                            "name": name,
                            "field": row.field,
                            "datasource": info.data.get("datasource", _("it")),
                            "wanted": wanted,
                        }
                    )
        return rows

    @property
    def source(self) -> ItemSource:
        """Return what sort of datasource it is."""
        return source_of(self.datasource)

    @property
    def asked(self) -> ItemCall:
        """Return what it asks of the datasource."""
        filter, every = getattr(self, "filter", None), getattr(self, "matches", "one") == "all"
        inputs, omit_blank = self.input_mapping, self.omit_blank
        return ItemCall(self.act, self.datasource, self.method, inputs, omit_blank, filter, every)

    def refers(self) -> Sequence[Ref]:
        """Return the method that it calls, or the process on whose instances it works."""
        return [self.source.describe(self.datasource, self.method)]

    def reaches_out(self) -> bool:
        """Tell whether it asks somebody outside: not when it looks into a process."""
        return not (self.only_asks and self.source.of_processes)

    def brings_answers(self) -> bool:
        """Tell whether what it brings can be lost: what is in a process is there afterwards too."""
        return self.reaches_out() and super().brings_answers()

    def run(self, context: Context) -> None:
        """Let the datasource do it, then map what came of it: all rows or none."""
        brought = self.source.carry_out(self.asked, context)
        changes = self._changes(brought, context)
        if self.reaches_out():
            context.accept(changes)
        else:
            context.assign_all(changes)

    def _changes(self, brought: Brought, context: Context) -> Changes:
        if isinstance(brought, Answer):
            return read_answer(
                self.on_success,
                scope(context.resolve, response=brought),
                into=context,
                missing=lambda name: self._missing(name, brought),
            )
        if brought:
            return read_item(self.on_success, brought[0], context)
        if getattr(self, "on_none", "fail") == "fail":
            raise RuleFailed("not_found", self.source.nothing_found(self.asked))
        return []

    def sentence(self) -> str:
        """Return `Create an item with token-service / refresh-token`."""
        return self.source.in_words(self.asked)

    def _missing(self, name: str, answer: Answer) -> str:
        place = name.removeprefix("response.").removeprefix("body.")
        called = {"datasource": self.datasource, "method": self.method}
        if place == "body":
            return _("The response of %(datasource)s / %(method)s is empty.") % called
        if place.startswith("headers."):
            place = _("header %(name)s") % {"name": place.removeprefix("headers.")}
        called["place"] = place
        if why := refusal_in_words(answer.body):
            sentence = _("The response of %(datasource)s / %(method)s has no %(place)s: %(why)s.")
            return sentence % {**called, "why": why}
        missing = _("The response of %(datasource)s / %(method)s has no %(place)s.")
        return missing % called + _what_it_is(answer.body)


def _what_it_is(body: Value) -> str:
    if isinstance(body, dict):
        return ""
    if body is None or body == "":
        return _(" It is empty.")
    if isinstance(body, str):
        return _(" It is text, not a JSON object.")
    return (
        _(" It is a list, not an object.") if isinstance(body, list) else _(" It is not an object.")
    )


class MatchingRule(CallingRule):
    """A rule that calls a REST method, or works on the instances of a process that a filter finds.

    It is no kind itself.
    """

    filter: ItemFilter | None = Field(
        default=None,
        title=gettext_noop("Filter"),
        description=gettext_noop(
            "Which records of the process to use, such as [item.process.id] eq orders-1. Only for "
            "the built-in datasource, which requires one."
        ),
        json_schema_extra={"control": "item_filter"},
        validate_default=True,
    )
    matches: Literal["one", "all"] = Field(
        default="one",
        title=gettext_noop("How many"),
        description=gettext_noop(
            "one: the step fails when more than one record matches. all: every match, at most "
            "1,000."
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
