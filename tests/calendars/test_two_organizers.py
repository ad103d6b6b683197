"""Two organizers at once: what one decided, called off or changed is told to the other, and stays as it was saved."""

from datetime import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.calendars import replies
from eventhub.calendars.models import InviteWord
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.programme import console_queries, session_actions
from eventhub.programme.deeds import WrongState
from eventhub.programme.models import Event, EventKind, Session
from tests.calendars.answering import arrive, invited, mail
from tests.factories.calendars import make_entry
from tests.factories.people import make_staff, sign_in
from tests.factories.programme import make_event
from tests.programme.console import fields_of


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
