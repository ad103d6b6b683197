"""A helper who fills in for people without an account, and the person who takes it over by link."""

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from eventhub.delegations import actions, filling
from eventhub.delegations.models import Nominee
from eventhub.kit.db import db
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Consent, Person, Role
from eventhub.programme.models import Publication
from eventhub.questionnaires import answers as given
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration.cancelling import NotAnyMore
from eventhub.registration.focal import RegisteredAlready
from eventhub.registration.models import Registration, State
from tests.delegations.scene import history, mine, send
from tests.delegations.test_journeys import browser
from tests.factories.delegations import make_delegation, nominate, status
from tests.factories.people import form_fields, make_person, make_staff
from tests.factories.registration import WITH_PAPERS, intake, make_forum, register
from tests.registration.test_files import picture

pytestmark = pytest.mark.usefixtures("database")


def fill_in(client: FlaskClient, delegation: object, nominee: Nominee) -> Registration:
    """Begin, answer page by page, look at all of it, send."""
    page = mine(delegation, nominee=nominee)  # type: ignore[arg-type]
    first = send(client, page, f"{page}/fill").headers["Location"]
    assert first.endswith("/answers/p1")
    send(client, first, q_attendance_mode="in_person", q_category="ngo_no_ecosoc", q_organisation="Horn Voices")
    answer = send(client, f"{page}/answers/p2", q_legal_name="Amina Yusuf", q_document_number="RT1234418")
    assert answer.headers["Location"].endswith("/check"), "no page of consents alone"
    assert send(client, f"{page}/check").headers["Location"].endswith(page)
    return db.session.scalars(select(Registration)).one()


def test_a_helper_fills_in_and_the_person_takes_it_over(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    focal = make_person(name="Fatima Focal")
    helper = browser(app, focal)
    delegation = make_delegation(event, focal)
    (nominee,) = nominate(delegation, "Amina Yusuf", email="shared@example.org")
    page = mine(delegation, nominee=nominee)
    registration = fill_in(helper, delegation, nominee)
    without = db.session.get_one(Person, registration.person_id)
    assert (without.email, without.managed_by_id, registration.filed_by_id) == (None, focal.id, focal.id)
    assert registration.state is State.AWAITING_FOCAL_POINT
    typed = [
        (verb, who, detail["questions"]) for verb, who, _text, detail in history(registration.id) if verb == "typed"
    ]
    assert typed == [
        ("typed", focal.id, ["attendance_mode", "category", "organisation"]),
        ("typed", focal.id, ["document_number", "legal_name"]),
    ]
    assert db.session.scalars(select(Consent)).all() == []  # nobody agrees for somebody else
    staff = browser(app, make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id))
    record = staff.get(f"/en/console/events/{event.slug}/registrations/{registration.id}").text
    assert "Filled in for the person by somebody else" in record
    assert "Fatima Focal" in record

    # The link on paper leads where the mailed one does.
    shown = helper.get(f"{page}/link").text
    link = f"/en/me/invitations/{actions.nominee_token(nominee)}"
    assert link in shown
    assert "<svg" in shown
    assert send(helper, link).status_code == 422  # who typed it does not become that person

    amina = make_person(name="")
    theirs = browser(app, amina)
    assert "has filled in the form for you" in theirs.get(link).text
    assert send(theirs, link).status_code == 303
    db.session.refresh(registration)
    assert registration.person_id == amina.id
    own = theirs.get(f"/en/me/registrations/{registration.reference}").text
    assert "Filled in for you by" in own
    assert "Fatima Focal" in own
    found = intake(event, amina)
    assert found.answer_set is not None
    assert given.opened(found.answer_set, found.key)["document_number"] == "RT1234418"
    # The person reads what was written: behind a button, and written down.
    sealed = f"/en/events/{event.slug}/register/sealed/answers"
    assert sealed in own
    assert "RT1234418" not in own + theirs.get(sealed).text
    assert "RT1234418" in send(theirs, sealed).text
    assert ("own_read", amina.id) in [entry[:2] for entry in history(registration.id)]
    assert helper.get(sealed).status_code == helper.post(sealed).status_code == 404
    # What the helper typed is closed to the helper for ever: pages, link, and the key it was sealed with.
    for more in ("/answers/p1", "/answers/p2", "/check"):
        assert helper.get(page + more).status_code == 404
    assert "RT1234418" not in helper.get(page).text
    assert helper.get(f"{page}/link").status_code == 303
    assert db.session.get_one(SealKey, without.seal_key_id).wrapped is None
    assert without.erased_at is not None
    assert ("claimed", amina.id) in [entry[:2] for entry in history(registration.id)]
    assert status(delegation, nominee) == "complete"
    assert theirs.get(link).status_code == 303
    assert "closed" in browser(app, make_person()).get(link).text


def test_what_is_sealed_is_opened_for_who_typed_it_until_it_is_claimed(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    helper = browser(app, focal := make_person())
    delegation = make_delegation(event, focal)
    (nominee,) = nominate(delegation, "Amina")
    page = mine(delegation, nominee=nominee)
    send(helper, page, f"{page}/fill")
    send(helper, f"{page}/answers/p1", q_attendance_mode="in_person", q_category="ngo_no_ecosoc")
    send(helper, f"{page}/answers/p2", q_legal_name="Amina", q_document_number="RT1234418")
    drawn = helper.get(f"{page}/answers/p2").text
    assert "Kept sealed: •••••" in drawn.replace('<span class="ltr">', "")
    merely_opened = [helper.get(page + more).text for more in ("", "/check", "/typed")]
    assert not any("RT1234418" in one for one in [drawn, *merely_opened])
    registration = db.session.scalars(select(Registration)).one()
    shown = send(helper, f"{page}/typed")
    assert "RT1234418" in shown.text
    assert [who for verb, who, *_rest in history(registration.id) if verb == "typed_read"] == [focal.id]
    hidden = form_fields(helper.get(f"{page}/typed").text)
    filling.claim(make_person(), actions.nominee_token(nominee))
    assert helper.get(f"{page}/typed").status_code == 404
    late = helper.post(f"{page}/typed", data=hidden)
    assert late.status_code == 404
    assert "RT1234418" not in late.text


def test_files_that_a_helper_sent_are_sealed_anew(app: Flask, client: FlaskClient) -> None:
    event = make_forum(data=WITH_PAPERS)
    helper = browser(app, focal := make_person())
    delegation = make_delegation(event, focal)
    (nominee,) = nominate(delegation, "Amina")
    page = mine(delegation, nominee=nominee)
    send(helper, page, f"{page}/fill")
    hidden = form_fields(helper.get(f"{page}/answers/p4").text)
    letter, scan = (FileStorage(io.BytesIO(picture()), filename=name) for name in ("letter.png", "passport.png"))
    helper.post(
        f"{page}/answers/p4",
        data=hidden | {"q_letter": letter, "q_scan": scan},
        content_type="multipart/form-data",
    )
    amina = make_person()
    filling.claim(amina, actions.nominee_token(nominee))
    found = intake(event, amina)
    assert found.answer_set is not None
    files = given.attached(found.answer_set, given.load(found.answer_set, found.key))
    assert set(files) == {"letter", "scan"}
    assert files["scan"].seal_key_id == amina.seal_key_id
    assert given.opened(found.answer_set, found.key)["scan"]["name"] == "passport.png"  # type: ignore[index]


def test_somebody_registered_already_takes_no_second_registration(client: FlaskClient) -> None:
    event = make_forum()
    focal, amina = make_person(), make_person()
    delegation = make_delegation(event, focal)
    (nominee,) = nominate(delegation, "Amina")
    filling.take_up(focal, delegation, event, nominee)
    register(event, amina)
    with pytest.raises(RegisteredAlready):
        filling.claim(amina, actions.nominee_token(nominee))


def test_several_who_share_a_mailbox_have_links_of_their_own(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    delegation = make_delegation(event, make_person())
    amina, grace = nominate(delegation, "Amina", "Grace", email="village@example.org")
    shared = make_person(email="village@example.org")
    filling.claim(shared, actions.nominee_token(amina))
    with pytest.raises(actions.LinkClosed):
        filling.claim(make_person(), actions.nominee_token(amina))
    theirs = browser(app, shared)
    second = send(theirs, f"/en/me/invitations/{actions.nominee_token(grace)}")
    assert second.status_code == 422
    assert "by another nomination already" in second.text.replace("\n", " ")
    filling.claim(make_person(), actions.nominee_token(grace))
    assert len(db.session.scalars(select(AnswerSet)).all()) == 2


def test_a_draft_that_was_begun_before_is_tied_and_kept(client: FlaskClient) -> None:
    event = make_forum()
    delegation = make_delegation(event, make_person(), category="member_state")
    (nominee,) = nominate(delegation, "Amina")
    amina = make_person()
    register(event, amina)
    filling.claim(amina, actions.nominee_token(nominee))
    registration = db.session.scalars(select(Registration)).one()
    assert (registration.delegation_id, registration.category) == (delegation.id, "ngo_no_ecosoc")
    assert status(delegation, nominee) == "complete"
    assert registration.state is State.UNDER_REVIEW  # nothing that was looked at already goes back


def test_registration_that_is_not_open_leaves_the_link_good(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    delegation = make_delegation(event, make_person())
    (nominee,) = nominate(delegation, "Amina")
    setup = intake(event, make_person()).setup
    opened = setup.opens_at
    setup.opens_at, setup.closes_at = setup.closes_at, setup.closes_at.replace(year=setup.closes_at.year + 1)
    db.session.flush()
    theirs = browser(app, make_person())
    link = f"/en/me/invitations/{actions.nominee_token(nominee)}"
    answer = send(theirs, link)
    assert answer.status_code == 422
    assert "has not opened yet" in answer.text
    setup.opens_at = opened
    db.session.flush()
    assert send(theirs, link).status_code == 303


def test_nobody_is_named_for_a_cancelled_event() -> None:
    event = make_forum()
    delegation = make_delegation(event, make_person())
    nominate(delegation, "Amina")
    event.publication = Publication.CANCELLED
    db.session.flush()
    with pytest.raises(NotAnyMore):
        nominate(delegation, "Bashir")
    with pytest.raises(NotAnyMore):
        actions.invite_focal_point(make_person(), delegation, "focal@example.org", "en")
    assert [one.name for one in db.session.query(Nominee)] == ["Amina"]
