"""Logs: a marker put anywhere never comes out; what helps does."""

import io
import json
import logging
import sys
import uuid
import warnings
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from eventhub.kit import logs

MARKER = "Marisol"


@pytest.fixture(autouse=True)
def out(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Logs configured for production, into a string; everything as it was afterwards."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level, config = root.handlers[:], root.level, structlog.get_config()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        logs.configure("INFO", production=True)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:] = before
    root.setLevel(level)
    structlog.configure(**config)


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_fields_that_are_not_listed_are_dropped_and_named(out: io.StringIO) -> None:
    structlog.get_logger().info("mail.sent", promise=5, task="a.b", person=MARKER, subject=MARKER)
    (line,) = lines(out)
    assert (line["event"], line["promise"], line["task"], line["level"]) == ("mail.sent", 5, "a.b", "info")
    assert line["dropped"] == "person,subject"
    assert MARKER not in out.getvalue()


def test_listed_fields_are_tidied(out: io.StringIO) -> None:
    number = uuid.uuid4()
    log = structlog.get_logger()
    log.info("x", path=f"/cal/{MARKER}abc.ics?who={MARKER}", endpoint="registration.organiser_accredit_many_at_once")
    log.info("x", problem=f"refused: {MARKER}@example.org", path=f"/en/sign-in/{MARKER}")
    log.info("x", path="/x/aB3_dEfGhIjKlMnOpQrStUvWxYz", promise=number, where={"name": MARKER})
    found = lines(out)
    assert found[0]["path"] == "/cal/…"
    assert found[0]["endpoint"] == "registration.organiser_accredit_many_at_once"
    assert found[1]["problem"] == "refused: …"
    assert found[1]["path"] == "/en/sign-in/…"
    assert found[2]["path"] == "/x/…"
    assert found[2]["promise"] == str(number)
    assert MARKER not in out.getvalue()


def test_exceptions_keep_their_words_to_themselves(out: io.StringIO) -> None:
    try:
        raise LookupError(MARKER)
    except LookupError:
        structlog.get_logger().exception("bug")
        logging.getLogger("library").exception("failed for %s", MARKER)
    found = lines(out)
    assert [line["error"] for line in found] == ["LookupError"] * 2
    assert all(str(line["where"]).startswith("test_logs.py:") for line in found)
    assert MARKER not in out.getvalue()


@pytest.mark.parametrize(
    ("name", "message", "args", "expected"),
    [
        ("sqlalchemy.engine.Engine", "[%s] %r", ("cached", {"name": MARKER}), "[…] …"),
        ("sqlalchemy.pool", f"row {MARKER}", (), "message at test_logs.py"),
        ("icalendar", f"cannot read {MARKER}", (), "message at test_logs.py"),
        ("werkzeug", f'127.0.0.1 - "GET /en/search?q={MARKER} HTTP/1.1" 200', (), "127.0.0.1 - … 200"),
        ("werkzeug", "%s - %d", (MARKER, 200), "… - 200"),
        ("granian.access", f"GET /cal/{MARKER}.ics 200", (), "GET /cal/… 200"),
        ("kombu", f"Connected to redis://:{MARKER}@127.0.0.1:1/0", (), "Connected to redis://127.0.0.1:1/0"),
        (
            "celery.app.trace",
            "Task %(name)s[%(id)s] raised: %(exc)s",
            ({"name": "registration.confirmed", "id": "7", "exc": MARKER},),
            "Task registration.confirmed[7] raised: …",
        ),
        ("library", "%s of %d", (MARKER, 5), "… of 5"),
    ],
)
def test_libraries(out: io.StringIO, name: str, message: str, args: tuple[object, ...], expected: str) -> None:
    logging.getLogger(name).error(message, *args)
    (line,) = lines(out)
    assert str(line["event"]).startswith(expected)
    assert line["logger"] == name
    assert MARKER not in out.getvalue()


def test_a_template_that_takes_no_stand_in_stays_a_template() -> None:
    record = logging.LogRecord("library", logging.ERROR, __file__, 1, "%d of %s", (MARKER, 5), None)
    assert logs.message_of(record) == "%d of %s"


def test_warnings_say_their_kind_and_place(out: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn(f"{MARKER} is deprecated", DeprecationWarning, stacklevel=1)
    (line,) = lines(out)
    assert str(line["event"]).startswith("DeprecationWarning at test_logs.py:")


def test_level(out: io.StringIO) -> None:
    structlog.get_logger().debug("x")
    logging.getLogger("sqlalchemy.engine.Engine").info("SELECT 1")
    assert out.getvalue() == ""


def test_the_demo_writes_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", production=False)
    structlog.get_logger().info("relay.ready", offered=3, person=MARKER)
    line = capsys.readouterr().err
    assert "relay.ready" in line
    assert "offered=3" in line
    assert MARKER not in line


@given(st.emails(), st.from_regex(r"[A-Z0-9][A-Za-z0-9_-]{24,40}", fullmatch=True))
def test_tidy(address: str, token: str) -> None:
    line = logs.tidy(f"GET /x/{token} for {address} at /cal/{token}.ics?key={token}")
    assert token not in line
    assert address.rpartition("@")[2] not in line
