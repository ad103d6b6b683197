"""Places in sessions under load: two hundred people at once on a committed database."""

from functools import partial
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventhub.calendars import actions, places, queries
from eventhub.calendars.models import Choice, ChosenSession, SessionWait
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.errors import NotFound
from eventhub.people.models import Person
from eventhub.programme.models import Session
from eventhub.registration.models import Registration, State
from tests.factories.calendars import make_seated
from tests.factories.people import make_person
from tests.factories.programme import make_event, make_session
from tests.together import at_once, meanwhile

pytestmark = pytest.mark.lane

PEOPLE = 200
SERVED = 20


def scene(app: Flask, number: int | None, people: int = PEOPLE) -> tuple[UUID, list[UUID]]:
    with app.app_context(), unit_of_work():
        event = make_event()
        session = make_session(event, places=number)
        ids = [make_seated(event, make_person()).person_id for _ in range(people)]
        return session.id, ids


def go(session_id: UUID, person_id: UUID) -> str:
    person = db.session.get_one(Person, person_id)
    actions.choose(person, queries.session_for_choice(person, session_id), Choice.GOING)
    return "going"


def wait(session_id: UUID, person_id: UUID) -> str:
    person = db.session.get_one(Person, person_id)
    return "going" if places.wait(person, queries.session_for_choice(person, session_id)) else "waits"


def leave(session_id: UUID, person_id: UUID) -> str:
    actions.leave_out(db.session.get_one(Person, person_id), session_id)
    return "left"


def counted(app: Flask, session_id: UUID) -> tuple[int, int, int]:
    """As the row says it, as the choices say it, and how many wait."""
    with app.app_context():
        session = db.session.get_one(Session, session_id)
        mine = select(func.count()).where(ChosenSession.session_id == session_id, ChosenSession.choice == Choice.GOING)
        line = select(func.count()).select_from(SessionWait)
        found = session.places_taken, db.session.scalar(mine) or 0, db.session.scalar(line) or 0
        db.session.remove()
    return found


def test_the_last_place_goes_to_one_of_two_hundred(committed: Flask) -> None:
    session_id, ids = scene(committed, 1)
    ended = at_once(committed, [partial(go, session_id, one) for one in ids], served=SERVED)
    assert ended == {"going": 1, "SessionFull": PEOPLE - 1}
    assert counted(committed, session_id) == (1, 1, 0)


def test_places_that_are_left_while_others_ask_are_all_handed_on(committed: Flask) -> None:
    session_id, ids = scene(committed, 10, 60)
    at_once(committed, [partial(go, session_id, one) for one in ids[:10]], served=SERVED)
    ended = at_once(
        committed,
        [*(partial(leave, session_id, one) for one in ids[:10]), *(partial(wait, session_id, one) for one in ids[10:])],
        served=SERVED,
    )
    assert ended["left"] == 10
    assert counted(committed, session_id) == (10, 10, 40)


def test_a_limit_that_is_set_while_people_choose_counts_every_one(committed: Flask) -> None:
    session_id, ids = scene(committed, None, 40)

    def limit() -> str:
        session = db.session.get_one(Session, session_id)
        session.places = 30
        db.session.flush()
        return "limited"

    deeds = [partial(go, session_id, one) for one in ids]
    ended = at_once(committed, [*deeds[:20], limit, *deeds[20:]], served=SERVED)
    said, true, _waiting = counted(committed, session_id)
    assert said == (true if ended["limited"] else 0)
    assert true == ended["going"]
    assert not ended["limited"] or true <= 30
    assert not ended[NotFound.__name__]


def test_who_withdraws_while_a_choice_waits_for_the_session_has_not_chosen_it(committed: Flask) -> None:
    """A big update holds the session; meanwhile the withdrawal is followed to its end."""
    session_id, ids = scene(committed, 5, 1)
    ended: list[str] = []

    def withdraw() -> None:
        registration = db.session.scalars(select(Registration).where(Registration.person_id == ids[0])).one()
        registration.state, registration.has_seat = State.WITHDRAWN, False
        db.session.flush()
        actions.on_withdrawn(registration)

    def choose() -> None:
        person = db.session.get_one(Person, ids[0])
        found = queries.session_for_choice(person, session_id)
        at_once(committed, [lambda: str(withdraw())])
        try:
            actions.choose(person, found, Choice.GOING)
        except NotFound:
            ended.append("gone")

    meanwhile(committed, lambda: places.hold(Session.id == session_id), choose)
    assert ended == ["gone"]
    assert counted(committed, session_id) == (0, 0, 0)


def test_who_withdraws_while_a_place_is_handed_on_keeps_none(committed: Flask) -> None:
    session_id, ids = scene(committed, 1, 3)
    for deed, person_id in ((go, ids[0]), (wait, ids[1]), (wait, ids[2])):
        at_once(committed, [partial(deed, session_id, person_id)])

    def withdraw() -> None:
        registration = db.session.scalars(select(Registration).where(Registration.person_id == ids[1])).one()
        registration.state, registration.has_seat = State.WITHDRAWN, False
        db.session.flush()
        actions.on_withdrawn(registration)

    meanwhile(committed, partial(leave, session_id, ids[0]), withdraw)
    assert counted(committed, session_id) == (1, 1, 0)
    with committed.app_context():
        assert db.session.scalars(select(ChosenSession.person_id)).all() == [ids[2]]
        db.session.remove()
