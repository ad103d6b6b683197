"""Somebody registers others who share a telephone or a mailbox, and each takes the own file over by link."""

import copy
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from eventhub.arrangements import actions as wishes
from eventhub.arrangements import queries as needed
from eventhub.arrangements.actions import OPEN
from eventhub.arrangements.models import Kind
from eventhub.arrangements.wishes import Wish
from eventhub.helping import actions, claiming, keeping, letters, queries
from eventhub.helping.actions import LinkClosed, TakenOver
from eventhub.helping.claiming import Keep
from eventhub.helping.models import Charge, Registrar
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.sealed import SealKey
from eventhub.people import actions as persons
from eventhub.people.models import Consent, Person, Role
from eventhub.programme.models import Event
from eventhub.questionnaires import answers as given
from eventhub.registration import behalf, deciding, personal_data
from eventhub.registration.models import Registration, RegistrationSetup, State
from tests.delegations.scene import history, owed, send
from tests.delegations.test_journeys import browser
from tests.factories.helping import fill_in, name_people
from tests.factories.people import form_fields, make_person, make_staff
from tests.factories.registration import THREE_PAGES, intake, make_dialogue, make_forum, register
from tests.people.visits import new_email

# What a mailbox gets is counted for a day, whichever test it was.
VILLAGE = new_email()
STRANGER = new_email()
FLOODED = new_email()
pytestmark = pytest.mark.usefixtures("database")


def mine(event: Event, more: str = "", charge: Charge | None = None) -> str:
    who = f"/{charge.id}" if charge else ""
    return f"/en/me/people/{event.slug}{who}{more}"


def link(charge: Charge) -> str:
    return f"/en/me/links/{actions.charge_token(charge)}"


def charges() -> list[Charge]:
    return list(db.session.scalars(select(Charge).order_by(Charge.named_at, Charge.name)))


def add(client: FlaskClient, event: Event, **typed: str) -> TestResponse:
    return send(client, mine(event, "/add"), language="en", **typed)


def test_a_helper_names_fills_in_and_the_person_takes_it_over(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    helper = make_person(name="Hodan Helper")
    theirs = browser(app, helper)
    assert "Nobody is on your list yet" in theirs.get(mine(event)).text
    answer = add(theirs, event, name_0="Amina Yusuf", email_0=VILLAGE, name_1="Grace", phone_1="+252 61 1234567")
    assert answer.headers["Location"].endswith(mine(event))
    amina, grace = charges()
    assert owed("helping.named") == [{"charge_id": str(amina.id)}]
    page = mine(event, charge=amina)
    first = send(theirs, page, f"{page}/fill").headers["Location"]
    assert first.endswith("/answers/p1")
    send(theirs, first, q_attendance_mode="in_person", q_category="ngo_no_ecosoc", q_organisation="Horn Voices")
    done = send(theirs, f"{page}/answers/p2", q_legal_name="Amina Yusuf", q_document_number="RT1234418")
    assert done.headers["Location"].endswith("/check"), "no page of consents alone"
    assert send(theirs, f"{page}/check").headers["Location"].endswith(page)
    registration = db.session.scalars(select(Registration)).one()
    without = db.session.get_one(Person, registration.person_id)
    assert (without.email, without.managed_by_id, registration.filed_by_id) == (None, helper.id, helper.id)
    assert registration.state is State.UNDER_REVIEW
    assert registration.delegation_id is None
    assert [who for verb, who, *_more in history(registration.id) if verb == "typed"] == [helper.id] * 2
    assert db.session.scalars(select(Consent)).all() == []
    assert "RT1234418" not in theirs.get(f"{page}/typed").text
    assert "RT1234418" in send(theirs, f"{page}/typed").text
    staff = browser(app, make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id))
    record = staff.get(f"/en/console/events/{event.slug}/registrations/{registration.id}").text
    assert "Registered by somebody else" in record
    assert "Hodan Helper" in record

    assert send(theirs, link(amina)).status_code == 422  # who typed it does not become that person
    person = make_person(name="")
    own = browser(app, person)
    assert "The form is filled in for you" in own.get(link(amina)).text
    assert send(own, link(amina)).status_code == 303
    db.session.refresh(registration)
    assert registration.person_id == person.id
    shown = own.get(f"/en/me/registrations/{registration.reference}").text
    assert "Filled in for you by" in shown
    assert "Hodan Helper" in shown
    found = intake(event, person)
    assert found.answer_set is not None
    assert given.opened(found.answer_set, found.key)["document_number"] == "RT1234418"
    # What was typed is closed to the helper for ever: pages, link, state, and the key it was sealed with.
    for more in ("/answers/p1", "/check", "/typed"):
        assert theirs.get(page + more).status_code == 404
    after = theirs.get(page).text
    assert "has the registration now" in after
    assert "Under review" not in after
    assert VILLAGE not in after
    assert db.session.get_one(SealKey, without.seal_key_id).wrapped is None
    assert "closed" in browser(app, make_person()).get(link(amina)).text
    # The person throws the helper out, who then does not even know of a registration.
    send(own, f"/en/me/registrations/{registration.reference}", f"/en/me/registrations/{event.slug}/without-helper")
    assert theirs.get(page).status_code == 404
    assert [row.charge.id for row in queries.people(event.id, helper.id)] == [grace.id]
    assert queries.places(queries.registrar(event.id, helper.id)) == (1, 20)


def test_consents_are_refused_and_others_people_do_not_exist(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    helper = make_person()
    (amina,) = name_people(event, helper, "Amina")
    fill_in(event, helper, amina, send=False)
    theirs = browser(app, helper)
    page = mine(event, charge=amina)
    assert theirs.get(f"{page}/answers/p3").status_code == 404  # nothing but consents stands on it
    stranger = browser(app, make_person())
    for more in ("", "/change", "/typed", "/check"):
        assert stranger.get(page + more).status_code == 404
    assert stranger.post(f"{page}/slip", data=form_fields(stranger.get("/en/me").text)).status_code == 404


def test_a_slip_is_shown_once_and_only_the_newest_link_works(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    helper = make_person()
    amina, grace = name_people(event, helper, "Amina", "Grace")
    grace.language = "ar"
    registration = fill_in(event, helper, amina)
    mailed = link(amina)
    theirs = browser(app, helper)
    printed = send(theirs, mine(event), mine(event, "/slips"))
    assert printed.status_code == 200
    assert printed.text.count('class="qr"') == 2
    assert str(registration.reference) in printed.text
    assert event.title["en"] not in printed.text
    links = re.findall(r"/\w\w/me/links/[\w-]+", printed.text)
    assert links == [link(amina), link(grace).replace("/en/", "/ar/")]
    assert len(re.findall(r'<p class="small" lang="ar" dir="rtl">لكم وحدكم', printed.text)) == 1
    assert mailed not in links
    assert browser(app, make_person()).get(mailed).status_code == 410
    again = send(theirs, mine(event, charge=amina), mine(event, "/slip", amina))
    assert link(amina) in again.text
    assert link(amina) not in links
    assert "/me/links/" not in theirs.get(mine(event, charge=amina)).text


def test_a_mistyped_mailbox_is_put_right_and_the_old_link_dies(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    helper = make_person()
    (amina,) = name_people(event, helper, "Amina", email="wrong@example.org")
    theirs, before = browser(app, helper), link(amina)
    page = mine(event, charge=amina)
    wrong = send(theirs, f"{page}/change", name="Amina", email="no mailbox", language="fr")
    assert wrong.status_code == 422
    send(theirs, f"{page}/change", name="Amina Yusuf", email="right@example.org", phone="", language="fr")
    db.session.refresh(amina)
    assert (amina.name, amina.email, amina.language) == ("Amina Yusuf", "right@example.org", "fr")
    assert browser(app, make_person()).get(before).status_code == 410
    assert len(owed("helping.named")) == 2
    second = link(amina)
    send(theirs, page, f"{page}/mail")
    db.session.refresh(amina)
    assert link(amina) != second
    assert len(owed("helping.named")) == 3
    claiming.claim(make_person(), actions.charge_token(amina))
    assert theirs.get(f"{page}/change").status_code == 303
    with pytest.raises(TakenOver):
        actions.correct(helper, amina, "Other", email=None, phone=None, language="en")


def test_the_mail_names_nobody_but_the_helper(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    helper = make_person(name="Hodan Legal", alias="Hodan")
    amina, grace = name_people(event, helper, "Amina Yusuf", "Grace", email=VILLAGE)
    letter = letters.named(amina, helper)
    assert letter is not None
    said = " ".join([letter.subject(), *(str(one) for one in letter.context["paragraphs"])])
    assert "Hodan" in said
    for hidden in ("Amina", "Grace", "Legal", event.title["en"], event.code):
        assert hidden not in said
    assert actions.charge_token(amina) in letter.context["buttons"][0]["url"]
    assert "/not-me/" in letter.context["buttons"][1]["url"]
    make_person(email=VILLAGE, discreet=True, alias="X")
    neutral = letters.named(grace, helper)
    assert neutral is not None
    assert neutral.discreet
    assert "Hodan" not in neutral.subject() + str(neutral.context)
    helper.alias, helper.discreet = None, True
    amina.email = "other@example.org"
    unnamed = letters.named(amina, helper)
    assert unnamed is not None
    assert "Hodan" not in unnamed.subject() + str(unnamed.context)
    warning = "will not say who you are"
    assert warning in browser(app, helper).get(mine(event, "/add")).text
    assert warning not in browser(app, make_person(name="Hodan")).get(mine(event, "/add")).text


def test_not_me_stops_the_mails_of_this_helper_and_asks_for_no_account(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    helper = make_person()
    amina, _grace = name_people(event, helper, "Amina", "Grace", email=STRANGER)
    fill_in(event, helper, amina)
    stranger, theirs = app.test_client(), browser(app, helper)
    page = f"/en/not-me/{actions.charge_token(amina)}"
    asked = stranger.get(page)
    assert "Set-Cookie" not in asked.headers
    for hidden in ("Amina", helper.name, event.title["en"]):
        assert hidden not in asked.text
    before = link(amina)
    assert "your address is forgotten" in stranger.post(page, data=form_fields(asked.text)).text
    db.session.refresh(amina)
    assert amina.email is None
    assert stranger.get(page).status_code == 410
    assert browser(app, make_person()).get(before).status_code == 410
    assert "not this person’s" in theirs.get(mine(event, charge=amina)).text
    assert db.session.scalars(select(Registration)).one().state is State.UNDER_REVIEW  # nothing that was typed is lost
    # Neither the same nor another person of this helper is mailed there again, for no event.
    number = len(owed("helping.named"))
    refused = send(theirs, mine(event, "/change", amina), name="Amina", email=STRANGER, language="en")
    assert "wants no mails from you" in refused.text
    other = add(theirs, make_forum(), name_0="Wei", email_0=STRANGER)
    assert other.status_code == 422
    assert len(owed("helping.named")) == number
    assert name_people(event, make_person(), "Amina", email=STRANGER)  # another helper's is another matter


def test_mails_of_a_day_are_bounded(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(actions.MAILS, "limit", 3)
    monkeypatch.setitem(actions.TO_ONE, "limit", 4)
    event, helper = make_forum(), make_person()
    (amina, *_rest) = name_people(event, helper, "Amina", "Grace", "Wei", email=FLOODED)
    with pytest.raises(actions.TooManyMails):
        actions.write_again(helper, amina)
    other = make_person()
    # What others sent to the mailbox is no helper's business: it is not said, and no mail goes out.
    name_people(event, other, "Amina", "Grace", email=FLOODED)
    assert len(owed("helping.named")) == 4


def test_nobody_names_more_people_than_allowed_and_the_desk_raises_it(app: Flask, client: FlaskClient) -> None:
    event, helper = make_forum(), make_person(name="Hodan")
    name_people(event, helper, *[f"Person {number}" for number in range(12)])
    theirs = browser(app, helper)
    rows = {f"name_{number}": f"Other {number}" for number in range(9)}
    late = add(theirs, event, **rows)
    assert late.status_code == 422
    assert late.text.count("Ask the secretariat for a larger number") >= 1
    assert len(charges()) == 12
    staff = browser(app, make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id))
    desk = f"/en/console/events/{event.slug}/people-registered-by-others"
    listed = staff.get(desk).text
    assert "Hodan" in listed
    assert "Person 1" not in listed
    to = f"{desk}/{helper.id}"
    few = send(staff, desk, to, most="11")
    assert few.status_code == 422
    assert send(staff, desk, to, most="21").status_code == 303
    assert add(theirs, event, **rows).status_code == 303
    assert len(charges()) == 21
    assert add(theirs, event, name_0="One more").status_code in {303, 422}
    assert len(charges()) == 21


def test_the_event_may_not_allow_it(app: Flask, client: FlaskClient) -> None:
    event, helper = make_forum(), make_person()
    (amina,) = name_people(event, helper, "Amina")
    theirs = browser(app, helper)
    staff = browser(app, make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id))
    desk = f"/en/console/events/{event.slug}/people-registered-by-others"
    assert "People I register" in theirs.get(f"/en/events/{event.slug}/register").text
    hidden = form_fields(staff.get(desk).text, desk)
    hidden.pop("by_others", None)
    assert staff.post(desk, data=hidden).status_code == 303
    assert db.session.get_one(RegistrationSetup, event.id).by_others is False
    assert "People I register" not in theirs.get(f"/en/events/{event.slug}/register").text
    assert theirs.get(mine(event, "/add")).status_code == 303
    assert theirs.get(mine(event, charge=amina)).status_code == 200
    assert "Those who are on your list stay" in theirs.get(mine(event)).text
    assert browser(app, make_staff(Role.CHECK_IN, event_id=event.id)).get(desk).status_code == 404


@pytest.mark.parametrize("keep", list(Keep))
def test_of_two_registrations_one_stays_and_the_seat_is_not_doubled(
    app: Flask, client: FlaskClient, keep: Keep
) -> None:
    event = make_dialogue(capacity=2)
    helper, person = make_person(name="Hodan"), make_person()
    (charge,) = name_people(event, helper, "Amina")
    claiming.take_up(helper, charge, event)
    found = claiming.intake_for(helper, charge, event, lock=True)
    behalf.keep(helper, found, {"display_name": "Filled in", "needs": "A ramp"})
    theirs = claiming.send(helper, found)
    own = register(event, person, display_name="Own", needs="Quiet")
    setup = db.session.get_one(RegistrationSetup, event.id)
    db.session.refresh(setup)
    assert setup.seats_taken == 2
    mine_now = browser(app, person)
    page = mine_now.get(link(charge)).text
    assert "You have registered yourself" in page
    assert send(mine_now, link(charge)).status_code == 422
    assert send(mine_now, link(charge), keep=keep.value).status_code == 303
    db.session.refresh(setup)
    assert setup.seats_taken == 1
    stays, goes = (own, theirs) if keep is Keep.OWN else (theirs, own)
    for one in (stays, goes):
        db.session.refresh(one)
    assert (stays.person_id, stays.state, goes.state) == (person.id, State.ACCREDITED, State.WITHDRAWN)
    gone = db.session.get_one(Person, goes.person_id)
    assert gone.erased_at is not None
    assert personal_data.erase(gone) == 1
    kept = intake(event, person)
    assert kept.answer_set is not None
    assert given.opened(kept.answer_set, kept.key)["display_name"] == ("Own" if keep is Keep.OWN else "Filled in")
    told = browser(app, helper).get(mine(event, charge=charge)).text
    assert ("had a registration already" in told) == (keep is Keep.OWN)
    assert ("has the registration now" in told) == (keep is Keep.THEIRS)


def test_what_was_decided_on_does_not_give_way(app: Flask, client: FlaskClient) -> None:
    event, helper, person = make_forum(), make_person(), make_person()
    (charge,) = name_people(event, helper, "Amina")
    fill_in(event, helper, charge)
    own = register(event, person)
    own.state = State.DECLINED
    db.session.flush()
    mine_now = browser(app, person)
    refused = send(mine_now, link(charge), keep="theirs")
    assert refused.status_code == 422
    assert "gone too far to be exchanged" in refused.text
    assert send(mine_now, link(charge), keep="own").status_code == 303
    db.session.refresh(own)
    assert (own.person_id, own.state) == (person.id, State.DECLINED)


def test_a_link_without_anything_typed_leads_into_the_form(app: Flask, client: FlaskClient) -> None:
    event, helper, person = make_forum(), make_person(), make_person()
    amina, grace = name_people(event, helper, "Amina", "Grace")
    own = browser(app, person)
    assert send(own, link(amina)).headers["Location"].endswith(f"/events/{event.slug}/register")
    second = own.post(link(grace), data=form_fields(own.get("/en/me").text))
    assert second.status_code == 422
    assert "Another link for this event" in second.text
    registered = make_person()
    register(event, registered)
    claiming.claim(registered, actions.charge_token(grace))
    assert queries.one_of(event.id, helper.id, grace.id).status is queries.Status.KEPT_OWN


def test_who_never_claims_is_accredited_exported_and_erased(app: Flask, client: FlaskClient) -> None:
    event, helper = make_forum(), make_person()
    (charge,) = name_people(event, helper, "Amina")
    registration = fill_in(event, helper, charge)
    officer = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
    deciding.decide(officer, [registration], State.ACCREDITED, "complete")
    db.session.refresh(registration)
    assert registration.state is State.ACCREDITED
    assert "Accredited" in browser(app, helper).get(mine(event, charge=charge)).text
    person = db.session.get_one(Person, registration.person_id)
    admin = make_staff(Role.ADMIN)
    page = browser(app, admin).get(f"/en/console/people/{person.id}/data")
    assert page.status_code == 200
    assert keeping.own_data(person.id)[0]["name"] == "Amina"
    persons.erase(admin, person)
    keeping.erase(person.id)
    personal_data.erase(person)
    db.session.refresh(charge)
    assert (charge.name, charge.left_at is not None) == ("", True)
    assert queries.places(queries.registrar(event.id, helper.id)) == (0, 20)


def test_taking_somebody_back_erases_what_was_typed(app: Flask, client: FlaskClient) -> None:
    event, helper = make_forum(), make_person()
    (charge,) = name_people(event, helper, "Amina")
    registration = fill_in(event, helper, charge)
    page = mine(event, charge=charge)
    theirs, before = browser(app, helper), link(charge)
    assert send(theirs, page, f"{page}/take-back").headers["Location"].endswith(mine(event))
    db.session.refresh(registration)
    assert registration.state is State.WITHDRAWN
    assert db.session.get_one(Person, registration.person_id).erased_at is not None
    assert theirs.get(page).status_code == 404
    with pytest.raises(LinkClosed):
        claiming.claim(make_person(), before.rsplit("/", 1)[1])


def test_names_go_after_the_event_and_with_the_helper(client: FlaskClient) -> None:
    event, helper = make_forum(), make_person()
    amina, grace = name_people(event, helper, "Amina", "Grace", email=VILLAGE)
    registration = fill_in(event, helper, amina)
    keeping.erase(helper.id)
    db.session.refresh(amina)
    assert (amina.helper_id, amina.email, amina.name) == (None, None, "Amina")
    assert db.session.scalars(select(Registrar)).all() == []
    # The link on paper is good still.
    person = make_person()
    claiming.claim(person, actions.charge_token(amina))
    assert db.session.get_one(Registration, registration.id).person_id == person.id
    event.first_day = event.last_day = now().date().replace(year=now().year - 1)
    db.session.flush()
    gone = grace.id
    while keeping.forget(now()):
        db.session.flush()
    db.session.expire_all()
    assert db.session.get(Charge, gone) is None
    assert db.session.get_one(Charge, amina.id).name == ""


def test_what_somebody_needs_is_taken_over_too(client: FlaskClient) -> None:
    data = copy.deepcopy(THREE_PAGES)
    needs = {"id": "n1", "key": "access_needs", "kind": "choices", "label": "Needs", "sealed": True}
    options = [{"id": "wheelchair", "label": "Room for a wheelchair"}, {"id": "quiet_room", "label": "A quiet room"}]
    data["pages"][1]["questions"].append(needs | {"options": options})
    event, helper, person = make_forum(data=data), make_person(), make_person()
    (charge,) = name_people(event, helper, "Amina")
    registration = fill_in(event, helper, charge, send=False)
    behalf.keep(helper, claiming.intake_for(helper, charge, event, lock=True), {"access_needs": ["wheelchair"]})
    claiming.send(helper, claiming.intake_for(helper, charge, event, lock=True))
    wishes.gather(registration.id)
    claiming.claim(person, actions.charge_token(charge))
    assert owed("registration.needs_told") == [{"registration_id": str(registration.id)}]
    wishes.gather(registration.id)
    key = db.session.get_one(SealKey, person.seal_key_id)
    asked = [one.wish for one in needed.of_registration(registration.id, key) if one.need.status in OPEN]
    assert asked == [Wish(Kind.WHEELCHAIR)]


def test_lists_take_as_many_statements_for_ten_people_as_for_one(
    app: Flask, client: FlaskClient, statements: list[str]
) -> None:
    event, helper = make_forum(), make_person()
    theirs = browser(app, helper)
    staff = browser(app, make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id))
    counts = []
    for number in (1, 9):
        name_people(event, helper, *[f"Person {number}-{one}" for one in range(number)])
        name_people(event, make_person(), "Somebody")
        for who, page in (
            (theirs, mine(event)),
            (staff, f"/en/console/events/{event.slug}/people-registered-by-others"),
        ):
            statements.clear()
            assert who.get(page).status_code == 200
            counts.append(len(statements))
    assert counts[:2] == counts[2:]
