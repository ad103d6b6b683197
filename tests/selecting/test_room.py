"""The pages of the board room, as members and approvers use them."""

import csv
import io
import uuid
from http import HTTPStatus
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from eventhub.funding.desk_models import FundPair
from eventhub.funding.models import Application, Call, State
from eventhub.funding.rules import read
from eventhub.kit.audit import AuditEntry
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.reviewing.models import Standing
from eventhub.selecting import actions, queries, running
from eventhub.selecting.models import Board, Kind, Pin, Recusal, Run, RunState, Slate, SlateState
from eventhub.selecting.shown import rule_label
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.reviewing import give
from tests.factories.selecting import (
    COST,
    answer,
    at_least,
    make_approver,
    make_member,
    make_scored,
    make_slate,
    meet,
    reading,
    rules_of,
)
from tests.programme.console import error_at, text_of
from tests.programme.console import send as send_from

Scene = tuple[Call, list[Application], Person, Slate]


@pytest.fixture
def scene(client: FlaskClient) -> Scene:
    """A member who looks at a slate, with another who is there too."""
    call, files = make_scored(
        30,
        balance=[at_least("women", "gender", "woman", 5), at_least("americas", "region", "americas", 3)],
        places=10,
        envelopes=[{"id": "a", "title": {"en": "A"}, "amount": 2_600_000}],
    )
    member, other = make_member(call), make_member(call)
    slate = make_slate(meet(call, member, other), member, and_more=True)
    sign_in(client, member)
    return call, files, member, slate


def at(call: Call, rest: str = "", lang: str = "en") -> str:
    return f"/{lang}/console/funds/{call.slug}/board{rest}"


def press(client: FlaskClient, page: str, action: str, **values: str) -> Any:
    return client.post(action, data=form_fields(client.get(page).get_data(as_text=True), action) | values)


def export(client: FlaskClient, call: Call, slate: Slate) -> Any:
    where = at(call, f"/slates/{slate.number}/file")
    return send_from(client, where, reason="Minutes of the meeting")


def test_a_file_needs_a_reason_that_is_recorded(client: FlaskClient, scene: Scene) -> None:
    call, _files, member, slate = scene
    where = at(call, f"/slates/{slate.number}/file")
    assert send_from(client, where, reason="").status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "selecting.exported")).all()
    file = export(client, call, slate)
    assert file.headers["Content-Type"].startswith("text/csv")
    table = list(csv.reader(io.StringIO(file.get_data().decode("utf-8-sig"))))
    assert table[0][-1] == "Status"
    assert {len(row) for row in table} == {len(table[0])}, "each column has its name"
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "selecting.exported")).one()
    assert (entry.actor_id, entry.detail["rows"]) == (member.id, 30)


def test_the_room_shows_slate_reserves_balance_prices_and_curve(client: FlaskClient, scene: Scene) -> None:
    call, _files, _member, slate = scene
    page = client.get(at(call))
    told = text_of(page)
    assert page.status_code == HTTPStatus.OK
    for words in (
        "Proven optimal",
        "USD 26,000",
        "2 of 3 members present",
        "Reserve 1",
        "Region: Americas – at least 3",
        "At most 1 of one organization",
        "Mean score: ",
    ):
        assert words in told
    assert 'class="cut"' in page.get_data(as_text=True)
    assert len(slate.result["seats"]) == page.get_data(as_text=True).count('<span class="tag ok">Chosen</span>')
    assert "Refresh" not in page.headers


@pytest.mark.parametrize("rest", ["decide", "file", "recommend"])
def test_a_number_that_no_slate_can_have_finds_none(client: FlaskClient, scene: Scene, rest: str) -> None:
    sign_in(client, make_approver(scene[0]) if rest == "decide" else scene[2])
    for number in ("99", "2147483648", "9" * 30):
        assert client.get(at(scene[0], f"/slates/{number}/{rest}")).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("lang", ["ar", "zh", "fr", "ru", "es"])
def test_the_room_in_other_languages(client: FlaskClient, scene: Scene, lang: str) -> None:
    assert client.get(at(scene[0], lang=lang)).status_code == HTTPStatus.OK


def test_the_room_takes_as_many_statements_for_many(client: FlaskClient, scene: Scene, statements: list[str]) -> None:
    client.get(at(scene[0]))
    statements.clear()
    client.get(at(scene[0]))
    few = len(statements)
    statements.clear()
    client.get(at(scene[0], "?all=1"))
    assert len(statements) == few
    assert few <= 18


def test_whoever_stands_aside_sees_neither_file_nor_name(client: FlaskClient, scene: Scene) -> None:
    call, files, member, slate = scene
    name = db.session.scalars(select(Person.name).where(Person.id == files[0].person_id)).one()
    where = at(call, f"/files/{files[0].id}")
    assert name in text_of(client.get(at(call)))
    asked = press(client, where, f"{where}/aside")
    assert "Stand aside for good?" in text_of(asked)
    assert not db.session.scalars(select(Recusal)).all()
    sure = form_fields(asked.get_data(as_text=True), f"{where}/aside") | {"go": "sure"}
    assert client.post(f"{where}/aside", data=sure).status_code == HTTPStatus.SEE_OTHER
    assert db.session.scalars(select(Recusal)).one().person_id == member.id
    pages = [at(call), at(call, "?all=1"), at(call, f"/slates/{slate.number}/recommend")]
    assert not any(name in client.get(one).get_data(as_text=True) for one in pages)
    assert not any(str(files[0].id) in client.get(one).get_data(as_text=True) for one in pages)
    assert client.get(where).status_code == HTTPStatus.NOT_FOUND
    file = export(client, call, slate)
    assert name not in file.get_data(as_text=True)
    actions.recommend(member, reading(call), db.session.get_one(running.Board, slate.board_id), slate.number)
    assert slate.minutes["aside"] == {str(member.id): [str(files[0].id)]}


def test_one_s_own_file_is_not_there(client: FlaskClient, scene: Scene) -> None:
    call, files, member, _slate = scene
    files[3].person_id = member.id
    db.session.flush()
    # The own file, another one and one that is nowhere are answered alike.
    for file in (files[3].id, files[0].id, uuid.uuid4()):
        assert client.get(at(call, f"/files/{file}")).status_code == HTTPStatus.FORBIDDEN
    assert str(files[3].id) not in client.get(at(call, "?all=1")).get_data(as_text=True)


def test_a_member_with_files_to_read_sees_numbers_and_no_names(client: FlaskClient, scene: Scene) -> None:
    """Readers must not know whose file they score; once all theirs are in, names are there again."""
    call, files, member, slate = scene
    name = db.session.scalars(select(Person.name).where(Person.id == files[0].person_id)).one()
    assert name in text_of(client.get(at(call)))
    review = give(files[-1], member)
    pages = [at(call, "?all=1"), at(call, f"/files/{files[0].id}"), at(call, f"/slates/{slate.number}/recommend")]
    assert not any(name in client.get(one).get_data(as_text=True) for one in pages)
    assert name not in export(client, call, slate).get_data(as_text=True)
    review.state = Standing.ABSTAINED
    db.session.flush()
    assert name in text_of(client.get(at(call)))


def test_why_not_says_cost_rule_and_who_would_leave(client: FlaskClient, scene: Scene) -> None:
    call, files, _member, slate = scene
    chosen = {seat["candidate"] for seat in slate.result["seats"]}
    waiting = next(one for one in files if str(one.id) not in chosen)
    where = at(call, f"/files/{waiting.id}")
    if "not been asked" in text_of(client.get(where)):
        press(client, where, f"{where}/why")
        page = client.get(where)
        assert "Being calculated" in text_of(page)
        assert page.headers["Refresh"]
        answer(db.session.scalars(select(Run).where(Run.state == RunState.WAITING)).one())
    told = text_of(client.get(where))
    assert "Rule that binds" in told
    assert "Who would leave" in told
    assert "woman" not in told.casefold()


def test_a_pin_with_its_reason_is_kept_by_the_next_slate(client: FlaskClient, scene: Scene) -> None:
    call, files, _member, _slate = scene
    where = at(call, f"/files/{files[29].id}")
    empty = send_from(client, f"{where}/pin", at=where, must="yes")
    assert empty.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    done = send_from(client, f"{where}/pin", at=where, must="yes", reason="Nobody else comes from there")
    assert done.status_code == HTTPStatus.SEE_OTHER
    assert "Nobody else comes from there" in text_of(client.get(where))
    assert b"Nobody else" not in db.session.scalars(select(Pin)).one().reason
    press(client, at(call), at(call, "/calculate"), kind="solve")
    page = client.get(at(call))
    assert page.headers["Refresh"]
    answer(db.session.scalars(select(Run).where(Run.state == RunState.WAITING)).one())
    assert "Pinned by the board" in text_of(client.get(at(call)))
    assert press(client, where, f"{where}/unpin").status_code == HTTPStatus.SEE_OTHER


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"what": "cut"}, "The budget is USD 23,400"),
        ({"what": "five"}, "People who withdraw: 5"),
        ({"what": "fares"}, "Fares rise by 6%"),
        ({"budget": "25,000", "places": "9"}, "There are 9 places"),
    ],
)
def test_what_if_is_a_trial(client: FlaskClient, scene: Scene, asked: dict[str, str], says: str) -> None:
    call, _files, _member, _slate = scene
    gone = press(client, at(call), at(call, "/try"), **asked)
    assert gone.status_code == HTTPStatus.SEE_OTHER
    page = client.get(gone.headers["Location"])
    assert page.headers["Refresh"]
    answer(db.session.scalars(select(Run).where(Run.state == RunState.WAITING)).one())
    told = text_of(client.get(gone.headers["Location"]))
    assert says in told
    assert "No slate was made of it" in told
    assert db.session.query(Slate).count() == 1


def test_an_impossible_quota_is_said_in_people(client: FlaskClient, database: None) -> None:
    call, _files = make_scored(balance=[at_least("women", "gender", "woman", 10)])
    member = make_member(call)
    answer(running.ask(member, meet(call, member), Kind.SOLVE))
    sign_in(client, member)
    told = text_of(client.get(at(call)))
    assert "Rules of balance that are not shown for one person" in told
    assert "missing" not in told


def test_recommended_approved_and_never_before_by_the_same(client: FlaskClient, scene: Scene) -> None:
    call, files, _member, slate = scene
    page = at(call, f"/slates/{slate.number}/recommend")
    assert send_from(client, page).status_code == HTTPStatus.SEE_OTHER
    db.session.expire_all()
    assert slate.state is SlateState.RECOMMENDED
    assert files[0].state is State.RECOMMENDED
    assert client.get(page).status_code == HTTPStatus.NOT_FOUND
    decide = at(call, f"/slates/{slate.number}/decide")
    assert client.get(decide).status_code == HTTPStatus.NOT_FOUND
    sign_in(client, make_approver(call))
    told = text_of(client.get(decide))
    assert "Approve this slate" in told
    back = send_from(client, at(call, f"/slates/{slate.number}/send-back"), at=decide)
    assert back.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert press(client, decide, decide).status_code == HTTPStatus.SEE_OTHER
    db.session.expire_all()
    assert slate.state is SlateState.APPROVED
    assert "Approve this slate" not in text_of(client.get(decide))


def test_an_appeal_calculates_the_stored_slate_again(client: FlaskClient, scene: Scene) -> None:
    call, _files, member, slate = scene
    actions.close_board(member, db.session.get_one(running.Board, slate.board_id))
    gone = press(client, at(call, "/slates"), at(call, f"/slates/{slate.number}/check"))
    answer(db.session.scalars(select(Run).where(Run.state == RunState.WAITING)).one())
    told = text_of(client.get(gone.headers["Location"]))
    assert "The calculation gives the same slate again." in told
    assert "It keeps every rule." in told


def test_discreet_people_stand_under_their_alias_or_number(client: FlaskClient, scene: Scene) -> None:
    call, files, _member, slate = scene
    for place, alias in ((0, "Amal"), (1, None)):
        hidden = {"name": f"Legal Name {place}", "alias": alias, "discreet": True}
        db.session.execute(update(Person).where(Person.id == files[place].person_id).values(**hidden))
    told = text_of(client.get(at(call)))
    assert "Amal" in told
    assert f"File {files[1].number:,}" in told
    assert "Legal Name" not in told
    file = export(client, call, slate).get_data(as_text=True)
    assert "Amal" in file
    assert "Legal Name" not in file


def test_strangers_and_other_boards_find_nothing(client: FlaskClient, scene: Scene) -> None:
    call, files, _member, slate = scene
    other, _more = make_scored(2)
    for person in (make_person(), make_member(other), make_approver(other)):
        sign_in(client, person)
        for rest in ("", "/slates", f"/files/{files[0].id}", f"/slates/{slate.number}/decide"):
            assert client.get(at(call, rest)).status_code == HTTPStatus.NOT_FOUND


def test_the_way_in_stands_on_the_first_page(client: FlaskClient, scene: Scene) -> None:
    call, _files, member, slate = scene
    assert at(call) in client.get("/en/console").get_data(as_text=True)
    approver = make_approver(call)
    actions.recommend(member, reading(call), db.session.get_one(running.Board, slate.board_id), slate.number)
    sign_in(client, approver)
    page = client.get("/en/console").get_data(as_text=True)
    assert at(call, "/slates/1/decide") in page
    assert f'{at(call)}"' not in page
    sign_in(client, make_member(make_scored(1)[0]))
    assert call.slug not in client.get("/en/console").get_data(as_text=True)


def test_a_chosen_file_says_why_and_tells_nothing_sealed(client: FlaskClient, scene: Scene) -> None:
    call, files, member, slate = scene
    seats = [one for one in slate.people if one["chosen"]]
    told = {one["id"]: text_of(client.get(at(call, f"/files/{one['id']}"))) for one in seats}
    assert all("Why chosen?" in page for page in told.values())
    assert "By score: number 1 on the list" in told[seats[0]["id"]]
    assert all("Rules of balance that are not shown for one person" in page for page in told.values())
    assert not any("Woman" in page.partition("Why chosen?")[2] for page in told.values())
    americans = {str(one.id) for one in files if one.region == "americas"}
    for key, page in told.items():
        assert ("Counts towards a rule of balance: Region: " in page) is (key in americans)
    board = db.session.get_one(Board, slate.board_id)
    actions.pin(member, board, queries.file(reading(call), files[20].id), must=True, reason="To try")
    make_slate(board, member)
    assert "Pinned by the board" in text_of(client.get(at(call, f"/files/{files[20].id}"))).partition("Why chosen?")[2]


def test_several_envelopes_stand_each_with_its_money(client: FlaskClient) -> None:
    envelopes = [
        {"id": "a", "title": {"en": "General money"}, "amount": 2_000_000},
        {"id": "b", "title": {"en": "For access"}, "amount": 600_000, "cells": ["disability:yes"]},
    ]
    call, _files = make_scored(20, places=5, envelopes=envelopes)
    member, other = make_member(call), make_member(call)
    board = meet(call, member, other)
    slate = make_slate(board, member)
    sign_in(client, member)
    actions.recommend(member, reading(call), board, slate.number)
    room = text_of(client.get(at(call)))
    sign_in(client, make_approver(call))
    for page in (room, text_of(client.get(at(call, f"/slates/{slate.number}/decide")))):
        for words in ("General money", "20,000", "For access (Disability: Yes)", "6,000", "All envelopes together"):
            assert words in page, words


def test_the_room_says_whom_it_leaves_out_and_who_is_chosen_for_a_rule(client: FlaskClient) -> None:
    rules = {"balance": [at_least("late", "region", "americas", 7)], "places": 25}
    call, files = make_scored(40, envelopes=[{"id": "a", "title": {"en": "A"}, "amount": 25 * COST}], **rules)
    for place, one in enumerate(files):
        one.region = "americas" if place < 6 or place == 38 else "africa_middle_east"
    db.session.flush()
    member = make_member(call)
    make_slate(meet(call, member), member)
    sign_in(client, member)
    told = text_of(client.get(at(call)))
    assert "Ranks 9 to 18: 10 more are chosen" in told
    assert "Show everybody" in told
    assert told.count("for a rule of balance") == 1
    whole = text_of(client.get(at(call, "?all=1")))
    assert "more are chosen" not in whole
    db.session.add(Recusal(id=uuid.uuid4(), call_id=call.id, application_id=files[9].id, person_id=member.id))
    db.session.flush()
    assert "Ranks 9 to 18: 9 more are chosen" in text_of(client.get(at(call)))


def test_before_it_recommends_the_board_reads_what_is_not_done(client: FlaskClient, scene: Scene) -> None:
    call, files, member, slate = scene
    where = at(call, f"/slates/{slate.number}/recommend")
    chosen = [one for one in files if str(one.id) in {each["id"] for each in slate.people if each["chosen"]}]
    first, second = sorted(one.id for one in chosen[:2])
    pair = FundPair(id=uuid.uuid4(), call_id=call.id, first_id=first, second_id=second, score=3, reasons=["name"])
    db.session.add(pair)
    give(chosen[0], make_member(call))
    db.session.flush()
    told = text_of(client.get(where))
    assert "Is it time?" in told
    assert "1 review is not handed in yet." in told
    assert "30 files lack a reader." in told
    assert "1 possible duplicate waits for the fund’s desk." in told
    assert "Possibly one person, and chosen twice:" in told
    other = next(one for one in files if str(one.id) in {each["id"] for each in slate.people if not each["chosen"]})
    low, high = sorted((chosen[2].id, other.id))
    half = FundPair(id=uuid.uuid4(), call_id=call.id, first_id=low, second_id=high, score=3, reasons=["name"])
    db.session.add(half)
    db.session.flush()
    assert "Possible duplicates, one of them chosen: let the fund’s desk decide first" in text_of(client.get(where))
    db.session.delete(half)
    db.session.flush()
    db.session.add(Recusal(id=uuid.uuid4(), call_id=call.id, application_id=chosen[0].id, person_id=member.id))
    db.session.flush()
    told = text_of(client.get(where))
    assert "29 files lack a reader." in told
    assert "duplicate" not in told
    assert "chosen twice" not in told
    assert "not handed in yet" not in told


def test_the_approver_reads_the_same_list_as_the_board(client: FlaskClient, scene: Scene) -> None:
    call, files, member, slate = scene
    ids = {each["id"]: each["chosen"] for each in slate.people}
    first = next(one for one in files if ids[str(one.id)])
    second = next(one for one in files if not ids[str(one.id)])
    low, high = sorted((first.id, second.id))
    db.session.add(FundPair(id=uuid.uuid4(), call_id=call.id, first_id=low, second_id=high, score=3, reasons=["name"]))
    give(first, make_member(call))
    db.session.flush()
    own = text_of(client.get(at(call, f"/slates/{slate.number}/recommend")))
    actions.recommend(member, reading(call), queries.open_board(call.id) or Board(), slate.number)
    sign_in(client, make_approver(call))
    page = client.get(at(call, f"/slates/{slate.number}/decide"))
    for words in (
        "Is it time?",
        "1 review is not handed in yet.",
        "30 files lack a reader.",
        "1 possible duplicate waits for the fund’s desk.",
        "Possible duplicates, one of them chosen: let the fund’s desk decide first",
    ):
        assert words in own, words
        assert words in text_of(page), words
    assert f"/files/{first.id}" not in page.text, "an approver who does not sit there is led to no file"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Change at least one of these numbers"),
        ({"fares": "0"}, "Change at least one of these numbers"),
        ({"budget": "90.000"}, "This can be read in two ways."),
        ({"budget": "1,5"}, "This can be read in two ways."),
        ({"budget": "much"}, "Write an amount, such as 120,000"),
    ],
)
def test_a_trial_without_a_number_is_not_calculated(
    client: FlaskClient, scene: Scene, typed: dict[str, str], said: str
) -> None:
    call, *_ = scene
    done = press(client, at(call), at(call, "/try"), **typed)
    assert done.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert said in error_at(done, "budget")
    assert not db.session.scalars(select(Run).where(Run.kind == Kind.RESOLVE)).all()


def test_equal_scores_are_explained_where_they_decided(client: FlaskClient, scene: Scene) -> None:
    call, _files, _member, slate = scene
    said = "Scores count as equal where they are no further from the score of the last place"
    assert said not in text_of(client.get(at(call)))
    slate.people = [one | {"tied": one["chosen"]} for one in slate.people]
    db.session.flush()
    page = client.get(at(call))
    assert said in text_of(page)
    assert f'href="/en/funds/{call.slug}#how"' in page.text


def test_a_rule_about_first_times_does_not_say_it_twice(app: Flask) -> None:
    rules = read(rules_of(balance=[at_least("new", "first_time", "yes", 50, unit="percent")]))
    with app.test_request_context():
        assert rule_label(rules, "balance.new") == "First time: Yes – at least 50%"
