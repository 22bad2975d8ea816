"""List: one or several of given choices."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.fields.base import ANY_VALUE, InputField, Written
from processes.language.references import flaw
from processes.language.scope import ListedAs
from processes.language.setting_types import DefaultValue
from processes.language.values import MAX_LIST, Value, ValueFailure, as_text, shown, to_list


class Choice(BaseModel):
    """One choice: the value that is stored, and the title that is shown (the value if omitted)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: str = Field(min_length=1, max_length=200, title=gettext_noop("Value"))
    title: str = Field(default="", max_length=200, title=gettext_noop("Title"))

    @model_validator(mode="before")
    @classmethod
    def _plain_text(cls, data: Any) -> Any:
        if isinstance(data, str):
            data = {"value": data}
        if isinstance(data, dict) and data.get("title") in (None, ""):
            value = data.get("value")
            return data | {"title": value if isinstance(value, str) else ""}
        return data


class List(InputField):
    """Lets people select one or more choices.

    Its value is always a list of texts: one text when only one can be selected, and empty when
    nothing is. A text written into it becomes a list of one.
    """

    label = gettext_noop("List")
    kind_icon = "card-list"
    look = "select"
    in_table = True
    needs_words = True
    operators = (*ANY_VALUE, "contains", "not_contains", "in")

    type: Literal["list"] = "list"
    choices: list[Choice] = Field(
        default=[],
        max_length=1_000,
        title=gettext_noop("Choices"),
        description=gettext_noop(
            'What can be chosen: texts, or {"value": "de", "title": "Germany"}. '
            "Without choices any text can be entered."
        ),
        json_schema_extra={"control": "choices"},
    )
    multiple: bool = Field(
        default=False,
        strict=True,
        title=gettext_noop("More than one"),
        description=gettext_noop("Whether more than one can be selected."),
        json_schema_extra={"control": "switch"},
    )
    display_as: Literal["dropdown", "options"] = Field(
        default="dropdown",
        title=gettext_noop("Display as"),
        description=gettext_noop("A drop-down list, or all choices side by side."),
        json_schema_extra={"control": "select"},
    )
    default: DefaultValue = None

    @field_validator("choices")
    @classmethod
    def _each_once(cls, choices: list[Choice]) -> list[Choice]:
        seen: set[str] = set()
        for choice in choices:
            if choice.value in seen:
                raise flaw(
                    _("The choice %(value)s is listed twice. Remove one of them.")
                    % {"value": choice.value}
                )
            seen.add(choice.value)
        return choices

    @classmethod
    def look_of(cls, raw: Mapping[str, Any]) -> str:
        """Return that its choices stand side by side, to be ticked when several can be chosen."""
        if raw.get("display_as") != "options":
            return cls.look
        return "ticks" if raw.get("multiple") is True else "options"

    @property
    def listed_as(self) -> ListedAs:
        """Return as what lists of records filter and sort by it."""
        return "choice"

    def empty(self) -> Value:
        """Return the empty list."""
        return []

    def to_python(self, raw: object) -> Value:
        """Return a list of texts; a text alone becomes a list of one."""
        return to_list(raw)

    def clean(self, value: Value) -> Value:
        """Check that each is one of the choices, and that there are not too many."""
        chosen = to_list(value)
        if len(chosen) > (MAX_LIST if self.multiple else 1):
            raise ValueFailure(
                _("%(chosen)s are more than one. Select only one.") % {"chosen": as_text(chosen)}
            )
        known = {choice.value for choice in self.choices}
        for one in chosen:
            if known and one not in known:
                raise ValueFailure(
                    _("%(one)s is not one of the choices: %(choices)s.")
                    % {"one": shown(one), "choices": self._few()}
                )
        return [*dict.fromkeys(chosen)]

    def _few(self) -> str:
        names = [choice.value for choice in self.choices[:10]]
        return ", ".join([*names, "..."] if len(self.choices) > len(names) else names)

    @property
    def posts_list(self) -> bool:
        """Tell whether there are choices to tick; any text is typed one a line."""
        return bool(self.choices)

    def to_control(self, value: Value, *, zone: tzinfo) -> Written:
        """Return the choices that are ticked, or the texts one a line."""
        chosen = to_list(value)
        return chosen if self.posts_list else "\n".join(chosen)

    def from_control(self, written: Written, *, zone: tzinfo) -> Any:
        """Return what is ticked, or the lines that are not blank."""
        if isinstance(written, list):
            return super().from_control(written, zone=zone)
        return [line.strip() for line in written.split("\n") if line.strip()]

    def control_in_words(self, written: Written) -> str:
        """Return the titles of what is ticked."""
        return self.shown([*written]) if isinstance(written, list) else written

    @classmethod
    def default_from(cls, text: str) -> Any:
        """Return the lines, or the only one as it was typed."""
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        return lines if len(lines) > 1 else (lines or [text])[0]

    def shown(self, value: Value) -> str:
        """Return the titles of what is chosen."""
        titles = {choice.value: choice.title for choice in self.choices}
        return ", ".join(titles.get(one, one) for one in to_list(value))
