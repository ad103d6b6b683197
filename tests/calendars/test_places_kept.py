"""What somebody said of a session is kept where the page did not ask, and ends where the session is for others."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.calendars import actions, invites, news, places, queries
from eventhub.calendars.models import Choice, ChosenSession, Invite, InviteMail, Method, Partstat
from eventhub.kit.db import db
from eventhub.programme.models import Event
from eventhub.registration.models import Registration, State
from tests.calendars.test_places import going, limited, owed, seated, taken
from tests.factories.calendars import make_dialogue, make_seated
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.programme import make_session


def test_saving_the_page_keeps_a_maybe_at_a_full_session(client: FlaskClient) -> None:
    session = limited(1)
    first, me = seated(session), sign_in(client, seated(session))
    other = make_session(db.session.get_one(Event, session.event_id))
    actions.choose(me, session, Choice.MAYBE)
    actions.choose(first, session, Choice.GOING)
    address = f"/en/me/sessions/events/{db.session.get_one(Event, session.event_id).slug}"
    fields = {name: value for name, value in form_fields(client.get(address).text).items() if name != "line"}
    assert client.post(address, data=fields | {"sessions": [str(other.id)]}).status_code == 303
    mine = select(ChosenSession.session_id, ChosenSession.choice).where(ChosenSession.person_id == me.id)
    assert {row.session_id: row.choice for row in db.session.execute(mine)} == {
        session.id: Choice.MAYBE,
        other.id: Choice.GOING,
    }


def test_an_invitation_ends_with_the_category_and_takes_no_place(database: None) -> None:
    event, session = make_dialogue()
    person = make_person(email="organization@example.org")
    actions.on_accredited(make_seated(event, person, category="ngo_ecosoc"))
    db.session.flush()
    invite = db.session.scalars(select(Invite).where(Invite.person_id == person.id)).one()
    session.for_categories, session.places = ["member_state"], 3
    db.session.flush()
    with pytest.raises(invites.InviteClosed):  # what follows from the edit has not run yet
        invites.answer(queries.invite_by_token(invites.imip.invite_token(invite), lock=True), Partstat.ACCEPTED)
    actions.follow_session(session)
    places.follow_session(session.id)
    assert invite.cancelled_at is not None
    mails = select(InviteMail.method).where(InviteMail.invite_id == invite.id).order_by(InviteMail.sequence.desc())
    assert db.session.scalars(mails).first() is Method.CANCEL
    assert (going(session), taken(session)) == ([], 0)


def test_whoever_has_withdrawn_answers_no_invitation(database: None) -> None:
    event, session = make_dialogue()
    person = make_person(email="withdrawn@example.org")
    actions.on_accredited(make_seated(event, person))
    session.places = 3
    mine = db.session.scalars(select(Registration).where(Registration.person_id == person.id)).one()
    mine.state, mine.has_seat = State.WITHDRAWN, False
    db.session.flush()
    invite = db.session.scalars(select(Invite).where(Invite.person_id == person.id)).one()
    with pytest.raises(invites.InviteClosed):
        invites.answer(queries.invite_by_token(invites.imip.invite_token(invite), lock=True), Partstat.ACCEPTED)


def test_whoever_waits_for_a_session_is_told_that_it_is_called_off(database: None) -> None:
    session = limited(1)
    has, waits, neither = seated(session), seated(session), seated(session)
    actions.choose(has, session, Choice.GOING)
    places.wait(waits, session)
    assert news.told_of_session(session).letters == 2
    news.owe_cancelled(session)
    assert sorted(owed("calendars.session_cancelled")) == sorted([str(has.id), str(waits.id)])
    assert news.chooser(session.id, waits.id) is not None, "the letter is written"
    assert news.chooser(session.id, waits.id, sure=True) is None
    assert news.chooser(session.id, neither.id) is None
