"""Everything of calendars that leaves the house, past its own lint and icalendar's parser; and how many kinds of broken
calendar that lint knows.
"""

import uuid
from collections.abc import Iterator
from datetime import time
from typing import Literal

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.calendars import actions, feeds, imip, invites, queries, reminding
from eventhub.calendars.lint import problems
from eventhub.calendars.models import Choice, InviteMail, Method
from eventhub.kit.db import db
from eventhub.kit.i18n import LANGUAGES
from eventhub.people.models import Person
from eventhub.programme.models import EventKind, Publication, Session
from tests.calendars.occasions import SCRIPTS
from tests.calendars.test_lint import REPLACED
from tests.factories.calendars import make_dialogue, make_entry, make_room, make_seated
from tests.factories.commitments import published
from tests.factories.people import make_person, sign_in
from tests.factories.programme import make_event, make_series

Kind = Literal["feed", "download", "request", "cancel"]

KINDS = (
    *("fold inside a letter", "fold without white space", "line of 76 octets", "one bare LF", "one bare CR"),
    *("no last line end", "byte order mark", "Latin-1", "NUL", "right-to-left override", "open quote"),
    *("event not closed", "two calendars", "no VERSION", "no PRODID", "METHOD in a feed", "wrong METHOD in a request"),
    *("wrong METHOD in a cancel", "METHOD twice", "no UID", "two entries of one UID", "no DTSTAMP"),
    *("DTSTAMP in local time", "negative SEQUENCE", "floating start and end", "end before start", "time in the gap"),
    *("zone without its VTIMEZONE", "TZID with an offset", "RDATE in VTIMEZONE", "VTIMEZONE with wrong offset"),
    *("two attendees", "no organizer in a request", "attendee without mailto", "cancel that confirms"),
    *("request of a cancelled entry", "semicolon not escaped", "comma not escaped", "repeating entry"),
)
"""Those that real calendars have sent, of all that tests/calendars/test_lint.py breaks one by one."""


def test_the_kinds_of_broken_calendar_are_all_known() -> None:
    assert len(KINDS) == len(set(KINDS)) >= 33
    assert set(KINDS) <= set(REPLACED)
    assert len(REPLACED) >= 136


class Leaving:
    """What is about to leave, looked at piece by piece."""

    def __init__(self) -> None:
        self.seen: dict[Kind, int] = {}

    def look(self, body: bytes, kind: Kind) -> None:
        """Sound by our lint, and whole for icalendar."""
        assert problems(body, kind=kind) == [], kind
        read = icalendar.Calendar.from_ical(body)
        assert not read.errors
        assert all(not one.errors for one in read.walk())
        self.seen[kind] = self.seen.get(kind, 0) + 1


@pytest.mark.parametrize("zone", ["Europe/Zurich", "Africa/Cairo", "Pacific/Kiritimati"])
def test_no_lint_finds_anything_in_what_the_house_sends(app: Flask, client: FlaskClient, zone: str) -> None:
    leaving, series = Leaving(), make_series(title=SCRIPTS)
    event = make_event(kind=EventKind.FORUM, time_zone=zone, series=series, title=SCRIPTS)
    words = {code: f"{text}\n; , \\ 👩🏽‍🦽" for code, text in SCRIPTS.items() if code in LANGUAGES}
    entries = [
        make_entry(event, start=time(9 + 4 * number), hours=3, title=words, summary=words) for number in range(3)
    ]
    sessions = [db.session.get_one(Session, one.session_id) for one in entries]
    sessions[2].publication = Publication.CANCELLED
    sessions[1].room_id = make_room(event, name={code: f"{text};,\\" for code, text in words.items()}).id
    db.session.flush()
    for session in sessions:
        actions.follow_session(session)
    people = _people(sessions)
    published()  # whose due date is a day in a calendar
    # A route that nobody looks at here makes this test fail.
    routes = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.endswith(".ics")}
    looked = {"calendars.personal_feed", "calendars.my_file"}
    values = {"event_id": event.id, "slug": series.slug, "session_id": sessions[0].id, "name": "commitments"}
    with app.test_request_context():
        public = [
            (
                rule.endpoint,
                app.url_for(rule.endpoint, lang=lang, **{name: values[name] for name in rule.arguments - {"lang"}}),
            )
            for rule in app.url_map.iter_rules()
            if rule.endpoint in routes - looked
            for lang in LANGUAGES
        ]
    for endpoint, address in public:
        answer = client.get(address)
        assert answer.status_code == 200, address
        leaving.look(answer.data, "download" if endpoint == "calendars.session_file" else "feed")
        looked.add(endpoint)
    for person in people:
        token = feeds.feed_token(actions.new_link(person))
        db.session.flush()
        leaving.look(client.get(f"/cal/{token}.ics").data, "feed")
        sign_in(client, person)
        leaving.look(client.get(f"/{person.language}/me/sessions.ics").data, "download")
    assert looked == routes
    for body, kind in _mails(zone):
        leaving.look(body, kind)
    assert leaving.seen == {"feed": 48 + len(people), "download": 12 + len(people), "request": 24, "cancel": 12}


def _people(sessions: list[Session]) -> list[Person]:
    """One of each language and reminder, each once in discreet mode."""
    found = []
    for number, (lang, discreet) in enumerate((lang, discreet) for lang in LANGUAGES for discreet in (False, True)):
        person = make_person(language=lang, discreet=discreet)
        make_seated(sessions[0].event, person)
        for session, choice in zip(sessions, (Choice.GOING, Choice.MAYBE), strict=False):
            actions.choose(person, session, choice)
        reminding.choose(person, in_calendar=(None, 15, 60, 1440)[number % 4], by_mail=None)
        found.append(person)
    db.session.flush()
    return found


def _mails(zone: str) -> Iterator[tuple[bytes, Kind]]:
    """Invites to a dialogue in six languages, their updates, and their cancellations: of some for themselves, of one
    who goes discreet, of the others because it is off. Each as it stands when it is sent.
    """
    event, session = make_dialogue(time_zone=zone, title=SCRIPTS)
    held = [make_seated(event, make_person(language=lang)) for lang in (*LANGUAGES, *LANGUAGES)]
    for registration in held:
        actions.on_accredited(registration)
    sent: set[uuid.UUID] = set()
    yield from _unsent(sent)
    session.room_id = make_room(event).id
    db.session.flush()
    actions.follow_session(session)
    yield from _unsent(sent)
    for registration in held[:3]:
        invites.uninvite(registration)
    person = db.session.get_one(Person, held[3].person_id)
    person.discreet = True
    db.session.flush()
    invites.follow_visibility(person.id)
    yield from _unsent(sent)
    session.publication = Publication.CANCELLED
    db.session.flush()
    actions.follow_session(session)
    yield from _unsent(sent)


def _unsent(sent: set[uuid.UUID]) -> Iterator[tuple[bytes, Kind]]:
    db.session.flush()
    for mail in db.session.scalars(select(InviteMail).where(InviteMail.id.not_in(sent))).all():
        found = queries.invite_told(mail.invite_id)
        assert found
        mail.invite = found
        sent.add(mail.id)
        body = imip.calendar_of(mail, sender="Secretariat, “Forum”; <x@example.org>")
        yield body, "cancel" if mail.method is Method.CANCEL else "request"
