"""Conditions: rows of left side, operator, right side, in groups of all or any."""

from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
)

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.comparisons import OPERATORS, Day, Operator, Right, Titles, side_in_words
from processes.language.expressions import Resolve, Template
from processes.language.patterns import PatternError, compiled
from processes.language.people import refs_of_me
from processes.language.references import flaw, name_problems, names_in, parsed, secret_names
from processes.language.values import Value

OperatorName = Literal[
    "eq", "neq", "contains", "not_contains", "starts_with", "gt", "gte", "lt", "lte", "blank",
    "not_blank", "matches", "not_matches", "in", "between", "before_today", "today", "after_today",
    "is_me", "has_me",
]  # fmt: skip

MAX_NESTING = 8
MAX_ITEMS = 100


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    # The names that may stand here beside fields and system names.
    roots: ClassVar[tuple[str, ...]] = ()


class Condition(_Part):
    """One row: a value, an operator, and what it is compared with."""

    left: str = Field(
        title=gettext_noop("Value"),
        description=gettext_noop("A field such as [status], text, or a formula."),
        json_schema_extra={"control": "value"},
    )
    operator: OperatorName = Field(
        title=gettext_noop("Operator"), description=gettext_noop("How the value is compared.")
    )
    right: str = Field(
        "",
        title=gettext_noop("Compared with"),
        description=gettext_noop(
            "A field, text or formula. For in and between, values separated by commas; for "
            "matches, an RE2 pattern; for blank, today and is_me, nothing."
        ),
        json_schema_extra={"control": "value"},
        validate_default=True,
    )

    @field_validator("left")
    @classmethod
    def _left_is_known(cls, left: str, info: ValidationInfo) -> str:
        cls._check(left, info)
        return left

    @field_validator("operator")
    @classmethod
    def _operator_takes_secrets(cls, operator: str, info: ValidationInfo) -> str:
        secrets = _secrets(info.data.get("left", ""), info)
        if secrets and not OPERATORS[operator].takes_secret:
            said = _(
                "%(name)s is a secret field: check whether it is blank or not_blank, or compare "
                "it with another secret field by eq or neq."
            )
            raise flaw(said % {"name": secrets[0]})
        return operator

    @field_validator("right")
    @classmethod
    def _right_fits_operator(cls, right: str, info: ValidationInfo) -> str:
        name = info.data.get("operator")
        if name is None:
            return right
        kind = OPERATORS[name].right
        if kind is Right.PATTERN:
            _check_pattern(right)
            return right
        if kind is Right.PAIR and len(_sources(right)) != 2 and not _may_be_list(right):
            raise flaw(_("Enter two values with a comma between them, such as 1, 10."))
        for source in _sources(right) if kind in (Right.LIST, Right.PAIR) else [right]:
            cls._check(source, info)
        if kind is Right.VALUE or _secrets(right, info):
            _check_secret_pair(info.data.get("left", ""), right, info)
        return right

    @classmethod
    def _check(cls, source: str, info: ValidationInfo) -> None:
        template, names = parsed(source), names_in(info)
        problems = name_problems(template, names, roots=cls.roots) if names is not None else []
        if problems:
            raise flaw(" ".join(problems))

    def holds(self, resolve: Resolve, day: Day) -> bool:
        """Tell whether the row holds; raises ValueFailure when it cannot be told."""
        operator = OPERATORS[self.operator]
        left = Template.parse(self.left).evaluate(resolve)
        return operator.test(left, self._right_value(operator, resolve), day)

    def _right_value(self, operator: Operator, resolve: Resolve) -> Value:
        if operator.about_me:
            return [*refs_of_me(resolve("user.username"), resolve("user.groups"))]
        if operator.right is Right.NOTHING:
            return None
        if operator.right is Right.PATTERN:
            return self.right
        if operator.right is Right.VALUE:
            return Template.parse(self.right).evaluate(resolve)
        values = [Template.parse(part).evaluate(resolve) for part in _sources(self.right)]
        return values[0] if len(values) == 1 and isinstance(values[0], list) else values

    def templates(self) -> list[Template]:
        """Return the texts of the row that may refer to fields."""
        kind = OPERATORS[self.operator].right
        rights = {Right.NOTHING: [], Right.PATTERN: [], Right.VALUE: [self.right]}.get(
            kind, _sources(self.right)
        )
        return [Template.parse(source) for source in (self.left, *rights)]

    def in_words(self, titles: Titles) -> str:
        """Return the row as a sentence part: `Amount is more than 10`."""
        operator = OPERATORS[self.operator]
        left, words = side_in_words(self.left, titles), _(operator.words)
        if operator.right is Right.NOTHING:
            return f"{left} {words}"
        if operator.right is Right.PATTERN:
            return f"{left} {words} {self.right}"
        sources = [self.right] if operator.right is Right.VALUE else _sources(self.right)
        between = _(" and ") if operator.right is Right.PAIR else ", "
        rights = between.join(side_in_words(source, titles) for source in sources)
        return f"{left} {words} {rights}"


def _secrets(source: str, info: ValidationInfo) -> list[str]:
    names = names_in(info)
    return secret_names(parsed(source), names) if names is not None else []


def _check_pattern(pattern: str) -> None:
    try:
        compiled(pattern)
    except PatternError as error:
        raise flaw(str(error)) from error


def _check_secret_pair(left: str, right: str, info: ValidationInfo) -> None:
    """A secret is compared with a secret, each alone in its brackets: nothing else may leak it."""
    found = [*_secrets(left, info), *_secrets(right, info)]
    if not found:
        return
    alone = [parsed(side).only_reference for side in (left, right)]
    names = names_in(info)
    if names is None or not all(name is not None and names.is_secret(name) for name in alone):
        said = _(
            "%(name)s is a secret field and can be compared only with another secret field. "
            "Write [%(name)s] alone on its side and another secret field on the other."
        )
        raise flaw(said % {"name": found[0]})


def _sources(right: str) -> list[str]:
    """Return the texts of a list; the commas of the design count, never those of a value."""
    if right.startswith("=") and not right.startswith("=="):
        return [right]
    return [part.strip() for part in right.split(",")]


def _may_be_list(right: str) -> bool:
    template = parsed(right)
    return template.is_expression or template.only_reference is not None


def kind_of_part(raw: Any) -> str:
    """Tell whether what stands in a group is a group itself."""
    if isinstance(raw, ConditionGroup):
        return "group"
    return (
        "group" if isinstance(raw, Mapping) and ("items" in raw or "match" in raw) else "condition"
    )


class ConditionGroup(_Part):
    """Conditions of which all or any must be met. An empty group is always met."""

    match: Literal["all", "any"] = Field(
        "all",
        title=gettext_noop("Match"),
        description=gettext_noop("Whether all conditions must be met, or any one of them."),
    )
    items: tuple[
        Annotated[
            Annotated[Condition, Tag("condition")] | Annotated["ConditionGroup", Tag("group")],
            Discriminator(kind_of_part),
        ],
        ...,
    ] = Field(
        (),
        title=gettext_noop("Conditions"),
        description=gettext_noop("The rows, and groups of rows."),
        max_length=MAX_ITEMS,
        json_schema_extra={"control": "conditions"},
    )

    @field_validator("items")
    @classmethod
    def _not_too_deep(cls, items: tuple[Any, ...]) -> tuple[Any, ...]:
        if any(isinstance(item, ConditionGroup) and item.depth >= MAX_NESTING for item in items):
            raise flaw(
                _("Groups of conditions can be nested at most %(most)s levels deep.")
                % {"most": MAX_NESTING}
            )
        return items

    @property
    def depth(self) -> int:
        """Return how many groups lie in each other here, this one included."""
        depths = [item.depth for item in self.items if isinstance(item, ConditionGroup)]
        return 1 + max(depths, default=0)

    def holds(self, resolve: Resolve, today: str, *, zone: tzinfo = UTC) -> bool:
        """Tell whether the group holds; `zone` puts moments on a day. Raises ValueFailure."""
        return self._holds(resolve, Day(today, zone))

    def _holds(self, resolve: Resolve, day: Day) -> bool:
        verdicts = (
            item._holds(resolve, day)
            if isinstance(item, ConditionGroup)
            else item.holds(resolve, day)
            for item in self.items
        )
        return not self.items or (all(verdicts) if self.match == "all" else any(verdicts))

    def templates(self) -> Iterator[Template]:
        """Yield every text in it that may refer to fields."""
        for item in self.items:
            yield from item.templates()

    def references(self) -> tuple[str, ...]:
        """Return the names that it refers to, each once."""
        return tuple(dict.fromkeys(name for one in self.templates() for name in one.references))

    def in_words(self, titles: Titles | None = None) -> str:
        """Return it as a sentence: `Status is Open and Amount is more than 10`."""
        words = [
            f"({item.in_words(titles)})"
            if isinstance(item, ConditionGroup)
            else item.in_words(titles or {})
            for item in self.items
        ]
        return (_(" and ") if self.match == "all" else _(" or ")).join(words)


class ItemCondition(Condition):
    """One row of a filter: `[item.<field>]` is a field of the item."""

    roots = ("item",)


class ItemFilter(ConditionGroup):
    """Selects items: conditions that can use `[item.<field>]`."""

    items: tuple[
        Annotated[
            Annotated[ItemCondition, Tag("condition")] | Annotated["ItemFilter", Tag("group")],
            Discriminator(kind_of_part),
        ],
        ...,
    ] = Field(
        (),
        title=gettext_noop("Conditions"),
        description=gettext_noop(
            "The rows, and groups of rows. The item's fields are [item.<field>]."
        ),
        max_length=MAX_ITEMS,
        json_schema_extra={"control": "conditions"},
    )
