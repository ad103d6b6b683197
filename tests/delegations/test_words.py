"""A focal point's word comes first on every way, its decider is nobody near, and it learns of no decision."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.delegations import actions, queries
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.registration import actions as registering
from eventhub.registration import deciding, offers
from eventhub.registration.models import Registration, SeatAt, SeatOffer, State
from eventhub.registration.moves import AwaitsWord, OwnFile
from eventhub.registration.queries import Nearness, too_near
from tests.delegations.scene import desk, history, mine, officer, owed, send
from tests.delegations.test_journeys import browser
from tests.factories.delegations import arrived, become_focal_point, claim, complete, make_delegation, nominate, status
from tests.factories.people import form_fields, make_person, make_staff
from tests.factories.registration import ANSWERS, intake, make_dialogue, make_forum, make_prepared, register

pytestmark = pytest.mark.usefixtures("database")


def words(html: str) -> str:
    """What the main part of a page says."""
    found = re.search(r"<main.*</main>", html, re.DOTALL)
    assert found is not None
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group(0)))


def test_a_refusal_that_is_looked_at_again_still_awaits_the_word(app: Flask, client: FlaskClient) -> None:
    event, focal = make_forum(), make_person()
    delegation = make_delegation(event, focal)
    nominee, registration = arrived(delegation, event, "Amina")
    theirs, staff = browser(app, focal), make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
    pages = mine(delegation), mine(delegation, nominee=nominee)
    before = [words(theirs.get(page).text) for page in pages]
    deciding.decide(staff, [registration], State.DECLINED, "late")
    db.session.expire_all()
    # Nothing that the focal point sees follows from what the desk decided.
    assert [words(theirs.get(page).text) for page in pages] == before
    assert "to answer by" in before[0]
    deciding.take_up_again(staff, registration, "An appeal")
    with pytest.raises(AwaitsWord):
        deciding.decide(staff, [registration], State.ACCREDITED, "complete")
    make_prepared(registration)
    base, desks = f"/en/console/events/{event.slug}/registrations", browser(app, staff)
    assert "Its focal point has not agreed yet." in desks.get(f"{base}/prepared").text
    chosen = form_fields(desks.get(base).text, "/preview") | {"id": str(registration.id), "outcome": "accredited"}
    assert "Its focal point has not agreed yet." in desks.post(f"{base}/preview", data=chosen).text
    actions.approve(focal, delegation, queries.nominee_of(delegation.id, nominee.id))
    assert [cause for *_rest, cause in history(registration.id)][-1] == {"cause": "focal_point"}
    deciding.decide(staff, [registration], State.ACCREDITED, "complete")
    assert registration.state is State.ACCREDITED


@pytest.mark.parametrize("looked_at", [True, False])
def test_an_offered_place_waits_for_the_word_with_its_seat(client: FlaskClient, looked_at: bool) -> None:
    event = make_forum(capacity=1, seat_at=SeatAt.SUBMISSION, needs_accreditation=looked_at)
    register(event, first := make_person(), **ANSWERS)
    focal = make_person()
    delegation = make_delegation(event, focal)
    nominee, registration = arrived(delegation, event, "Amina")
    assert (registration.state, status(delegation, nominee)) == (State.WAITLISTED, "complete")
    assert owed("registration.awaits_focal_point") == [{"registration_id": str(registration.id)}]
    registering.withdraw(first, intake(event, first))
    db.session.refresh(registration)
    offer = db.session.scalars(select(SeatOffer)).one()
    staff = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
    with pytest.raises(AwaitsWord):
        deciding.decide(staff, [registration], State.ACCREDITED, "complete")
    offers.accept(db.session.get_one(Person, registration.person_id), offer)
    assert (registration.state, registration.has_seat) == (State.UNDER_REVIEW, True)
    actions.approve(focal, delegation, queries.nominee_of(delegation.id, nominee.id))
    assert registration.state is (State.UNDER_REVIEW if looked_at else State.ACCREDITED)


def test_where_nobody_is_looked_at_the_word_lets_in(client: FlaskClient) -> None:
    event, focal = make_dialogue(capacity=5), make_person()
    delegation = make_delegation(event, focal)
    (nominee,) = nominate(delegation, "Amina")
    person = claim(nominee)
    registering.save_page(person, intake(event, person), {"display_name": "Amina"})
    registration = registering.submit(person, intake(event, person))
    assert (registration.state, registration.has_seat) == (State.AWAITING_FOCAL_POINT, True)
    assert owed("registration.accredited") == []
    actions.approve(focal, delegation, queries.nominee_of(delegation.id, nominee.id))
    assert registration.state is State.ACCREDITED
    assert owed("registration.accredited") == [{"registration_id": str(registration.id)}]


def test_who_registered_before_takes_the_link_and_awaits_the_word(app: Flask, client: FlaskClient) -> None:
    event, focal = make_forum(), make_person()
    delegation = make_delegation(event, focal)
    (nominee,) = nominate(delegation, "Amina")
    registration = register(event, person := make_person(), **ANSWERS)
    link = f"/en/me/invitations/{actions.nominee_token(nominee)}"
    assert "what you sent before stays yours" in browser(app, person).get(link).text
    registration.submitted_at = now() - timedelta(days=30)
    claim(nominee, person)
    db.session.refresh(registration)
    staff = officer(client, event)
    with pytest.raises(AwaitsWord):
        deciding.decide(staff, [registration], State.ACCREDITED, "complete")
    row = queries.nominee_of(delegation.id, nominee.id)
    assert row.waits
    # Its days begin with the link, and not when the person registered alone.
    with pytest.raises(actions.NotSilentYet):
        actions.override(staff, delegation, row, "Silent")
    assert [line.waiting for line in queries.of_event(event.id)] == [1]
    actions.replace(focal, delegation, row, None, "en")
    db.session.refresh(registration)
    # What one sent before any delegation stays one's own.
    assert (registration.state, registration.delegation_id) == (State.UNDER_REVIEW, None)
    assert "untied" in [entry[0] for entry in history(registration.id)]
    deciding.decide(staff, [registration], State.ACCREDITED, "complete")


def test_a_withdrawn_registration_is_taken_up_by_no_link_and_says_why(app: Flask, client: FlaskClient) -> None:
    event, focal = make_forum(), make_person()
    delegation = make_delegation(event, focal)
    nominee, registration = arrived(delegation, event, "Amina")
    actions.replace(focal, delegation, queries.nominee_of(delegation.id, nominee.id), None, "en")
    (again,) = nominate(make_delegation(event, make_person()), "Amina")
    person = db.session.get_one(Person, registration.person_id)
    answer = send(browser(app, person), f"/en/me/invitations/{actions.nominee_token(again)}")
    assert "No link takes it up again" in answer.text


def test_a_focal_point_decides_nothing_about_the_own_people(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    staff = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
    delegation = make_delegation(event, make_person())
    become_focal_point(delegation, staff)
    nominee, registration = arrived(delegation, event, "Crony", days_ago=20)
    row = queries.nominee_of(delegation.id, nominee.id)
    with pytest.raises(OwnFile):
        actions.override(staff, delegation, row, "Silent")
    record = browser(app, staff).get(f"/en/console/events/{event.slug}/registrations/{registration.id}").text
    assert "You are or were the focal point of this delegation" in record
    # Nor after leaving: who was the focal point, nominated or typed stays near.
    actions.end_focal_point(make_person(), delegation)
    with pytest.raises(OwnFile):
        actions.override(staff, delegation, row, "Silent")
    other = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
    actions.override(other, delegation, row, "Silent")
    with pytest.raises(OwnFile):
        deciding.decide(staff, [registration], State.ACCREDITED, "complete")
    assert too_near(staff.id, [registration]) == {registration.id: Nearness.FOCAL}
    assert too_near(other.id, [registration]) == {}
    deciding.decide(other, [registration], State.ACCREDITED, "complete")


def test_who_typed_the_form_does_not_go_on_without_the_focal_point(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    staff = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
    delegation = make_delegation(event, make_person())
    nominee, registration = arrived(delegation, event, "Amina", days_ago=20)
    registration.filed_by_id = staff.id
    with pytest.raises(OwnFile):
        actions.override(staff, delegation, queries.nominee_of(delegation.id, nominee.id), "Silent")


def test_days_that_are_made_fewer_begin_anew(client: FlaskClient) -> None:
    event = make_forum()
    delegation = make_delegation(event, make_person(), silent_days=10)
    nominee, _registration = arrived(delegation, event, "Amina", days_ago=6)
    staff = officer(client, event)
    actions.change(staff, delegation, quota=None, category=None, silent_days=1)
    with pytest.raises(actions.NotSilentYet):
        actions.override(staff, delegation, queries.nominee_of(delegation.id, nominee.id), "Silent")
    assert not queries.of_event(event.id)[0].is_silent(now().date())
    delegation.days_since = now() - timedelta(days=5)
    db.session.flush()
    actions.override(staff, delegation, queries.nominee_of(delegation.id, nominee.id), "Silent")


def test_whoever_is_the_focal_point_no_more_is_told(client: FlaskClient) -> None:
    event, first, second = make_forum(), make_person(), make_person()
    delegation = make_delegation(event, first)
    become_focal_point(delegation, second)
    assert owed("delegations.focal_point_ended") == [{"delegation_id": str(delegation.id), "person_id": str(first.id)}]
    actions.end_focal_point(make_person(), delegation)
    assert [one["person_id"] for one in owed("delegations.focal_point_ended")] == [str(first.id), str(second.id)]


def test_no_organiser_reads_the_legal_name_behind_an_alias(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    delegation = make_delegation(event, make_person(), name="Kingdom of Examples")
    (nominee,) = nominate(delegation, "Legal Realname")
    registration = complete(event, claim(nominee, make_person(name="Legal Realname", alias="Nightingale")))
    staff = browser(app, make_staff(Role.ORGANISER, event_id=event.id))
    record = staff.get(f"/en/console/events/{event.slug}/registrations/{registration.id}").text
    assert "Kingdom of Examples" in record
    assert "Nightingale" in record
    assert "Legal Realname" not in record + staff.get(desk(event, delegation=delegation)).text


def test_a_closed_link_says_nothing_of_what_it_was_for(app: Flask, client: FlaskClient) -> None:
    event, focal = make_forum(), make_person()
    delegation = make_delegation(event, None, name="Kingdom of Examples")
    invitation = actions.invite_focal_point(make_person(), delegation, "focal@example.org", "en")
    actions.accept_focal_point(focal, actions.focal_token(invitation))
    (nominee,) = nominate(delegation, "Amina")
    claim(nominee)
    stranger = browser(app, make_person())
    for link in (
        f"/en/me/requests/{actions.focal_token(invitation)}",
        f"/en/me/invitations/{actions.nominee_token(nominee)}",
    ):
        answer = stranger.get(link)
        assert answer.status_code == 410
        assert "This invitation is closed" in answer.text
        assert not any(told in answer.text for told in ("Kingdom", event.slug, event.title["en"]))


def test_registrations_without_delegations_cost_no_more(client: FlaskClient, statements: list[str]) -> None:
    event, person = make_forum(), make_person()
    rows = [register(event, **ANSWERS), register(event, **ANSWERS)]
    statements.clear()
    assert too_near(person.id, rows) == {}
    assert len(statements) <= 1
    assert all(isinstance(one, Registration) for one in rows)
