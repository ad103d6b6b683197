"""Likely duplicates of a call: found by the clock, decided by people, taken back."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.funding import desk_today, duplicates
from eventhub.funding.desk_models import ComparedApplication, FundPair
from eventhub.funding.models import State
from eventhub.funding.moves import NotPossible, move
from eventhub.funding.nearness import OwnFile
from eventhub.funding.pairing import mailbox_keys
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person, RoleGrant
from eventhub.questionnaires.uploads import Upload
from eventhub.registration.pair_models import Verdict
from tests.factories.funding_desk import fund_officer, make_application, make_call, make_pair
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.registration import a_photograph

pytestmark = pytest.mark.usefixtures("database")


def reasons(call_id: object) -> list[list[str]]:
    return [one.reasons for one in db.session.scalars(select(FundPair).where(FundPair.call_id == call_id))]


def test_the_clock_finds_names_papers_and_mailboxes() -> None:
    call = make_call()
    same = a_photograph()
    make_application(call, make_person(name="Amina Yusuf Warsame"))
    make_application(call, make_person(name="WARSAME Amina Yusuf"))
    make_application(call, make_person(name="One"), answers={"identity_copy": Upload("a.jpg", same)})
    make_application(call, make_person(name="Other"), answers={"identity_copy": Upload("b.jpg", same)})
    make_application(call, make_person(name="Third", email="halima.osei@example.org"), residence="GH")
    make_application(call, make_person(name="Fourth", email="halimaosei+fund@example.org"), residence="GH")
    make_application(call, make_person(name="Nobody else"), residence="FR")
    assert duplicates.to_compare() == [call.id]
    assert duplicates.compare(call.id) == 7
    found = reasons(call.id)
    assert sorted(one[0] for one in found) == ["country", "document", "name"]
    assert any("mailbox" in one for one in found)
    assert duplicates.compare(call.id) == 0, "nothing is new"
    assert duplicates.to_compare() == []


def test_a_date_of_birth_adds_and_is_never_told() -> None:
    call = make_call()
    born = {"birth_date": "1990-11-26"}
    make_application(call, make_person(name="Amina Yusuf"), answers=born, residence="KE", nationality=None)
    make_application(call, make_person(name="Amina Yusuf Warsame"), answers=born, residence="SO")
    duplicates.compare(call.id)
    assert reasons(call.id) == [["name_part"]]
    kept = db.session.scalars(select(ComparedApplication)).all()
    assert all(one.birth and b"1990" not in one.birth for one in kept)


@pytest.mark.parametrize("address", [None, "", "x", "@", "a@b", "ü@é.org", "a" * 300 + "@example.org"])
def test_any_address_has_keys(address: str | None) -> None:
    assert isinstance(mailbox_keys(address), set)


def test_two_calls_are_never_compared() -> None:
    one, two = make_call(), make_call()
    who = "Amina Yusuf Warsame"
    make_application(one, make_person(name=who))
    make_application(two, make_person(name=who))
    duplicates.compare(one.id)
    duplicates.compare(two.id)
    assert reasons(one.id) == reasons(two.id) == []


def test_the_newest_wins_history_stays_and_it_can_be_taken_back(client: FlaskClient) -> None:
    call = make_call()
    row, older, newer = make_pair(call)
    sign_in(client, fund_officer(call))
    base = f"/en/console/funds/{call.slug}/duplicates"
    assert older.reference is not None
    assert older.reference in client.get(base).text
    address = f"{base}/{row.id}"
    page = client.get(address).text
    fields = form_fields(page)
    wrong = client.post(address, data=fields | {"finding": "same", "text": "Same passport"})
    assert wrong.status_code == 422, "not by likeness alone"
    fields = form_fields(client.get(address).text)
    sure = {"finding": "same", "sure": "y", "text": "Same passport"}
    assert client.post(address, data=fields | sure).status_code == 303
    assert (older.state, newer.state) == (State.WITHDRAWN, State.SUBMITTED)
    assert older.merged_into_id == newer.id
    tasks = [one for one in db.session.scalars(select(Promise.task)) if one.startswith("funding.")]
    assert tasks == ["funding.merged"]
    record = client.get(f"/en/console/funds/{call.slug}/files/{older.id}").text
    assert "The newer one goes on" in record
    assert "Same passport" in record
    page = client.get(address).text
    fields = form_fields(page, "two-people")
    assert client.post(f"{address}/two-people", data=fields | {"why": "Cousins"}).status_code == 303
    assert (older.state, older.merged_into_id) == (State.SUBMITTED, None)
    db.session.refresh(row)
    assert row.verdict is Verdict.TAKEN_BACK


@pytest.mark.parametrize("state", [State.RECOMMENDED, State.ACCEPTED, State.TICKETED])
def test_a_pair_of_which_one_was_decided_on_ends_nothing(state: State) -> None:
    call = make_call()
    row, older, newer = make_pair(call)
    older.state = state
    db.session.flush()
    actor = fund_officer(call)
    with pytest.raises(NotPossible):
        duplicates.keep_newest(actor, call, duplicates.pair_of(call.id, row.id, actor.id), "Same passport")
    assert (older.state, newer.state, row.verdict) == (state, State.SUBMITTED, None)


@pytest.mark.parametrize("state", [State.RECOMMENDED, State.RESERVE, State.OFFERED, State.TICKETED])
def test_a_pair_waits_until_it_is_decided_on_whatever_a_board_says(client: FlaskClient, state: State) -> None:
    call = make_call()
    row, older, _newer = make_pair(call)
    older.state = state
    db.session.flush()
    actor = sign_in(client, fund_officer(call))
    assert [one.pair.id for one in duplicates.waiting(call.id, actor.id)] == [row.id]
    grants = db.session.scalars(select(RoleGrant).where(RoleGrant.person_id == actor.id)).all()
    assert [one.pairs for one in desk_today.waiting(grants, actor.id)] == [1]
    assert not any(one.pairs for one in desk_today.waiting(grants, older.person_id)), "of an own one nothing is counted"
    base = f"/en/console/funds/{call.slug}/duplicates"
    page = client.get(f"{base}/{row.id}").text
    assert ("is on a slate or holds an offer" in page) is (state is not State.RESERVE)
    given = {"finding": "different", "text": "Cousins"}
    assert client.post(f"{base}/{row.id}", data=form_fields(page) | given).status_code == 303
    assert duplicates.waiting(call.id, actor.id) == []
    assert older.state is state


def test_whose_application_was_merged_may_say_that_these_are_two_people(app: Flask, client: FlaskClient) -> None:
    call = make_call()
    row, older, _newer = make_pair(call)
    officer = fund_officer(call)
    duplicates.keep_newest(officer, call, duplicates.pair_of(call.id, row.id, officer.id), "Same passport")
    mine = app.test_client()
    sign_in(mine, db.session.get_one(Person, older.person_id))
    own = f"/en/me/applications/{older.reference}/questions"
    assert mine.post(own, data=form_fields(mine.get(own).text) | {"text": "My cousin applied, too"}).status_code == 303
    assert older.state is State.WITHDRAWN
    sign_in(client, officer)
    page = client.get(f"/en/console/funds/{call.slug}/files?chip=answered").text
    assert f"#{older.number}" in page
    gone = make_application(call, state=State.RESERVE, answered_at=now())
    move(gone, State.WITHDRAWN, actor=None)
    db.session.flush()
    assert f"#{gone.number}<" not in client.get(f"/en/console/funds/{call.slug}/files?chip=answered").text


def test_two_people_are_asked_about_once(client: FlaskClient) -> None:
    call = make_call()
    row, older, newer = make_pair(call)
    officer = fund_officer(call)
    one = duplicates.pair_of(call.id, row.id, officer.id)
    duplicates.hold_apart(officer, one, "Cousins")
    older.changed_at = newer.changed_at = now() + timedelta(seconds=1)
    db.session.flush()
    duplicates.compare(call.id)
    assert duplicates.waiting(call.id, officer.id) == []
    assert len(duplicates.decided(call.id, officer.id)) == 1


def test_whose_application_it_is_never_sees_the_pair() -> None:
    call = make_call()
    row, older, _newer = make_pair(call)
    me = fund_officer(call)
    older.person_id = me.id
    db.session.flush()
    assert duplicates.waiting(call.id, me.id) == []
    with pytest.raises(NotFound):
        duplicates.pair_of(call.id, row.id, me.id)
    filer = fund_officer(call)
    older.filed_by_id = filer.id
    db.session.flush()
    with pytest.raises(OwnFile):
        duplicates.keep_newest(filer, call, duplicates.pair_of(call.id, row.id, filer.id), "Mine")


def test_a_list_of_pairs_takes_a_constant_number_of_statements(client: FlaskClient, statements: list[str]) -> None:
    one, three = make_call(), make_call()
    make_pair(one)
    for _ in range(3):
        make_pair(three)
    sign_in(client, fund_officer())
    counts = []
    for call in (one, three):
        client.get(f"/en/console/funds/{call.slug}/duplicates")
        statements.clear()
        client.get(f"/en/console/funds/{call.slug}/duplicates")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 10


def test_a_discreet_person_without_an_alias_stands_in_pairs_under_the_reference(client: FlaskClient) -> None:
    call = make_call()
    row, older, _newer = make_pair(call)
    person = db.session.get_one(Person, older.person_id)
    person.name, person.discreet = "Legal Name", True
    db.session.flush()
    sign_in(client, fund_officer(call))
    home = f"/en/console/funds/{call.slug}/duplicates"
    for page in (client.get(home).text, client.get(f"{home}/{row.id}").text):
        assert "Legal Name" not in page
        assert str(older.reference) in page


def test_pairs_are_forgotten_with_the_person_and_after_the_call() -> None:
    call = make_call(ended_at=now() - timedelta(days=31))
    _row, older, _newer = make_pair(call)
    other_call = make_call()
    make_pair(other_call)
    duplicates.forget(now())
    assert reasons(call.id) == []
    assert len(reasons(other_call.id)) == 1
    row, older, _newer = make_pair(other_call)
    duplicates.erase([older.id])
    assert db.session.get(FundPair, row.id) is None
