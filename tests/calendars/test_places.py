"""Places in sessions: who has one, who waits, who gets the next; and sessions for some participants."""

import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.calendars import actions, invites, news, places, queries
from eventhub.calendars.models import CalendarEntry, Choice, ChosenSession, Partstat, SessionWait
from eventhub.calendars.places import SessionFull
from eventhub.kit import revisions
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.outbox import Promise
from eventhub.kit.pages import PageStore
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event, Publication, Session, SessionKind
from eventhub.registration.models import Registration, State
from tests.factories.calendars import make_chooser, make_dialogue, make_room, make_seated
from tests.factories.people import form_fields, make_person, make_staff, sign_in
from tests.factories.programme import make_event, make_session
from tests.programme.console import error_at, send


def limited(number: int | None = 1, event: Event | None = None, **given: object) -> Session:
    return make_session(event or make_event(), places=number, kind=SessionKind.SIDE_EVENT, **given)  # type: ignore[arg-type]


def seated(session: Session, **given: object) -> Person:
    person = make_person()
    make_seated(db.session.get_one(Event, session.event_id), person, **given)
    return person


def taken(session: Session) -> int:
    db.session.flush()
    db.session.refresh(session)
    return session.places_taken


def going(session: Session) -> list[uuid.UUID]:
    rows = select(ChosenSession.person_id).where(
        ChosenSession.session_id == session.id, ChosenSession.choice == Choice.GOING
    )
    return list(db.session.scalars(rows))


def owed(task: str) -> list[str]:
    db.session.flush()
    return [one.payload["person_id"] for one in db.session.scalars(select(Promise).where(Promise.task == task))]


# --- Places -------------------------------------------------------------------------------------------------------


def test_a_sure_choice_takes_a_place_and_a_maybe_does_not(database: None) -> None:
    session = limited(1)
    first, second = seated(session), seated(session)
    actions.choose(second, session, Choice.MAYBE)
    assert taken(session) == 0
    actions.choose(first, session, Choice.GOING)
    actions.choose(first, session, Choice.GOING)
    assert taken(session) == 1
    with pytest.raises(SessionFull):
        actions.choose(second, session, Choice.GOING)
    actions.choose(first, session, Choice.MAYBE)
    assert taken(session) == 0
    actions.choose(second, session, Choice.GOING)
    assert going(session) == [second.id]


def test_many_at_once_get_all_or_nothing(database: None) -> None:
    event = make_event()
    full, free = limited(1, event), limited(5, event)
    actions.choose(seated(full), full, Choice.GOING)
    person = seated(free)
    _event, offered, _chosen = queries.my_event(person, event.slug)
    with pytest.raises(SessionFull), db.session.begin_nested():
        actions.choose_among(person, offered, [full.id, free.id])
    assert (taken(full), taken(free)) == (1, 0)
    assert actions.choose_among(person, offered, [free.id]) == 1
    assert taken(free) == 1
    actions.choose_among(person, offered, [])
    assert taken(free) == 0


@pytest.mark.parametrize("way", ["leaves out", "is not sure", "unticks", "withdraws", "is erased"])
def test_whoever_frees_a_place_gives_it_to_the_first_in_line(database: None, way: str) -> None:
    session = limited(1)
    registration = make_seated(db.session.get_one(Event, session.event_id))
    holder = db.session.get_one(Person, registration.person_id)
    first, second, newcomer = seated(session), seated(session), seated(session)
    actions.choose(holder, session, Choice.GOING)
    actions.choose(first, session, Choice.MAYBE)
    assert not places.wait(first, session)
    assert not places.wait(second, session)
    assert not places.wait(first, session)  # asking twice keeps the place in line
    if way == "leaves out":
        actions.leave_out(holder, session.id)
    elif way == "is not sure":
        actions.choose(holder, session, Choice.MAYBE)
    elif way == "unticks":
        actions.choose_among(holder, [session], [])
    elif way == "withdraws":
        registration.state = State.WITHDRAWN
        actions.on_withdrawn(registration)
    else:
        actions.erase(holder.id)
    assert going(session) == [first.id]
    assert owed("calendars.place_given") == [str(first.id)]
    assert db.session.scalars(select(SessionWait.person_id)).all() == [second.id]
    assert taken(session) == 1
    row = db.session.get_one(ChosenSession, (first.id, session.id), populate_existing=True)
    assert row.raised == 1  # a maybe in the calendar became a yes
    with pytest.raises(SessionFull):
        actions.choose(newcomer, session, Choice.GOING)


def test_more_places_go_to_the_line_before_anybody_new(database: None) -> None:
    session = limited(1)
    holder, waiting, newcomer = seated(session), seated(session), seated(session)
    actions.choose(holder, session, Choice.GOING)
    places.wait(waiting, session)
    session.places = 2
    db.session.flush()
    with pytest.raises(SessionFull):  # the worker has not come by yet
        actions.choose(newcomer, session, Choice.GOING)
    places.follow_session(session.id)
    assert set(going(session)) == {holder.id, waiting.id}
    places.wait(newcomer, session)
    session.places = None
    db.session.flush()
    places.follow_session(session.id)
    assert set(going(session)) == {holder.id, waiting.id, newcomer.id}
    session.places = 3  # counted anew
    assert taken(session) == 3


def test_who_cannot_come_any_more_is_passed_over(database: None) -> None:
    session = limited(1)
    holder, gone, second = seated(session), seated(session), seated(session)
    actions.choose(holder, session, Choice.GOING)
    for person in (gone, second):
        places.wait(person, session)
    gone.erased_at = now()
    db.session.flush()
    actions.leave_out(holder, session.id)
    assert going(session) == [second.id]


def test_nothing_is_handed_on_once_a_session_has_begun_or_is_off(database: None) -> None:
    for change in ({"publication": Publication.CANCELLED}, {"starts_at": now() - timedelta(hours=1)}):
        session = limited(1)
        holder, waiting = seated(session), seated(session)
        actions.choose(holder, session, Choice.GOING)
        places.wait(waiting, session)
        for name, value in change.items():
            setattr(session, name, value)
        db.session.flush()
        actions.leave_out(holder, session.id)
        assert going(session) == []


def test_a_yes_to_an_invite_takes_no_seat_in_a_full_session(client: FlaskClient) -> None:
    event, session = make_dialogue()
    person = make_person()
    actions.on_accredited(make_seated(event, person))
    entry = db.session.scalars(select(CalendarEntry)).one()
    actions.leave_out(person, session.id)
    session.places = 1
    actions.choose(seated(session), session, Choice.GOING)
    invite = db.session.scalars(select(invites.Invite).where(invites.Invite.entry_id == entry.id)).one()
    address = f"/en/invites/{invites.imip.invite_token(invite)}"
    fields = form_fields(client.get(address).get_data(as_text=True))
    answer = client.post(address, data=fields | {"answer": "accepted"})
    assert answer.status_code == 422
    assert "All places in this session are taken" in answer.get_data(as_text=True)
    db.session.refresh(invite)
    assert invite.partstat is Partstat.NEEDS_ACTION
    assert taken(session) == 1
    assert client.post(address, data=fields | {"answer": "tentative"}).status_code == 303
    assert db.session.get_one(ChosenSession, (person.id, session.id)).choice is Choice.MAYBE


def test_accreditation_puts_nobody_into_a_session_with_places(database: None) -> None:
    event = make_event()
    session = limited(5, event)
    everybody = make_session(event, chosen_beforehand=True)
    registration = make_seated(event)
    actions.on_accredited(registration)
    assert (going(session), going(everybody)) == ([], [registration.person_id])


# --- For some participants ----------------------------------------------------------------------------------------


def test_a_session_for_others_is_neither_offered_nor_chosen(client: FlaskClient) -> None:
    session = limited(None, for_categories=["member_state"], chosen_beforehand=True)
    event = db.session.get_one(Event, session.event_id)
    state, other = seated(session, category="member_state"), seated(session)
    assert queries.session_for_choice(state, session.id).id == session.id
    with pytest.raises(NotFound):
        queries.session_for_choice(other, session.id)
    actions.choose_for_all(event, [state.id, other.id])
    assert going(session) == [state.id]
    sign_in(client, other)
    assert "The programme is not published yet" in client.get(f"/en/me/sessions/events/{event.slug}").text
    assert "Only for: Member State" in client.get(f"/en/events/{event.slug}").text


def test_who_is_of_another_category_by_now_loses_the_session_and_is_told(database: None) -> None:
    session = limited(1)
    holder = seated(session, category="member_state")
    waiting, other = seated(session, category="academic_expert"), seated(session, category="member_state")
    actions.choose(holder, session, Choice.GOING)
    for person in (other, waiting):
        places.wait(person, session)
    session.for_categories = ["academic_expert"]
    db.session.flush()
    places.follow_session(session.id)
    assert going(session) == [waiting.id]
    assert owed("calendars.place_lost") == [str(holder.id)]
    assert db.session.scalars(select(SessionWait)).all() == []
    assert news.registered_for(session.id, holder.id) is not None
    registration = db.session.scalars(select(Registration).where(Registration.person_id == waiting.id)).one()
    registration.category = "member_state"
    db.session.flush()
    places.follow_person(waiting.id, session.event_id)
    assert going(session) == []


# --- Pages --------------------------------------------------------------------------------------------------------


def test_the_public_page_says_full_and_changes_with_that_alone(client: FlaskClient) -> None:
    client.application.extensions["eventhub.pages"] = PageStore()
    session = limited(2)
    slug = db.session.get_one(Event, session.event_id).slug
    people = [seated(session) for _ in range(3)]
    address = f"/en/events/{slug}/sessions/{session.id}"
    assert "2 places" in client.get(address).text
    before = revisions.current("places")
    actions.choose(people[0], session, Choice.GOING)
    assert revisions.current("places") == before
    actions.choose(people[1], session, Choice.GOING)
    assert revisions.current("places") == before + 1
    client.application.extensions["eventhub.pages"] = PageStore()
    assert "2 places, all taken" in client.get(address).text
    places.wait(people[2], session)
    actions.leave_out(people[0], session.id)  # handed on: nothing that a page would say
    assert revisions.current("places") == before + 1
    actions.leave_out(people[1], session.id)
    assert revisions.current("places") == before + 2


def test_into_the_line_and_out_of_it_over_the_pages(client: FlaskClient) -> None:
    session = limited(1, title={"en": "Film evening"})
    slug = db.session.get_one(Event, session.event_id).slug
    holder = seated(session)
    actions.choose(holder, session, Choice.GOING)
    person = sign_in(client, seated(session))
    choose, line = f"/en/me/sessions/events/{slug}", f"/en/me/sessions/{session.id}/line"
    page = client.get(choose).text
    assert "Join the waiting list" in page
    assert 'name="sessions"' not in page
    sent = client.post(choose, data=form_fields(page) | {"sessions": str(session.id)})
    assert sent.status_code == 422
    assert "All places in this session are taken" in sent.text
    joined = client.post(line, data=form_fields(page, line) | {"line": "join"}, follow_redirects=True)
    assert "You are on the waiting list" in joined.text
    assert "Waiting for a place" in joined.text
    assert "Leave the waiting list" in client.get(choose).text
    left = client.post(line, data=form_fields(joined.text, line) | {"line": "none"}, follow_redirects=True)
    assert "You wait for this session no more" in left.text
    actions.leave_out(holder, session.id)
    fields = form_fields(client.get(choose).text)
    taken_by_line = client.post(line, data=fields | {"line": "join"}, follow_redirects=True)
    assert "There was a place" in taken_by_line.text
    assert going(session) == [person.id]


def test_a_page_from_before_takes_nothing_out_that_it_did_not_show(client: FlaskClient) -> None:
    event = make_event()
    shown, later = make_session(event), make_session(event, publication=Publication.DRAFT)
    person = sign_in(client, seated(shown))
    address = f"/en/me/sessions/events/{event.slug}"
    page = client.get(address).text
    later.publication = Publication.PUBLISHED
    db.session.flush()
    actions.choose(person, later, Choice.GOING)
    assert client.post(address, data=form_fields(page) | {"sessions": str(shown.id)}).status_code == 303
    assert (going(shown), going(later)) == ([person.id], [person.id])
    assert client.post(address, data=form_fields(client.get(address).text)).status_code == 303
    assert (going(shown), going(later)) == ([], [])


def test_a_maybe_of_a_full_session_stays_one_and_the_page_says_why(client: FlaskClient) -> None:
    session = limited(1)
    person = sign_in(client, make_chooser(make_session(db.session.get_one(Event, session.event_id))))
    actions.choose(person, session, Choice.MAYBE)
    actions.choose(seated(session), session, Choice.GOING)
    page = client.get("/en/me/sessions").text
    address = f"/en/me/sessions/{session.id}"
    answer = client.post(address, data=form_fields(page, address) | {"choice": "going"})
    assert answer.status_code == 422
    assert "All places in this session are taken" in answer.text


def test_an_organizer_lowers_the_number_no_further_than_what_is_taken(client: FlaskClient) -> None:
    event = make_event()
    room = make_room(event, capacity=2)
    session = limited(3, event, room_id=room.id)
    for _ in range(2):
        actions.choose(seated(session), session, Choice.GOING)
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    address = f"/en/console/events/{event.slug}/sessions/{session.id}"
    assert "fewer than the session" in client.get(address).text
    refused = send(client, address, places="1")
    assert refused.status_code == 422
    assert "More places are taken already" in error_at(refused, "places")
    both = send(client, address, chosen_beforehand="y")
    assert "everybody’s calendar" in error_at(both, "places")
    assert send(client, address, places="2").status_code == 303
    assert send(client, address, places="").status_code == 303
    refused = send(client, address, places="1")  # also where there was no limit before
    assert "More places are taken already" in error_at(refused, "places")


def test_organizers_see_numbers_and_save_them_and_others_do_not(client: FlaskClient) -> None:
    event = make_event()
    session = limited(1, event, title={"en": "Film evening"})
    actions.choose(seated(session), session, Choice.GOING)
    actions.choose(seated(session), session, Choice.MAYBE)
    places.wait(seated(session), session)
    address = f"/en/console/events/{event.slug}/calendar/places"
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    page = client.get(address).text
    assert "Film evening" in page
    assert "full" in page
    fields = form_fields(page, f"{address}.csv")
    table = client.post(f"{address}.csv", data=fields)
    assert table.data.decode("utf-8-sig").splitlines()[1].endswith('"1","1","1","1"')
    assert client.post(f"{address}.xlsx", data=form_fields(client.get(address).text)).status_code == 200
    sign_in(client, make_staff(Role.CHECK_IN, event_id=event.id))
    assert client.get(address).status_code == 404
