"""Public pages: built once, answered from memory, 304 for who has it, and never older than they may be."""

import gzip
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import Client, TestResponse

from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.pages import MAX_AGE, SIZE, Kept, PageStore
from eventhub.kit.revisions import bump
from eventhub.kit.shelf import Shelf

PAGE = "/en/probe/public"


@pytest.fixture
def seen(probe: FlaskClient) -> list[str]:
    """The statements sent to the database while the test ran."""
    statements: list[str] = []
    engine = db.engine.engine

    def look(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "SAVEPOINT" not in statement:
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", look)
    return statements


@pytest.fixture(autouse=True)
def empty_store(probe_app: Flask) -> None:
    """Nothing kept from other tests, whose revisions were undone."""
    probe_app.extensions["eventhub.pages"] = PageStore()


def change() -> None:
    """Public content changes."""
    with unit_of_work():
        bump("probe")


def test_built_once(probe: FlaskClient, seen: list[str]) -> None:
    first = probe.get(PAGE)
    assert len(seen) == 2  # the revision, and what the view itself asks
    seen.clear()
    second = probe.get(PAGE)
    assert len(seen) == 1
    assert first.data == second.data


def test_answered_with_304_without_building(probe: FlaskClient, seen: list[str]) -> None:
    first = probe.get(PAGE)
    seen.clear()
    second = probe.get(PAGE, headers={"If-None-Match": first.headers["ETag"]})
    assert (second.status_code, second.data) == (304, b"")
    assert len(seen) == 1
    assert second.headers["ETag"] == first.headers["ETag"]
    assert second.headers["Cache-Control"] == first.headers["Cache-Control"]


def test_a_change_shows_at_once(probe: FlaskClient) -> None:
    first = probe.get(PAGE)
    change()
    second = probe.get(PAGE, headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert "revision 1" in second.get_data(as_text=True)
    change()
    assert "revision 2" in probe.get(PAGE).get_data(as_text=True)


def test_a_change_that_was_undone_changes_nothing(probe: FlaskClient) -> None:
    first = probe.get(PAGE)
    bump("probe")
    db.session.rollback()
    assert probe.get(PAGE).data == first.data


def test_within_the_memo_not_even_the_revision_is_asked(probe: FlaskClient, probe_app: Flask, seen: list[str]) -> None:
    probe_app.config["PAGE_MEMO"] = 60
    try:
        probe.get(PAGE)
        seen.clear()
        assert probe.get(PAGE).status_code == 200
        assert seen == []
    finally:
        probe_app.config["PAGE_MEMO"] = 0


def test_the_same_for_all(probe: FlaskClient) -> None:
    """No cookie is set, whatever cookie comes; anyone may keep it."""
    for cookie in ("", "session=forged", "session=.eJw; other=1"):
        answer = probe.get(PAGE, headers={"Cookie": cookie})
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert answer.headers["Cache-Control"] == f"public, max-age={MAX_AGE}"


def test_a_public_page_that_opens_the_session_is_a_bug(probe: FlaskClient) -> None:
    with pytest.raises(RuntimeError, match="public page changed the session"):
        probe.get("/en/probe/leaky")


def test_compressed_or_not(probe: FlaskClient) -> None:
    plain = probe.get(PAGE)
    packed = Client(probe.application).get(PAGE, headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("said", "packed"),
    [
        ("gzip, deflate, br, zstd", True),
        ("GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0, identity", False),
        ("gzip;q=0.0, *", False),
        ("*;q=0", False),
        ("identity", False),
        ("x-gzipped", False),
        ("", False),
    ],
)
def test_packed_for_those_alone_who_take_it(probe: FlaskClient, said: str, packed: bool) -> None:
    """A quality of 0 is a no (RFC 9110 12.4.2): for pages, before and after they lie on the shelf, and for assets."""
    style = probe.application.extensions["eventhub.assets"].address("site.css")
    browser = Client(Shelf(probe.application, probe.application.wsgi_app))
    browser.get(PAGE, headers={"Accept-Encoding": "gzip"})
    for path in (PAGE, style):
        answer = browser.get(path, headers={"Accept-Encoding": said})
        assert answer.headers.get("Content-Encoding") == ("gzip" if packed else None)


def test_each_address_is_a_page(probe: FlaskClient) -> None:
    """Another language, another query: another page; what is not found is not kept."""
    assert probe.get("/en/probe/missing").status_code == 404
    assert probe.get("/fr/probe/public").status_code == 200
    one, two = probe.get("/en/probe/timed?a=1"), probe.get("/en/probe/timed?a=2")
    assert one.data != two.data
    assert probe.get("/en/probe/timed?a=1").data == one.data


def max_age(answer: TestResponse) -> int:
    """Seconds a browser may show it without asking."""
    return int(answer.cache_control.max_age or 0)


def test_a_page_that_changes_with_the_clock(probe: FlaskClient) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        first = probe.get("/en/probe/timed")
        assert max_age(first) == 20  # not the usual minute: it reads otherwise before that
        clock.shift(15)
        assert probe.get("/en/probe/timed").data == first.data
        assert max_age(probe.get("/en/probe/timed")) == 5
        clock.shift(5)
        assert probe.get("/en/probe/timed").data != first.data


def test_the_time_limit_of_one_page_is_not_that_of_the_next(probe: FlaskClient) -> None:
    probe.get("/en/probe/timed")
    assert max_age(probe.get(PAGE)) == MAX_AGE


def test_memory_is_bounded() -> None:
    store = PageStore()
    for number in range(SIZE + 50):
        store.put((str(number),), Kept(b"", "", "text/html", None))
        store.get(("0",))
    assert store.get(("0",)) is not None
    assert store.get(("1",)) is None
    assert store.get((str(SIZE + 49),)) is not None


def test_a_page_past_its_moment_is_gone() -> None:
    store = PageStore()
    store.put(("a",), Kept(b"", "", "text/html", now() - timedelta(seconds=1)))
    assert store.get(("a",)) is None
