"""Logs without persons: JSON lines on standard error, built from an allowlist.

SAFETY.md property 18: no name, e-mail, token or query string reaches a log. Fields that are not listed here are
dropped and only counted by name; texts are tidied; messages of other people's libraries are kept as their template,
with numbers alone filled in; of an exception, its kind and place are written, never its words.
"""

import logging
import re
import sys
import uuid
from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any

import structlog
from structlog.types import EventDict, Processor

FIELDS = """
event level timestamp logger process pid version
error cause where problem code status sqlstate
endpoint method path seconds ms size
task task_id promise tries job slot worker queue batch count kept parked due offered swept sealed limit left
port database revision dropped
"""
ALLOWED = frozenset(FIELDS.split())
TEXT_LIMIT = 300

EMAIL = re.compile(r"[^\s@<>]*@[^\s@<>\"'(),;:]+")
QUERY = re.compile(r"\?[^\s\"'<>]*")
URL_LOGIN = re.compile(r"(?<=://)[^\s/@]+@")
TOKEN_PATH = re.compile(
    r"/(cal|calendar|feed|sign-in|link|token|confirm|invite|reply|unsubscribe|answer|s)/[^\s/?\"']+"
)
SECRET = re.compile(r"[A-Za-z0-9_-]{20,}")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")

SAFE_ARGS = {"name", "id"}
"""Of Celery's messages about a task: its name and number."""

# Libraries whose ready-made texts speak of themselves. The texts of others may be about anybody.
KNOWN = ("alembic", "celery", "flask_migrate", "granian", "kombu", "werkzeug")
WARNING = re.compile(r"([^\s:]+):(\d+): (\w+):")
QUIET = {
    "alembic": "WARNING",
    "sqlalchemy.engine": "WARNING",
    "werkzeug": "WARNING",
    "celery.redirected": "WARNING",
    "PIL": "WARNING",
}


def configure(level: str, *, production: bool) -> None:
    """Set up structlog and route the standard library's logging into it; may be called again.

    ``level`` is a name such as INFO. The demo writes lines for people, production JSON. Celery must be told to leave
    the root logger alone (``worker_hijack_root_logger = False``).
    """
    # Own events come as fields, so that ``record.msg`` is a dict; what libraries wrote is made into one.
    ending: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.JSONRenderer(ensure_ascii=False, default=lambda _: "…")
        if production
        else structlog.dev.ConsoleRenderer(colors=False, sort_keys=False),
    ]
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_words_of_exceptions,
        allowed_only,
    ]
    structlog.configure(
        processors=[*common, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        TidyFormatter(foreign_pre_chain=[add_logger, structlog.stdlib.add_log_level, *common[2:]], processors=ending)
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(logging.getLevelNamesMapping()[least], root.level))
    logging.captureWarnings(True)


class TidyFormatter(structlog.stdlib.ProcessorFormatter):
    """Renders a record; a foreign one loses its arguments and its exception's words first."""

    def format(self, record: logging.LogRecord) -> str:
        """The finished line."""
        if isinstance(record.msg, dict):
            return super().format(record)
        plain = logging.makeLogRecord(record.__dict__)
        plain.msg, plain.args = message_of(record), ()
        plain.exc_text = plain.stack_info = None
        return super().format(plain)


def message_of(record: logging.LogRecord) -> str:
    """What a library's record says without what it was about: its template with numbers filled in. A ready-made text
    is kept of a known library only; of another, the place in its source says enough.
    """
    text = str(record.msg)
    if record.args:
        return tidy(QUOTED.sub("…", _filled(text, record.args)))
    if record.name.partition(".")[0] in KNOWN:
        return tidy(QUOTED.sub("…", text))
    if record.name == "py.warnings" and (warning := WARNING.match(text)):
        return f"{warning[3]} at {warning[1].rpartition('/')[2]}:{warning[2]}"
    return f"message at {record.filename}:{record.lineno}"


def _filled(template: str, args: tuple[object, ...] | Mapping[str, object]) -> str:
    try:
        if isinstance(args, Mapping):
            return template % {key: value if key in SAFE_ARGS else _number(value) for key, value in args.items()}
        return template % tuple(map(_number, args))
    except (TypeError, ValueError, KeyError):
        return template


def tidy(text: str) -> str:
    """A text without e-mail addresses, query strings, tokens in paths, logins in addresses and long secrets."""
    text = URL_LOGIN.sub("", text)
    text = QUERY.sub("", EMAIL.sub("…", text))
    text = TOKEN_PATH.sub(r"/\1/…", text)
    text = SECRET.sub(lambda found: "…" if _is_secret(found[0]) else found[0], text)
    return text if len(text) <= TEXT_LIMIT else text[:TEXT_LIMIT] + "…"


def allowed_only(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Keep listed fields with plain values; name the others in ``dropped``, without what they held."""
    internal = {key: value for key, value in event.items() if key.startswith("_")}
    kept = {key: _plain(value) for key, value in event.items() if key in ALLOWED}
    dropped = [tidy(key) for key in event if key not in ALLOWED and key not in internal]
    return internal | kept | ({"dropped": ",".join(dropped)} if dropped else {})


def without_words_of_exceptions(_logger: object, _method: str, event: EventDict) -> EventDict:
    """In place of a traceback: the exception's kind, and the file and line it came from."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    event.pop("exception", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event.setdefault("error", type(error).__name__)
        event.setdefault("where", place_of(error.__traceback__))
    return event


def add_logger(logger: logging.Logger | None, _method: str, event: EventDict) -> EventDict:
    """Which library speaks."""
    record: logging.LogRecord | None = event.get("_record")
    event["logger"] = record.name if record else getattr(logger, "name", "")
    return event


def place_of(trace: TracebackType | None) -> str:
    """File and line of the innermost frame: ``actions.py:42``."""
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else "unknown"


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return tidy(str(value)) if isinstance(value, str) else "…"


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float) else "…"


def _is_secret(word: str) -> bool:
    # Names of routes and tasks are long too, but plain: tokens mix digits and capitals in.
    return not (UUID.fullmatch(word) or (word.islower() and word.replace("_", "").replace("-", "").isalpha()))
