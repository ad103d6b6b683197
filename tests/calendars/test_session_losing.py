"""Whom a session is taken from by its form, since it is for others or is a break: said before it is saved."""

from datetime import time

from flask.testing import FlaskClient

from eventhub.calendars import actions, invites
from eventhub.calendars.models import Choice
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event, EventKind, Session, SessionKind
from tests.calendars.test_session_moving import clash_value
from tests.calendars.test_two_organizers import opened, value_of
from tests.factories.calendars import make_entry, make_room, make_seated
from tests.factories.people import make_person, make_staff, sign_in
from tests.factories.programme import make_event
from tests.programme.console import fields_of, text_of


def chooser(session: Session, category: str | None, *, invited: bool = False, **given: object) -> Person:
    """Somebody of a category who chose the session, with an invitation to it or without."""
    person = make_person(**given)
    make_seated(db.session.get_one(Event, session.event_id), person, category=category)
    actions.choose(person, session, Choice.GOING)
    db.session.flush()
    if invited:
        assert invites.invite_chosen(person, Session.id == session.id)
    return person


def test_who_is_of_another_category_is_counted_before_it_is_saved(client: FlaskClient) -> None:
    session, _staff, there = opened(client)
    chooser(session, "member_state", invited=True)
    chooser(session, "academic_expert")
    chooser(session, "academic_expert", invited=True)
    chooser(session, None)
    sent = fields_of(client.get(there)) | {"for_categories": ["member_state"]}
    asked = client.post(there, data=sent)
    assert asked.status_code == 422
    said = text_of(asked)
    assert "Nothing is saved yet: look first who is told of this change." in said
    assert "3 people chose it or are invited" in said
    assert "1 person has an invitation in the calendar: one mail cancels it" in said
    assert "2 people get a mail with the reason" in said
    db.session.refresh(session)
    assert session.for_categories == []

    known = {"tell": value_of("tell", asked)}
    others = fields_of(asked) | {"for_categories": ["academic_expert"]}
    again = client.post(there, data=others | known)
    assert again.status_code == 422, "what was known was of other people"
    assert "2 people chose it or are invited" in text_of(again)
    assert client.post(there, data=fields_of(asked) | known).status_code == 303
    db.session.refresh(session)
    assert session.for_categories == ["member_state"]


def test_who_loses_nothing_is_not_asked_about(client: FlaskClient) -> None:
    session, _staff, there = opened(client)
    chooser(session, "member_state")
    sent = fields_of(client.get(there)) | {"for_categories": ["member_state"]}
    assert client.post(there, data=sent).status_code == 303
    wider = fields_of(client.get(there)) | {"for_categories": ["academic_expert", "member_state"]}
    assert client.post(there, data=wider).status_code == 303
    everybody = fields_of(client.get(there))
    everybody.pop("for_categories")
    assert client.post(there, data=everybody).status_code == 303
    db.session.refresh(session)
    assert session.for_categories == []


def test_a_session_that_becomes_a_break_is_asked_about(client: FlaskClient) -> None:
    session, _staff, there = opened(client)
    chooser(session, "member_state", invited=True)
    chooser(session, None)
    asked = client.post(there, data=fields_of(client.get(there)) | {"kind": "break"})
    assert asked.status_code == 422
    said = text_of(asked)
    assert "Nobody can choose a break" in said
    assert "2 people chose it or are invited" in said
    assert "1 person has an invitation in the calendar: one mail cancels it" in said
    assert "1 person gets a mail with the reason" in said
    db.session.refresh(session)
    assert session.kind is not SessionKind.BREAK
    saved = client.post(there, data=fields_of(asked) | {"tell": value_of("tell", asked)})
    assert saved.status_code == 303
    db.session.refresh(session)
    assert session.kind is SessionKind.BREAK
    # A break has nobody: whom it is for, and when it is, tells nobody anything.
    later = fields_of(client.get(there)) | {"starts": "09:15", "for_categories": ["member_state"]}
    assert client.post(there, data=later).status_code == 303


def test_saving_a_clash_all_the_same_is_not_knowing_who_loses_the_session(client: FlaskClient) -> None:
    event = make_event(kind=EventKind.FORUM)
    session = db.session.get_one(Session, make_entry(event, start=time(9), hours=1).session_id)
    other = db.session.get_one(Session, make_entry(event, start=time(14), hours=1).session_id)
    session.room_id = other.room_id = make_room(event).id
    chooser(session, None)
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    there = f"/en/console/events/{event.slug}/sessions/{session.id}"
    asked = client.post(there, data=fields_of(client.get(there)) | {"starts": "14:15", "ends": "15:00"})
    known = {"clash": clash_value(asked)}
    narrowed = fields_of(asked) | known | {"for_categories": ["member_state"]}
    assert client.post(there, data=narrowed).status_code == 422
    assert client.post(there, data=fields_of(asked) | known).status_code == 303
