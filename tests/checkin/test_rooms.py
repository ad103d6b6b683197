"""Online rooms: the link stands behind their page alone, while they are open; joining is the attendance, once."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from eventhub.checkin import actions, exporting, rooms
from eventhub.checkin.models import GateKey, Joined
from eventhub.checkin.rooms import Door
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.people.models import Person, Role
from eventhub.programme.models import OVERTIME, Event, Publication, Session
from eventhub.registration import actions as registration
from eventhub.registration.access import Sight
from eventhub.registration.models import Registration, State
from tests.checkin.scene import badge, make_today
from tests.factories.people import make_person, make_staff, sign_in
from tests.factories.programme import make_session
from tests.factories.registration import intake, make_dialogue, register
from tests.programme.console import fields_of
from tests.together import at_once

LINK = "https://meet.example.org/secret-room?pwd=x1"
MEANWHILE = timedelta(minutes=1)


def online(**given: object) -> tuple[Event, Session]:
    """A dialogue whose session begins in an hour and lasts one; its room opens fifteen minutes before."""
    event = make_dialogue()
    values: dict[str, Any] = {"starts_at": now() + timedelta(hours=1), "ends_at": now() + timedelta(hours=2)}
    return event, make_session(event, **(values | {"join_link": LINK} | given))


def path(event: Event, session: Session, lang: str = "en") -> str:
    return f"/{lang}/events/{event.slug}/sessions/{session.id}/join"


def pressed(client: FlaskClient, address: str) -> Any:
    """The button of the page."""
    return client.post(address, data=fields_of(client.get(address)))


@pytest.fixture
def person(client: FlaskClient) -> Person:
    found = make_person()
    sign_in(client, found)
    return found


def at(moment: datetime) -> Any:
    return time_machine.travel(moment, tick=False)


def test_the_link_is_given_out_while_the_room_is_open(client: FlaskClient, person: Person) -> None:
    event, session = online(dial_in="+41 22 555 01 00\nCode 998 877", interpretation=["fr", "ar"])
    mine = register(event, person)
    sign_in(client, person)
    address = path(event, session)
    begins, ends = session.starts_at, session.ends_at
    for moment, is_open in (
        (begins - timedelta(minutes=16), False),
        (begins - timedelta(minutes=15), True),
        (ends + OVERTIME - MEANWHILE, True),
        (ends + OVERTIME, False),
    ):
        with at(moment):
            answer = client.get(address)
            page = answer.get_data(as_text=True)
            assert answer.status_code == HTTPStatus.OK
            assert "meet.example.org" not in page
            assert "998 877" not in page
            assert ("Join now" in page) is is_open
            assert "no-store" in answer.headers["Cache-Control"]
    with at(begins):
        led = pressed(client, address)
        assert (led.status_code, led.headers["Location"]) == (HTTPStatus.SEE_OTHER, address)
        answer = client.get(address)
        assert f'href="{LINK}" rel="noreferrer"' in answer.get_data(as_text=True)
        assert "998 877" in answer.get_data(as_text=True)
        assert "no-store" in answer.headers["Cache-Control"]
    with at(ends + OVERTIME):
        assert "meet.example.org" not in client.get(address).get_data(as_text=True)
    joined = db.session.query(Joined).one()
    assert (joined.registration_id, joined.session_id, joined.joined_at) == (mine.id, session.id, begins)


def test_coming_back_is_no_second_attendance(client: FlaskClient, person: Person) -> None:
    event, session = online(starts_at=now() - MEANWHILE)
    register(event, person)
    sign_in(client, person)
    before = client.get(path(event, session))
    first, other_tab = fields_of(before), fields_of(client.get(path(event, session)))
    for data in (first, first, other_tab):
        assert client.post(path(event, session), data=data).status_code == HTTPStatus.SEE_OTHER
    assert db.session.query(Joined).count() == 1


@pytest.mark.parametrize("state", [State.UNDER_REVIEW, State.WAITLISTED, State.DECLINED, State.WITHDRAWN, None])
def test_only_who_is_confirmed_joins(client: FlaskClient, person: Person, state: State | None) -> None:
    event = make_today()
    session = make_session(event, starts_at=now() - MEANWHILE, ends_at=now() + timedelta(hours=1), join_link=LINK)
    if state:
        badge(event, person, state=state)
    sign_in(client, person)
    page = client.get(path(event, session)).get_data(as_text=True)
    assert "you need a confirmed registration" in page
    assert "Join now" not in page
    found = rooms.room(event.slug, session.id, person)
    with pytest.raises(rooms.NotOpen):
        rooms.join(person, found)
    assert db.session.query(Joined).count() == 0


def test_a_place_lost_since_the_page_was_opened(client: FlaskClient, person: Person) -> None:
    """The page stood open in a tab while the registration was withdrawn in another one."""
    event, session = online(starts_at=now() - MEANWHILE)
    register(event, person)
    sign_in(client, person)
    data = fields_of(client.get(path(event, session)))
    registration.withdraw(person, intake(event, person))
    answer = client.post(path(event, session), data=data)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "cannot join at this moment" in answer.get_data(as_text=True)
    assert "Location" not in answer.headers


def test_what_is_not_held_online_says_so(client: FlaskClient, person: Person) -> None:
    """Its link may have been taken away while the page was open."""
    event, session = online(starts_at=now() - MEANWHILE)
    register(event, person)
    sign_in(client, person)
    data = fields_of(client.get(path(event, session)))
    session.join_link = None
    db.session.flush()
    for answer in (client.get(path(event, session)), client.post(path(event, session), data=data)):
        assert "not held online" in answer.get_data(as_text=True)
    assert db.session.query(Joined).count() == 0
    event, session = online(publication=Publication.DRAFT)
    assert client.get(path(event, session)).status_code == HTTPStatus.NOT_FOUND


def test_a_cancelled_session_says_so(client: FlaskClient, person: Person) -> None:
    event, session = online(starts_at=now() - MEANWHILE, publication=Publication.CANCELLED)
    register(event, person)
    sign_in(client, person)
    page = client.get(path(event, session)).get_data(as_text=True)
    assert "does not take place" in page
    assert "Join now" not in page


def test_nobody_without_an_account_reaches_it(client: FlaskClient) -> None:
    event, session = online()
    answer = client.get(path(event, session))
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert "/en/sign-in" in answer.headers["Location"]


def test_public_pages_lead_to_the_room_and_hold_no_link(client: FlaskClient) -> None:
    event, session = online()
    public = f"/en/events/{event.slug}/sessions/{session.id}"
    page = client.get(public).get_data(as_text=True)
    assert path(event, session) in page
    assert "meet.example.org" not in page
    with at(session.ends_at + OVERTIME):
        assert path(event, session) not in client.get(public).get_data(as_text=True)


def test_joining_counts_as_having_come(person: Person, database: None) -> None:
    event = make_today()
    session = make_session(event, starts_at=now() - MEANWHILE, ends_at=now() + timedelta(hours=1), join_link=LINK)
    mine = badge(event, person, has_seat=True)
    assert rooms.room(event.slug, session.id, person).door(now()) is Door.OPEN
    rooms.join(person, rooms.room(event.slug, session.id, person))
    assert mine.state is State.ATTENDED


def test_an_entry_undone_at_a_door_leaves_who_joined_online(person: Person, database: None) -> None:
    event = make_today()
    session = make_session(event, starts_at=now() - MEANWHILE, ends_at=now() + timedelta(hours=1), join_link=LINK)
    mine, desk = badge(event, person, has_seat=True), make_staff(Role.ORGANISER, event_id=event.id)
    rooms.join(person, rooms.room(event.slug, session.id, person))
    gate = actions.queries.gate_of(event, str(GateKey(day=event.first_day)))
    actions.scan_typed(desk, event, gate, str(mine.reference))
    actions.undo_entry(desk, event, gate.key, str(mine.reference), reason="The wrong badge")
    assert mine.state is State.ATTENDED


def test_having_joined_can_be_undone(client: FlaskClient, person: Person) -> None:
    event, session = online(starts_at=now() - MEANWHILE)
    mine = register(event, person)
    before = mine.state
    rooms.join(person, rooms.room(event.slug, session.id, person))
    assert mine.state is State.ATTENDED
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    address = f"/en/console/events/{event.slug}/check-in/undo"
    page = client.get(address)
    assert "Online: " in page.get_data(as_text=True)
    typed = {"reference": mine.reference, "gate": f"online:{session.id}", "reason": "Pressed by mistake"}
    data = fields_of(page, action="/undo") | typed
    assert client.post(address, data=data).status_code == HTTPStatus.SEE_OTHER
    assert db.session.query(Joined).count() == 0
    assert mine.state is before
    again = client.post(address, data=fields_of(client.get(address), action="/undo") | typed)
    assert again.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_staff_see_how_many_joined_and_take_the_list(client: FlaskClient, statements: list[str]) -> None:
    event, session = online(starts_at=now() - MEANWHILE, title={"en": "Land and language"})
    for number in range(3):
        somebody = make_person(name=f"Legal {number}", alias=f"Public {number}")
        register(event, somebody)
        rooms.join(somebody, rooms.room(event.slug, session.id, somebody))
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    statements.clear()
    page = client.get(f"/en/console/events/{event.slug}/check-in/counts").get_data(as_text=True)
    assert len(statements) <= 10
    assert "Land and language" in page
    assert '<td class="num">3</td>' in page
    with client.application.test_request_context():
        header, rows = exporting.attendance(event, None, Sight.PUBLIC_NAMES, "en")
    assert header[-1] == "Online"
    assert sorted(str(row[1]) for row in rows) == ["Public 0", "Public 1", "Public 2"]
    assert all(row[-1] == "Yes" for row in rows)


def test_ones_own_data_say_what_one_joined(person: Person, database: None) -> None:
    event, session = online(starts_at=now() - MEANWHILE)
    mine = register(event, person)
    rooms.join(person, rooms.room(event.slug, session.id, person))
    assert [one["reference"] for one in rooms.own_data(person.id)] == [mine.reference]


def test_two_tabs_at_once_are_one_attendance(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        event, session = online(starts_at=now() - MEANWHILE)
        somebody = make_person()
        register(event, somebody)
        keys = event.slug, session.id, somebody.id

    def press() -> str:
        person = db.session.get_one(Person, keys[2])
        return "joined" if rooms.join(person, rooms.room(keys[0], keys[1], person)) else "not"

    assert at_once(committed, [press] * 8) == {"joined": 8}
    with committed.app_context():
        assert db.session.query(Joined).count() == 1
        assert db.session.query(Registration).one().state is State.ATTENDED
