"""Pages that were opened before a session was called off, or before discreet mode was switched on."""

from datetime import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.calendars import actions, imip, invites
from eventhub.calendars.models import Choice, ChosenSession, Invite, SessionWait
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication, Session, SessionKind
from tests.factories.calendars import make_chooser, make_entry, make_seated
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.programme import make_event, make_session

MINE = "/en/me/sessions"


def chosen(person: Person) -> dict[object, Choice]:
    db.session.expire_all()
    rows = select(ChosenSession).where(ChosenSession.person_id == person.id)
    return {row.session_id: row.choice for row in db.session.scalars(rows)}


def end(session: Session, how: str) -> None:
    """Make it one that cannot be chosen."""
    if how == "cancelled":
        session.publication = Publication.CANCELLED
    elif how == "draft":
        session.publication = Publication.DRAFT
    elif how == "break":
        session.kind = SessionKind.BREAK
    else:
        session.for_categories = ["member_state"]
    db.session.flush()


SAID = {
    "cancelled": "This session was cancelled: Second sitting",
    "draft": "A session that you chose can no longer be chosen.",
    "break": "This session can no longer be chosen: Second sitting",
    "for others": "This session can no longer be chosen: Second sitting",
}


@pytest.mark.parametrize("how", SAID)
def test_the_rest_of_a_choice_is_saved_and_what_is_gone_is_named(client: FlaskClient, how: str) -> None:
    event = make_event()
    first = make_session(event, title={"en": "First sitting"})
    second = make_session(event, start=time(15), title={"en": "Second sitting"})
    make_seated(event, person := make_person())
    sign_in(client, person)
    address = f"{MINE}/events/{event.slug}"
    sent = form_fields(client.get(address).text) | {"sessions": [str(first.id), str(second.id)]}
    end(second, how)
    assert client.post(address, data=sent).status_code == 303
    assert chosen(person) == {first.id: Choice.GOING}
    html = client.get(MINE).text
    assert "Saved. Your calendar follows." in html
    assert SAID[how] in html
    assert ("Second sitting" in html) == (how != "draft")


@pytest.mark.parametrize("said", ["maybe", "invite"])
@pytest.mark.parametrize("how", SAID)
def test_a_session_that_is_gone_leads_back_to_the_list(client: FlaskClient, how: str, said: str) -> None:
    session = make_session(make_event(), title={"en": "Second sitting"})
    person = sign_in(client, make_chooser(session))
    sent = form_fields(client.get(MINE).text) | {"choice": said}
    end(session, how)
    answer = client.post(f"{MINE}/{session.id}?view=day", data=sent)
    assert (answer.status_code, answer.location) == (303, f"{MINE}?view=day")
    assert SAID[how] in client.get(MINE).text
    assert chosen(person) == {session.id: Choice.GOING}
    out = form_fields(client.get(MINE).text) | {"choice": "none"}
    assert client.post(f"{MINE}/{session.id}", data=out).status_code == 303
    assert chosen(person) == {}


def test_nobody_waits_for_what_is_gone(client: FlaskClient) -> None:
    session = make_session(make_event(), title={"en": "Second sitting"}, places=1, kind=SessionKind.SIDE_EVENT)
    make_chooser(session)
    make_seated(db.session.get_one(Event, session.event_id), person := make_person())
    sign_in(client, person)
    sent = form_fields(client.get(MINE).text) | {"line": "join"}
    end(session, "cancelled")
    assert client.post(f"{MINE}/{session.id}/line", data=sent).status_code == 303
    assert SAID["cancelled"] in client.get(MINE).text
    assert db.session.scalars(select(SessionWait)).all() == []


def test_a_stranger_learns_nothing_of_a_session_that_is_gone(client: FlaskClient) -> None:
    session = make_session(make_event(), title={"en": "Second sitting"})
    sign_in(client, make_person())
    sent = form_fields(client.get(MINE).text) | {"choice": "maybe"}
    end(session, "cancelled")
    assert client.post(f"{MINE}/{session.id}", data=sent).status_code == 404


@pytest.mark.parametrize("which", ["all", "one"])
def test_an_old_tab_says_that_discreet_mode_sends_no_invites(client: FlaskClient, which: str) -> None:
    session = db.session.get_one(Session, make_entry(make_event()).session_id)
    person = sign_in(client, make_chooser(session))
    sent = form_fields(client.get(MINE).text)
    person.discreet = True
    db.session.flush()
    address = f"{MINE}/invites" if which == "all" else f"{MINE}/{session.id}"
    assert client.post(address, data=sent | {"choice": "invite"}).status_code == 303
    html = client.get(MINE).text
    assert "In discreet mode no invites are sent by mail." in html
    assert "There is nothing to send" not in html
    assert db.session.scalars(select(Invite)).all() == []


@pytest.mark.parametrize("why", ["discreet", "left out"])
def test_the_link_of_an_invite_that_ended_says_what_may_be_and_not_what_is(client: FlaskClient, why: str) -> None:
    session = db.session.get_one(Session, make_entry(make_event()).session_id)
    person = make_chooser(session)
    (invite,) = invites.invite_chosen(person)
    address = f"/en/invites/{imip.invite_token(invite)}"
    if why == "discreet":
        person.discreet = True
        db.session.flush()
        invites.follow_visibility(person.id)
    else:
        actions.leave_out(person, session.id)
    html = client.get(address).text
    assert "This invitation is closed" in html
    assert "you no longer get invitations by mail" in html
    assert "iscreet" not in html
