"""User: people and groups who are chosen."""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictBool, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.fields.base import ANY_VALUE, FormField, InputField, Written
from processes.fields.list import List
from processes.fields.text import Text
from processes.language.expressions import Resolve
from processes.language.people import (
    GROUP,
    PARTS,
    USER,
    attributes,
    called,
    kind_and_name,
    person_parts,
)
from processes.language.references import flaw
from processes.language.scope import FieldKind, ListedAs, PartKinds
from processes.language.setting_types import DefaultValue
from processes.language.values import Value, ValueFailure, as_text, is_blank, shown, to_list

MOST = 100
LONGEST = 150


class UserPicker(InputField):
    """Lets people select people or groups.

    Its value is user:niamh or group:HR, or a list of these when more than one can be selected. A
    name alone is read as a user name, or as a group name where only groups can be selected.
    Properties of the person are read through it: [manager.email], [manager.department],
    [manager.manager].
    """

    label = gettext_noop("User")
    # `user` is the person who acts.
    usual_name = "person"
    kind_icon = "person"
    in_table = True
    needs_words = True
    names_people = True
    operators = (*ANY_VALUE, "is_me", "has_me", "contains", "not_contains", "in")

    type: Literal["user_picker"] = "user_picker"
    choose: Literal["users", "groups", "both"] = Field(
        default="users",
        title=gettext_noop("Choose from"),
        description=gettext_noop("Who can be chosen: people, groups, or both."),
        json_schema_extra={"control": "select"},
    )
    within: Annotated[str, AfterValidator(str.strip)] = Field(
        default="",
        max_length=80,
        title=gettext_noop("Only members of"),
        description=gettext_noop("A group: only its members can be chosen. If empty, everyone."),
        json_schema_extra={"control": "group"},
    )
    multiple: StrictBool = Field(
        default=False,
        title=gettext_noop("More than one"),
        description=gettext_noop("Whether more than one can be selected."),
        json_schema_extra={"control": "switch"},
    )
    default_to_me: StrictBool = Field(
        default=False,
        title=gettext_noop("Start with the creator"),
        description=gettext_noop("Whether it starts with the person who creates the record."),
        json_schema_extra={"control": "switch"},
    )
    default: DefaultValue = None

    @field_validator("default_to_me")
    @classmethod
    def _i_can_be_chosen(cls, wanted: bool, info: Any) -> bool:  # noqa: FBT001 - a validator
        if wanted and info.data.get("choose") == "groups":
            raise flaw(_("Only groups can be chosen here, so it cannot start with a person."))
        return wanted

    @classmethod
    def parts_in(cls, raw: Mapping[str, Any]) -> PartKinds:
        """Return what is read through it: of one person, not of several."""
        if raw.get("multiple") is True:
            return {}
        return _PersonParts()

    @property
    def listed_as(self) -> ListedAs:
        """Return as what lists of records filter and sort by it."""
        return "person"

    def empty(self) -> Value:
        """Return nobody."""
        return [] if self.multiple else None

    def to_python(self, raw: object) -> Value:
        """Return a ref, or a list of refs, each once."""
        refs = [self._ref(text) for text in to_list(raw) if text.strip()]
        if self.multiple:
            return [*dict.fromkeys(refs)]
        if len(refs) > 1:
            raise ValueFailure(
                _("%(chosen)s are more than one. Select only one.") % {"chosen": as_text(refs)}
            )
        return refs[0] if refs else None

    def _ref(self, text: str) -> str:
        kind, name = kind_and_name(text.strip())
        if len(name) > LONGEST or name in {f"{USER}:", f"{GROUP}:"}:
            raise ValueFailure(
                _("%(name)s is not a valid user or group name.") % {"name": shown(name)}
            )
        return f"{kind or (GROUP if self.choose == 'groups' else USER)}:{name}"

    def clean(self, value: Value) -> Value:
        """Check that people and groups may be chosen here, and not too many of them."""
        for _place, ref, _field in self.refs(value):
            kind = kind_and_name(ref)[0]
            if kind == GROUP and self.choose == "users":
                raise ValueFailure(_("Choose a person, not a group."))
            if kind == USER and self.choose == "groups":
                raise ValueFailure(_("Choose a group, not a person."))
        if isinstance(value, list) and len(value) > MOST:
            raise ValueFailure(_("Choose at most %(most)s.") % {"most": MOST})
        return value

    def refs(self, value: Value) -> Iterator[tuple[str, str, FormField]]:
        """Yield the place inside the value of each ref, the ref, and this field."""
        if isinstance(value, list):
            yield from ((f"/{at}", str(ref), self) for at, ref in enumerate(value))
        elif not is_blank(value):
            yield "", str(value), self

    def groups_asked_for(self) -> Iterator[tuple[str, str]]:
        """Yield the group whose members alone can be chosen."""
        if self.within:
            yield "/within", self.within

    def initial(self, resolve: Resolve) -> Value:
        """Return whoever makes the instance, when that is wanted and the person may be chosen."""
        if not self.default_to_me:
            return super().initial(resolve)
        name, groups = resolve("user.username"), resolve("user.groups")
        may = not self.within or (isinstance(groups, list) and self.within in groups)
        return self.to_python(f"{USER}:{name}" if name and may else None)

    def to_control(self, value: Value, *, zone: tzinfo) -> Written:
        """Return the refs, one a line."""
        return "\n".join(ref for _place, ref, _field in self.refs(value))

    def from_control(self, written: Written, *, zone: tzinfo) -> Any:
        """Return the lines that are not blank; commas divide names too."""
        text = written if isinstance(written, str) else "\n".join(written)
        refs = [line.strip() for line in text.replace(",", "\n").split("\n") if line.strip()]
        return refs if self.multiple or len(refs) > 1 else "".join(refs)

    def control_in_words(self, written: Written) -> str:
        """Return what those are called whose refs stand in its control."""
        return ", ".join(called(written.split("\n") if isinstance(written, str) else written))

    def shown(self, value: Value) -> str:
        """Return what those are called who are chosen."""
        return ", ".join(called(ref for _place, ref, _field in self.refs(value)))

    @classmethod
    def default_from(cls, text: str) -> Any:
        """Return the lines, or the only one as it was typed."""
        return List.default_from(text)


class _PersonParts(Mapping[str, type[FieldKind]]):
    """What is read through a user field, and its kind; attributes are looked up when asked for."""

    def __getitem__(self, part: str) -> type[FieldKind]:
        """Return the kind of what a part holds."""
        if part not in PARTS and part not in attributes():
            raise KeyError(part)
        kinds: dict[str, type[FieldKind]] = {"groups": List, "manager": UserPicker}
        return kinds.get(part, Text)

    def __iter__(self) -> Iterator[str]:
        """Return all that can be read."""
        return iter(person_parts())

    def __len__(self) -> int:
        """Return how much it is."""
        return len(person_parts())

    def __bool__(self) -> bool:
        """Tell that there is something, without a look at what."""
        return True
