"""A person's feed, file and mails tell one SEQUENCE of one UID: what is newer never seems older (RFC 5546 2.1.4)."""

import icalendar
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.calendars import actions, feeds, imip, invites, pieces, queries
from eventhub.calendars.models import Choice, Feed, Invite, InviteMail
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Session
from tests.factories.calendars import make_chooser, make_entry


def in_file(person: Person) -> tuple[str, int]:
    db.session.flush()
    [event] = icalendar.Calendar.from_ical(feeds.private_file(person, now()).build().body).walk("VEVENT")
    return str(event["UID"]), int(event["SEQUENCE"])


def mailed(person: Person) -> tuple[str, int]:
    db.session.flush()
    rows = select(InviteMail).join(Invite).where(Invite.person_id == person.id).order_by(InviteMail.sequence.desc())
    mail = db.session.scalars(rows).first()
    assert mail is not None
    told = queries.invite_told(mail.invite_id)
    assert told is not None
    mail.invite = told
    calendar = imip.calendar_of(mail, sender="Meetings <x@meetings.example>")
    [event] = icalendar.Calendar.from_ical(calendar).walk("VEVENT")
    return str(event["UID"]), int(event["SEQUENCE"])


def test_ones_own_word_lets_no_later_mail_seem_old(client: FlaskClient) -> None:
    entry = make_entry()
    session = db.session.get_one(Session, entry.session_id)
    person = make_chooser(session)
    invites.invite_chosen(person)
    for choice in (Choice.MAYBE, Choice.GOING, Choice.MAYBE, Choice.GOING):
        actions.choose(person, session, choice)
    before = in_file(person)
    assert before == mailed(person)
    session.join_link = "https://meet.example.org/1"
    actions.follow_session(session)
    assert mailed(person) == (before[0], before[1] + 1) == in_file(person)


def test_what_rises_in_mails_rises_in_the_feed(client: FlaskClient) -> None:
    entry = make_entry()
    session = db.session.get_one(Session, entry.session_id)
    person = make_chooser(session)
    invites.invite_chosen(person)
    actions.leave_out(person, session.id)
    actions.choose(person, session, Choice.GOING)
    invites.invite_chosen(person)
    assert mailed(person) == in_file(person) == (entry.uid, entry.sequence + 2)
    feed: Feed = actions.new_link(person)
    found = pieces.feed_by_token(feeds.feed_token(feed))
    assert found is not None
    assert found.stamp == feeds.private_feed(person, "x", now()).build().stamp, "the database makes the same stamp"
