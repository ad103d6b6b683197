"""Applying for somebody without an account: the helper's pages, the takeover by the link, and what is closed then."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.funding import applying, own, traits, vouching
from eventhub.funding import personal_data as of_applicants
from eventhub.funding.models import Application, State, Vouch
from eventhub.helping import actions as helping
from eventhub.helping import claiming
from eventhub.helping.models import Charge
from eventhub.kit.db import db
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires import answers as given
from eventhub.reviewing import queries as readings
from eventhub.reviewing import reading
from eventhub.reviewing.models import Review
from tests.delegations.scene import send
from tests.delegations.test_journeys import browser
from tests.factories import reviewing as reads
from tests.factories.funding import ANSWERS, an_open_call, begin, held
from tests.factories.helping import fill_in, name_people
from tests.factories.people import make_person
from tests.factories.registration import make_forum
from tests.people.visits import new_email

pytestmark = pytest.mark.usefixtures("database")

NOMINATED = {"vouching": {"nominator": True, "referees": 0}}
PAGES = {
    "p1": {"q_residence": "KE", "q_nationality": "SO", "q_first_time": "yes", "q_language": "fr"},
    "p2": {"q_organisation": "Horn Voices"},
    "p3": {"q_why_need": "No grant pays for it.", "q_why_voice": "What was promised and not done."},
    "p4": {"q_support": "full", "q_needs_access": "A ramp"},
    "p5": {"q_gender": "woman", "q_birth_date": "1994-05-01"},
    "p6": {},
}


def a_person(helper: Person, event: Event, name: str = "Amina Yusuf") -> Charge:
    (charge,) = name_people(event, helper, name)
    fill_in(event, helper, charge)
    return charge


def link(charge: Charge) -> str:
    return f"/en/me/links/{helping.charge_token(charge)}"


def of(charge: Charge, address: str) -> str:
    return f"{address}?for={charge.id}"


def test_a_helper_applies_and_the_person_takes_it_over(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    call, helper = an_open_call(event, changed=NOMINATED), make_person(name="Hodan Helper")
    charge = a_person(helper, event)
    theirs = browser(app, helper)
    page = theirs.get(f"/en/me/people/{event.slug}/{charge.id}").text
    apply = f"/en/funds/{call.slug}/apply"
    assert of(charge, apply) in page
    assert "You fill this in for <strong><bdi>Amina Yusuf</bdi></strong>" in theirs.get(of(charge, apply)).text
    for name, typed in PAGES.items():
        answer = send(theirs, of(charge, f"{apply}/{name}"), **typed)
        assert answer.status_code == 303, (name, answer.text)
        assert f"for={charge.id}" in answer.headers["Location"]
    named = {"name": "A Chair", "email": new_email(), "language": "en", "organisation": "Horn Voices"}
    assert send(theirs, of(charge, f"{apply}/people/nominator-1"), **named).status_code == 303
    check = theirs.get(of(charge, f"{apply}/check")).text
    assert "What your journey is reckoned at" in check
    assert send(theirs, of(charge, f"{apply}/check")).headers["Location"].endswith(of(charge, f"{apply}/done"))
    assert theirs.get(of(charge, f"{apply}/done")).status_code == 200
    application = db.session.scalars(select(Application)).one()
    before = db.session.get_one(Person, application.person_id)
    assert (application.state, application.filed_by_id) == (State.SUBMITTED, helper.id)
    assert (before.email, before.managed_by_id) == (None, helper.id)
    assert own.mine(helper) == []
    row = own.vouchers(application.id)[0]
    vouching.answer(vouching.link_token(row), Vouch.CONFIRMED, "She speaks for many.")
    mine = f"/en/me/applications/{application.reference}"
    assert "She speaks for many" not in theirs.get(of(charge, mine)).text
    assert theirs.get(of(charge, mine)).status_code == 200
    for stranger in (make_person(), None):
        other = browser(app, stranger) if stranger else theirs
        assert other.get(of(charge, mine) if stranger else mine).status_code == 404

    person = make_person(name="")
    assert send(browser(app, person), link(charge)).status_code == 303
    db.session.expire_all()
    application = db.session.scalars(select(Application)).one()
    assert (application.person_id, application.registration_id is not None) == (person.id, True)
    found = held(call, person)
    assert found.answer_set is not None
    opened = given.opened(found.answer_set, found.key)
    assert (opened["needs_access"], opened["birth_date"]) == ("A ramp", "1994-05-01")
    assert "gender:woman" in traits.opened(application, found.key)
    assert vouching.words_of(own.vouchers(application.id)[0], found.key)[0] == "She speaks for many."
    assert db.session.get_one(SealKey, db.session.get_one(Person, before.id).seal_key_id).destroyed_at is not None
    of_applicants.erase(before.id)
    assert db.session.get_one(Application, application.id).erased_at is None
    assert browser(app, person).get(mine).status_code == 200
    for address in (apply, f"{apply}/p1", mine, f"{mine}/withdraw"):
        assert theirs.get(of(charge, address)).status_code == 404, address


def test_what_readers_wrote_goes_with_the_file() -> None:
    event = make_forum()
    call, helper = an_open_call(event), make_person()
    charge = a_person(helper, event)
    before = db.session.get_one(Person, charge.person_id)
    begin(call, before, ANSWERS)
    file = applying.submit(helper, held(call, before))
    file.state = State.ELIGIBLE
    reader = reads.make_reader(call)
    review = reads.give(file, reader)
    said = reading.Said({}, {"need": "Words of a reader"}, None)
    reading.keep(reader, review.id, said, seen=review.version, window=review.id)
    person = make_person()
    claiming.claim(person, helping.charge_token(charge))
    db.session.expire_all()
    kept = readings.own_review(reader.id, db.session.get_one(Review, review.id).id)
    assert reading.said(kept).words == {"need": "Words of a reader"}


@pytest.mark.parametrize(
    ("own_state", "theirs_sent", "kept"),
    [("draft", True, "theirs"), ("sent", True, "own"), ("draft", False, "own"), ("sent", False, "own")],
)
def test_of_two_applications_the_one_stays_that_was_sent(own_state: str, theirs_sent: bool, kept: str) -> None:
    event = make_forum()
    call, helper, person = an_open_call(event), make_person(), make_person()
    charge = a_person(helper, event)
    before = db.session.get_one(Person, charge.person_id)
    begin(call, before, ANSWERS)
    theirs = held(call, before).application
    begin(call, person, ANSWERS)
    mine = held(call, person).application
    assert theirs is not None
    assert mine is not None
    if theirs_sent:
        applying.submit(helper, held(call, before))
    if own_state == "sent":
        applying.submit(person, held(call, person))
    claiming.claim(person, helping.charge_token(charge))
    db.session.expire_all()
    (one,) = own.mine(person)
    assert one.application is not None
    assert one.application.id == (theirs.id if kept == "theirs" else mine.id)
    gone = db.session.get_one(Application, mine.id if kept == "theirs" else theirs.id)
    assert db.session.get_one(Person, gone.person_id).erased_at is not None
    of_applicants.erase(gone.person_id)
    assert db.session.get_one(Application, gone.id).state is State.WITHDRAWN


def test_no_other_call_and_no_other_person(app: Flask) -> None:
    event = make_forum()
    call, elsewhere, helper = an_open_call(event), an_open_call(make_forum()), make_person()
    charge = a_person(helper, event)
    theirs = browser(app, helper)
    assert theirs.get(of(charge, f"/en/funds/{call.slug}/apply")).status_code == 200
    assert theirs.get(of(charge, f"/en/funds/{elsewhere.slug}/apply")).status_code == 404
    for wrong in ("nobody", "00000000-0000-0000-0000-000000000000", ""):
        assert theirs.get(f"/en/funds/{call.slug}/apply/p1?for={wrong}").status_code == 404
    helping.take_back(helper, charge)
    assert theirs.get(of(charge, f"/en/funds/{call.slug}/apply")).status_code == 404
