"""Places for each way of taking part, and an event that changes how people come together: counted by the database, kept
to by every way to a place, nobody skipped; those whose way is gone are asked once and choose again by one press.
"""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from eventhub.arrangements.visas import travels
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import Stale
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event, Mode
from eventhub.registration import actions, admission, deciding, doors, offers, queries, switching, ways
from eventhub.registration.models import ModeChoice, ModePlaces, Registration, RegistrationSetup, SeatAt, State
from tests.factories.people import form_fields, grant, make_person, sign_in
from tests.factories.registration import (
    THREE_PAGES,
    intake,
    make_dialogue,
    make_forum,
    make_registration,
    register,
    take_category,
)
from tests.programme.console import text_of

pytestmark = pytest.mark.usefixtures("database")

ROOM, REMOTE = "in_person", "remote_listening"
NGO, STATE = "ngo_no_ecosoc", "member_state"
DAY = timedelta(days=1)


def event_with(room: int | None = None, remote: int | None = None, **given: Any) -> Event:
    """Places are taken at once, in person and online."""
    event = make_dialogue(data=THREE_PAGES, **given)
    event.mode = Mode.HYBRID
    db.session.flush()
    admission.limit_ways(make_person(), event, {ROOM: room, REMOTE: remote})
    return event


def came(event: Event, way: str, category: str = NGO, person: Person | None = None) -> Registration:
    given = {"attendance_mode": way, "category": category, "legal_name": "A", "document_number": "X"}
    return register(
        event, person, **{name: one for name, one in given.items() if way == ROOM or name != "document_number"}
    )


def taken(event: Event, way: str) -> int:
    db.session.flush()
    return db.session.get_one(ModePlaces, (event.id, way), populate_existing=True).seats_taken


def states(*rows: Registration) -> list[State]:
    for one in rows:
        db.session.refresh(one)
    return [one.state for one in rows]


def owner(one: Registration) -> Person:
    return db.session.get_one(Person, one.person_id)


def leave(event: Event, one: Registration) -> None:
    actions.withdraw(owner(one), queries.intake(event.slug, owner(one), lock=True, seats=True))


def test_who_finds_no_place_of_the_way_waits_and_others_do_not() -> None:
    event = event_with(room=1, capacity=10)
    first, second, other = came(event, ROOM), came(event, ROOM), came(event, REMOTE)
    assert states(first, second, other) == [State.ACCREDITED, State.WAITLISTED, State.ACCREDITED]
    assert taken(event, ROOM) == 1


def test_a_place_goes_to_the_first_whose_way_and_category_have_room() -> None:
    event = event_with(room=1, remote=1, capacity=9)
    take_category(event, NGO, quota=2)
    take_category(event, STATE, quota=1)
    room, remote = came(event, ROOM), came(event, REMOTE)
    # Both categories and ways of these are full in one way or the other.
    waits_remote, waits_room = came(event, REMOTE, STATE), came(event, ROOM, STATE)
    leave(event, room)
    assert states(waits_remote, waits_room) == [State.WAITLISTED, State.OFFERED]
    leave(event, remote)  # the place of the State is taken: the first in line still waits for it
    assert states(waits_remote) == [State.WAITLISTED]
    offer = queries.newest_offer(waits_room)
    assert offer is not None
    offers.give_back(owner(waits_room), offer)
    assert states(waits_remote) == [State.OFFERED]
    assert (taken(event, ROOM), taken(event, REMOTE)) == (0, 1)


def test_the_database_itself_refuses_one_too_many() -> None:
    event = event_with(room=1)
    came(event, ROOM)
    with pytest.raises(IntegrityError, match="registration_mode_seats_within_quota"), db.session.begin_nested():
        make_registration(event, state=State.ACCREDITED, has_seat=True)
    other = make_registration(event, attendance_mode=REMOTE, state=State.ACCREDITED, has_seat=True)
    with pytest.raises(IntegrityError, match="registration_mode_seats_within_quota"), db.session.begin_nested():
        db.session.execute(update(Registration).where(Registration.id == other.id).values(attendance_mode=ROOM))
    assert taken(event, ROOM) == 1


def test_the_desk_the_door_and_changes_keep_to_it() -> None:
    event, officer = event_with(room=1, seat_at=SeatAt.ACCREDITATION, needs_accreditation=True), make_person()
    one, two, remote = came(event, ROOM), came(event, ROOM), came(event, REMOTE)
    with pytest.raises(offers.WayFull), db.session.begin_nested():
        deciding.decide(officer, [one, two], State.ACCREDITED, "complete")
    deciding.decide(officer, [one, remote], State.ACCREDITED, "complete")
    setup = db.session.get_one(RegistrationSetup, event.id)
    who = doors.Newcomer("Amina", NGO)
    with pytest.raises(doors.NoPlaceLeft), db.session.begin_nested():
        doors.register_at_desk(officer, event, setup, who, accredit=True, may_pass_over=False, text=None)
    person = owner(remote)
    with pytest.raises(IntegrityError, match="registration_mode_seats_within_quota"), db.session.begin_nested():
        actions.amend(person, intake(event, person), {"attendance_mode": ROOM, "document_number": "X"})
    deciding.decide(officer, [two], State.WAITLISTED, "over_quota")
    person = owner(one)
    actions.amend(person, intake(event, person), {"attendance_mode": REMOTE})
    assert states(one, two) == [State.ACCREDITED, State.OFFERED]
    assert taken(event, ROOM) == 1


def test_a_change_of_way_to_a_full_one_is_refused_on_the_form(client: FlaskClient) -> None:
    event, person = event_with(room=1), make_person()
    came(event, ROOM)
    mine = came(event, REMOTE, person=sign_in(client, person))
    address = f"/en/me/registrations/{mine.reference}/answers/p1"
    refused = client.post(address, data=form_fields(client.get(address).text) | {"q_attendance_mode": ROOM})
    assert refused.status_code in {409, 422}
    assert "All places for this way of taking part are taken" in refused.text


def test_more_places_are_offered_and_fewer_than_taken_refused(client: FlaskClient) -> None:
    event, staff = event_with(room=1), make_person()
    seated, waiting = came(event, ROOM), came(event, ROOM)
    grant(staff, Role.ORGANISER, event_id=event.id)
    sign_in(client, staff)
    address = f"/en/console/events/{event.slug}/registration-settings/ways"
    client.post(address, data=form_fields(client.get(address).text) | {ROOM: "2"})
    assert states(seated, waiting) == [State.ACCREDITED, State.OFFERED]
    refused = client.post(address, data=form_fields(client.get(address).text) | {ROOM: "1"})
    assert refused.status_code == 422
    assert "2 people have a place in this way already" in refused.text
    client.post(address, data=form_fields(client.get(address).text) | {ROOM: ""})
    assert admission.places_of_ways(event.id) == {}


def test_who_had_a_place_before_there_was_a_limit_counts() -> None:
    event = event_with()
    came(event, ROOM)
    admission.limit_ways(make_person(), event, {ROOM: 2})
    assert taken(event, ROOM) == 1
    assert states(came(event, ROOM), came(event, ROOM)) == [State.ACCREDITED, State.WAITLISTED]


# An event changes how people come together


def hybrid_forum(**given: Any) -> tuple[Event, Person]:
    return make_forum(**given), make_person()


def switch(staff: Person, event: Event, mode: Mode = Mode.IN_PERSON, days: int = 7) -> int:
    number = switching.switch(staff, event, mode, now() + timedelta(days=days), version=event.version)
    db.session.flush()
    return number


def promised(task: str) -> list[Promise]:
    return list(db.session.scalars(select(Promise).where(Promise.task == task)))


def test_those_concerned_are_asked_once_and_reminded_once() -> None:
    event, staff = hybrid_forum()
    room, remote = came(event, ROOM), came(event, REMOTE)
    gone = came(event, REMOTE)
    leave(event, gone)
    make_registration(event, attendance_mode="video_statement")
    assert switching.concerned(event.id, Mode.IN_PERSON).total == 1
    assert (switch(staff, event), switch(staff, event)) == (1, 0)
    asked, reminded = promised("registration.way_asked"), promised("registration.way_reminded")
    assert [one.payload["registration_id"] for one in asked + reminded] == [str(remote.id)] * 2
    assert reminded[0].not_before > asked[0].not_before + 4 * DAY
    assert db.session.get(ModeChoice, room.id) is None
    assert promised("programme.event_changed"), "calendars look at the entries of the event"
    verbs = set(db.session.scalars(select(AuditEntry.verb).where(AuditEntry.subject_id == remote.id)))
    assert "registration.way_asked" in verbs


def test_somebody_chooses_by_one_press_and_the_history_shows_it(client: FlaskClient) -> None:
    event, staff = hybrid_forum()
    person = sign_in(client, make_person())
    mine = came(event, REMOTE, person=person)
    switch(staff, event)
    assert "Choose how to take part" in client.get("/en/me").text
    assert "Please choose again how you take part" in client.get(f"/en/me/registrations/{mine.reference}").text
    address = f"/en/me/registrations/{mine.reference}/way"
    page = client.get(address)
    assert "in person only" in text_of(page)
    assert f'value="{REMOTE}"' not in page.text
    wrong = client.post(address, data=form_fields(page.text) | {"way": REMOTE})
    assert wrong.status_code == 422
    done = client.post(address, data=form_fields(page.text) | {"way": ROOM})
    assert done.status_code == 303
    db.session.refresh(mine)
    assert mine.attendance_mode == ROOM
    assert travels(event, mine.attendance_mode)
    assert promised("registration.reprinted")
    assert db.session.get_one(ModeChoice, mine.id, populate_existing=True).closed_at is not None
    own = client.get(f"/en/me/registrations/{mine.reference}").text
    assert "Way of taking part chosen again" in own
    assert "Number of your document" in own, "what the new way asks for is named as missing"
    assert client.get(address).status_code == 303, "there is nothing to choose any more"


def test_after_the_deadline_and_with_a_badge_one_still_chooses() -> None:
    event, staff = hybrid_forum()
    person = make_person()
    mine = came(event, REMOTE, person=person)
    deciding.decide(staff, [mine], State.ACCREDITED, "complete")
    mine.state = State.BADGE_ISSUED
    with time_machine.travel(now() + 10 * DAY, tick=False):
        switch(staff, event)
        chosen = switching.choose_way(person, queries.own(person, mine.reference or "", lock=True, seats=True), ROOM)
        assert (chosen.attendance_mode, chosen.state) == (ROOM, State.BADGE_ISSUED)


def test_withdrawing_is_one_press_too(client: FlaskClient) -> None:
    event, staff = hybrid_forum()
    mine = came(event, REMOTE, person=sign_in(client, make_person()))
    switch(staff, event)
    address = f"/en/me/registrations/{mine.reference}/way"
    client.post(address, data=form_fields(client.get(address).text) | {"way": "withdraw"})
    assert states(mine) == [State.WITHDRAWN]


def test_seats_of_the_new_way_are_kept_to(client: FlaskClient) -> None:
    event = event_with(room=1)
    staff, person = make_person(), sign_in(client, make_person())
    came(event, ROOM)
    mine = came(event, REMOTE, person=person)
    event.mode = Mode.HYBRID
    switch(staff, event)
    address = f"/en/me/registrations/{mine.reference}/way"
    page = client.get(address)
    assert "All places are taken for" in text_of(page)
    refused = client.post(address, data=form_fields(page.text) | {"way": ROOM})
    assert refused.status_code in {409, 422}
    assert "All places for this way of taking part are taken" in refused.text
    db.session.refresh(mine)
    assert (mine.attendance_mode, mine.has_seat) == (REMOTE, True)
    assert taken(event, ROOM) == 1


def test_silence_leaves_them_marked_for_the_desk(client: FlaskClient) -> None:
    event, staff = hybrid_forum()
    came(event, REMOTE)
    grant(staff, Role.ORGANISER, event_id=event.id)
    switch(staff, event)
    with time_machine.travel(now() + 9 * DAY, tick=False):
        sign_in(client, staff)
        assert "1 must choose again" in client.get("/en/console").text
        page = text_of(client.get(f"/en/console/events/{event.slug}/registration-settings/mode"))
        assert "1 was asked and has not answered yet" in page


def test_the_page_shows_whom_it_concerns_before_anything_changes(client: FlaskClient) -> None:
    event, staff = hybrid_forum()
    came(event, REMOTE)
    came(event, ROOM)
    grant(staff, Role.ORGANISER, event_id=event.id)
    sign_in(client, staff)
    address = f"/en/console/events/{event.slug}/registration-settings/mode"
    page = client.get(f"{address}?to=in_person")
    assert "1 person takes part in a way that would not exist any more" in text_of(page)
    assert event.mode is Mode.HYBRID
    too_soon = now().strftime("%Y-%m-%dT%H:%M")
    refused = client.post(address, data=form_fields(page.text) | {"until": too_soon})
    assert refused.status_code == 422
    assert "at least a day" in refused.text
    soon = (now() + 5 * DAY).strftime("%Y-%m-%dT%H:%M")
    client.post(address, data=form_fields(page.text) | {"until": soon})
    db.session.refresh(event)
    assert event.mode is Mode.IN_PERSON
    assert len(promised("registration.way_asked")) == 1


def test_a_stale_page_and_a_way_back() -> None:
    event, staff = hybrid_forum()
    one = came(event, REMOTE)
    before = event.version
    switch(staff, event)
    with pytest.raises(Stale):
        switching.switch(staff, event, Mode.ONLINE, now() + 7 * DAY, version=before)
    db.session.refresh(event)
    switch(staff, event, Mode.HYBRID)
    assert db.session.get_one(ModeChoice, one.id, populate_existing=True).closed_at is not None
    assert switching.awaited(one, event) is None


def test_whoever_comes_now_is_offered_what_exists(client: FlaskClient) -> None:
    event, staff = hybrid_forum()
    person = sign_in(client, make_person())
    begun = actions.start_draft(person, person, intake(event, person))
    actions.save_page(person, begun, {"attendance_mode": REMOTE, "category": NGO, "legal_name": "A"})
    switch(staff, event)
    page = client.get(f"/en/events/{event.slug}/register/p1")
    assert f'value="{REMOTE}"' not in page.text
    assert "Nobody can take part in this event in the way" in text_of(page)
    with pytest.raises(actions.WayGone):
        actions.submit(person, intake(event, person))
    assert not ways.must_choose(begun.registration, Mode.IN_PERSON)  # type: ignore[arg-type]


def test_a_change_of_the_facts_alone_marks_them_as_well(client: FlaskClient) -> None:
    event, staff = hybrid_forum()
    came(event, REMOTE)
    event.mode = Mode.IN_PERSON
    db.session.flush()
    grant(staff, Role.ORGANISER, event_id=event.id)
    sign_in(client, staff)
    assert "1 must choose again" in client.get("/en/console").text
    page = client.get(f"/en/console/events/{event.slug}/registration-settings/mode")
    soon = (now() + 5 * DAY).strftime("%Y-%m-%dT%H:%M")
    client.post(page.request.path, data=form_fields(page.text) | {"until": soon})
    assert len(promised("registration.way_asked")) == 1
