"""From opening a delegation to the desk, by pages alone: focal points, nominees, approving, replacing, overriding."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.delegations import actions, queries
from eventhub.delegations.models import Delegation, FocalInvitation, Nominee
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person, Role
from eventhub.registration.models import Registration, State
from tests.delegations.scene import desk, history, mine, officer, owed, send
from tests.factories.delegations import arrived, claim, make_delegation, nominate, status
from tests.factories.people import form_fields, make_person, make_staff, sign_in
from tests.factories.registration import make_forum

pytestmark = pytest.mark.usefixtures("database")


def browser(app: Flask, person: Person) -> FlaskClient:
    client = app.test_client()
    sign_in(client, person)
    return client


def rows(*people: tuple[str, str], language: str = "fr") -> dict[str, str]:
    """The form of nominations as it is typed."""
    typed = {f"name_{place}": name for place, (name, _email) in enumerate(people)}
    return typed | {f"email_{place}": email for place, (_name, email) in enumerate(people)} | {"language": language}


def test_the_desk_opens_a_delegation_and_its_focal_point_accepts_by_link(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    officer(client, event)
    assert "No delegation yet" in client.get(desk(event)).text
    answer = send(client, desk(event, "/new"), organisation="Kingdom of Examples", quota="3", silent_days="5")
    assert answer.status_code == 303
    made = db.session.scalars(select(Delegation)).one()
    page = desk(event, delegation=made)
    assert "Nobody yet: nothing can be nominated." in client.get(page).text
    assert send(client, page, f"{page}/focal-point", email="Focal@Example.org", language="ar").status_code == 303
    invitation = db.session.scalars(select(FocalInvitation)).one()
    assert (invitation.email, invitation.language) == ("focal@example.org", "ar")
    assert owed("delegations.focal_point_invited") == [{"invitation_id": str(invitation.id)}]
    assert "focal@example.org" in client.get(page).text
    assert '<td><span class="muted">Invited</span></td>' in client.get(desk(event)).text

    link = f"/en/me/requests/{actions.focal_token(invitation)}"
    assert "/sign-in" in app.test_client().get(link).headers["Location"]
    focal = make_person(email="focal@example.org", name="Fatima Focal")
    theirs = browser(app, focal)
    assert "Kingdom of Examples" in theirs.get(link).text
    db.session.refresh(made)
    assert made.focal_id is None  # looking changes nothing
    assert send(theirs, link).headers["Location"].endswith(mine(made))
    assert "Kingdom of Examples" in theirs.get("/en/me").text
    assert "You are the focal point" in theirs.get(link).text
    assert "This invitation is closed" in browser(app, make_person()).get(link).text
    listed = client.get(desk(event)).text
    assert "Fatima Focal" in listed
    assert '<td class="num">3</td>' in listed


def test_two_delegations_of_one_organisation_are_refused_and_scope_is_kept(app: Flask, client: FlaskClient) -> None:
    event, other = make_forum(), make_forum()
    make_delegation(event, name="Kingdom of Examples")
    officer(client, event)
    again = send(client, desk(event, "/new"), organisation="KINGDOM of examples", silent_days="5")
    assert again.status_code == 422
    assert "has a delegation at this event already" in again.text
    assert client.get(desk(other)).status_code == 404
    foreign = make_delegation(other)
    assert client.get(desk(event, delegation=foreign)).status_code == 404


def test_twelve_rows_at_once_with_a_mail_each_and_mistakes_at_their_rows(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    focal = sign_in(client, make_person())
    delegation = make_delegation(event, focal, quota=3, category="member_state")
    page = mine(delegation, "/nominate")
    typed = rows(("Amina", "shared@example.org"), ("", "lost@example.org"), ("Grace", "no address"))
    answer = send(client, page, **typed)
    assert answer.status_code == 422
    assert "Write the name of the person" in answer.text
    assert "Enter an email address like name@example.org" in answer.text
    for value in ("Amina", "shared@example.org", "lost@example.org", "Grace", "no address"):
        assert f'value="{value}"' in answer.text  # nothing that was typed is lost
    assert 'aria-invalid="true"' in answer.text
    assert db.session.scalars(select(Nominee)).all() == []

    four = rows(*((name, "shared@example.org") for name in ("Amina", "Grace", "Olga", "Wei")))
    answer = send(client, page, **four)
    assert answer.status_code == 422
    assert answer.text.count("one too many") == 2  # in the summary, and at the fourth row
    assert answer.text.index('value="Olga"') < answer.text.rindex("one too many") < answer.text.index('value="Wei"')
    twice = rows(("Amina", "shared@example.org"), ("amina", "shared@example.org"))
    assert "This person is nominated already." in send(client, page, **twice).text

    good = rows(("Amina", "shared@example.org"), ("Grace", "shared@example.org"), ("Olga", ""))
    assert send(client, page, **good).status_code == 303
    made = list(db.session.scalars(select(Nominee).order_by(Nominee.name)))
    assert [(one.name, one.email, one.language) for one in made] == [
        ("Amina", "shared@example.org", "fr"),
        ("Grace", "shared@example.org", "fr"),
        ("Olga", None, "fr"),
    ]
    assert len(owed("delegations.nominated")) == 2  # nobody writes to who has no mailbox
    assert "3 of 3 places taken" in client.get(mine(delegation)).text
    assert "Invited" in client.get(mine(delegation)).text


def test_nobody_but_the_focal_point_sees_the_delegation(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    delegation = make_delegation(event, make_person())
    (nominee,) = nominate(delegation, "Amina")
    for person in (make_person(), make_staff(Role.ORGANISER, event_id=event.id), claim(nominee)):
        stranger = browser(app, person)
        for page in (mine(delegation), mine(delegation, "/nominate"), mine(delegation, nominee=nominee)):
            assert stranger.get(page).status_code == 404


def test_a_nominee_completes_the_own_data_and_the_focal_point_approves(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    focal = sign_in(client, make_person())
    delegation = make_delegation(event, focal, category="member_state")
    (nominee,) = nominate(delegation, "Amina Yusuf")
    assert status(delegation, nominee) == "invited"
    person = make_person()
    theirs = browser(app, person)
    link = f"/en/me/invitations/{actions.nominee_token(nominee)}"
    assert "Amina Yusuf" in theirs.get(link).text
    answer = send(theirs, link)
    assert f"/en/events/{event.slug}/register" in answer.headers["Location"]
    assert theirs.get(link).status_code == 303  # from now on it leads into the registration
    registration = db.session.scalars(select(Registration)).one()
    assert registration.delegation_id == delegation.id
    assert status(delegation, nominee) == "begun"
    form = theirs.get(f"/en/events/{event.slug}/register/p1").text
    assert (
        'value="member_state" checked' in form.replace(" required", "")
        or 'checked type="radio" value="member_state"' in form
    )
    base = f"/en/events/{event.slug}/register"
    send(theirs, f"{base}/p1", q_attendance_mode="in_person", q_category="member_state", q_organisation="Ministry")
    send(theirs, f"{base}/p2", q_legal_name="Amina Secret Name", q_document_number="RT1234418")
    send(theirs, f"{base}/p3")
    assert send(theirs, f"{base}/check").headers["Location"].endswith("/done")
    db.session.refresh(registration)
    assert registration.state is State.AWAITING_FOCAL_POINT
    assert owed("registration.awaits_focal_point") == [{"registration_id": str(registration.id)}]
    assert status(delegation, nominee) == "complete"
    # The focal point sees where it stands, and nothing of the answers.
    page = client.get(mine(delegation, nominee=nominee))
    assert "Complete" in page.text
    for answer_given in ("Amina Secret Name", "RT1234418", "Ministry"):
        assert answer_given not in page.text + client.get(mine(delegation)).text
    # The desk cannot decide past the focal point.
    staff = app.test_client()
    officer(staff, event)
    record = f"/en/console/events/{event.slug}/registrations/{registration.id}"
    assert 'value="accredited"' not in staff.get(record).text
    assert delegation.organisation_id is not None
    assert send(client, mine(delegation, nominee=nominee), mine(delegation, "/approve", nominee)).status_code == 303
    db.session.refresh(registration)
    assert registration.state is State.UNDER_REVIEW
    assert status(delegation, nominee) == "approved"
    assert "Approved by the focal point" in staff.get(record).text
    assert 'value="accredited"' in staff.get(record).text
    again = client.get(mine(delegation, nominee=nominee)).text
    assert "/approve" not in again


def test_replacing_frees_the_place_and_withdraws_what_was_sent(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    focal = sign_in(client, make_person())
    delegation = make_delegation(event, focal, quota=1)
    nominee, registration = arrived(delegation, event, "Amina")
    assert send(client, mine(delegation, "/nominate"), **rows(("Grace", ""))).status_code == 422
    page = mine(delegation, "/replace", nominee)
    lost = send(client, page, name_0="", email_0="grace@example.org", language="es", go="replace")
    assert lost.status_code == 422
    assert "Write the name of the person" in lost.text
    assert 'value="grace@example.org"' in lost.text
    asked = send(client, page, name_0="Grace", email_0="grace@example.org", language="es")
    assert asked.status_code == 200
    assert "This cannot be undone." in asked.text
    db.session.refresh(registration)
    assert registration.state is not State.WITHDRAWN  # nothing is done before a yes
    again = client.post(page, data=form_fields(asked.text) | {"go": "edit"})
    assert 'value="Grace"' in again.text
    nominee.claimed_at = None
    db.session.flush()
    stale = client.post(page, data=form_fields(asked.text) | {"go": "replace"})
    assert "Somebody else changed this while you were looking at it." in stale.text
    nominee.claimed_at = now()
    db.session.flush()
    answer = send(client, page, name_0="Grace", email_0="grace@example.org", language="es", go="replace")
    assert answer.status_code == 303
    db.session.refresh(registration)
    assert registration.state is State.WITHDRAWN
    assert owed("registration.replaced") == [{"registration_id": str(registration.id)}]
    grace = db.session.scalars(select(Nominee).where(Nominee.name == "Grace")).one()
    assert status(delegation, nominee) == "left"
    assert "Replaced" in client.get(mine(delegation)).text
    stale = browser(app, make_person()).get(f"/en/me/invitations/{actions.nominee_token(nominee)}")
    assert "closed" in stale.text
    assert send(client, mine(delegation, "/replace", grace), language="en", go="replace").status_code == 303
    late = client.post(page, data={"go": "replace"})
    assert late.headers["Location"].endswith(mine(delegation, nominee=nominee))
    assert "does not belong to the delegation any more" in client.get(mine(delegation)).text
    db.session.refresh(delegation)
    assert delegation.places_taken == 0
    assert send(client, mine(delegation, "/nominate"), **rows(("Olga", ""))).status_code == 303


def test_the_secretariat_goes_on_without_a_silent_focal_point_and_says_why(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    delegation = make_delegation(event, make_person(), silent_days=5)
    fresh, waiting = arrived(delegation, event, "Amina", days_ago=1)
    late, registration = arrived(delegation, event, "Grace", days_ago=9)
    person = officer(client, event)
    listed = client.get(desk(event)).text
    assert "Silent" in listed
    assert '<td class="num">2</td>' in listed
    early = desk(event, f"/people/{fresh.id}/override", delegation)
    assert "After that day you can go on without it." in client.get(early).text
    hidden = form_fields(client.get(desk(event, "/new")).text)
    assert client.post(early, data={**hidden, "why": "We cannot wait"}).status_code == 422
    db.session.refresh(waiting)
    assert waiting.state is State.AWAITING_FOCAL_POINT
    page = desk(event, f"/people/{late.id}/override", delegation)
    assert page in client.get(desk(event, delegation=delegation)).text
    assert send(client, page, why="").status_code == 422
    assert send(client, page, why="No answer by phone either").status_code == 303
    db.session.refresh(registration)
    assert registration.state is State.UNDER_REVIEW
    last = [one for one in history(registration.id) if one[0] == "under_review"][-1]
    assert last[1:3] == (person.id, "No answer by phone either")
    record = client.get(f"/en/console/events/{event.slug}/registrations/{registration.id}").text
    assert "Gone on without the focal point" in record
    assert "No answer by phone either" in record


def test_closing_stops_the_focal_point_and_opening_again_lets_it_go_on(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    focal = make_person()
    delegation = make_delegation(event, focal)
    (nominee,) = nominate(delegation, "Amina")
    theirs = browser(app, focal)
    officer(client, event)
    page = desk(event, delegation=delegation)
    assert send(client, page, f"{page}/state", to="closed").status_code == 303
    assert "has closed this delegation" in theirs.get(mine(delegation)).text
    assert "You can still approve those who await your word." in theirs.get(mine(delegation)).text
    assert theirs.get(mine(delegation, "/nominate")).status_code == 303
    assert theirs.get(mine(delegation, "/replace", nominee)).status_code == 303
    assert "Closed" in client.get(desk(event)).text
    assert send(client, page, f"{page}/state", to="open").status_code == 303
    assert theirs.get(mine(delegation, "/nominate")).status_code == 200


def test_another_focal_point_is_named_and_the_former_one_sees_nothing_more(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    former, newer = make_person(), make_person()
    delegation = make_delegation(event, former)
    nominate(delegation, "Amina")
    theirs = browser(app, former)
    assert theirs.get(mine(delegation)).status_code == 200
    officer(client, event)
    page = desk(event, delegation=delegation)
    asked = send(client, page, f"{page}/focal-point/end")
    assert asked.status_code == 200  # nothing is done before a yes
    assert theirs.get(mine(delegation)).status_code == 200
    assert client.post(f"{page}/focal-point/end", data=form_fields(asked.text)).status_code == 303
    assert theirs.get(mine(delegation)).status_code == 404
    assert send(client, page, f"{page}/focal-point", email=newer.email, language="en").status_code == 303
    first = db.session.scalars(select(FocalInvitation).where(FocalInvitation.closed_at.is_(None))).one()
    assert send(client, page, f"{page}/focal-point", email=newer.email, language="en").status_code == 303
    second = db.session.scalars(select(FocalInvitation).where(FocalInvitation.closed_at.is_(None))).one()
    other = browser(app, newer)
    assert "closed" in other.get(f"/en/me/requests/{actions.focal_token(first)}").text  # the newest only
    assert send(other, f"/en/me/requests/{actions.focal_token(second)}").status_code == 303
    assert "Amina" in other.get(mine(delegation)).text


def test_an_old_invitation_is_worth_nothing(app: Flask, client: FlaskClient) -> None:
    delegation = make_delegation(make_forum())
    invitation = actions.invite_focal_point(make_person(), delegation, "focal@example.org", "en")
    invitation.until = now() - timedelta(seconds=1)
    db.session.flush()
    person = make_person()
    with pytest.raises(actions.LinkClosed):
        actions.accept_focal_point(person, actions.focal_token(invitation))
    with pytest.raises(actions.LinkClosed):
        actions.accept_focal_point(person, "made-up")
    assert queries.invitation_by_token("made-up") is None


def test_no_promise_and_no_address_holds_a_mailbox_or_a_name(client: FlaskClient) -> None:
    delegation = make_delegation(make_forum(), make_person(email="marker.focal@example.org"))
    nominate(delegation, "Marker Name", email="marker.nominee@example.org")
    payloads = [str(one.payload) for one in db.session.scalars(select(Promise))]
    assert payloads
    assert not any("marker" in payload.lower() for payload in payloads)


def test_whoever_makes_no_badges_reads_the_public_name_of_who_took_the_link(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    delegation = make_delegation(event, make_person(), silent_days=5)
    nominee, _registration = arrived(delegation, event, "Legal Marker", days_ago=20)
    person = db.session.get_one(Person, nominee.person_id)
    person.alias = "A. Yusuf"
    db.session.flush()
    page = desk(event, delegation=delegation)
    officer(client, event)
    assert "Legal Marker" in client.get(page).text
    organiser = browser(app, make_staff(Role.ORGANISER, event_id=event.id))
    for there in (page, desk(event, f"/people/{nominee.id}/override", delegation)):
        text = organiser.get(there).text
        assert "Legal Marker" not in text
        assert "A. Yusuf" in text


def test_an_invitation_can_be_declined_after_a_question(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    focal = sign_in(client, make_person())
    delegation = make_delegation(event, focal, quota=1)
    (nominee,) = nominate(delegation, "Amina")
    theirs = browser(app, make_person())
    link = f"/en/me/invitations/{actions.nominee_token(nominee)}"
    assert "Register by:" in theirs.get(link).text
    asked = send(theirs, link, go="decline")
    assert asked.status_code == 200
    assert status(delegation, nominee) == "invited"  # nothing is done before a yes
    assert theirs.post(link, data=form_fields(asked.text) | {"go": "declined"}).status_code == 303
    db.session.refresh(delegation)
    assert (status(delegation, nominee), delegation.places_taken) == ("left", 0)
    assert owed("delegations.declined") == [{"nominee_id": str(nominee.id)}]
    assert "Not coming" in client.get(mine(delegation)).text
    assert "closed" in theirs.get(link).text

    other = make_delegation(event)
    invitation = actions.invite_focal_point(make_person(), other, "focal@example.org", "en")
    there = f"/en/me/requests/{actions.focal_token(invitation)}"
    nobody = browser(app, make_person(name=""))
    refused = send(nobody, there)
    assert refused.status_code == 422
    assert "Enter your name" in refused.text  # a focal point without a name is nobody to the others
    asked = send(nobody, there, go="decline")
    assert nobody.post(there, data=form_fields(asked.text) | {"go": "declined"}).status_code == 303
    assert "This invitation is closed" in nobody.get(there).text
    staff = app.test_client()
    officer(staff, event)
    assert "Focal point declined" in staff.get(desk(event, delegation=other)).text
    lines = staff.get(desk(event, delegation=delegation)).text
    assert "A person declined" in lines
    assert lines.count("Amina") >= 2  # among those who left, and in the history


def test_what_the_nomination_says_stands_in_the_form_of_the_nominee(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    delegation = make_delegation(event, make_person(), name="Kingdom of Examples")
    (nominee,) = nominate(delegation, "Amina Yusuf")
    theirs = browser(app, claim(nominee))
    assert 'value="Kingdom of Examples"' in theirs.get(f"/en/events/{event.slug}/register/p1").text
    assert 'value="Amina Yusuf"' in theirs.get(f"/en/events/{event.slug}/register/p2").text


def test_the_silent_is_who_has_accepted_and_the_overdue_comes_first(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    focal = sign_in(client, make_person())
    delegation = make_delegation(event, focal, silent_days=5)
    arrived(delegation, event, "Grace", days_ago=1)
    arrived(delegation, event, "Amina", days_ago=30)
    text = client.get(mine(delegation)).text
    assert text.index("Amina") < text.index("Grace")
    assert text.count("Overdue") == 1
    delegation.focal_id = None
    db.session.flush()
    staff = app.test_client()
    officer(staff, event)
    assert "Silent" not in staff.get(desk(event)).text
    page = staff.get(desk(event, delegation=delegation)).text
    assert "Nobody has accepted yet" in page
    assert "Go on without it" in page
