"""How a call to an outside system can fail."""

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from datasources.rest.response import CallAnswer

FailureKind: TypeAlias = Literal[
    "timeout",
    "connection",
    "tls",
    "refused_address",
    "http_status",
    "bad_answer",
    "too_large",
    "not_found",
    "configuration",
    "value",
    "busy",
]


class CallFailed(Exception):
    """A call was not made, not answered, or not answered with success.

    `kind` is one of the contract's error kinds; `message` is a sentence for the person who reads
    the run; `place` is the input (`path.customer`) or setting at fault, when there is one;
    `may_have_acted` says of a call without an answer that it may have been carried out.
    """

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        status: int | None = None,
        answer: "CallAnswer | None" = None,
        place: str = "",
        may_have_acted: bool = False,
    ) -> None:
        """Take the kind, the sentence, and what came back if anything did."""
        super().__init__(message)
        self.kind: FailureKind = kind
        self.message = message
        self.status = status
        self.answer = answer
        self.place = place
        self.may_have_acted = may_have_acted
