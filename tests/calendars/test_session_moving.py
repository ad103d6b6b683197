"""Moving one session by the form: who is told is said before, and so is what it would clash with."""

import re
from datetime import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from eventhub.calendars import actions
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from eventhub.programme.models import Event, EventKind, Publication, Session
from tests.factories.calendars import make_chooser, make_dialogue, make_entry, make_room, make_seated
from tests.factories.people import make_person, make_staff, sign_in
from tests.factories.programme import add_panellist, make_event
from tests.programme.console import fields_of, text_of


def address(session: Session) -> str:
    event = db.session.get_one(Event, session.event_id)
    return f"/en/console/events/{event.slug}/sessions/{session.id}/move"


def test_the_form_says_who_is_told_and_how(client: FlaskClient) -> None:
    event, session = make_dialogue()
    for person in (make_person(), make_person(), make_person(discreet=True)):
        actions.on_accredited(make_seated(event, person))
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    said = text_of(client.get(address(session)))
    assert "Who is told" in said
    assert "2 people have an invitation in the calendar" in said
    assert "1 person chose it or waits for it" in said


def test_whom_no_calendar_tells_is_counted_apart(client: FlaskClient) -> None:
    event = make_event(kind=EventKind.FORUM)
    session = db.session.get_one(Session, make_entry(event).session_id)
    linked, _other = make_chooser(session), make_chooser(session)
    actions.new_link(linked)
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    said = text_of(client.get(address(session)))
    assert "1 person chose it or waits for it: it moves in their calendar link" in said
    assert "1 person chose it or waits for it without an invitation or a calendar link" in said


@pytest.mark.parametrize("publication", [Publication.DRAFT, Publication.PUBLISHED])
def test_a_draft_tells_nobody(client: FlaskClient, publication: Publication) -> None:
    event = make_event(kind=EventKind.FORUM)
    session = db.session.get_one(Session, make_entry(event).session_id)
    make_chooser(session)
    session.publication = publication
    db.session.flush()
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    assert ("Who is told" in text_of(client.get(address(session)))) is (publication is Publication.PUBLISHED)


def two_sessions(event: Event, shared: str) -> tuple[Session, Session]:
    """One at nine and one at two, with one room or one panellist."""
    room = make_room(event)
    first, second = (
        db.session.get_one(Session, make_entry(event, start=time(hour), hours=1).session_id) for hour in (9, 14)
    )
    for session in (first, second):
        if shared == "room":
            session.room_id = room.id
        if shared == "panellist":
            add_panellist(session, name="Amina Diallo")
    db.session.flush()
    return first, second


@pytest.mark.parametrize("shared", ["room", "panellist"])
def test_a_clash_is_asked_about_before_anything_is_saved(client: FlaskClient, shared: str) -> None:
    event = make_event(kind=EventKind.FORUM)
    _first, second = two_sessions(event, shared)
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    owed = promised("programme.session_changed")
    fields = fields_of(client.get(address(second))) | {"starts": "09:30", "ends": "10:30"}
    asked = client.post(address(second), data=fields)
    assert asked.status_code == 422
    said = text_of(asked)
    assert "Nothing is saved yet" in said
    assert said.count("at once: ") == 1
    db.session.refresh(second)
    assert second.starts_local.time() == time(14)
    assert promised("programme.session_changed") == owed
    kept = fields_of(asked)
    assert (kept["starts"], kept["ends"]) == (["09:30"], ["10:30"])

    again = client.post(address(second), data=kept)
    assert again.status_code == 422, "the plain button asks again"
    knowing = fields_of(again) | {"clash": clash_value(again)}
    saved = client.post(address(second), data=knowing)
    assert saved.status_code == 303
    db.session.refresh(second)
    assert second.starts_local.time() == time(9, 30)
    warned = client.get(saved.location).get_data(as_text=True)
    assert warned.count("at once: ") == 2, "beside the form's answer and in the list"
    # What was saved knowingly is not asked about again.
    later = fields_of(client.get(address(second))) | {"ends": "10:45"}
    assert client.post(address(second), data=later).status_code == 303


def test_nothing_is_asked_where_nothing_clashes(client: FlaskClient) -> None:
    event = make_event(kind=EventKind.FORUM)
    _first, second = two_sessions(event, "nothing")
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    fields = fields_of(client.get(address(second))) | {"starts": "09:30", "ends": "10:30"}
    answer = client.post(address(second), data=fields)
    assert answer.status_code == 303
    assert "at once: " not in client.get(answer.location).get_data(as_text=True)


def test_knowing_of_one_clash_is_not_knowing_of_another(client: FlaskClient) -> None:
    event = make_event(kind=EventKind.FORUM)
    first, second = two_sessions(event, "room")
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    fields = fields_of(client.get(address(second))) | {"starts": "09:30", "ends": "10:30"}
    asked = client.post(address(second), data=fields)
    # A colleague meanwhile puts somebody on both panels.
    for session in (first, second):
        add_panellist(session, name="Amina Diallo")
    db.session.flush()
    db.session.expire_all()
    more = client.post(address(second), data=fields_of(asked) | {"clash": clash_value(asked)})
    assert more.status_code == 422
    assert text_of(more).count("at once: ") == 2
    forged = client.post(address(second), data=fields_of(more) | {"clash": "yes"})
    assert forged.status_code == 422


def test_a_room_that_is_taken_is_asked_about_where_a_session_had_none(client: FlaskClient) -> None:
    event = make_event(kind=EventKind.FORUM)
    first, second = two_sessions(event, "nothing")
    room = make_room(event, name={"en": "Room XIX"})
    first.room_id = room.id
    db.session.flush()
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    there = f"/en/console/events/{event.slug}/sessions/{second.id}"
    fields = fields_of(client.get(there)) | {"starts": "09:30", "ends": "10:30", "room_id": str(room.id)}
    asked = client.post(there, data=fields | {"summary-fr": "Un mot qui reste"})
    assert asked.status_code == 422
    assert "are in the same room at once: Room XIX" in text_of(asked)
    assert fields_of(asked)["summary-fr"] == ["Un mot qui reste"]
    assert client.post(there, data=fields_of(asked) | {"clash": clash_value(asked)}).status_code == 303


def test_a_new_session_asks_as_well(client: FlaskClient) -> None:
    event = make_event(kind=EventKind.FORUM)
    first, _second = two_sessions(event, "room")
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    new = f"/en/console/events/{event.slug}/sessions/new"
    day = first.starts_local.date().isoformat()
    fields = fields_of(client.get(new)) | {"title-en": "Another", "day": day, "room_id": str(first.room_id)}
    asked = client.post(new, data=fields | {"starts": "09:00", "ends": "09:45"})
    assert asked.status_code == 422
    knowing = fields_of(asked) | {"clash": clash_value(asked)}
    assert knowing["title-en"] == ["Another"]
    assert client.post(new, data=knowing).status_code == 303
    assert client.post(new, data=knowing).status_code == 303, "sent twice, done once"
    found = db.session.scalars(select(Session).where(Session.event_id == event.id)).all()
    assert len(found) == 3


def clash_value(page: TestResponse) -> str:
    """What the button sends that saves all the same."""
    found = re.search(r'name="clash" value="([0-9a-f]{16})"', page.get_data(as_text=True))
    assert found
    return found[1]


def promised(task: str) -> int:
    """How often something is owed."""
    return db.session.scalar(select(func.count()).select_from(Promise).where(Promise.task == task)) or 0
