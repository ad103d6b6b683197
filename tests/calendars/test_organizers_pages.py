"""What organizers read and press about calendars: how many mails go out, what is proposed; and the week of an event."""

from datetime import time, timedelta

from flask.testing import FlaskClient

from eventhub.calendars.models import CalendarEntry
from eventhub.kit import revisions
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.programme.models import Event, Session
from tests.calendars.answering import arrive, invited, mail, stamp
from tests.factories.calendars import make_entry
from tests.factories.people import make_staff, sign_in
from tests.factories.programme import make_event, make_session
from tests.programme.console import fields_of, text_of


def test_a_proposal_fills_the_form_that_moves_the_session(client: FlaskClient) -> None:
    invite, registration = invited()
    event = db.session.get_one(Event, registration.event_id)
    entry, later = db.session.get_one(CalendarEntry, invite.entry_id), timedelta(hours=1)
    starts, ends = (stamp(at, later=later) for at in (entry.starts_at, entry.ends_at))
    assert arrive(mail(invite, header="COUNTER", method="COUNTER", dtstart=starts, dtend=ends), invite) is None
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    listed = client.get(f"/en/console/events/{event.slug}/calendar/answers").text
    there = next(part for part in listed.split('"') if "/move?" in part).replace("&amp;", "&")
    filled = fields_of(client.get(there))
    hours = [f"{at + later:%H:%M}" for at in (entry.starts_local, entry.ends_local)]
    assert [filled["starts"], filled["ends"]] == [[hours[0]], [hours[1]]]
    assert client.get(there.partition("?")[0] + "?starts=soon&ends=later").status_code == 200


def test_the_button_says_how_many_mails_it_sends(client: FlaskClient) -> None:
    _invite, registration = invited()
    event = db.session.get_one(Event, registration.event_id)
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    assert "Push as update: 1 email" in text_of(client.get(f"/en/console/events/{event.slug}/calendar"))


def test_the_week_opens_on_the_events_own_days(client: FlaskClient) -> None:
    event = make_event()
    event.first_day += timedelta(days=(-event.first_day.weekday()) % 7)  # a Monday
    event.last_day = event.first_day + timedelta(days=2)
    make_session(event, day=-1, start=time(10), title={"en": "Preparing"})
    make_session(event, start=time(10), title={"en": "Opening"})
    db.session.flush()
    shown = client.get(f"/en/events/{event.slug}/week").text
    assert "Opening" in shown
    assert "Preparing" not in shown


def test_a_session_of_few_places_says_where_to_take_one(client: FlaskClient) -> None:
    entry = make_entry()
    event = db.session.get_one(Event, entry.event_id)
    session = db.session.get_one(Session, entry.session_id)
    address = f"/en/events/{event.slug}/sessions/{session.id}"
    assert "Participants take one" not in client.get(address).text
    session.places = 5
    db.session.flush()
    revisions.bump("programme")
    assert "Participants take one" in client.get(address).text
