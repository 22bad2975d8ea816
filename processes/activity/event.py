"""What every event in the activity of a record is, and how it is told to whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, TypeAlias

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from processes.language.people import called
from processes.language.people_refs import user_ref

Words: TypeAlias = dict[str, str]


class Told(NamedTuple):
    """What has happened, to the person who did it, to others, and where no person did it."""

    you: str
    by: str
    nobody: str = ""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that has happened. `by` is a user name, `actor` what it is called.

    Both are empty where no person did it. `id` names the event, for good.
    """

    kind: ClassVar[str]
    icon: ClassVar[str]
    told: ClassVar[Told]

    id: str
    at: datetime
    by: str = ""
    actor: str = ""

    def words(self) -> Words:
        """Return what stands in the sentence beside the person."""
        return {}

    def sentences(self, me: str = "") -> Told:
        """Return the sentences before their words are put in, as the person `me` reads them."""
        return self.told

    @property
    def sentence(self) -> str:
        """Return what has happened, as text, by whose name whoever reads it."""
        told = self.sentences()
        return _(told.by if self.actor else told.nobody) % {**self.words(), "by": self.actor}

    def html(self, me: str = "", **marked: SafeString) -> SafeString:
        """Return the same as HTML for a reader, the person in bold, or "you".

        `marked` are words that are HTML already.
        """
        told = self.sentences(me)
        template = told.you if self._is_by(me) else told.by if self.actor else told.nobody
        words = {name: escape(word) for name, word in self.words().items()}
        words |= {"by": format_html("<b>{}</b>", self.actor), **marked}
        return mark_safe(escape(_(template)) % words)  # noqa: S308 - each part is escaped

    def _is_by(self, me: str) -> bool:
        """Tell whether a reader did it, in nobody else's place."""
        return bool(me) and self.by == me and [self.actor] == called([user_ref(me)])

    def as_json(self) -> dict[str, Any]:
        """Return what the API tells of this kind alone."""
        return {}
