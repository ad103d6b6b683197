"""Registering, changing, withdrawing, deciding: every rule of DOMAIN.md that the first cut keeps."""

import copy
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, Stale
from eventhub.kit.outbox import Promise
from eventhub.kit.revisions import current
from eventhub.people.actions import set_consents
from eventhub.people.models import Affiliation, Channel, Consent, Organisation, Person
from eventhub.people.queries import consenting
from eventhub.programme.models import Publication
from eventhub.questionnaires import answers
from eventhub.questionnaires.checks import parse
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration import actions, deciding, disclosure, opening, queries
from eventhub.registration.models import MOVES, Deadline, Registration, RegistrationSetup, SeatAt, State
from eventhub.registration.moves import CategoryDecided, NotEnoughSeats, NotPossible, OwnFile, can_move, move, way
from tests.factories.people import form_fields, make_organisation, make_person, sign_in
from tests.factories.registration import (
    ANSWERS,
    ONE_PAGE,
    THREE_PAGES,
    intake,
    make_dialogue,
    make_forum,
    make_registration,
    register,
)

pytestmark = pytest.mark.usefixtures("database")


def setup_of(registration: Registration) -> RegistrationSetup:
    found = queries.setup_of(registration.event_id)
    assert found is not None
    db.session.refresh(found)
    return found


def promised(registration: Registration) -> list[str]:
    rows = select(Promise.task, Promise.payload).order_by(Promise.id)
    return [row.task for row in db.session.execute(rows) if row.payload.get("registration_id") == str(registration.id)]


def history(registration: Registration) -> list[str]:
    rows = select(AuditEntry.verb).where(AuditEntry.subject_id == registration.id).order_by(AuditEntry.id)
    return list(db.session.scalars(rows))


def test_a_forum_takes_a_registration_under_review() -> None:
    person = make_person()
    registration = register(make_forum(capacity=1), person)
    assert registration.state is State.UNDER_REVIEW
    assert not registration.has_seat
    assert registration.reference
    assert (registration.category, registration.attendance_mode) == ("ngo_no_ecosoc", "in_person")
    assert registration.country == "SO"
    organisation = db.session.get_one(Organisation, registration.organisation_id)
    assert organisation.name == "Horn Voices Association"
    assert organisation.confirmed_at is None
    assert promised(registration) == ["registration.submitted"]
    assert history(registration) == ["registration.submitted", "registration.under_review"]
    assert setup_of(registration).seats_taken == 0
    consent = db.session.scalars(select(Consent).where(Consent.person_id == person.id)).one()
    assert consent.given
    assert consent.event_id == registration.event_id


def test_a_no_in_the_form_stands_against_a_yes_for_all_events() -> None:
    person, event = make_person(), make_forum()
    set_consents(person, {Channel.LIST_OF_PARTICIPANTS: True})
    one = register(event, person, **(ANSWERS | {"list_of_participants": False}))
    assert consenting([person.id], Channel.LIST_OF_PARTICIPANTS, event.id) == set()
    assert consenting([person.id], Channel.LIST_OF_PARTICIPANTS) == {person.id}
    definition = parse(THREE_PAGES)
    assert queries.as_it_stands(one, definition, ANSWERS)["list_of_participants"] is False
    set_consents(person, {Channel.LIST_OF_PARTICIPANTS: True}, event_id=event.id)
    assert queries.as_it_stands(one, definition, ANSWERS)["list_of_participants"] is True
    assert queries.as_it_stands(one, definition, {"legal_name": "A"}) == {"legal_name": "A"}


def test_a_dialogue_gives_a_seat_at_once_and_then_a_place_on_the_list() -> None:
    event = make_dialogue(capacity=1)
    first, second = register(event), register(event)
    assert (first.state, first.has_seat) == (State.ACCREDITED, True)
    assert (second.state, second.has_seat) == (State.WAITLISTED, False)
    assert promised(first) == ["registration.accredited", "registration.accredited_calendar"]
    assert promised(second) == ["registration.waitlisted"]
    assert setup_of(first).seats_taken == 1


def test_without_a_waiting_list_the_next_person_is_refused_clearly() -> None:
    event = make_dialogue(capacity=1, waiting_list=False)
    register(event)
    person = make_person()
    with pytest.raises(actions.EventFull), db.session.begin_nested():
        register(event, person)
    assert intake(event, person).registration is None


def test_a_seat_may_be_reserved_at_submission_and_decided_later() -> None:
    event = make_forum(capacity=1, seat_at=SeatAt.SUBMISSION)
    first, second = register(event), register(event)
    assert (first.state, first.has_seat) == (State.UNDER_REVIEW, True)
    assert second.state is State.WAITLISTED
    deciding.decide(make_person(), [first], State.DECLINED, "other")
    assert not first.has_seat
    db.session.refresh(second)
    assert (second.state, second.has_seat) == (State.OFFERED, True)
    assert setup_of(first).seats_taken == 1
    deciding.decide(make_person(), [second], State.ACCREDITED, "complete")
    assert setup_of(first).seats_taken == 1


def test_one_registration_per_person_and_event() -> None:
    event, person = make_dialogue(), make_person()
    before = intake(event, person)
    register(event, person)
    with pytest.raises(actions.AlreadyRegistered):
        actions.register_now(person, person, intake(event, person), {"display_name": "Again"})
    # Somebody whose page was loaded before the first one committed meets the constraint.
    with pytest.raises(Exception, match="uq_registration_event_id_person_id"), db.session.begin_nested():
        actions.register_now(person, person, before, {"display_name": "Again"})
    assert db.session.query(Registration).filter_by(event_id=event.id).count() == 1


def test_a_draft_waits_on_the_server_and_is_sent_once() -> None:
    event, person = make_forum(), make_person()
    begun = actions.start_draft(person, person, intake(event, person))
    actions.save_page(person, begun, {"attendance_mode": "in_person", "category": "member_state"})
    again = intake(event, person)
    assert again.registration is begun.registration
    assert again.answer_set is not None
    assert answers.load(again.answer_set) == {"attendance_mode": "in_person", "category": "member_state"}
    with pytest.raises(actions.Incomplete):
        actions.submit(person, again)
    actions.save_page(person, again, {"legal_name": "Amina", "document_number": "RT1"})
    sent = actions.submit(person, intake(event, person))
    assert sent.state is State.UNDER_REVIEW
    assert history(sent) == ["registration.draft", "registration.submitted", "registration.under_review"]
    with pytest.raises(actions.AlreadyRegistered):
        actions.submit(person, intake(event, person))


def test_answers_that_no_longer_apply_are_gone_when_it_is_sent() -> None:
    event, person = make_forum(), make_person()
    begun = actions.start_draft(person, person, intake(event, person))
    actions.save_page(person, begun, ANSWERS)
    actions.save_page(person, begun, {"attendance_mode": "remote_listening"})
    actions.submit(person, intake(event, person))
    kept = answers.load(db.session.get_one(AnswerSet, begun.registration.answer_set_id))
    assert "document_number" not in kept


def test_not_open_closed_and_cancelled_are_told_apart() -> None:
    person = make_person()
    early = make_dialogue(opens_at=now() + timedelta(days=1), closes_at=now() + timedelta(days=2))
    with pytest.raises(actions.NotOpenYet):
        register(early, person)
    late = make_dialogue(opens_at=now() - timedelta(days=2), closes_at=now() - timedelta(seconds=1))
    with pytest.raises(actions.Closed):
        register(late, person)
    gone = make_dialogue()
    gone.publication = Publication.CANCELLED
    db.session.flush()
    with pytest.raises(actions.EventCancelled):
        register(gone, person)


@pytest.mark.parametrize(("hours", "late"), [(-1, False), (0, True), (23.9, True), (24, None), (30, None)])
def test_a_draft_may_be_sent_in_the_time_of_grace(hours: float, late: bool | None) -> None:
    event, person = make_dialogue(), make_person()
    found = actions.start_draft(person, person, intake(event, person))
    actions.save_page(person, found, {"display_name": "Amina"})
    with time_machine.travel(found.setup.closes_at + timedelta(hours=hours), tick=False):
        if late is None:
            with pytest.raises(actions.Closed):
                actions.submit(person, intake(event, person))
        else:
            assert actions.submit(person, intake(event, person)).late is late


def test_drafts_expire_with_their_answers_kept_and_wake_up_when_the_deadline_moves() -> None:
    event, person, staff = make_dialogue(), make_person(), make_person()
    found = actions.start_draft(person, person, intake(event, person))
    actions.save_page(person, found, {"display_name": "Amina"})
    closes = found.setup.closes_at
    assert opening.expire_drafts(closes + timedelta(hours=23, minutes=59)) == 0
    with time_machine.travel(closes + timedelta(hours=25), tick=False):
        assert opening.expire_drafts(now()) == 1
        assert found.registration.state is State.EXPIRED
        with pytest.raises(actions.Closed):
            actions.start_draft(person, person, intake(event, person))
        opening.extend_deadline(staff, event, found.setup, now() + timedelta(days=2))
        assert promised(found.registration) == ["registration.deadline_extended"]
        actions.start_draft(person, person, intake(event, person))
        sent = actions.submit(person, intake(event, person))
    assert sent.state is State.ACCREDITED


def test_extending_appends_and_never_shortens() -> None:
    event, staff = make_forum(), make_person()
    found = queries.setup_of(event.id)
    assert found is not None
    first, late = found.closes_at, register(event)
    deciding.decide(staff, [late], State.DECLINED, "late")
    opening.extend_deadline(staff, event, found, first + timedelta(days=3))
    assert [row.closes_at for row in queries.deadlines(event.id)] == [first, first + timedelta(days=3)]
    assert "registration.deadline_extended" in promised(late)
    for moment in (first, first + timedelta(days=3), now() - timedelta(days=1)):
        with pytest.raises(opening.NotLater):
            opening.extend_deadline(staff, event, found, moment)
    assert db.session.query(Deadline).filter_by(event_id=event.id).count() == 2


def test_answers_may_change_until_the_deadline_and_the_audit_names_the_questions() -> None:
    event, person = make_forum(), make_person()
    registration = register(event, person)
    actions.amend(
        person, intake(event, person), {"legal_name": "Amina Y.", "nationality": "SO", "document_number": "N2"}
    )
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "registration.changed")).one()
    assert entry.detail == {"questions": ["document_number", "legal_name"]}
    actions.amend(person, intake(event, person), {"category": "member_state"})
    assert registration.category == "member_state"
    with time_machine.travel(setup_of(registration).closes_at, tick=False), pytest.raises(actions.Closed):
        actions.amend(person, intake(event, person), {"legal_name": "Late"})


def test_a_category_that_was_decided_on_is_not_changed_alone(client: FlaskClient) -> None:
    """It stands on the badge and in the letter, and somebody has looked at its papers."""
    event, person = make_forum(), make_person()
    registration = register(event, person)
    before = registration.category
    registration.state, registration.has_seat = State.ACCREDITED, True
    db.session.flush()
    with pytest.raises(CategoryDecided), db.session.begin_nested():
        actions.amend(person, intake(event, person), {"category": "member_state", "legal_name": "Amina Z."})
    db.session.expire_all()
    assert registration.category == before
    actions.amend(person, intake(event, person), {"legal_name": "Amina Z."})
    sign_in(client, person)
    path = f"/en/me/registrations/{registration.reference}/answers"
    page = next(one for one in ("p1", "p2", "p3") if 'name="q_category"' in client.get(f"{path}/{one}").text)
    typed = form_fields(client.get(f"{path}/{page}").text) | {"q_category": "member_state"}
    answer = client.post(f"{path}/{page}", data=typed)
    assert answer.status_code == 422
    assert 'href="#q_category' in answer.text
    assert "Your place was given to you in the category you had" in answer.text
    db.session.expire_all()
    assert registration.category == before


def test_no_open_column_holds_a_copy_of_a_sealed_answer() -> None:
    asked = copy.deepcopy(ONE_PAGE)
    next(one for one in asked["pages"][0]["questions"] if one["key"] == "residence")["sealed"] = True
    event, person = make_dialogue(data=asked), make_person()
    intake = queries.intake(event.slug, person)
    sent = actions.register_now(person, person, intake, {"display_name": "Amina", "residence": "KE"})
    assert sent.country is None
    actions.amend(person, queries.intake(event.slug, person), {"residence": "SO"})
    assert sent.country is None


def test_nothing_changed_leaves_no_trace() -> None:
    event, person = make_forum(), make_person()
    registration = register(event, person)
    actions.amend(person, intake(event, person), {"legal_name": ANSWERS["legal_name"]})
    assert "registration.changed" not in history(registration)


def test_whoever_was_asked_for_more_may_answer_after_the_deadline() -> None:
    event, person = make_forum(), make_person()
    registration = register(event, person)
    move(registration, State.INFO_REQUESTED, actor=make_person())
    with time_machine.travel(setup_of(registration).closes_at + timedelta(days=1), tick=False):
        actions.amend(person, intake(event, person), {"legal_name": "Amina Y."})
    assert registration.state is State.UNDER_REVIEW


def test_a_withdrawn_seat_goes_to_the_first_in_line() -> None:
    event, person = make_dialogue(capacity=1), make_person()
    first = register(event, person)
    second, third = register(event), register(event)
    actions.withdraw(person, intake(event, person))
    db.session.refresh(second)
    assert (first.state, first.has_seat) == (State.WITHDRAWN, False)
    assert (second.state, second.has_seat) == (State.OFFERED, True)
    assert third.state is State.WAITLISTED
    assert setup_of(first).seats_taken == 1
    assert promised(first)[-2:] == ["registration.withdrawn", "registration.withdrawn_calendar"]
    assert promised(second) == ["registration.waitlisted"]


def test_where_offers_are_made_by_hand_a_freed_seat_waits_for_a_decision() -> None:
    event, person, staff = make_forum(capacity=1, offers_by_hand=True), make_person(), make_person()
    first, second = register(event, person), register(event)
    deciding.decide(staff, [first], State.ACCREDITED, "complete")
    deciding.decide(staff, [second], State.WAITLISTED, "over_quota")
    actions.withdraw(person, intake(event, person))
    db.session.refresh(second)
    assert second.state is State.WAITLISTED
    assert setup_of(first).seats_taken == 0


def test_withdrawn_is_the_end() -> None:
    event, person = make_dialogue(), make_person()
    registration = register(event, person)
    actions.withdraw(person, intake(event, person))
    with pytest.raises(NotPossible):
        actions.withdraw(person, intake(event, person))
    with pytest.raises(actions.Withdrawn):
        actions.register_now(person, person, intake(event, person), {"display_name": "Again"})
    with pytest.raises(NotPossible):
        deciding.decide(make_person(), [registration], State.ACCREDITED, "complete")


def test_deciding_many_takes_as_many_statements_as_deciding_one(statements: list[str]) -> None:
    event, staff = make_forum(capacity=100), make_person()
    counts = []
    for number in (1, 30):
        chosen = [make_registration(event) for _ in range(number)]
        statements.clear()
        deciding.decide(staff, chosen, State.ACCREDITED, "complete", "Welcome")
        counts.append(len(statements))
        assert {one.state for one in chosen} == {State.ACCREDITED}
        assert all(one.has_seat and one.reason == "complete" and one.decided_at for one in chosen)
    assert counts[0] == counts[1] <= 11
    assert setup_of(chosen[0]).seats_taken == 31
    texts = select(AuditText.text).join(AuditEntry, AuditEntry.id == AuditText.entry_id)
    assert list(db.session.scalars(texts.where(AuditEntry.scope_id == event.id))) == ["Welcome"] * 31


def test_too_few_seats_and_nothing_is_decided() -> None:
    event, staff = make_forum(capacity=2), make_person()
    chosen = [register(event) for _ in range(3)]
    with pytest.raises(NotEnoughSeats), db.session.begin_nested():
        deciding.decide(staff, chosen, State.ACCREDITED, "complete")
    for one in chosen:
        db.session.refresh(one)
    assert {one.state for one in chosen} == {State.UNDER_REVIEW}
    assert setup_of(chosen[0]).seats_taken == 0


def test_somebody_else_was_quicker() -> None:
    event = make_forum()
    registration = register(event)
    version = db.session.execute(
        db.text("UPDATE registration SET version = version + 1 WHERE id = :id RETURNING version"),
        {"id": registration.id},
    ).scalar_one()
    assert version == registration.version + 1
    with pytest.raises(Stale):
        deciding.decide(make_person(), [registration], State.DECLINED, "other")


def test_every_decision_has_a_reason_from_the_list() -> None:
    registration = register(make_forum())
    with pytest.raises(deciding.WrongReason):
        deciding.decide(make_person(), [registration], State.DECLINED, "because")


def test_nobody_decides_on_their_own_file_or_organization() -> None:
    event, organisation = make_forum(), make_organisation()
    officer = make_person()
    own = register(event, officer)
    filed = make_registration(event, filed_by_id=officer.id)
    colleague = make_registration(event, organisation_id=organisation.id)
    db.session.add(Affiliation(person_id=officer.id, organisation_id=organisation.id))
    db.session.flush()
    for registration in (own, filed, colleague):
        other = make_registration(event)
        with pytest.raises(OwnFile):
            deciding.decide(officer, [other, registration], State.ACCREDITED, "complete")
        assert other.state is State.UNDER_REVIEW
    assert deciding.decide(make_person(), [own, filed, colleague], State.ACCREDITED, "complete") == 3


@pytest.mark.parametrize("start", list(State))
@pytest.mark.parametrize("target", list(State))
def test_moves_go_by_the_table_alone(start: State, target: State) -> None:
    registration = make_registration(make_forum(data=None), state=start)
    if target in MOVES[start]:
        move(registration, target, actor=None)
        assert registration.state is target
    else:
        with pytest.raises(NotPossible):
            move(registration, target, actor=None)
        assert registration.state is start
        assert history(registration) == []


def test_the_way_to_a_decision_leads_through_a_review() -> None:
    assert way(State.INFO_REQUESTED, State.ACCREDITED) == (State.UNDER_REVIEW, State.ACCREDITED)
    assert way(State.UNDER_REVIEW, State.DECLINED) == (State.DECLINED,)
    assert not can_move(State.WITHDRAWN, State.ACCREDITED)
    assert not can_move(State.DRAFT, State.ACCREDITED)


def test_public_pages_are_made_anew_only_when_an_event_fills_up_or_frees_up() -> None:
    event, person = make_dialogue(capacity=2), make_person()
    before = current("programme")
    register(event, person)
    assert current("programme") == before
    register(event)
    assert current("programme") == before + 1
    register(event)
    assert current("programme") == before + 1
    db.session.query(Registration).filter_by(event_id=event.id, state=State.WAITLISTED).update(
        {"state": State.DECLINED}
    )
    actions.withdraw(person, intake(event, person))
    assert current("programme") == before + 2


def test_more_places_go_to_the_waiting_list() -> None:
    event, staff = make_dialogue(capacity=1), make_person()
    sent = [register(event) for _ in range(4)]
    opening.set_up(staff, event, setup=setup_of(sent[0]), capacity=3)
    for one in sent:
        db.session.refresh(one)
    assert [one.state for one in sent] == [State.ACCREDITED, State.OFFERED, State.OFFERED, State.WAITLISTED]
    assert setup_of(sent[0]).seats_taken == 3


def test_the_capacity_never_falls_below_what_is_taken() -> None:
    event, staff = make_dialogue(capacity=2), make_person()
    register(event)
    found = setup_of(register(event))
    with pytest.raises(Exception, match="seats_within_capacity"), db.session.begin_nested():
        opening.set_up(staff, event, setup=found, capacity=1)


def test_revealing_needs_a_reason_is_recorded_and_reported_when_it_happens_often() -> None:
    event, person, officer = make_forum(), make_person(), make_person()
    registration = register(event, person)
    found = intake(event, person)
    with pytest.raises(disclosure.ReasonNeeded):
        disclosure.reveal(officer, registration, found.answer_set, found.key, {"document_number"}, "  ")
    for _ in range(disclosure.READS_AN_HOUR + 1):
        shown = disclosure.reveal(officer, registration, found.answer_set, found.key, {"document_number"}, "Badge")
    assert shown == {"document_number": "RT1234418"}
    rows = select(AuditEntry).where(AuditEntry.verb == "registration.revealed", AuditEntry.actor_id == officer.id)
    entries = list(db.session.scalars(rows))
    assert len(entries) == disclosure.READS_AN_HOUR + 1
    assert entries[0].detail == {"questions": ["document_number"]}
    assert db.session.query(Promise).filter_by(task="registration.many_reads").count() == 1


def test_what_was_never_set_up_takes_nobody() -> None:
    event: Any = make_forum(data=None)
    db.session.query(RegistrationSetup).filter_by(event_id=event.id).delete()
    with pytest.raises(DomainError):
        intake(event, make_person())


def test_an_event_may_ask_nothing() -> None:
    person: Person = make_person()
    event = make_dialogue(data=None)
    registration = register(event, person)
    assert registration.state is State.ACCREDITED
    assert registration.answer_set_id is None


def test_setting_up_announces_a_deadline_that_may_change_until_it_opens() -> None:
    staff, event = make_person(), make_forum(data=None)
    db.session.query(RegistrationSetup).filter_by(event_id=event.id).delete()
    opens, closes = now() + timedelta(days=1), now() + timedelta(days=5)
    found = opening.set_up(
        staff, event, setup=None, opens_at=opens, closes_at=closes, seat_at=SeatAt.ACCREDITATION, capacity=5
    )
    opening.set_up(staff, event, setup=found, closes_at=closes + timedelta(days=1))
    assert [row.closes_at for row in queries.deadlines(event.id)] == [closes + timedelta(days=1)]
    with pytest.raises(opening.ClosesTooEarly):
        opening.set_up(staff, event, setup=found, closes_at=opens)
    db.session.rollback()


def test_an_announced_deadline_is_only_extended() -> None:
    event = make_forum(data=None)
    found = queries.setup_of(event.id)
    assert found is not None
    with pytest.raises(opening.NotLater):
        opening.set_up(make_person(), event, setup=found, closes_at=found.closes_at + timedelta(days=1))
