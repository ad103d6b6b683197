"""An accreditation is taken back: seat, letter, calendar, papers, door; and a refusal that is looked at again."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.calendars import actions as calendars
from eventhub.calendars.models import Choice, ChosenSession
from eventhub.checkin.models import MAY_ENTER
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import Stale
from eventhub.kit.outbox import Promise
from eventhub.papers.models import TAKES_PART
from eventhub.people.models import Person
from eventhub.registration import actions, counts, deciding, personal_data, queries
from eventhub.registration.models import Registration, RegistrationSetup, State
from eventhub.registration.moves import NotPossible, OwnFile
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.programme import make_session
from tests.factories.registration import intake, make_dialogue, make_forum, make_registration, register
from tests.registration.test_organiser_views import choose, decide, desk, officer
from tests.registration.test_thread import mine


def accredited(event: object, person: Person | None = None) -> Registration:
    one = register(event, person or make_person())  # type: ignore[arg-type]
    deciding.decide(make_person(), [one], State.ACCREDITED, "complete")
    db.session.flush()
    return one


def seats_of(one: Registration) -> int:
    return db.session.get_one(RegistrationSetup, one.event_id, populate_existing=True).seats_taken


def test_several_are_taken_back_through_the_preview(client: FlaskClient) -> None:
    event = make_forum(capacity=5)
    first, second = accredited(event), accredited(event)
    waiting = register(event)
    officer(client, event)
    preview = choose(client, event, "revoked", first, second, waiting).text
    assert "Take back 2 accreditations?" in preview
    assert "Choose a reason first" in preview
    assert "1 of those chosen cannot be decided so" in preview
    assert decide(client, event, "revoked", first, second).status_code == 422
    assert decide(client, event, "revoked", first, second, reason="complete").status_code == 422
    answer = decide(client, event, "revoked", first, second, reason="identity_not_shown", text="Please call us.")
    assert answer.status_code == 303
    assert "2 accreditations are taken back." in client.get(desk(event)).text
    db.session.expire_all()
    assert {first.state, second.state} == {State.REVOKED}
    assert not first.has_seat
    assert seats_of(first) == 0
    assert waiting.state is State.UNDER_REVIEW


@pytest.mark.usefixtures("database")
def test_the_place_goes_to_the_first_in_line_and_the_rest_is_owed() -> None:
    event = make_forum(capacity=1)
    one, next_one = accredited(event), register(event)
    deciding.decide(make_person(), [next_one], State.WAITLISTED, "over_quota")
    deciding.decide(make_person(), [one], State.REVOKED, "duplicate")
    db.session.refresh(next_one)
    assert (one.state, one.has_seat) == (State.REVOKED, False)
    assert (next_one.state, next_one.has_seat) == (State.OFFERED, True)
    assert seats_of(one) == 1
    owed = [
        row.task for row in db.session.scalars(select(Promise).order_by(Promise.id)) if str(one.id) in str(row.payload)
    ]
    assert owed[-2:] == ["registration.revoked", "registration.withdrawn_calendar"]


@pytest.mark.usefixtures("database")
def test_a_badge_does_not_hold_it_and_who_came_stays() -> None:
    event = make_forum()
    for state, possible in ((State.BADGE_ISSUED, True), (State.ATTENDED, False), (State.UNDER_REVIEW, False)):
        one = make_registration(event, state=state, has_seat=False)
        if possible:
            assert deciding.decide(make_person(), [one], State.REVOKED, "other", "As we said") == 1
        else:
            with pytest.raises(NotPossible):
                deciding.decide(make_person(), [one], State.REVOKED, "other", "As we said")


def test_neither_door_nor_lists_know_who_was_taken_back() -> None:
    assert State.REVOKED not in MAY_ENTER | TAKES_PART
    assert State.UNDER_REVIEW not in MAY_ENTER | TAKES_PART


def test_the_page_says_why_in_the_words_of_the_letter(client: FlaskClient) -> None:
    event, person = make_forum(), make_person()
    one = accredited(event, person)
    deciding.decide(make_person(), [one], State.REVOKED, "security_objection_recorded", "You may write to us.")
    db.session.flush()
    sign_in(client, person)
    page = client.get(mine(one, "")).text
    assert "This is not a judgement on you or on your work." in page
    assert "You may write to us." in page
    assert f'href="{mine(one)}"' in page
    for text in (page, client.get(mine(one)).text, client.get("/en/me").text):
        assert "security" not in text.lower()
    assert personal_data.own_data(person)[0]["reason"] == "other"


@pytest.mark.parametrize("outcome", ["declined", "revoked"])
@pytest.mark.parametrize("reason", ["other", "security_objection_recorded"])
def test_an_objection_cannot_be_told_by_a_letter_without_words(client: FlaskClient, outcome: str, reason: str) -> None:
    event = make_forum()
    one = accredited(event) if outcome == "revoked" else register(event)
    officer(client, event)
    assert decide(client, event, outcome, one, reason=reason).status_code == 422
    assert decide(client, event, outcome, one, reason=reason, text="We are sorry.").status_code == 303


def test_taking_up_again_needs_a_note_and_is_told_to_the_person(client: FlaskClient) -> None:
    event = make_forum(capacity=1)
    one = accredited(event)
    deciding.decide(make_person(), [one], State.REVOKED, "identity_not_shown")
    db.session.flush()
    officer(client, event)
    address = desk(event, f"/{one.id}")
    fields = form_fields(client.get(address).text, "taken-up")
    assert client.post(f"{address}/taken-up", data=fields | {"why": "  "}).status_code == 422
    assert client.post(f"{address}/taken-up", data=fields | {"why": "She showed her passport"}).status_code == 303
    db.session.refresh(one)
    assert (one.state, one.reason) == (State.UNDER_REVIEW, None)
    assert db.session.scalars(select(Promise).where(Promise.task == "registration.taken_up")).one()
    deciding.decide(make_person(), [one], State.ACCREDITED, "complete")
    assert seats_of(one) == 1


@pytest.mark.usefixtures("database")
def test_only_a_refusal_is_taken_up_by_somebody_far_enough_who_saw_it_as_it_is() -> None:
    event, person = make_forum(), make_person()
    one = register(event, person)
    with pytest.raises(NotPossible):
        deciding.take_up_again(make_person(), one, "Why not")
    deciding.decide(make_person(), [one], State.DECLINED, "late")
    with pytest.raises(OwnFile):
        deciding.take_up_again(person, one, "It is mine")
    with pytest.raises(Stale):
        deciding.take_up_again(make_person(), one, "Late paper", seen={one.id: one.version - 1})
    assert (
        deciding.take_up_again(make_person(), one, "Late paper", seen={one.id: one.version}).state is State.UNDER_REVIEW
    )


@pytest.mark.usefixtures("database")
def test_sessions_leave_the_calendar_but_not_that_of_somebody_accredited_anew() -> None:
    event, person = make_forum(), make_person()
    session = make_session(event)
    calendars.follow_session(session)
    one = accredited(event, person)
    calendars.choose(person, session, Choice.GOING)
    chosen = select(ChosenSession.session_id).where(ChosenSession.person_id == person.id)
    assert list(db.session.scalars(chosen)) == [session.id]
    deciding.decide(make_person(), [one], State.REVOKED, "duplicate")
    full = queries.with_person(one.id)
    assert full is not None
    calendars.on_withdrawn(full)
    assert list(db.session.scalars(chosen)) == []


@pytest.mark.usefixtures("database")
def test_the_counts_of_a_midnight_hold_through_the_day() -> None:
    """Whoever is taken back in the morning, looked at again at noon and accredited at night counts all day."""
    event, staff = make_forum(), make_person()
    with time_machine.travel(now() - timedelta(days=2), tick=False):
        people_of = [make_person() for _ in range(10)]
        people = [accredited(event, person) for person in people_of]
    known = people[0].category

    def told() -> dict[str, int | None]:
        counts.freeze(now())
        return {cell.category: cell.at_least for cell in counts.table(event.id)[1]}

    before = told()
    assert before[known or ""] == 10
    for one in people[:6]:
        deciding.decide(staff, [one], State.REVOKED, "duplicate")
    assert told() == before
    deciding.take_up_again(staff, people[0], "An appeal")
    assert told() == before
    deciding.decide(staff, [people[0]], State.ACCREDITED, "complete")
    assert told() == before
    # Neither does who is erased, nor who belongs to another category now.
    people[6].category = "member_state"
    db.session.flush()
    personal_data.erase(people_of[7])
    assert told() == before
    with time_machine.travel(now() + timedelta(days=1), tick=False):
        assert told()[known or ""] is None


@pytest.mark.usefixtures("database")
def test_a_confirmed_place_of_a_dialogue_is_taken_back_too() -> None:
    event, person = make_dialogue(capacity=1), make_person()
    one, waiting = register(event, person), register(event)
    assert (one.state, waiting.state) == (State.ACCREDITED, State.WAITLISTED)
    deciding.decide(make_person(), [one], State.REVOKED, "duplicate")
    db.session.refresh(waiting)
    assert waiting.state is State.OFFERED
    with pytest.raises(NotPossible):
        actions.withdraw(person, intake(event, person))
    assert uuid.UUID(str(one.id))
