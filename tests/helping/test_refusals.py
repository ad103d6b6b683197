"""What a hostile helper, a shared mailbox, an erasure and a second link must not bring about."""

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventhub.helping import actions, claiming, keeping, letters, queries
from eventhub.helping.claiming import Keep
from eventhub.helping.models import Charge, Registrar, UnwantedHelp
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people import actions as people
from eventhub.people.models import Person
from eventhub.registration import behalf, personal_data
from eventhub.registration.models import Approval, Stage, State, Word
from tests.delegations.scene import owed
from tests.delegations.test_journeys import browser
from tests.factories.helping import fill_in, name_people
from tests.factories.people import form_fields, make_person
from tests.factories.registration import make_forum, register
from tests.people.visits import new_email

# What a mailbox gets is counted for a day, whichever test it was.
STRANGER = new_email()
pytestmark = pytest.mark.usefixtures("database")


def not_me(charge: Charge, helper: Person) -> str:
    letter = letters.named(charge, helper)
    assert letter is not None
    url: str = letter.context["buttons"][1]["url"]
    return url[url.index("/en/") :]


def test_not_me_outlives_slips_and_taking_back_and_stops_what_waits(app: Flask) -> None:
    event, helper = make_forum(), make_person()
    amina, grace = name_people(event, helper, "Amina", "Grace", email=STRANGER)
    page = not_me(amina, helper)
    assert not_me(grace, helper) == page
    actions.slips(helper, [amina])
    on_paper = actions.charge_token(amina)
    mailed = actions.charge_token(grace)
    (wei,) = name_people(event, helper, "Wei", email=STRANGER)
    actions.take_back(helper, wei)
    stranger = app.test_client()
    asked = stranger.get(page)
    assert asked.status_code == 200
    waits = queries.told(grace.id)
    assert "your address is forgotten" in stranger.post(page, data=form_fields(asked.text)).text
    assert queries.told(grace.id) is None
    assert waits is not None
    waits[0].email = STRANGER  # as a worker had read it before
    assert letters.named(*waits) is None
    assert queries.by_token(on_paper) is not None, "a slip was handed to somebody else"
    assert queries.by_token(mailed) is None
    assert stranger.get(page).status_code == 410


def test_a_mailbox_is_forgotten_with_the_person_who_is_erased(app: Flask) -> None:
    event, helper, person = make_forum(), make_person(), make_person(email="gone@example.org", name="Amina")
    amina, grace = name_people(event, helper, "Amina", "Grace", email="gone@example.org")
    people.erase(person, person)
    db.session.flush()
    assert (amina.email, amina.name, amina.left_at is not None) == (None, "", True)
    assert (grace.email, grace.name, grace.left_at) == (None, "Grace", None)


def test_one_helper_cannot_use_up_a_shared_mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    event, bad, good = make_forum(), make_person(), make_person()
    mailbox = new_email()  # what is used up of it counts for a day
    (amina,) = name_people(event, good, "Amina", email=mailbox)
    (other,) = name_people(event, bad, "X", email=mailbox)
    for _again in range(5):
        actions.write_again(bad, other)
    with pytest.raises(actions.TooManyMails):
        actions.write_again(bad, other)
    number = len(owed("helping.named"))
    actions.write_again(good, amina)
    assert len(owed("helping.named")) == number + 1
    link = actions.charge_token(amina)
    monkeypatch.setitem(actions.TO_ONE, "limit", 0)
    actions.write_again(good, amina)
    assert len(owed("helping.named")) == number + 1
    assert queries.by_token(link) is not None, "no mail goes out, so the link that is there stays"


def test_a_decision_and_an_objection_outlive_taking_back(app: Flask) -> None:
    event, helper = make_forum(), make_person()
    amina, grace, wei = name_people(event, helper, "Amina", "Grace", "Wei")
    revoked, objected, plain = (fill_in(event, helper, one) for one in (amina, grace, wei))
    revoked.state = State.REVOKED
    _say(objected.id, Word.OBJECTION)
    for one in (amina, grace, wei):
        actions.take_back(helper, one)
    erased = [db.session.get_one(Person, one.person_id).erased_at is not None for one in (revoked, objected, plain)]
    assert erased == [False, False, True]
    assert db.session.get_one(Person, revoked.person_id).managed_by_id is None
    assert queries.people(event.id, helper.id) == []


def test_words_of_colleagues_go_over_to_the_registration_that_stays(app: Flask) -> None:
    event, helper = make_forum(), make_person()
    amina, grace = name_people(event, helper, "Amina", "Grace")
    for charge, keep in ((amina, Keep.THEIRS), (grace, Keep.OWN)):
        person = make_person()
        own, theirs = register(event, person), fill_in(event, helper, charge)
        goes, stays = (own, theirs) if keep is Keep.THEIRS else (theirs, own)
        objection, word = _say(goes.id, Word.OBJECTION), _say(stays.id, next(w for w in Word if w != Word.OBJECTION))
        claiming.claim(person, actions.charge_token(charge), keep)
        personal_data.erase(db.session.get_one(Person, goes.person_id))
        db.session.expire_all()
        # It stays among the words of colleagues; about whoever took a registration over, security is asked anew.
        assert objection.registration_id == stays.id
        assert (objection.lapsed_at is None) is (keep is Keep.OWN)
        assert word.lapsed_at is not None


def test_what_was_decided_or_withdrawn_is_not_exchanged(app: Flask) -> None:
    event, helper, person = make_forum(), make_person(), make_person()
    own = register(event, person)
    (amina,) = name_people(event, helper, "Amina")
    theirs = fill_in(event, helper, amina)
    for state in (State.WITHDRAWN, State.ACCREDITED):
        own.state = theirs.state = state
        db.session.flush()
        with pytest.raises(behalf.OwnStays):
            claiming.claim(person, actions.charge_token(amina), Keep.THEIRS)


def test_a_calendar_is_named_by_the_person_whose_it_was(app: Flask) -> None:
    event, helper, person = make_forum(), make_person(), make_person()
    own = register(event, person)
    (amina,) = name_people(event, helper, "Amina")
    fill_in(event, helper, amina)
    claiming.claim(person, actions.charge_token(amina), Keep.THEIRS)
    told = {"registration_id": str(own.id), "person_id": str(person.id)}
    assert told in owed("registration.withdrawn_calendar")


def test_whoever_was_thrown_out_has_no_copy_and_ties_end(app: Flask) -> None:
    event, helper, person = make_forum(), make_person(), make_person()
    amina, grace = name_people(event, helper, "Amina", "Grace", email="x@example.org")
    fill_in(event, helper, amina)
    fill_in(event, helper, grace)
    claiming.claim(person, actions.charge_token(amina))
    not_me(grace, helper)
    actions.throw_out(person, event.id)
    assert [one["name"] for one in keeping.own_data(helper.id)] == ["Grace"]
    event.first_day = event.last_day = now().date() - timedelta(days=900)
    db.session.flush()
    while keeping.forget(now() + timedelta(days=731)):
        db.session.flush()
    db.session.expire_all()
    assert (amina.helper_id, grace.helper_id) == (None, None)
    for table in (Registrar, UnwantedHelp):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0


def test_strangers_read_no_hidden_name_and_no_advertisement(app: Flask, client: FlaskClient) -> None:
    event, helper = make_forum(), make_person(name="Hodan Real", discreet=True)
    (amina,) = name_people(event, helper, "Amina")
    page = f"/en/me/links/{actions.charge_token(amina)}"
    stranger = browser(app, make_person())
    assert "Hodan Real" not in stranger.get(page).text
    for name, told in (
        ("Pay at http://evil.example now", ""),
        ("visa-ready.example/pay", ""),
        ("Hodan A. Real", "Hodan A. Real"),
        ("x" * 61, "x" * 59 + "…"),
        ("Dr.Ahmed Ali", "Dr. Ahmed Ali"),
    ):
        assert queries.told_name(None, name, discreet=False) == told


def _say(registration_id: uuid.UUID, word: Word) -> Approval:
    one = Approval(
        id=uuid.uuid4(),
        registration_id=registration_id,
        stage=next(iter(Stage)),
        asked_at=now(),
        outcome=word,
        answered_at=now(),
    )
    db.session.add(one)
    db.session.flush()
    return one


def test_who_shares_a_mailbox_does_not_lose_the_registration_to_whoever_took_the_first_link(
    app: Flask, client: FlaskClient
) -> None:
    event, helper, shared = make_forum(), make_person(), make_person()
    amina, grace, wei = name_people(event, helper, "Amina", "Grace", "Wei")
    fill_in(event, helper, amina)
    typed = fill_in(event, helper, grace)
    own = browser(app, shared)
    for charge in (amina, grace, wei):
        page = f"/en/me/links/{actions.charge_token(charge)}"
        own.post(page, data=form_fields(own.get("/en/me").text) | {"keep": "own"})
    db.session.refresh(typed)
    assert (typed.state, typed.person_id) == (State.UNDER_REVIEW, grace.person_id)
    assert (grace.claimed_at, wei.claimed_at) == (None, None)
    told = own.get(f"/en/me/links/{actions.charge_token(grace)}").text
    assert "an address of your own" in told
    assert "It is me" not in told
    claiming.claim(make_person(), actions.charge_token(grace))
    assert grace.claimed_at is not None
