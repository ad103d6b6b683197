"""Who vouches: asked behind a link without an account, a mailbox that is left in peace, letters that come late."""

import io
import uuid
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from hypothesis import given as examples
from hypothesis import strategies as st
from sqlalchemy import select

from eventhub.funding import applying, notices, personal_data, vouching
from eventhub.funding.applying import IsBarred
from eventhub.funding.models import Application, Call, Endorsement, State, Vouch, Voucher
from eventhub.funding.nearness import Nearness, too_near
from eventhub.funding.vouching import Answered, LinkClosed, Named, NamedTwice, NoName, OwnVouch, TooManyMails, Unwanted
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import Rendered, render
from eventhub.kit.outbox import Promise
from eventhub.kit.sealed import SealKey
from eventhub.people import actions as people
from eventhub.people.models import Person
from tests.factories.funding import ANSWERS, an_open_call, begin, held
from tests.factories.funding_desk import fund_officer
from tests.factories.people import make_person, sign_in
from tests.factories.programme import PDF_BYTES
from tests.people.visits import new_email
from tests.programme.console import error_at, fields_of, text_of

pytestmark = pytest.mark.usefixtures("database")

NOMINATOR, REFEREE = (Voucher.NOMINATOR, 0), (Voucher.REFEREE, 0)
BOTH = {"vouching": {"nominator": True, "referees": 1, "late_days": 7}}
LETTERS = {"vouching": {"nominator": True, "letter": True}}


def named(call: Call, person: Person, slot: tuple[Voucher, int] = NOMINATOR, email: str = "") -> Endorsement:
    """Somebody whom the person names."""
    who = Named(slot, "Asha Noor", email or new_email(), "fr", "Pastoralist Women Forum")
    return vouching.name(person, held(call, person), who)


def scene(changed: object = BOTH) -> tuple[Call, Person, Application]:
    call, person = an_open_call(changed=changed), make_person(name="Amina Yusuf", alias="A. Yusuf")
    return call, person, begin(call, person)


def owed(task: str) -> int:
    return len(db.session.scalars(select(Promise).where(Promise.task == task)).all())


def link(row: Endorsement, more: str = "", lang: str = "en") -> str:
    return f"/{lang}/vouch/{vouching.link_token(row)}{more}"


def test_a_link_is_looked_at_by_anybody_and_spent_by_a_press(client: FlaskClient) -> None:
    call, person, _draft = scene()
    row = named(call, person)
    page = client.get(link(row))
    assert "A. Yusuf" in text_of(page)
    assert "Amina" not in text_of(page)
    assert "Pastoralist Women Forum" in text_of(page)
    assert "nominates 2 people" in text_of(page)
    assert "Until the report is filed" in text_of(page)
    assert "Travel fund" in text_of(page)
    assert client.get(link(row)).status_code == 200
    assert db.session.get_one(Endorsement, row.id).outcome is None
    values = fields_of(page, action=link(row))
    said = client.post(link(row), data=values | {"go": "yes", "words": "We know her."})
    assert "Your answer has arrived." in text_of(said)
    there = db.session.get_one(Endorsement, row.id)
    assert (there.outcome, there.late) == (Vouch.CONFIRMED, False)
    assert b"know her" not in (there.words or b"")
    assert vouching.words_of(there, db.session.get_one(SealKey, person.seal_key_id))[0] == "We know her."
    assert "Thank you" in text_of(client.get(link(row)))
    with pytest.raises(LinkClosed):
        vouching.answer(vouching.link_token(row), Vouch.DECLINED)
    late = text_of(client.post(link(row), data=values | {"go": "no"}))
    assert "that answer stands: yes" in late
    assert "has arrived" not in late
    assert owed("funding.vouch_answered") == 1


def test_a_letter_is_asked_for_and_looked_into(client: FlaskClient) -> None:
    call, person, _draft = scene(LETTERS)
    row = named(call, person)
    values = fields_of(client.get(link(row)), action=link(row)) | {"go": "yes"}
    assert error_at(client.post(link(row), data=values), "letter")
    values["form_key"] = str(uuid.uuid4())
    hostile = values | {"letter": (io.BytesIO(b"MZ" * 99), "letter.pdf")}
    assert error_at(client.post(link(row), data=hostile), "letter")
    values["form_key"] = str(uuid.uuid4())
    good = values | {"letter": (io.BytesIO(PDF_BYTES), "Lettre de soutien.pdf")}
    assert client.post(link(row), data=good).status_code == 200
    there = db.session.get_one(Endorsement, row.id)
    assert there.file_id is not None
    text, name = vouching.words_of(there, db.session.get_one(SealKey, person.seal_key_id))
    assert (text, name) == ("", "Lettre de soutien.pdf")


@pytest.mark.parametrize("lang", ["en", "ar", "zh", "fr", "ru", "es"])
def test_no_advertisement_stands_in_a_name(client: FlaskClient, lang: str) -> None:
    call, person, _draft = scene()
    sign_in(client, person)
    bad, at = "You won! http://evil.example/claim", f"/{lang}/funds/{call.slug}/apply/people/referee-1"
    typed = fields_of(client.get(at), action="referee-1") | {"name": bad, "email": new_email()}
    again = client.post(at, data=typed)
    assert error_at(again, "name")
    assert bad in again.text
    profile = f"/{lang}/me/profile"
    before = fields_of(client.get(profile))
    for field in ("name", "name_latin", "alias"):
        refused = client.post(profile, data=before | {field: bad, "form_key": str(uuid.uuid4())})
        assert error_at(refused, field)
    assert db.session.get_one(Person, person.id).name == "Amina Yusuf"


def mailed(app: Flask, asked: vouching.Asked) -> Rendered:
    with app.test_request_context():
        letter = notices.vouch_asked(asked)
        assert letter is not None
        return render(letter, "<1@example.org>", now())


def test_an_advertisement_reaches_no_stranger(app: Flask, client: FlaskClient) -> None:
    call, person, _draft = scene()
    row = named(call, person)
    row.name = "Dr.Asha Noor"
    told = vouching.told(row.id)
    assert told is not None
    sent = mailed(app, told)
    assert "A. Yusuf" in sent.subject
    assert "Dr. Asha Noor" in sent.text
    person.alias, row.name = "You won! http://evil.example/claim", "claim@evil.example"
    db.session.flush()
    sent = mailed(app, told)
    assert "evil" not in sent.subject + sent.text + sent.html
    assert "evil" not in client.get(link(row)).text
    with pytest.raises(NoName):
        named(call, person, REFEREE)


def test_nobody_vouches_for_themselves_or_twice(client: FlaskClient) -> None:
    call, person, _draft = scene()
    local, _at, domain = (person.email or "").partition("@")
    for own in (person.email, f"{local}+fund@{domain}"):
        with pytest.raises(OwnVouch):
            named(call, person, email=own or "")
    first = named(call, person)
    with pytest.raises(NamedTwice):
        named(call, person, REFEREE, first.email)
    sign_in(client, person)
    at = f"/en/funds/{call.slug}/apply/people/referee-1"
    typed = fields_of(client.get(at), action="referee-1") | {"name": "Me", "email": person.email}
    assert error_at(client.post(at, data=typed), "email")
    typed |= {"email": "two@@example.org", "form_key": str(uuid.uuid4())}
    assert error_at(client.post(at, data=typed), "email")
    typed |= {"email": new_email(), "form_key": str(uuid.uuid4())}
    assert client.post(at, data=typed).location.endswith("/apply/people")
    assert "Answer awaited" in text_of(client.get(f"/en/funds/{call.slug}/apply/people"))


def test_whoever_has_no_name_tells_it_first() -> None:
    call, person = an_open_call(changed=BOTH), make_person(name="")
    begin(call, person)
    assert applying.missing(held(call, person))[0].is_name
    with pytest.raises(NoName):
        named(call, person)
    person.name = "Amina Yusuf"
    assert named(call, person).outcome is None


def test_a_nominator_speaks_for_an_organization(client: FlaskClient) -> None:
    call, person, _draft = scene()
    sign_in(client, person)
    at = f"/en/funds/{call.slug}/apply/people/nominator-1"
    typed = fields_of(client.get(at), action="nominator-1")
    assert typed["organisation"] == ["Pastoralist Women Forum"]
    typed |= {"name": "Asha", "email": new_email(), "organisation": " "}
    assert error_at(client.post(at, data=typed), "organisation")
    typed |= {"organisation": "Herders", "form_key": str(uuid.uuid4())}
    assert client.post(at, data=typed).status_code == 303


def test_another_mailbox_gets_another_link_and_the_same_one_only_another_name() -> None:
    call, person, draft = scene()
    row = named(call, person)
    secret = vouching.link_token(row)
    same = vouching.name(person, held(call, person), Named(NOMINATOR, "Asha N.", row.email, "ar"))
    assert (same.id, same.name, owed("funding.vouch_asked")) == (row.id, "Asha N.", 1)
    other = named(call, person)
    assert (other.id != row.id, row.withdrawn_at is not None) == (True, True)
    with pytest.raises(LinkClosed):
        vouching.answer(secret, Vouch.CONFIRMED)
    vouching.answer(vouching.link_token(other), Vouch.CONFIRMED)
    with pytest.raises(Answered):
        named(call, person)
    assert [one.slot for one in applying.missing(held(call, person)) if one.slot] == [REFEREE]
    assert draft.state is State.DRAFT


def test_a_mailbox_that_says_not_me_is_forgotten_and_left_in_peace(client: FlaskClient) -> None:
    call, person, _draft = scene()
    row, email = named(call, person), ""
    email = row.email
    page = client.get(link(row, "/not-me"))
    assert db.session.get_one(Endorsement, row.id).email == email
    assert "forgotten" in text_of(client.post(link(row, "/not-me"), data=fields_of(page)))
    there = db.session.get_one(Endorsement, row.id)
    assert (there.outcome, there.name, "@" in there.email) == (Vouch.NOT_ME, "", False)
    assert applying.missing(held(call, person))[0].outcome is Vouch.NOT_ME
    sign_in(client, person)
    asked = client.get(f"/en/funds/{call.slug}/apply/people/nominator-1").text
    assert 'value="Pastoralist Women Forum"' in asked, "only the mailbox was wrong"
    assert "Asha Noor" not in asked
    with pytest.raises(Unwanted):
        named(call, person, email=email)
    other_call = an_open_call(changed=BOTH)
    begin(other_call, person)
    with pytest.raises(Unwanted):
        named(other_call, person, email=email)
    someone_else = make_person()
    begin(call, someone_else)
    assert named(call, someone_else, email=email).email == email
    assert client.post(link(row, "/not-me"), data=fields_of(client.get(link(row, "/not-me")))).status_code == 200


def test_without_an_answer_the_nominators_organization_nominates() -> None:
    call = an_open_call(changed=BOTH | {"limits": {"nominees_per_organisation": 1}})
    first, second = make_person(), make_person()
    silent = {key: value for key, value in ANSWERS.items() if key != "nominating_organisation"}
    for person in (first, second):
        begin(call, person, silent)
        named(call, person)
        named(call, person, REFEREE)
    sent = applying.submit(first, held(call, first))
    assert sent.nominated_by_id is not None
    with pytest.raises(IsBarred):
        applying.submit(second, held(call, second))
    other = Named(NOMINATOR, "Omar", new_email(), "en", "Herders of the North")
    vouching.name(first, held(call, first), other)
    before = sent.nominated_by_id
    assert applying.follow_nominator(held(call, first)).nominated_by_id not in {None, before}
    assert applying.submit(second, held(call, second)).number == 2


def test_a_mailbox_is_written_to_a_few_times_a_day_at_the_most() -> None:
    call, person, _draft = scene()
    named(call, person)
    for _time in range(2):
        vouching.ask_again(person, held(call, person), NOMINATOR)
    with pytest.raises(TooManyMails):
        vouching.ask_again(person, held(call, person), NOMINATOR)
    assert owed("funding.vouch_asked") == 3


@pytest.mark.parametrize(("days", "late"), [(1, True), (6, True), (8, None)])
def test_a_letter_after_the_deadline_has_its_days_of_grace(days: int, late: bool | None) -> None:
    call, person, draft = scene()
    row = named(call, person)
    draft.state, draft.number = State.UNDER_REVIEW, 1
    call.opens_at = now() - timedelta(days=40)
    row.letter_due = call.closes_at = now() - timedelta(days=days)
    db.session.flush()
    if late is None:
        with pytest.raises(LinkClosed):
            vouching.answer(vouching.link_token(row), Vouch.CONFIRMED)
        return
    vouching.SCORED.append(lambda _application_id: days > 2)
    try:
        said = vouching.answer(vouching.link_token(row), Vouch.CONFIRMED)
    finally:
        vouching.SCORED.pop()
    assert (said.late, said.after_scoring) == (True, days > 2)


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.EXPIRED, State.NOT_RECOMMENDED, State.ACCEPTED])
def test_a_link_closes_when_the_file_has_gone_on(client: FlaskClient, state: State) -> None:
    call, person, draft = scene()
    row = named(call, person)
    draft.state, draft.number = state, 1
    db.session.flush()
    assert client.get(link(row)).status_code == 410
    assert client.get("/en/vouch/nobodys").status_code == 410
    with pytest.raises(LinkClosed):
        vouching.answer(vouching.link_token(row), Vouch.CONFIRMED)


@pytest.mark.parametrize(
    "state", [State.UNDER_REVIEW, State.RECOMMENDED, State.RESERVE, State.NOT_RECOMMENDED, State.APPROVED]
)
def test_a_link_tells_nothing_of_a_decision_before_the_release(client: FlaskClient, state: State) -> None:
    call, person, draft = scene()
    row = named(call, person)
    draft.state, draft.number, draft.outcome_seen = state, 1, State.UNDER_REVIEW
    db.session.flush()
    assert client.get(link(row)).status_code == 200
    draft.state, draft.outcome_seen = State.NOT_RECOMMENDED, None
    db.session.flush()
    assert client.get(link(row)).status_code == 410


def test_whoever_is_silent_is_reminded_once_before_the_deadline() -> None:
    call, person, _draft = scene()
    row = named(call, person)
    assert vouching.to_remind(now()) == 0
    row.asked_at, call.closes_at = now() - timedelta(days=4), now() + timedelta(days=2)
    db.session.flush()
    assert vouching.to_remind(now()) == 1
    assert vouching.to_remind(now()) == 0
    assert owed("funding.vouch_reminded") == 1


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=40)
@examples(st.text(min_size=0, max_size=60))
def test_any_token_is_nobodys(secret: str) -> None:
    assert vouching.behind(secret) is None
    assert vouching.refuse(secret) is False


def test_a_tag_is_the_same_mailbox_for_not_me_and_for_the_limits() -> None:
    call, person, _draft = scene()
    row = named(call, person, email="rose+work@example.org")
    also = named(call, person, REFEREE, "ann@example.org")
    for _again in range(vouching.AGAIN["limit"] - 1):
        vouching.ask_again(person, held(call, person), REFEREE)
    with pytest.raises(TooManyMails):
        named(call, person, REFEREE, "ann+1@example.org")
    vouching.refuse(vouching.link_token(row))
    for email in ("rose+work@example.org", "rose+2@example.org", "rose@example.org"):
        with pytest.raises(Unwanted):
            named(call, person, email=email)
    assert also.email == "ann@example.org"


def test_what_was_refused_with_a_tag_before_is_still_refused() -> None:
    call, person, _draft = scene()
    row = named(call, person, email="rose+work@example.org")
    vouching.refuse(vouching.link_token(row))
    row.email = vouching._forgotten("rose+work@example.org")
    db.session.flush()
    with pytest.raises(Unwanted):
        named(call, person, email="rose+work@example.org")


def test_whoever_vouched_stays_near_with_a_tag_at_a_former_address_and_after_not_me() -> None:
    call, person, draft = scene()
    officer = make_person(email="near@example.org")
    row = named(call, person, email="near+ref@example.org")
    assert too_near(officer, [draft]) == {draft.id: Nearness.VOUCHED}
    vouching.answer(vouching.link_token(row), Vouch.CONFIRMED)
    vouching.refuse(vouching.link_token(row))
    change = people.request_email_change(officer, "other@example.org")
    for side in (people.OLD, people.NEW):
        people.agree_to_email_change(people.email_change_token(change, side))
    assert officer.email == "other@example.org"
    assert too_near(officer, [draft]) == {draft.id: Nearness.VOUCHED}
    assert too_near(make_person(), [draft]) == {}
    call.ended_at = now() - timedelta(days=40)
    db.session.flush()
    personal_data.forget_vouchers(now())
    db.session.expire_all()
    assert "@" not in row.email
    assert too_near(officer, [draft]) == {draft.id: Nearness.VOUCHED}


def test_a_vouch_that_was_disowned_counts_no_more_and_stands_at_the_desk(client: FlaskClient) -> None:
    call, person, draft = scene()
    row = named(call, person)
    secret = vouching.link_token(row)
    vouching.answer(secret, Vouch.CONFIRMED, "She is known to us.")
    answered = row.answered_at
    assert vouching.refuse(secret)
    assert (row.outcome, row.answered_at, row.disowned_at is not None) == (Vouch.NOT_ME, answered, True)
    assert owed("funding.vouch_answered") == 2
    assert applying.missing(held(call, person))[0].outcome is Vouch.NOT_ME
    assert vouching.refuse(secret)
    assert owed("funding.vouch_answered") == 2
    draft.state, draft.number, draft.submitted_at = State.SUBMITTED, 1, now()
    db.session.flush()
    sign_in(client, fund_officer(call))
    told = text_of(client.get(f"/en/console/funds/{call.slug}/files/{draft.id}"))
    assert "Confirmed, then denied" in told
    assert "She is known to us." in told
