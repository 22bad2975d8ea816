"""When the call of a method is made again: from the controls of its editor and back."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from datasources.forms import line_of, number_of
from datasources.rest.repeating import REPEATABLE, Retry

ON = "/retry/on"
REASONS = (("timeout", _("no response in time")), ("connection", _("connection lost")))
CAUSES = (*((str(status), str(status)) for status in REPEATABLE), *REASONS)


def retry_body(post: QueryDict) -> dict[str, Any]:
    """Return the settings of the method that say when its call is made again."""
    header = line_of(post, "/idempotency_header") or None
    if not post.get("/retry/attempts"):
        return {"retry": None, "idempotency_header": header}
    chosen = [int(one) if one.isdecimal() else one for one in post.getlist(ON)]
    wait = number_of(post, "/retry/wait_s") if post.get("/retry/wait_s") else Retry().wait_s
    attempts = number_of(post, "/retry/attempts")
    return {
        "retry": {"attempts": attempts, "wait_s": wait, "on": chosen},
        "idempotency_header": header,
    }


class RetryControls:
    """What the controls show."""

    def __init__(self, raw: Any) -> None:
        """Take the setting as it is stored or was typed."""
        self._raw = raw if isinstance(raw, dict) else {}

    @property
    def is_set(self) -> bool:
        """Tell whether calls are made again at all."""
        return bool(self._raw)

    @property
    def attempts(self) -> Any:
        """Return how many there are; nothing for one alone."""
        return self._raw.get("attempts", "")

    @property
    def wait_s(self) -> Any:
        """Return the first wait."""
        return self._raw.get("wait_s", "")

    @property
    def causes(self) -> list[tuple[str, Any, bool]]:
        """Return each failure that may be chosen, its words, and whether it is."""
        on = [str(one) for one in self._raw.get("on", Retry().on)]
        return [(value, words, value in on) for value, words in CAUSES]
