"""What every API view of the product uses: one import for the names below."""

from kianda.lib.api.etags import check_if_match, etag_of, tagged
from kianda.lib.api.pagination import (
    PAGING,
    force_asked,
    list_parameters,
    list_response,
    one_of,
    read_query,
    yes_or_no,
)
from kianda.lib.api.problems import PROBLEM_TYPE, problem, problem_body, problem_response
from kianda.lib.api.strict_json import (
    BODY_BYTES,
    DEFINITION_BYTES,
    ExactJSONRenderer,
    StrictJSONParser,
    parse_json,
)
from kianda.lib.api.throttling import UserThrottle

__all__ = [
    "BODY_BYTES",
    "DEFINITION_BYTES",
    "PAGING",
    "PROBLEM_TYPE",
    "ExactJSONRenderer",
    "StrictJSONParser",
    "UserThrottle",
    "check_if_match",
    "etag_of",
    "force_asked",
    "list_parameters",
    "list_response",
    "one_of",
    "parse_json",
    "problem",
    "problem_body",
    "problem_response",
    "read_query",
    "tagged",
    "yes_or_no",
]
