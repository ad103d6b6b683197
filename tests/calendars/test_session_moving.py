"""Moving one session by the form: who is told of it is said before, and what it then clashes with at once after."""

from datetime import time

import pytest
from flask.testing import FlaskClient

from eventhub.calendars import actions
from eventhub.kit.db import db
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


@pytest.mark.parametrize("publication", [Publication.DRAFT, Publication.PUBLISHED])
def test_a_draft_tells_nobody(client: FlaskClient, publication: Publication) -> None:
    event = make_event(kind=EventKind.FORUM)
    session = db.session.get_one(Session, make_entry(event).session_id)
    make_chooser(session)
    session.publication = publication
    db.session.flush()
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    assert ("Who is told" in text_of(client.get(address(session)))) is (publication is Publication.PUBLISHED)


@pytest.mark.parametrize("shared", ["room", "panellist", "nothing"])
def test_a_clash_is_said_at_once_and_forbids_nothing(client: FlaskClient, shared: str) -> None:
    event = make_event(kind=EventKind.FORUM)
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
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    fields = fields_of(client.get(address(second))) | {"starts": "09:30", "ends": "10:30"}
    answer = client.post(address(second), data=fields)
    assert answer.status_code == 303
    db.session.refresh(second)
    assert second.starts_local.time() == time(9, 30)
    warned = client.get(answer.location).get_data(as_text=True)
    assert warned.count("at once: ") == (0 if shared == "nothing" else 2), "beside the form's answer and in the list"
