"""Two officers on one file see each other; nobody else sees either."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import redis
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from eventhub.kit import limits
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.local.process import free_port
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from tests.factories.people import make_person, sign_in
from tests.factories.registration import make_forum, make_registration, register
from tests.registration.test_organiser_views import desk, officer

OPENED = "opened this file at"


@pytest.fixture
def grace(app: Flask, client: FlaskClient) -> tuple[FlaskClient, Event]:
    """A colleague with a public name, at the desk of an event."""
    event, other = make_forum(), app.test_client()
    person = officer(other, event, Role.ORGANISER)
    person.name, person.alias, person.time_zone = "Grace Legal", "Grace Alias", "Africa/Nairobi"
    db.session.flush()
    return other, event


def clock(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def test_a_colleague_is_named_until_going_elsewhere(client: FlaskClient, grace: tuple[FlaskClient, Event]) -> None:
    other, event = grace
    one, two = register(event), register(event)
    me = officer(client, event)
    me.alias, me.time_zone = "Ada Alias", "Asia/Tokyo"
    db.session.flush()
    record, second = desk(event, f"/{one.id}"), desk(event, f"/{two.id}")
    start = now()
    later = start + timedelta(minutes=2)
    opened, mine = clock(start, "Asia/Tokyo"), clock(later, "Africa/Nairobi")
    with time_machine.travel(start, tick=False):
        assert OPENED not in other.get(record).text, "nobody else is there"
    with time_machine.travel(later, tick=False):
        page = client.get(record).text
        assert f"<bdi>Grace Alias</bdi> {OPENED} {opened}" in page, "by the reader's own clock"
        assert "Grace Legal" not in page
        assert page.count(OPENED) == 1, "oneself is not told"
        assert f"<bdi>Ada Alias</bdi> {OPENED} {mine}" in other.get(record).text
        assert f"{OPENED} {opened}" in client.get(record).text, "since when does not move with each look"
        other.get(second)
        assert OPENED not in client.get(record).text, "the colleague has opened another record"
        other.get(record)
        assert OPENED in client.get(record).text
        other.get(desk(event, "?chip=all"))
        assert OPENED not in client.get(record).text, "the colleague went back to the list"


def test_after_ten_minutes_without_a_request_nobody_is_there(
    client: FlaskClient, grace: tuple[FlaskClient, Event]
) -> None:
    other, event = grace
    record = desk(event, f"/{register(event).id}")
    officer(client, event)
    start = now()
    with time_machine.travel(start, tick=False):
        other.get(record)
    with time_machine.travel(start + timedelta(minutes=9), tick=False):
        assert OPENED in client.get(record).text
        other.get(record)
    with time_machine.travel(start + timedelta(minutes=18), tick=False):
        assert OPENED in client.get(record).text, "renewed by the colleague's own request"
    with time_machine.travel(start + timedelta(minutes=28), tick=False):
        assert OPENED not in client.get(record).text


def test_without_a_broker_the_page_does_not_say_it(
    app: Flask, client: FlaskClient, grace: tuple[FlaskClient, Event]
) -> None:
    other, event = grace
    record = desk(event, f"/{register(event).id}")
    officer(client, event)
    other.get(record)
    known = app.extensions["eventhub.redis"]
    for away in (limits.connect(f"redis://127.0.0.1:{free_port()}/0"), None):
        app.extensions["eventhub.redis"] = away
        try:
            answer, leaving = client.get(record), other.get(desk(event))
        finally:
            app.extensions["eventhub.redis"] = known
        assert (answer.status_code, leaving.status_code) == (200, 200)
        assert OPENED not in answer.text


def test_the_person_the_file_is_about_reads_the_same(app: Flask, grace: tuple[FlaskClient, Event]) -> None:
    other, event = grace
    owner = make_person()
    one = register(event, owner)
    mine = app.test_client()
    sign_in(mine, owner)
    address = f"/en/me/registrations/{one.reference}"
    before = mine.get(address).text
    other.get(desk(event, f"/{one.id}"))
    assert mine.get(address).text == before


def test_the_store_holds_ids_alone(app: Flask, grace: tuple[FlaskClient, Event]) -> None:
    other, event = grace
    one = make_registration(event, legal_name="Amina Yusuf")
    other.get(desk(event, f"/{one.id}"))
    store: redis.Redis = app.extensions["eventhub.redis"]
    kept = b""
    for key in store.scan_iter("present:*"):
        kept += key + (store.get(key) if store.type(key) == b"string" else b"".join(store.zrange(key, 0, -1)))
    assert str(one.id).encode() in kept
    for word in (b"Grace", b"Amina", b"@", str(one.reference).encode()):
        assert word not in kept


def test_one_statement_names_all_colleagues(app: Flask, client: FlaskClient, statements: list[str]) -> None:
    event = make_forum()
    record = desk(event, f"/{register(event).id}")
    officer(client, event)
    counts = []
    for number in (1, 3):
        for _ in range(number):
            colleague = app.test_client()
            _opened(colleague, event, record)
        statements.clear()
        assert client.get(record).text.count(OPENED) == sum((1, 3)[: len(counts) + 1])
        counts.append(len(statements))
    assert counts[0] == counts[1]


def _opened(client: FlaskClient, event: Event, record: str) -> Person:
    person = officer(client, event)
    client.get(record)
    return person
