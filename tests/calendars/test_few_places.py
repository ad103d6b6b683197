"""An answer never gives one of few places away in silence, and never leaves somebody without one in silence."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.calendars import actions, imip, invites, places, replies
from eventhub.calendars.models import Choice, Invite, InviteWord, Partstat, Word
from eventhub.calendars.replies import Refusal
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event, Session
from tests.calendars.answering import arrive, mail
from tests.calendars.test_places import going, limited, owed, seated, taken
from tests.factories.people import form_fields, make_staff, sign_in

Scene = tuple[Session, Person, Person, Invite]


@pytest.fixture
def scene(database: None) -> Scene:
    """A session of one place with an entry, who has it and an invite by mail, and who waits for it."""
    session = limited(1)
    actions.follow_session(session)
    holder, waiting = seated(session), seated(session)
    actions.choose(holder, session, Choice.GOING)
    places.wait(waiting, session)
    [invite] = invites.invite_chosen(holder)
    return session, holder, waiting, invite


def address_of(invite: Invite) -> str:
    return f"/en/invites/{imip.invite_token(invite)}"


def post(client: FlaskClient, invite: Invite, answer: str) -> str:
    address = address_of(invite)
    sent = form_fields(client.get(address).text) | {"answer": answer}
    answered = client.post(address, data=sent)
    assert answered.status_code == 303, answered.text
    return client.get(answered.location).text


def test_a_maybe_on_the_web_keeps_the_place(scene: Scene, client: FlaskClient) -> None:
    session, holder, _waiting, invite = scene
    said = post(client, invite, "tentative")
    assert "Your answer is saved" in said
    assert "You have a place in this session." in said
    assert going(session) == [holder.id]
    assert invite.partstat is Partstat.TENTATIVE


def test_a_no_on_the_web_asks_first_and_says_how_to_come_back(scene: Scene, client: FlaskClient) -> None:
    session, holder, waiting, invite = scene
    asked = post(client, invite, "declined")
    assert "Give up your place?" in asked
    assert (going(session), invite.partstat) == ([holder.id], Partstat.NEEDS_ACTION)
    said = post(client, invite, "give-up")
    assert "You have given up your place" in said
    assert f"/en/me/sessions/events/{db.session.get_one(Event, session.event_id).slug}" in said
    assert going(session) == [waiting.id]
    assert invite.partstat is Partstat.DECLINED
    assert "Give up your place?" not in client.get(f"{address_of(invite)}?step=give-up").text
    assert owed("calendars.place_given_up") == [], "the page said so"


def test_whoever_has_no_place_is_asked_nothing(scene: Scene, client: FlaskClient) -> None:
    session, holder, _waiting, invite = scene
    actions.choose(holder, session, Choice.MAYBE)
    assert "You have no place in this session." in client.get(address_of(invite)).text
    assert "Your answer is saved" in post(client, invite, "declined")


def test_a_maybe_by_mail_keeps_the_place(scene: Scene) -> None:
    session, holder, _waiting, invite = scene
    assert arrive(mail(invite, partstat="TENTATIVE"), invite) is None
    assert going(session) == [holder.id]
    assert owed("calendars.place_given_up") == []


def test_a_no_by_mail_gives_the_place_on_and_writes_so(scene: Scene) -> None:
    session, holder, waiting, invite = scene
    assert arrive(mail(invite, partstat="DECLINED"), invite) is None
    assert going(session) == [waiting.id]
    assert owed("calendars.place_given_up") == [str(holder.id)]


def test_a_no_of_somebody_else_frees_nothing(scene: Scene) -> None:
    session, holder, _waiting, invite = scene
    raw = mail(invite, attendee="friend@colleague.example", partstat="DECLINED")
    assert arrive(raw.replace(f"From: {holder.email}".encode(), b"From: friend@colleague.example"), invite) is None
    assert (going(session), invite.partstat) == ([holder.id], Partstat.NEEDS_ACTION)


def test_a_yes_by_mail_to_a_full_session_is_told_to_both(scene: Scene, client: FlaskClient) -> None:
    session, holder, waiting, invite = scene
    assert arrive(mail(invite, partstat="DECLINED", dtstamp="20260101T000000Z"), invite) is None
    assert arrive(mail(invite, partstat="ACCEPTED", dtstamp="20260101T000001Z"), invite) is Refusal.FULL
    assert arrive(mail(invite, partstat="ACCEPTED", dtstamp="20260101T000002Z"), invite) is Refusal.FULL
    assert arrive(mail(invite, partstat="ACCEPTED", dtstamp="20260101T000002Z"), invite) is Refusal.STALE
    assert owed("calendars.no_place") == [str(holder.id)], "once"
    event = db.session.get_one(Event, session.event_id)
    [word] = replies.words_of(event)
    assert (word.kind, word.partstat) == (Word.FULL, Partstat.ACCEPTED)
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    shown = client.get(f"/en/console/events/{event.slug}/calendar/answers").text
    assert "All places are taken" in shown
    with pytest.raises(places.SessionFull):
        replies.count_in(holder, event, word)
    actions.leave_out(waiting, session.id)
    replies.count_in(holder, event, word)
    assert (going(session), taken(session)) == ([holder.id], 1)
    assert db.session.scalars(select(InviteWord)).all() == []


def test_what_was_answered_since_takes_the_yes_off_the_list(scene: Scene) -> None:
    session, _holder, waiting, invite = scene
    arrive(mail(invite, partstat="DECLINED", dtstamp="20260101T000000Z"), invite)
    arrive(mail(invite, partstat="ACCEPTED", dtstamp="20260101T000001Z"), invite)
    event = db.session.get_one(Event, session.event_id)
    assert len(replies.words_of(event)) == 1
    arrive(mail(invite, partstat="DECLINED", dtstamp="20260101T000002Z"), invite)
    assert replies.words_of(event) == []
    assert going(session) == [waiting.id]
