"""What is taken over by link: wishes, decisions, consents; what becomes of what nobody takes over."""

import copy
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.arrangements import actions as arrangements
from eventhub.arrangements import ordering, sheet
from eventhub.arrangements import queries as needs
from eventhub.arrangements.models import Status
from eventhub.delegations import actions, filling, keeping, queries
from eventhub.delegations.models import Delegation, Kind, Nominee
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people import actions as people
from eventhub.people.models import Consent, Person, Role
from eventhub.programme.models import Event
from eventhub.questionnaires.checks import check
from eventhub.questionnaires.definition import read
from eventhub.questionnaires.models import QuestionnaireVersion
from eventhub.registration import behalf, deciding, stages
from eventhub.registration.models import Approval, Registration, RegistrationSetup, State, Word
from tests.arrangements.scene import FORM, gathered, make_stage
from tests.delegations.scene import history, mine, owed, send
from tests.delegations.test_filling import fill_in
from tests.delegations.test_journeys import browser
from tests.factories.delegations import become_focal_point, claim, make_delegation, nominate
from tests.factories.people import make_person, make_staff
from tests.factories.registration import ANSWERS, intake, make_forum

pytestmark = pytest.mark.usefixtures("database")

CONSENT: dict[str, Any] = {
    "id": "q9",
    "key": "list",
    "kind": "consent",
    "label": "Stand on the list?",
    "purpose": "list_of_participants",
}


def typed(event: Event, delegation: Delegation, nominee: Nominee, **answers: object) -> Registration:
    """What the focal point types and sends for somebody."""
    focal = db.session.get_one(Person, delegation.focal_id)
    person = filling.take_up(focal, delegation, event, nominee)
    behalf.keep(focal, filling.intake_for(focal, delegation, event, nominee), {"display_name": "Amina"} | answers)
    filling.send(focal, filling.intake_for(focal, delegation, event, nominee))
    return db.session.scalars(select(Registration).where(Registration.person_id == person.id)).one()


def test_wishes_are_taken_over_with_what_was_ordered_and_answered(app: Flask, client: FlaskClient) -> None:
    event, _session = make_stage()
    delegation = make_delegation(event, make_person())
    (nominee,) = nominate(delegation, "Amina")
    registration = typed(event, delegation, nominee, access_needs=["wheelchair", "quiet_room"])
    assert len(gathered(registration)) == 2
    staff = make_staff(Role.ORGANISER, event_id=event.id)
    wheelchair, quiet = [one.need for one in needs.known(event.id)]
    ordering.move_needs(staff, event, [wheelchair.id], Status.ORDERED, seen={wheelchair.id: wheelchair.version})
    refused = {"answer": "No such room", "seen": {quiet.id: quiet.version}}
    ordering.move_needs(staff, event, [quiet.id], Status.NOT_POSSIBLE, **refused)  # type: ignore[arg-type]
    before = [(line.key, line.number) for line in sheet.lines(event)]
    amina = claim(nominee)
    found = intake(event, amina)
    db.session.refresh(registration)
    assert [(line.key, line.number) for line in sheet.lines(event)] == before
    held = needs.of_registration(registration.id, found.key)
    assert sorted(one.need.status for one in held) == [Status.NOT_POSSIBLE, Status.ORDERED]
    assert [one.answer for one in held if one.answer] == ["No such room"]
    # Nothing is asked for a second time because the person looks after the answers now.
    assert arrangements.gather(registration.id) == 0


@pytest.mark.parametrize("state", [State.ACCREDITED, State.BADGE_ISSUED])
def test_nobody_takes_over_somebody_elses_accreditation(app: Flask, client: FlaskClient, state: State) -> None:
    event, focal = make_forum(), make_person()
    delegation = make_delegation(event, focal)
    (nominee,) = nominate(delegation, "Amina Vetted")
    registration = fill_in(browser(app, focal), delegation, nominee)
    actions.approve(focal, delegation, queries.nominee_of(delegation.id, nominee.id))
    staff = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
    deciding.decide(staff, [registration], State.ACCREDITED, "complete")
    registration.state = state
    stranger = claim(nominee, make_person(name="Mallory Stranger"))
    db.session.refresh(registration)
    assert (registration.state, registration.has_seat, registration.person_id) == (
        State.UNDER_REVIEW,
        True,
        stranger.id,
    )
    assert registration.decided_at is None
    assert owed("registration.reprinted") != []
    assert "claimed" in [detail.get("cause") for *_rest, detail in history(registration.id)]
    record = browser(app, staff).get(f"/en/console/events/{event.slug}/registrations/{registration.id}").text
    assert "the person took it over after the decision" in record
    deciding.decide(staff, [registration], State.ACCREDITED, "complete")
    assert registration.has_seat


def test_nobody_consents_for_somebody_else(app: Flask, client: FlaskClient) -> None:
    data = copy.deepcopy(FORM)
    data["pages"][0]["questions"].append(CONSENT)
    event, focal = make_forum(data=data, public_list=True), make_person()
    delegation = make_delegation(event, focal)
    (nominee,) = nominate(delegation, "Amina")
    registration = typed(event, delegation, nominee, list=True)
    assert db.session.scalars(select(Consent)).all() == []
    amina = claim(nominee)
    assert db.session.scalars(select(Consent).where(Consent.person_id == amina.id)).all() == []
    page = browser(app, amina).get(f"/en/me/registrations/{registration.reference}/answers/p1")
    assert "Stand on the list?" in page.text  # asked of the person alone
    assert "checked" not in page.text.split("Stand on the list?")[0].rsplit("<input", 1)[-1]


def test_a_consent_is_no_condition(app: Flask) -> None:
    data = copy.deepcopy(FORM)
    data["pages"][0]["questions"].append(CONSENT | {"required": True})
    with app.test_request_context():
        assert [problem.place for problem in check(read(data, "en"))] == ["pages[0].questions[3].required"]


def test_a_form_of_before_asks_nobody_for_another_s_consent(app: Flask, client: FlaskClient) -> None:
    data = copy.deepcopy(FORM)
    data["pages"][0]["questions"].append(CONSENT)
    event = make_forum(data=data)
    # It was published when a consent could be a condition.
    first = db.session.scalars(select(QuestionnaireVersion)).one()
    strict = copy.deepcopy(first.definition)
    strict["pages"][0]["questions"][-1]["required"] = True
    second = QuestionnaireVersion(id=uuid.uuid4(), questionnaire_id=first.questionnaire_id, number=2, definition=strict)
    db.session.add(second)
    db.session.flush()
    focal = make_person()
    delegation = make_delegation(event, focal)
    (nominee,) = nominate(delegation, "Amina")
    page, helper = mine(delegation, nominee=nominee), browser(app, focal)
    first = send(helper, page, f"{page}/fill").headers["Location"]
    assert "Stand on the list?" not in helper.get(first).text
    send(helper, first, q_display_name="Amina", q_list="y")
    assert send(helper, f"{page}/check").headers["Location"].endswith(page)
    assert db.session.scalars(select(Consent)).all() == []


def test_a_successor_reads_nothing_that_somebody_erased_had_typed(app: Flask, client: FlaskClient) -> None:
    event, focal = make_forum(), make_person()
    delegation = make_delegation(event, focal)
    (nominee,) = nominate(delegation, "Amina")
    fill_in(browser(app, focal), delegation, nominee)
    become_focal_point(delegation, successor := make_person())
    people.erase(focal, focal)
    keeping.erase(focal.id)
    db.session.expire_all()
    page, theirs = mine(delegation, nominee=nominee), browser(app, successor)
    assert "See what you typed" not in theirs.get(page).text
    for more in ("/typed", "/answers/p1", "/check"):
        assert theirs.get(page + more).status_code == 404
    link = f"/en/me/invitations/{actions.nominee_token(nominee)}"
    assert "has filled in the form for you" in browser(app, make_person()).get(link).text


def test_what_was_typed_and_never_taken_goes_with_its_person(client: FlaskClient) -> None:
    event, focal = make_forum(), make_person()
    delegation = make_delegation(event, focal)
    never, gone, chief = nominate(delegation, "Amina", "Bo", "Chief")
    (kept, replaced) = (filling.take_up(focal, delegation, event, one) for one in (never, gone))
    one = actions.Nomination(0, "Inter Preter", None)
    beside = actions.add_beside(focal, delegation, chief, one, "en", Kind.INTERPRETER)
    claim(beside)
    actions.replace(focal, delegation, queries.nominee_of(delegation.id, gone.id), None, "en")
    assert replaced.erased_at is not None  # at once: nobody will become that person
    event.first_day = event.last_day = (now() - timedelta(days=60)).date()
    db.session.flush()
    keeping.forget_unanswered(now())
    db.session.expire_all()
    assert kept.erased_at is not None
    rows = db.session.scalars(select(Nominee).order_by(Nominee.name)).all()
    assert [(row.name, row.email) for row in rows if row.claimed_at is None] == [("", None)] * 2 + [("", None)]
    assert [row.name for row in rows if row.claimed_at is not None] == ["Inter Preter"]
    assert keeping.forget_unanswered(now()) == 0


def test_erasing_forgets_the_mailbox_that_others_named(client: FlaskClient) -> None:
    event = make_forum()
    delegation = make_delegation(event, make_person())
    amina = make_person(name="Amina", email="shared@example.org")
    first, second = nominate(delegation, "Amina", "Bo", email="shared@example.org")
    invitation = actions.invite_focal_point(make_person(), delegation, "shared@example.org", "en")
    people.erase(amina, amina)
    db.session.expire_all()
    assert (first.name, first.email, first.left_at is None) == ("", None, False)
    # Others may share the mailbox: their link is handed over.
    assert (second.name, second.email, second.left_at) == ("Bo", None, None)
    assert queries.invitation_told(invitation.id) is None


def test_the_copy_of_ones_data_names_the_delegations(client: FlaskClient) -> None:
    event, focal = make_forum(), make_person()
    delegation = make_delegation(event, focal, name="Kingdom of Examples")
    assert [(one["delegation"], one["is_focal_point"]) for one in keeping.own_delegations(focal.id)] == [
        ("Kingdom of Examples", True)
    ]
    actions.end_focal_point(make_person(), delegation)
    assert [one["is_focal_point"] for one in keeping.own_delegations(focal.id)] == [False]
    assert keeping.own_delegations(make_person().id) == []


def test_no_word_of_security_survives_a_takeover() -> None:
    event = make_forum(needs_security=True)
    delegation, officer = make_delegation(event, make_person()), make_person()
    (nominee,) = nominate(delegation, "Amina")
    registration = typed(event, delegation, nominee, **ANSWERS)
    focal = db.session.get_one(Person, delegation.focal_id)
    actions.approve(focal, delegation, queries.nominee_of(delegation.id, nominee.id))
    db.session.refresh(registration)
    stages.ask(make_person(), db.session.get_one(RegistrationSetup, event.id), [registration])
    approval = db.session.scalars(select(Approval)).one()
    stages.say(officer, approval.id, Word.NO_OBJECTION, None, seen=approval.version)
    db.session.flush()
    claim(nominee, officer)
    db.session.refresh(registration)
    db.session.refresh(approval)
    assert approval.lapsed_at is not None
    with pytest.raises(stages.ApprovalMissing):
        deciding.decide(make_person(), [registration], State.ACCREDITED, "complete")
    assert stages.unsettled(event.id, {registration.id: None}) == {registration.id}, "security is asked anew"
