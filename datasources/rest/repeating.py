"""When a failed call may be made again, as its method says. Plain Python."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from datasources.rest.errors import CallFailed
from datasources.rest.shapes import Shape, whole

Reason: TypeAlias = Literal["timeout", "connection"]
REPEATABLE = (408, 425, 429, 500, 502, 503, 504)
# Asking twice changes no more than asking once; all others need a key that tells them as one.
SAFE_TO_REPEAT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
LONGEST_WAIT_S = 60
Status = Annotated[
    Literal[408, 425, 429, 500, 502, 503, 504], BeforeValidator(whole)
]  # fmt: skip


class Retry(Shape):
    """How often a call is attempted, how long it waits in between, and after which failures."""

    attempts: Annotated[int, BeforeValidator(whole), Field(ge=2, le=10)] = Field(
        default=3, description="Number of attempts, including the first."
    )
    wait_s: Annotated[float, Field(ge=0, le=LONGEST_WAIT_S)] = Field(
        default=1,
        description="Wait before the second attempt; doubles before each further one. A "
        "longer Retry-After is followed.",
    )
    on: Annotated[list[Status | Reason], Field(min_length=1, max_length=9)] = Field(
        default=[429, 502, 503, 504, "timeout", "connection"],
        description="Statuses, and `timeout` or `connection` for calls without a response.",
    )

    def covers(self, failed: CallFailed) -> bool:
        """Tell whether a call that failed so is made again."""
        if failed.kind == "http_status":
            return failed.status in self.on
        return failed.kind in self.on

    def pause_s(self, attempt: int) -> float:
        """Return how long to wait after an attempt, the first one being 1."""
        return float(min(self.wait_s * 2 ** (attempt - 1), LONGEST_WAIT_S))
