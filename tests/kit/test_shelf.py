"""The shelf hands out what Flask would: status, headers and bytes; never for longer, never to another request."""

import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client, TestResponse

from eventhub.kit import health
from eventhub.kit.clock import now
from eventhub.kit.db import unit_of_work
from eventhub.kit.pages import SIZE, Kept, PageStore, Ready, Source
from eventhub.kit.revisions import bump
from eventhub.kit.shelf import Shelf
from tests.factories.programme import make_event
from tests.house.test_headers import addresses

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PAGE = "/en/probe/public"


class House:
    """An app behind a shelf of its own, and how often it was asked."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.asked = 0
        self.browser = Client(Shelf(app, self._answer))

    def _answer(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        self.asked += 1
        return Flask.wsgi_app(self.app, environ, start_response)

    def get(self, path: str, **headers: str) -> tuple[TestResponse, bool]:
        """The answer, and whether it came from the shelf."""
        before = self.asked
        named = {"Accept-Encoding": "gzip, br"} | {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.browser.get(path, headers=named)
        return answer, self.asked == before


def alike(one: TestResponse, other: TestResponse) -> bool:
    """The same answer, header by header."""
    return (one.status, list(one.headers), one.data) == (other.status, list(other.headers), other.data)


@pytest.fixture
def remembering(probe_app: Flask) -> Iterator[Flask]:
    """The probe site, believing for a minute what it knows of revisions."""
    probe_app.config["PAGE_MEMO"] = 60
    probe_app.extensions["eventhub.pages"] = PageStore()
    yield probe_app
    probe_app.config["PAGE_MEMO"] = 0


@pytest.fixture
def house(probe: FlaskClient, remembering: Flask) -> House:
    """The probe site behind a shelf."""
    return House(remembering)


def test_every_public_page_is_the_same_from_the_shelf(app: Flask, database: None) -> None:
    event = make_event()
    house = House(app)
    app.config["PAGE_MEMO"] = 60
    try:
        shelved = 0
        for path in [*addresses(app, "public"), f"/en/events/{event.slug}", f"/cal/f/{event.id}.ics"]:
            first, _ = house.get(path)
            second, from_shelf = house.get(path, Cookie="session=somebody")
            assert alike(first, second), path
            shelved += from_shelf
            if from_shelf:
                known = {"If_None_Match": first.headers["ETag"]}
                (one, _), (two, again) = house.get(path, **known), house.get(path, **known)
                assert (one.status_code, again) == (304, True), path
                assert alike(one, two), path
        assert shelved > 6
    finally:
        app.config["PAGE_MEMO"] = 0


def test_only_the_very_same_request(house: House) -> None:
    first, _ = house.get(PAGE)
    house.get(PAGE, If_None_Match=first.headers["ETag"])
    assert house.get(PAGE)[1]
    for path, headers in (
        (PAGE, {"Accept_Encoding": "identity"}),
        (PAGE, {"If_None_Match": 'W/"older"'}),
        (PAGE, {"If_None_Match": f'{first.headers["ETag"]}, "other"'}),
        (PAGE, {"Host": "evil.example"}),
        (PAGE, {"Host": "127.0.0.1"}),
        ("/fr/probe/public", {}),
        (f"{PAGE}?a=1", {}),
        (f"{PAGE}/", {}),
    ):
        assert not house.get(path, **headers)[1], (path, headers)
    before = house.asked
    assert house.browser.head(PAGE, headers={"Accept-Encoding": "gzip"}).data == b""
    assert house.browser.post(PAGE, headers={"Accept-Encoding": "gzip"}).status_code == 405
    assert house.asked == before + 2
    assert house.get(PAGE, Host="evil.example")[0].status_code == 400


def test_another_one_s_older_page_is_answered_whole(house: House) -> None:
    house.get(PAGE)
    for _ in range(2):
        answer, from_shelf = house.get(PAGE, If_None_Match='W/"older"')
        assert (answer.status_code, from_shelf) == (200, False)


def test_a_change_shows_as_soon_as_ever(house: House) -> None:
    """The shelf believes no longer than kept pages do: until the revision is to be asked again."""
    house.app.config["PAGE_MEMO"] = 0.3
    first, _ = house.get(PAGE)
    house.get(PAGE, If_None_Match=first.headers["ETag"])
    with unit_of_work():
        bump("probe")
    time.sleep(0.35)
    second, from_shelf = house.get(PAGE, If_None_Match=first.headers["ETag"])
    assert (second.status_code, from_shelf) == (200, False)
    assert house.get(PAGE)[0].data == second.data != first.data


def test_a_page_that_changes_with_the_clock(house: House) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        first, _ = house.get("/en/probe/timed")
        clock.shift(15)
        second, from_shelf = house.get("/en/probe/timed")
        assert from_shelf
        assert (first.cache_control.max_age, second.cache_control.max_age) == (20, 5)
        clock.shift(5)
        third, from_shelf = house.get("/en/probe/timed")
        assert not from_shelf
        assert third.data != first.data


@pytest.mark.parametrize("path", ["/en/probe/missing", "/en/probe/thanks", "/en/search?q=a", "/healthz"])
def test_what_is_not_kept_is_never_on_the_shelf(house: House, path: str) -> None:
    house.get(path)
    assert not house.get(path)[1]
    assert not house.app.extensions["eventhub.pages"].ready


def test_is_counted_like_any_other(house: House) -> None:
    def counted() -> float:
        name = {"endpoint": "probe.kept", "method": "GET", "status": "200"}
        return health._own.get_sample_value("eventhub_requests_total", name) or 0.0

    house.get(PAGE)
    before = counted()
    assert house.get(PAGE)[1]
    assert counted() == before + 1


def test_memory_is_bounded() -> None:
    store = PageStore()
    source = Source(Kept(b"", "", "text/html", now() + timedelta(hours=1)), (), "probe.kept")
    for number in range(SIZE + 50):
        store.lay((str(number),), Ready(source, "200 OK", [], b"", None))
    assert len(store.ready) == SIZE
    assert (str(SIZE + 49),) in store.ready
