"""The log: one line per event in logfmt, on standard error, without secrets."""

import logging
import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from kianda.lib.secret_names import MASK

# A query may hold a token, an address a password: both go, whoever wrote the line.
_QUERY = re.compile(r"""\?[^\s"'?]*=[^\s"']*""")
_USER_INFO = re.compile(r"(?<=://)[^/\s@\"']+@")
_CREDENTIAL = re.compile(r"(?i)\b(bearer|basic|token)(\s+)[a-z0-9._~+/=-]{8,}|\bkia_[\w-]+")
# Addresses that let in whoever has them: a hook, a link to a form, the links in mails by which a
# password is set, an address is confirmed, or mails are stopped.
_KEY_IN_PATH = re.compile(
    r"""(/hooks/|/f/|/welcome/[^/\s"']+/|(?<!/profile)/email/|/notifications/stop/)[^/\s"'?]+"""
)
_DROPPED = frozenset({"authorization", "cookie", "password", "token", "secret"})


def scrub(line: str) -> str:
    """Return the line without query strings, credentials, and secret parts of addresses."""
    line = _QUERY.sub("?...", line)
    line = _USER_INFO.sub(f"{MASK}@", line)
    line = _KEY_IN_PATH.sub(rf"\1{MASK}", line)
    return _CREDENTIAL.sub(lambda m: f"{m[1]}{m[2]}{MASK}" if m[1] else MASK, line)


def _drop(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if key.lower() not in _DROPPED}


def _line(logger: Any, method: str, event: EventDict) -> str:
    write = structlog.processors.LogfmtRenderer(
        key_order=["timestamp", "level", "logger", "event"], bool_as_flag=False
    )
    return scrub(str(write(logger, method, event)))


_CHAIN: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class WithoutTraces(logging.Filter):
    """Takes the traceback from what Django says of a refused request: nothing of ours has failed.

    Whoever may not see a page, or sends what cannot be read, is one line, however often it happens.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line through."""
        if record.name.startswith("django.") and record.levelno < logging.ERROR:
            record.exc_info = record.exc_text = None
        return True


def formatter() -> logging.Formatter:
    """Return the formatter of every handler; settings.LOGGING names it."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_CHAIN,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _drop,
            _line,
        ],
    )
