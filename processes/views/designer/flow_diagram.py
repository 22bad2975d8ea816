"""The flow of a design as a drawing: its forms one below the other, its buttons as arrows.

The next form follows down, an end stands to the right, and what leads elsewhere goes round on the
left. All measures are in pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from processes.definition.flow import THE_END

# What goes round on the left needs room there.
ROUND, EDGE, BOX_WIDTH, TOP = 180, 20, 210, 44
TO_END, END_WIDTH = 166, 190
ROW, TAG, BOX_HEIGHT, GAP = 40, 24, 76, 44
LANE, FIRST_LANE = 14, 26
LETTER = 7
LONGEST_TAG, LONGEST_TITLE, LONGEST_OWNERS = 16, 20, 26
LONGEST_STATUS, LONGEST_END = 26, 16


@dataclass(frozen=True)
class FlowArrow:
    """A way on, in words; `meaning` is that of its status.

    `records` is how many went that way; of a way to an end, how many are at that status.
    """

    title: str
    leads_to: str
    to_title: str
    status: str
    meaning: str
    is_sure: bool
    records: int = 0


class FlowAdvice(NamedTuple):
    """What is wrong with a form, and what fixes it.

    That is its `owners`, a button that `closes` it, or one on the form before, which `opens` it:
    `form` is where the button is to be.
    """

    detail: str
    fixed_by: str
    form: str
    form_title: str

    @property
    def target(self) -> str:
        """Return the form of the button as the designer knows it."""
        return f"form:{self.form}"


@dataclass(frozen=True)
class FlowStep:
    """A form of the flow: who works on it, where its buttons lead, what is wrong with it.

    `records` is how many wait there.
    """

    name: str
    title: str
    owners: str
    url: str
    arrows: Sequence[FlowArrow]
    advice: Sequence[FlowAdvice]
    records: int = 0

    @property
    def target(self) -> str:
        """Return the form as the designer knows it."""
        return f"form:{self.name}"


@dataclass(frozen=True)
class FlowTag:
    """A button on its arrow, with the status beside it or below."""

    text: str
    status: str
    meaning: str
    x: float
    y: float
    is_beside: bool = False

    @property
    def width(self) -> int:
        """Return how wide it is."""
        return len(self.text) * LETTER + 22

    @property
    def left(self) -> float:
        """Return where it begins."""
        return self.x - self.width / 2

    @property
    def top(self) -> float:
        """Return its upper edge."""
        return self.y - 11

    @property
    def words_y(self) -> float:
        """Return the line on which the button's words stand."""
        return self.y + 4

    @property
    def status_x(self) -> float:
        """Return where the status begins, or its middle below the button."""
        return self.x + self.width / 2 + 8 if self.is_beside else self.x

    @property
    def status_y(self) -> float:
        """Return the line of the status."""
        return self.y + (4 if self.is_beside else 24)


@dataclass(frozen=True)
class FlowBox:
    """A form on the drawing, or an end."""

    x: float
    y: float
    width: float
    height: float
    title: str
    step: FlowStep | None = None
    meaning: str = ""

    @property
    def words_x(self) -> float:
        """Return where its words begin."""
        return self.x + 14

    @property
    def title_y(self) -> float:
        """Return the line of its title."""
        return self.y + (28 if self.step else 20)

    @property
    def below_y(self) -> float:
        """Return the line below the title."""
        return self.y + 50

    @property
    def records_y(self) -> float:
        """Return the line of how many records are there."""
        return self.y + 67

    @property
    def below(self) -> str:
        """Return who works on a form; of one that needs a look, that it does."""
        if self.step is None:
            return ""
        said = _("Check this form") if self.step.advice else self.step.owners
        return _cut(said, LONGEST_OWNERS)


@dataclass
class FlowDiagram:
    """All that is drawn; lines are paths, the dashed ones depend on conditions."""

    left: float
    height: float = 0
    boxes: list[FlowBox] = field(default_factory=list)
    lines: list[tuple[str, bool]] = field(default_factory=list)
    tags: list[FlowTag] = field(default_factory=list)

    @property
    def right(self) -> float:
        """Return the right edge of the forms."""
        return self.left + BOX_WIDTH

    @property
    def middle(self) -> float:
        """Return the line that goes from form to form."""
        return self.left + BOX_WIDTH / 2

    @property
    def width(self) -> float:
        """Return how wide it is."""
        has_ends = any(box.step is None for box in self.boxes)
        return self.right + (TO_END + END_WIDTH if has_ends else ROUND)

    def to_the_end(self, one: FlowArrow, y: float) -> None:
        """Draw an arrow to an end on the right."""
        there = self.right + TO_END
        self.lines.append((f"M {self.right} {y} H {there - 2}", not one.is_sure))
        self.tags.append(_tag(one, (self.right + there) / 2 - 4, y, told=False))
        title = (_cut(one.status, LONGEST_END) or _("the end")) + _number(one)
        width = len(title) * LETTER + 30
        self.boxes.append(FlowBox(there, y - 16, width, 32, title, meaning=one.meaning))

    def down(self, arrows: Sequence[FlowArrow], start: float, to: float) -> None:
        """Draw one arrow to the next form for all the buttons that lead there."""
        is_sure = any(one.is_sure for one in arrows)
        self.lines.append((f"M {self.middle} {start} V {to - 2}", not is_sure))
        for row, one in enumerate(arrows):
            self.tags.append(_tag(one, self.middle, start + 24 + ROW * row, is_beside=True))

    def round(self, one: FlowArrow, y: float, *, lane: float, to: float) -> None:
        """Draw an arrow that goes round on the left."""
        turn = 8 if to > y else -8
        path = (
            f"M {self.left} {y} H {lane + 8} Q {lane} {y} {lane} {y + turn} "
            f"V {to - turn} Q {lane} {to} {lane + 8} {to} H {self.left - 2}"
        )
        self.lines.append((path, not one.is_sure))
        tag = _tag(one, 0, y)
        self.tags.append(replace(tag, x=self.left - 14 - tag.width / 2))


def drawn(steps: Sequence[FlowStep]) -> FlowDiagram:
    """Return the drawing of a flow."""
    goes_round = any(_sorted(steps, at)[2] for at in range(len(steps)))
    diagram, lane = FlowDiagram(left=ROUND if goes_round else EDGE), FIRST_LANE
    boxes = _boxes(steps, diagram.left)
    coming: dict[str, int] = {}
    diagram.lines.append((f"M {diagram.middle} 14 V {TOP - 2}", False))
    for at, step in enumerate(steps):
        box = boxes[step.name]
        diagram.boxes.append(box)
        ends, below, aside = _sorted(steps, at)
        for row, one in enumerate(ends):
            diagram.to_the_end(one, box.y + 26 + ROW * row)
        if below:
            diagram.down(below, box.y + box.height, boxes[steps[at + 1].name].y)
        for row, one in enumerate(aside):
            there = coming[one.leads_to] = coming.get(one.leads_to, 0) + 1
            to = boxes[one.leads_to]
            end = to.y + to.height - 2 - 10 * there
            diagram.round(one, box.y + 26 + ROW * row, lane=lane, to=end)
            lane += LANE
    last = boxes[steps[-1].name]
    diagram.height = last.y + last.height + 20
    return diagram


def _sorted(
    steps: Sequence[FlowStep], at: int
) -> tuple[list[FlowArrow], list[FlowArrow], list[FlowArrow]]:
    """Return the arrows of a form: to an end, to the next form, to any other."""
    following = steps[at + 1].name if at + 1 < len(steps) else None
    ends = [one for one in steps[at].arrows if one.leads_to == THE_END]
    below = [one for one in steps[at].arrows if one.leads_to and one.leads_to == following]
    return ends, below, [one for one in steps[at].arrows if one not in ends + below]


def _boxes(steps: Sequence[FlowStep], left: float) -> dict[str, FlowBox]:
    boxes, y = {}, float(TOP)
    for at, step in enumerate(steps):
        ends, below, aside = _sorted(steps, at)
        height = max(BOX_HEIGHT, 12 + ROW * max(len(ends), len(aside)) + (18 if aside else 0))
        title = _cut(step.title, LONGEST_TITLE)
        boxes[step.name] = FlowBox(left, y, BOX_WIDTH, height, title, step)
        y += height + GAP + (ROW * len(below) - 20 if below else 0)
    return boxes


def _tag(
    one: FlowArrow, x: float, y: float, *, told: bool = True, is_beside: bool = False
) -> FlowTag:
    # At an end, the number is that of its status.
    number = _number(one) if one.leads_to != THE_END else ""
    text = _cut(one.title, LONGEST_TAG - len(number)) + number
    status = _cut(one.status, LONGEST_STATUS) if told else ""
    return FlowTag(text, status, one.meaning, x, y, is_beside)


def _number(one: FlowArrow) -> str:
    return f" \u00b7 {intcomma(one.records)}" if one.records else ""


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
