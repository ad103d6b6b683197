"""Reminders: in feeds and invites, by mail, wherever a session moves; and invites by mail that people ask for."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import icalendar
import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventhub.calendars import actions, feeds, imip, invites, letters, news, reminding
from eventhub.calendars.lint import problems
from eventhub.calendars.models import CalendarEntry, Choice, Invite, InviteMail, Method, Reminding
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import render
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from eventhub.programme.models import Event, EventKind, Publication, Session
from eventhub.registration.models import Registration, State
from tests.calendars.answering import invited
from tests.factories.calendars import make_chooser, make_entry, make_room
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.programme import make_event

MINE = "/en/me/sessions"


@pytest.fixture(autouse=True)
def _database(database: None) -> None:
    """Every test here writes."""


@pytest.fixture
def chosen() -> tuple[Person, Session]:
    """Somebody who chose a session of a forum that is to come."""
    entry = make_entry(make_event(kind=EventKind.FORUM))
    session = db.session.get_one(Session, entry.session_id)
    return make_chooser(session, email="amina@example.org"), session


def feed_of(client: FlaskClient, person: Person) -> Any:
    """The one entry of a person's feed, which is sound."""
    found = db.session.scalars(select(feeds.PrivateFeed).where(feeds.PrivateFeed.person_id == person.id)).first()
    token = feeds.feed_token(found or actions.new_link(person))
    db.session.flush()
    body = client.get(f"/cal/{token}.ics").data
    assert not problems(body, kind="feed")
    [event] = icalendar.Calendar.from_ical(body).walk("VEVENT")
    return event


def owed() -> list[dict[str, Any]]:
    rows = select(Promise.payload).where(Promise.task == "calendars.reminder").order_by(Promise.id)
    return list(db.session.scalars(rows))


def at(moment: datetime) -> list[dict[str, Any]]:
    """What is owed after the clock's job ran at a moment."""
    with time_machine.travel(moment, tick=False):
        reminding.owe_due(now())
    return owed()


# --- In calendars -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "written"), [(15, "-PT15M"), (60, "-PT1H"), (1440, "-P1D")])
def test_the_feed_reminds_so_long_before_and_another_choice_is_another_etag(
    client: FlaskClient, chosen: tuple[Person, Session], minutes: int, written: str
) -> None:
    person, _ = chosen
    assert not feed_of(client, person).walk("VALARM")
    token = feeds.feed_token(db.session.scalars(select(feeds.PrivateFeed)).one())
    etag = client.get(f"/cal/{token}.ics").headers["ETag"]
    reminding.choose(person, in_calendar=minutes, by_mail=None)
    db.session.flush()
    [alarm] = feed_of(client, person).walk("VALARM")
    assert alarm["TRIGGER"].dt == -timedelta(minutes=minutes)
    assert alarm["ACTION"] == "DISPLAY"
    assert client.get(f"/cal/{token}.ics", headers={"If-None-Match": etag}).status_code == 200
    assert written


def test_what_is_called_off_reminds_of_nothing(client: FlaskClient, chosen: tuple[Person, Session]) -> None:
    person, session = chosen
    reminding.choose(person, in_calendar=15, by_mail=None)
    session.publication = Publication.CANCELLED
    actions.follow_session(session)
    assert not feed_of(client, person).walk("VALARM")


def test_a_discreet_persons_reminder_says_nothing(client: FlaskClient, chosen: tuple[Person, Session]) -> None:
    person, _ = chosen
    person.discreet = True
    reminding.choose(person, in_calendar=15, by_mail=None)
    db.session.flush()
    event = feed_of(client, person)
    [alarm] = event.walk("VALARM")
    assert (event["SUMMARY"], alarm["DESCRIPTION"]) == ("Meeting", "Reminder")


def test_an_invite_reminds_and_a_cancellation_does_not() -> None:
    invite, registration = invited()
    reminding.choose(db.session.get_one(Person, registration.person_id), in_calendar=60, by_mail=None)
    invites.uninvite(registration)
    db.session.flush()
    for mail in db.session.scalars(select(InviteMail)):
        mail.invite = invites.queries.find_invite(Invite.id == invite.id)
        body = imip.calendar_of(mail, sender="Meetings <x@example.org>")
        kind = "request" if mail.method is Method.REQUEST else "cancel"
        assert not problems(body, kind=kind)  # type: ignore[arg-type]
        assert (b"TRIGGER:-PT60M" in body) is (kind == "request")


def test_another_choice_reaches_the_feed_at_once_and_an_invite_with_its_next_update(client: FlaskClient) -> None:
    invite, registration = invited()
    person = db.session.get_one(Person, registration.person_id)
    session = db.session.get_one(Session, db.session.get_one(CalendarEntry, invite.entry_id).session_id)
    actions.choose(person, session, Choice.GOING)
    sign_in(client, person)
    fields = form_fields(client.get(MINE).get_data(as_text=True))
    for minutes, told in (("15", True), ("60", True), ("60", False)):
        mails = db.session.scalar(select(func.count()).select_from(InviteMail))
        sent = fields | {"in_calendar": minutes, "by_mail": "0", "form_key": str(uuid.uuid4())}
        answer = client.post(f"{MINE}/reminders", data=sent)
        page = client.get(answer.location).get_data(as_text=True)
        assert ("keep their reminder" in page) is told, "said where the choice is another one"
        assert db.session.scalar(select(func.count()).select_from(InviteMail)) == mails, "nobody gets mails unasked"
    [alarm] = feed_of(client, person).walk("VALARM")
    assert alarm["TRIGGER"].dt == -timedelta(minutes=60)
    session.room_id = make_room(db.session.get_one(Event, session.event_id)).id
    db.session.flush()
    actions.follow_session(session)
    update = db.session.scalars(select(InviteMail).order_by(InviteMail.sequence.desc())).first()
    assert update
    update.invite = invites.queries.find_invite(Invite.id == invite.id)
    assert update.sequence == 1
    assert b"TRIGGER:-PT60M" in imip.calendar_of(update, sender="Meetings <x@example.org>")


# --- By mail ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", reminding.OFFSETS)
def test_a_mail_is_owed_when_it_is_due_and_once(chosen: tuple[Person, Session], minutes: int) -> None:
    person, session = chosen
    reminding.choose(person, in_calendar=None, by_mail=minutes)
    due = session.starts_at - timedelta(minutes=minutes)
    assert at(due - timedelta(minutes=1)) == []
    [mail] = at(due)
    assert mail == {
        "session_id": str(session.id),
        "person_id": str(person.id),
        "begins": int(session.starts_at.timestamp()),
    }
    assert len(at(due + timedelta(minutes=5))) == 1


@pytest.mark.parametrize(("zone", "told"), [("Asia/Tokyo", True), ("Europe/Paris", False), ("UTC", False)])
def test_the_mail_says_when_it_is_by_the_readers_own_clock(
    chosen: tuple[Person, Session], zone: str, told: bool
) -> None:
    person, session = chosen
    person.time_zone = zone
    db.session.flush()
    db.session.expunge(session)
    found = news.chooser(session.id, person.id)
    assert found is not None
    letter = letters.reminder(*found)
    assert letter is not None
    words = render(letter, "<1@example.org>", now()).text
    assert ("Your time" in words) is told
    assert ("Tokyo" in words) is told


def test_it_follows_a_session_that_moves_before_and_after_it_was_sent(chosen: tuple[Person, Session]) -> None:
    person, session = chosen
    reminding.choose(person, in_calendar=None, by_mail=60)
    due, hour = session.starts_at - timedelta(hours=1), timedelta(hours=3)
    for name in ("starts_local", "ends_local", "starts_at", "ends_at"):
        setattr(session, name, getattr(session, name) + hour)
    db.session.flush()
    assert at(due) == [], "moved before it was due"
    [first] = at(due + hour)
    with time_machine.travel(due + hour, tick=False):
        assert reminding.still_due(session, first["begins"])
        for name in ("starts_local", "ends_local", "starts_at", "ends_at"):
            setattr(session, name, getattr(session, name) + hour)
        assert not reminding.still_due(session, first["begins"]), "owed, and moved before it was sent"
    db.session.flush()
    assert len(at(due + 2 * hour)) == 2


def test_whoever_wants_it_later_after_it_came_is_reminded_then_too(chosen: tuple[Person, Session]) -> None:
    person, session = chosen
    reminding.choose(person, in_calendar=None, by_mail=1440)
    db.session.flush()
    assert len(at(session.starts_at - timedelta(days=1))) == 1
    reminding.choose(person, in_calendar=None, by_mail=15)
    db.session.flush()
    assert len(at(session.starts_at - timedelta(minutes=15))) == 2
    assert len(at(session.starts_at - timedelta(minutes=10))) == 2


@pytest.mark.parametrize("why", ["withdrawn", "left out", "session off", "event off", "no address", "late", "begun"])
def test_nobody_is_reminded_of_what_is_not_theirs_or_not_on(chosen: tuple[Person, Session], why: str) -> None:
    person, session = chosen
    reminding.choose(person, in_calendar=None, by_mail=60)
    moment = session.starts_at - timedelta(hours=1)
    registration = db.session.scalars(select(Registration).where(Registration.person_id == person.id)).one()
    if why == "withdrawn":
        registration.state = State.WITHDRAWN
        registration.has_seat = False
    elif why == "left out":
        actions.leave_out(person, session.id)
    elif why == "session off":
        session.publication = Publication.CANCELLED
    elif why == "event off":
        db.session.get_one(type(make_event()), session.event_id).publication = Publication.CANCELLED
    elif why == "no address":
        person.email = None
    else:
        moment += timedelta(minutes=31 if why == "late" else 61)
    db.session.flush()
    assert at(moment) == []


def test_one_statement_for_everybody(statements: list[str], chosen: tuple[Person, Session]) -> None:
    person, session = chosen
    for other in (person, *(make_chooser_of(session) for _ in range(3))):
        reminding.choose(other, in_calendar=None, by_mail=15)
    db.session.flush()
    statements.clear()
    assert len(at(session.starts_at - timedelta(minutes=15))) == 4
    assert sum(one.startswith("INSERT") for one in statements) == 1


def make_chooser_of(session: Session) -> Person:
    """Another person who chose it."""
    return make_chooser(session)


# --- The page -----------------------------------------------------------------------------------------------------


def test_reminders_are_chosen_shown_again_and_erased(client: FlaskClient, chosen: tuple[Person, Session]) -> None:
    person, _ = chosen
    sign_in(client, person)
    sent = form_fields(client.get(MINE).get_data(as_text=True)) | {"in_calendar": "15", "by_mail": "1440"}
    assert client.post(f"{MINE}/reminders", data=sent).status_code == 303
    assert client.post(f"{MINE}/reminders", data=sent).status_code == 303, "sent twice"
    row = db.session.get_one(Reminding, person.id)
    assert (row.in_calendar, row.by_mail) == (15, 1440)
    page = client.get(MINE).get_data(as_text=True)
    assert 'selected value="15"' in page
    sent = form_fields(page) | {"in_calendar": "0", "by_mail": "0"}
    client.post(f"{MINE}/reminders", data=sent)
    db.session.refresh(row)
    assert (row.in_calendar, row.by_mail) == (None, None)
    actions.erase(person.id)
    assert db.session.scalar(select(func.count()).select_from(Reminding)) == 0


@pytest.mark.parametrize("wrong", ["", "7", "-15", "soon", "1e9", "15 "])
def test_a_wrong_choice_changes_nothing_and_says_so(
    client: FlaskClient, chosen: tuple[Person, Session], wrong: str
) -> None:
    person, _ = chosen
    sign_in(client, person)
    sent = form_fields(client.get(MINE).get_data(as_text=True)) | {"in_calendar": "15", "by_mail": wrong}
    answer = client.post(f"{MINE}/reminders", data=sent)
    if wrong == "15 ":
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'selected value="15"' in page, "nothing chosen is lost"
    assert "by_mail-e" in page
    assert db.session.get(Reminding, person.id) is None


# --- Invites that people ask for ----------------------------------------------------------------------------------


@pytest.fixture
def three() -> tuple[Person, list[Session]]:
    """Somebody who chose three sessions of a forum."""
    event = make_event(kind=EventKind.FORUM)
    sessions = [db.session.get_one(Session, make_entry(event).session_id) for _ in range(3)]
    return make_chooser(*sessions, email="amina@example.org"), sessions


def mails(method: Method = Method.REQUEST) -> int:
    counted = select(func.count()).select_from(InviteMail).where(InviteMail.method == method)
    return db.session.scalar(counted) or 0


def press(client: FlaskClient, session: object = None) -> str:
    """Ask for invites, to one session or to all; the page that follows."""
    fields = form_fields(client.get(MINE).get_data(as_text=True))
    sent = {name: fields[name] for name in ("csrf_token", "form_key")} | {"choice": "invite"}
    assert client.post(f"{MINE}/{session or 'invites'}", data=sent).status_code == 303
    return client.get(MINE).get_data(as_text=True)


def test_one_press_sends_all_invites_and_a_second_none(
    client: FlaskClient, three: tuple[Person, list[Session]]
) -> None:
    person, _ = three
    sign_in(client, person)
    assert mails() == 0, "nobody gets mails unasked"
    assert "3 invites are on their way to you." in press(client)
    assert mails() == 3
    page = press(client)
    assert "There is nothing to send" in page
    assert "Send me all invites" not in page
    assert mails() == 3


def test_one_invite_alone_and_what_is_left_out_is_cancelled_for_that_person(
    client: FlaskClient, three: tuple[Person, list[Session]]
) -> None:
    person, sessions = three
    sign_in(client, person)
    assert "1 invite is on its way to you." in press(client, sessions[1].id)
    [invite] = db.session.scalars(select(Invite))
    actions.leave_out(person, sessions[0].id)
    assert mails(Method.CANCEL) == 0
    actions.leave_out(person, sessions[1].id)
    assert mails(Method.CANCEL) == 1
    db.session.refresh(invite)
    assert invite.cancelled_at
    actions.choose(person, sessions[1], Choice.GOING)
    press(client, sessions[1].id)
    raised = [mail.sequence for mail in db.session.scalars(select(InviteMail).order_by(InviteMail.sequence))]
    assert raised == sorted(set(raised)), "SEQUENCE rises through leaving and coming back"


def test_sessions_that_are_not_mine_send_nothing(client: FlaskClient, three: tuple[Person, list[Session]]) -> None:
    person, _ = three
    sign_in(client, person)
    other = make_entry(make_event(kind=EventKind.FORUM))
    for session_id in (other.session_id, "00000000-0000-0000-0000-000000000000"):
        assert "There is nothing to send" in press(client, session_id)
    assert mails() == 0


def test_the_discreet_are_offered_none(client: FlaskClient, three: tuple[Person, list[Session]]) -> None:
    person, _ = three
    person.discreet = True
    db.session.flush()
    sign_in(client, person)
    page = press(client)
    assert "Send me all invites" not in page
    assert "Invite by mail" not in page
    assert mails() == 0


def test_what_was_left_out_does_not_come_back_with_the_name(three: tuple[Person, list[Session]]) -> None:
    """Discreet mode takes all invites off; leaving it puts back those whose sessions are still chosen."""
    person, sessions = three
    assert len(invites.invite_chosen(person)) == 3
    actions.leave_out(person, sessions[0].id)
    for discreet in (True, False):
        person.discreet = discreet
        db.session.flush()
        invites.follow_visibility(person.id)
    standing = select(func.count()).select_from(Invite).where(Invite.cancelled_at.is_(None))
    assert db.session.scalar(standing) == 2


def test_dialogue_invites_stay_where_the_session_is_left_out() -> None:
    invite, registration = invited()
    person = db.session.get_one(Person, registration.person_id)
    session_id = db.session.scalars(select(Session.id).where(Session.event_id == registration.event_id)).one()
    actions.leave_out(person, session_id)
    db.session.refresh(invite)
    assert invite.cancelled_at is None


def test_the_private_address_has_a_picture_for_the_phone(client: FlaskClient, chosen: tuple[Person, Session]) -> None:
    person, _ = chosen
    sign_in(client, make_person())
    assert "QR code" not in client.get(MINE).get_data(as_text=True)
    actions.new_link(person)
    sign_in(client, person)
    page = client.get(MINE).get_data(as_text=True)
    assert "QR code of your private address" in page
    assert "<path" in page
