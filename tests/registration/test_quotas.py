"""Quotas of categories: counted by the database, kept to by every way to a place, and the line behind them."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.registration import actions, admission, deciding, doors, offers, personal_data, queries
from eventhub.registration.models import (
    Registration,
    RegistrationCategory,
    RegistrationSetup,
    SeatAt,
    SeatOffer,
    State,
)
from tests.factories.people import form_fields, grant, make_person, sign_in
from tests.factories.registration import (
    FOR_CATEGORIES,
    intake,
    make_dialogue,
    make_forum,
    make_registration,
    register,
    take_category,
)

pytestmark = pytest.mark.usefixtures("database")

STATE, NGO, GROUP = "member_state", "ngo_ecosoc", "minority_representative"


def dialogue(*, states: int | None = None, ngos: int | None = None, **given: object) -> Event:
    """Places are taken at once; two categories with their quotas."""
    event = make_dialogue(data=FOR_CATEGORIES, **given)
    take_category(event, STATE, quota=states)
    take_category(event, NGO, quota=ngos)
    return event


def came(event: Event, category: str, person: Person | None = None) -> Registration:
    return register(event, person, category=category, display_name="Amina")


def taken(event: Event, category: str) -> int:
    db.session.flush()
    row = db.session.get_one(RegistrationCategory, (event.id, category), populate_existing=True)
    return row.seats_taken


def states(*rows: Registration) -> list[State]:
    for one in rows:
        db.session.refresh(one)
    return [one.state for one in rows]


def owner(one: Registration) -> Person:
    return db.session.get_one(Person, one.person_id)


def withdraw(event: Event, one: Registration) -> None:
    actions.withdraw(owner(one), intake(event, owner(one)))


def test_the_first_over_quota_waits_and_others_do_not() -> None:
    event = dialogue(states=1, capacity=10)
    first, second, other = came(event, STATE), came(event, STATE), came(event, NGO)
    assert states(first, second, other) == [State.ACCREDITED, State.WAITLISTED, State.ACCREDITED]
    assert (taken(event, STATE), taken(event, NGO)) == (1, 1)
    assert db.session.get_one(RegistrationSetup, event.id, populate_existing=True).seats_taken == 2


def test_without_a_waiting_list_the_quota_is_said() -> None:
    event = dialogue(states=1, waiting_list=False)
    came(event, STATE)
    with pytest.raises(actions.EventFull):
        came(event, STATE)


def test_a_place_goes_to_the_first_of_a_category_with_room() -> None:
    event = dialogue(states=1, ngos=1, capacity=2)
    state, ngo = came(event, STATE), came(event, NGO)
    waiting_ngo, waiting_state = came(event, NGO), came(event, STATE)
    withdraw(event, state)
    assert states(waiting_ngo, waiting_state) == [State.WAITLISTED, State.OFFERED]
    assert (taken(event, STATE), taken(event, NGO)) == (1, 1)
    withdraw(event, ngo)
    assert states(waiting_ngo) == [State.OFFERED]


def test_an_offer_that_is_given_back_frees_the_place_of_its_category() -> None:
    event = dialogue(states=1)
    first, second, third = came(event, STATE), came(event, STATE), came(event, STATE)
    withdraw(event, first)
    offer = queries.newest_offer(second)
    assert offer is not None
    offers.give_back(owner(second), offer)
    assert states(second, third) == [State.WITHDRAWN, State.OFFERED]
    assert taken(event, STATE) == 1


def test_an_offer_says_and_keeps_whether_somebody_looks(client: FlaskClient) -> None:
    event = dialogue(states=1, ngos=1)
    take_category(event, NGO, quota=1, accreditation=True)
    firsts = [came(event, STATE), came(event, NGO)]
    waiting = [came(event, STATE), came(event, NGO)]
    for one in firsts:
        withdraw(event, one)
    told = []
    for one in waiting:
        sign_in(client, owner(one))
        told.append(client.get(f"/en/me/registrations/{one.reference}/offer").text)
        offer = queries.newest_offer(one)
        assert offer is not None
        offers.accept(owner(one), offer)
    assert states(*waiting) == [State.ACCREDITED, State.UNDER_REVIEW]
    assert ["looks at" in page for page in told] == [False, True]


def test_a_larger_quota_is_offered_to_the_line() -> None:
    event = dialogue(states=1)
    _first, second, third, fourth = (came(event, STATE) for _ in range(4))
    take_category(event, STATE, quota=3)
    assert states(second, third, fourth) == [State.OFFERED, State.OFFERED, State.WAITLISTED]
    take_category(event, STATE, quota=None)
    assert states(fourth) == [State.OFFERED]


def test_a_quota_below_the_seats_is_refused() -> None:
    event = dialogue()
    for _ in range(3):
        came(event, STATE)
    with pytest.raises(admission.QuotaBelowSeats) as refused:
        take_category(event, STATE, quota=2)
    assert str(refused.value.message).startswith("3 people of this category")


def test_who_had_a_place_before_there_was_a_quota_counts() -> None:
    event = make_dialogue(data=FOR_CATEGORIES)
    came(event, STATE)
    take_category(event, STATE, quota=2)
    assert taken(event, STATE) == 1
    assert states(came(event, STATE), came(event, STATE)) == [State.ACCREDITED, State.WAITLISTED]


def test_the_database_itself_refuses_one_too_many() -> None:
    event = dialogue(states=1)
    came(event, STATE)
    with pytest.raises(IntegrityError, match="seats_within_quota"), db.session.begin_nested():
        make_registration(event, category=STATE, state=State.ACCREDITED, has_seat=True)
    other = make_registration(event, category=NGO, state=State.ACCREDITED, has_seat=True)
    with pytest.raises(IntegrityError, match="seats_within_quota"), db.session.begin_nested():
        db.session.execute(update(Registration).where(Registration.id == other.id).values(category=STATE))
    db.session.execute(update(Registration).where(Registration.id == other.id).values(has_seat=False))
    assert (taken(event, STATE), taken(event, NGO)) == (1, 0)


def test_the_desk_cannot_pass_a_quota() -> None:
    event, officer = make_forum(data=FOR_CATEGORIES), make_person()
    take_category(event, STATE, quota=1)
    take_category(event, NGO)
    one, two, ngo = came(event, STATE), came(event, STATE), came(event, NGO)
    with pytest.raises(offers.QuotaFull), db.session.begin_nested():
        deciding.decide(officer, [one, two, ngo], State.ACCREDITED, "complete")
    deciding.decide(officer, [one, ngo], State.ACCREDITED, "complete")
    deciding.decide(officer, [two], State.WAITLISTED, "over_quota")
    deciding.decide(officer, [one], State.REVOKED, "other")
    assert states(one, two, ngo) == [State.REVOKED, State.OFFERED, State.ACCREDITED]


def test_the_preview_says_that_a_quota_does_not_suffice(client: FlaskClient) -> None:
    event, officer = make_forum(data=FOR_CATEGORIES), make_person()
    take_category(event, STATE, quota=1)
    chosen = [came(event, STATE), came(event, STATE)]
    grant(officer, Role.ORGANISER, event_id=event.id)
    sign_in(client, officer)
    desk = f"/en/console/events/{event.slug}/registrations"
    fields = form_fields(client.get(desk).text) | {"outcome": "accredited"}
    preview = client.post(f"{desk}/preview", data=fields | {"id": [str(one.id) for one in chosen]})
    assert "Places needed: 2. Places free: 1." in preview.text


def test_a_line_for_one_category_holds_up_no_other() -> None:
    event, officer = make_forum(data=FOR_CATEGORIES, capacity=10), make_person()
    take_category(event, STATE, quota=1)
    take_category(event, NGO)
    seated, state, ngo = came(event, STATE), came(event, STATE), came(event, NGO)
    deciding.decide(officer, [seated], State.ACCREDITED, "complete")
    deciding.decide(officer, [state, ngo], State.WAITLISTED, "over_quota")
    deciding.decide(officer, [ngo], State.ACCREDITED, "complete")
    assert states(state, ngo) == [State.WAITLISTED, State.ACCREDITED]


def test_within_a_category_nobody_is_passed_over() -> None:
    event, officer = make_forum(data=FOR_CATEGORIES), make_person()
    take_category(event, STATE, quota=1)
    first, second = came(event, STATE), came(event, STATE)
    deciding.decide(officer, [first], State.WAITLISTED, "over_quota")
    deciding.decide(officer, [second], State.WAITLISTED, "over_quota")
    with pytest.raises(offers.OutOfTurn):
        deciding.decide(officer, [second], State.ACCREDITED, "complete")
    deciding.decide(officer, [first], State.ACCREDITED, "complete")
    assert states(first) == [State.ACCREDITED]


def test_offers_by_hand_keep_to_quota_and_turn() -> None:
    event, officer = dialogue(states=1, ngos=1, capacity=5, offers_by_hand=True), make_person()
    came(event, STATE)
    state, ngo_seated = came(event, STATE), came(event, NGO)
    ngo, late = came(event, NGO), came(event, NGO)
    assert states(state, ngo_seated, ngo, late) == [
        State.WAITLISTED,
        State.ACCREDITED,
        State.WAITLISTED,
        State.WAITLISTED,
    ]
    with pytest.raises(offers.QuotaFull):
        offers.offer_by_hand(officer, event.id, [state])
    withdraw(event, ngo_seated)
    with pytest.raises(offers.ReasonNeeded):
        offers.offer_by_hand(officer, event.id, [late])
    assert offers.offer_by_hand(officer, event.id, [ngo]) == 1  # past the State, whose quota is used up
    assert states(state, ngo) == [State.WAITLISTED, State.OFFERED]


def test_whoever_comes_does_not_pass_the_line_of_the_same_category() -> None:
    event = dialogue(states=1, offers_by_hand=True)
    first = came(event, STATE)
    waiting = came(event, STATE)
    withdraw(event, first)
    assert states(waiting, came(event, STATE), came(event, NGO)) == [
        State.WAITLISTED,
        State.WAITLISTED,
        State.ACCREDITED,
    ]


def test_a_change_of_category_moves_the_place_and_frees_the_other() -> None:
    event = dialogue(states=1, ngos=1)
    seated, waiting = came(event, STATE), came(event, STATE)
    person = owner(seated)
    actions.amend(person, intake(event, person), {"category": NGO})
    assert states(seated, waiting) == [State.ACCREDITED, State.OFFERED]
    assert (taken(event, STATE), taken(event, NGO)) == (1, 1)


def test_a_change_of_category_makes_no_offer_where_no_place_became_free() -> None:
    """Where seats are taken at accreditation, free ones are also for those under review: a line that waits for them
    does not move by the clicks of somebody who keeps the seat.
    """
    event = dialogue(states=5, seat_at=SeatAt.ACCREDITATION, needs_accreditation=True, capacity=10)
    take_category(event, NGO, accreditation=False)
    take_category(event, GROUP, accreditation=False)
    for code in (STATE, NGO, GROUP):
        waiting = came(event, code)
        waiting.state = State.WAITLISTED
        waiting.has_seat = False
    seated = came(event, NGO)
    assert (seated.state, seated.has_seat) == (State.ACCREDITED, True)
    person = owner(seated)
    for code in (GROUP, NGO):
        actions.amend(person, intake(event, person), {"category": code})
    assert db.session.query(SeatOffer).count() == 0
    # With a quota the place left behind is for those who wait in that category.
    take_category(event, NGO, accreditation=False, quota=1)
    setup = db.session.get_one(RegistrationSetup, event.id, populate_existing=True)
    assert setup.seats_taken >= 1
    actions.amend(person, intake(event, person), {"category": GROUP})
    assert [offered.category for offered in db.session.query(Registration).filter_by(state=State.OFFERED)] == [NGO]


def test_a_change_into_a_category_without_room_is_refused_on_the_form(client: FlaskClient) -> None:
    event, person = dialogue(states=1, ngos=1), make_person()
    came(event, NGO)
    seated = came(event, STATE, sign_in(client, person))
    address = f"/en/me/registrations/{seated.reference}/answers/p1"
    fields = form_fields(client.get(address).text) | {"q_category": NGO}
    refused = client.post(address, data=fields)
    assert refused.status_code in {409, 422}
    assert "All places of this category are taken" in refused.text
    assert taken(event, STATE) == 1


def test_who_waits_and_changes_to_a_category_with_room_is_offered_a_place() -> None:
    event = dialogue(states=1)
    came(event, STATE)
    waiting = came(event, STATE)
    person = owner(waiting)
    actions.amend(person, intake(event, person), {"category": NGO})
    assert states(waiting) == [State.OFFERED]


def test_walk_ins_keep_to_the_quota() -> None:
    event, officer = dialogue(states=1, capacity=9), make_person()
    setup = db.session.get_one(RegistrationSetup, event.id)

    def walk_in(category: str) -> Registration:
        who = doors.Newcomer("Amina", category)
        return doors.register_at_desk(officer, event, setup, who, accredit=True, may_pass_over=False, text=None)

    walk_in(STATE)
    with pytest.raises(doors.NoPlaceLeft), db.session.begin_nested():
        walk_in(STATE)
    came(event, STATE)
    assert walk_in(NGO).has_seat
    assert (taken(event, STATE), taken(event, NGO)) == (1, 1)


def test_erasing_oneself_gives_the_place_of_the_category_back() -> None:
    event = dialogue(states=1)
    seated, waiting = came(event, STATE), came(event, STATE)
    personal_data.erase(owner(seated))
    assert states(waiting) == [State.OFFERED]
    assert taken(event, STATE) == 1


def test_an_event_without_categories_counts_nothing() -> None:
    event = make_dialogue(data=FOR_CATEGORIES, capacity=1)
    assert states(came(event, STATE), came(event, NGO)) == [State.ACCREDITED, State.WAITLISTED]
    assert db.session.query(RegistrationCategory).filter_by(event_id=event.id).count() == 0


def test_whoever_is_put_on_the_list_while_a_seat_is_free_is_offered_it() -> None:
    """Where seats are taken at once, free ones belong to whoever waits: also to somebody declined before."""
    event, officer = make_dialogue(capacity=1, needs_accreditation=True), make_person()
    first = register(event, display_name="Amina")
    deciding.decide(officer, [first], State.DECLINED, "late")
    deciding.decide(officer, [first], State.WAITLISTED, "over_quota")
    assert states(first) == [State.OFFERED]
