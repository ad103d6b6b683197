"""Two organizers at once: what one decided, called off or changed is told to the other, and stays as it was saved."""

import re
from datetime import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from eventhub.calendars import replies
from eventhub.calendars.models import InviteWord
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.programme import console_queries, session_actions
from eventhub.programme.deeds import WrongState
from eventhub.programme.models import Event, EventKind, Session
from tests.calendars.answering import arrive, invited, mail
from tests.factories.calendars import make_chooser, make_entry, make_room
from tests.factories.people import make_staff, sign_in
from tests.factories.programme import make_event
from tests.programme.console import fields_of, text_of


def value_of(name: str, page: TestResponse) -> str:
    """What the button of this name sends."""
    [value] = re.findall(rf'name="{name}" value="([0-9a-f]+)"', page.text)
    return str(value)


def opened(client: FlaskClient) -> tuple[Session, Person, str]:
    """A public session, whoever may edit it, and its page."""
    event = make_event(kind=EventKind.FORUM)
    session = console_queries.session_of(event, make_entry(event, start=time(9), hours=1).session_id)
    staff = make_staff(Role.ORGANISER, event_id=event.id)
    sign_in(client, staff)
    return session, staff, f"/en/console/events/{event.slug}/sessions/{session.id}"


def test_an_answer_that_somebody_else_decided_leads_back_to_the_list(client: FlaskClient) -> None:
    invite, registration = invited()
    event = db.session.get_one(Event, registration.event_id)
    assert arrive(mail(invite), None) is None
    staff = make_staff(Role.ORGANISER, event_id=event.id)
    sign_in(client, staff)
    there = f"/en/console/events/{event.slug}/calendar/answers"
    word = db.session.scalars(select(InviteWord)).one()
    sent = fields_of(client.get(there), action="/aside")
    replies.count_in(staff, event, word)
    db.session.flush()
    late = client.post(f"{there}/{word.id}/aside", data=sent)
    assert (late.status_code, late.location) == (303, there)
    assert "This answer is settled already." in client.get(there).text


def test_what_was_called_off_in_another_window_does_not_move(client: FlaskClient) -> None:
    session, staff, there = opened(client)
    event = db.session.get_one(Event, session.event_id)
    form = fields_of(client.get(f"{there}/move")) | {"starts": "08:00", "ends": "08:40"}
    assert f"{there}/move" in client.get(f"/en/console/events/{event.slug}/programme").text
    session_actions.cancel_session(staff, session, reason={"en": "The speaker is ill."})
    db.session.flush()
    late = client.post(f"{there}/move", data=form)
    assert late.status_code == 303
    listed = client.get(late.location).text
    assert "This session is cancelled already." in listed
    assert f"{there}/move" not in listed
    db.session.refresh(session)
    assert session.starts_local.time() == time(9)
    slot = session_actions.Slot(session.starts_local.date(), time(8), time(9), None, None, None)
    with pytest.raises(WrongState):
        session_actions.move_session(staff, session, slot=slot, version=session.version)


def test_fields_that_nobody_typed_stay_as_they_are_saved(client: FlaskClient) -> None:
    session, _staff, there = opened(client)
    mine, theirs = fields_of(client.get(there)), fields_of(client.get(f"{there}/move"))
    assert client.post(f"{there}/move", data=theirs | {"starts": "10:15", "ends": "11:15"}).status_code == 303
    saved = client.post(there, data=mine | {"title-en": "A better title"})
    assert saved.status_code == 303
    db.session.refresh(session)
    assert (session.title["en"], session.starts_local.time()) == ("A better title", time(10, 15))
    assert "Somebody else changed other things here meanwhile" in client.get(saved.location).text


def test_only_what_both_changed_is_asked_about(client: FlaskClient) -> None:
    session, _staff, there = opened(client)
    mine, theirs = (fields_of(client.get(there)) for _ in range(2))
    assert client.post(there, data=theirs | {"title-en": "Theirs", "title-fr": "Le leur"}).status_code == 303
    asked = client.post(there, data=mine | {"title-en": "Mine", "summary-en": "My summary"})
    assert asked.status_code == 422
    note = text_of(asked).partition("What is saved now")[2].partition("State")[0]
    assert "Theirs" in note
    assert "Le leur" not in note
    fields = fields_of(asked)
    assert (fields["title-en"], fields["title-fr"], fields["summary-en"]) == (["Mine"], ["Le leur"], ["My summary"])
    assert client.post(there, data=fields).status_code == 303
    db.session.refresh(session)
    assert session.title | {} == {"en": "Mine", "fr": "Le leur"} | {
        code: text for code, text in session.title.items() if code not in {"en", "fr"}
    }


def test_a_day_and_a_time_are_told_as_on_other_pages(client: FlaskClient) -> None:
    session, _staff, there = opened(client)
    mine, theirs = (fields_of(client.get(f"{there}/move")) for _ in range(2))
    assert client.post(f"{there}/move", data=theirs | {"starts": "10:15", "ends": "11:15"}).status_code == 303
    asked = client.post(f"{there}/move", data=mine | {"starts": "08:00", "ends": "08:40"})
    note = text_of(asked).partition("What is saved now")[2]
    assert "10:15" in note
    assert "10:15:00" not in note
    db.session.refresh(session)
    assert session.starts_local.time() == time(10, 15)


def test_whom_another_time_reaches_is_said_before_it_is_saved_there_too(client: FlaskClient) -> None:
    session, _staff, there = opened(client)
    make_chooser(session)
    plain = fields_of(client.get(there)) | {"title-en": "Only words"}
    assert client.post(there, data=plain).status_code == 303
    asked = client.post(there, data=fields_of(client.get(there)) | {"starts": "10:15", "ends": "11:15"})
    assert asked.status_code == 422
    said = text_of(asked)
    assert "Who is told" in said
    assert "1 person chose it or waits for it" in said
    db.session.refresh(session)
    assert session.starts_local.time() == time(9)
    known = value_of("tell", asked)
    assert client.post(there, data=fields_of(asked) | {"ends": "12:00", "tell": known}).status_code == 422
    assert client.post(there, data=fields_of(asked) | {"tell": known}).status_code == 303
    db.session.refresh(session)
    assert session.starts_local.time() == time(10, 15)


def test_nobody_to_tell_is_nothing_to_ask(client: FlaskClient) -> None:
    session, _staff, there = opened(client)
    fields = fields_of(client.get(there)) | {"starts": "10:15", "ends": "11:15"}
    assert client.post(there, data=fields).status_code == 303
    db.session.refresh(session)
    assert session.starts_local.time() == time(10, 15)


def test_a_clash_and_people_to_tell_are_asked_on_one_page(client: FlaskClient) -> None:
    session, _staff, there = opened(client)
    event = db.session.get_one(Event, session.event_id)
    room = make_room(event)
    other = db.session.get_one(Session, make_entry(event, start=time(14), hours=1).session_id)
    session.room_id = other.room_id = room.id
    make_chooser(session)
    db.session.flush()
    asked = client.post(there, data=fields_of(client.get(there)) | {"starts": "14:15", "ends": "15:00"})
    assert "at once: " in text_of(asked)
    assert "Who is told" in text_of(asked)
    assert client.post(there, data=fields_of(asked) | {"clash": value_of("clash", asked)}).status_code == 303
