"""The officer's side: the panel, readers worked out and given out, readers who leave, reminders, scores."""

import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.funding.models import Application, State
from eventhub.funding.nearness import OwnFile
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.outbox import Promise
from eventhub.people.models import Affiliation, Person, Role
from eventhub.reviewing import asking, assigning, queries, reading, scoring, seating
from eventhub.reviewing.assigning import DraftThere, NobodyReads, Outdated
from eventhub.reviewing.models import Conflict, Gate, PanelMember, Review, Standing, Tie
from eventhub.reviewing.seating import NobodyToRemind
from eventhub.reviewing.terms import Score
from tests.factories import reviewing as f
from tests.factories.people import form_fields, make_organisation, make_person, sign_in

pytestmark = pytest.mark.usefixtures("database")


def owed(task: str) -> list[dict[str, str]]:
    return [one.payload for one in db.session.scalars(select(Promise).where(Promise.task == task))]


def reviews(**where: object) -> list[Review]:
    return db.session.query(Review).filter_by(**where).all()


def test_files_are_given_out() -> None:
    """Each file two readers, no conflict, one mail and one gate for each reader, files under review, ties on record."""
    call = f.make_call()
    officer = f.make_officer(call)
    people = [f.make_reader(call) for _ in range(4)]
    files = [f.make_file(call) for _ in range(6)]
    house = make_organisation()
    files[0].organisation_id = house.id
    db.session.add(Affiliation(person_id=people[0].id, organisation_id=house.id))
    db.session.flush()
    draft = f.work_out(officer, call)
    assert draft.refused is None
    with pytest.raises(DraftThere):
        assigning.ask(officer, f.the(call))
    assigning.release(officer, f.the(call), draft.id)
    db.session.flush()
    assert len(reviews(call_id=call.id)) == 12
    assert not reviews(application_id=files[0].id, person_id=people[0].id)
    assert {one.state for one in db.session.scalars(select(Application).where(Application.call_id == call.id))} == {
        State.UNDER_REVIEW
    }
    readers = {one.person_id for one in reviews(call_id=call.id)}
    assert len(owed("reviewing.files_wait")) == len(readers) == db.session.query(Gate).count()
    assert [one.kind for one in db.session.scalars(select(Tie))] == [Conflict.ORGANISATION]
    with pytest.raises(NobodyReads):
        assigning.ask(officer, f.the(f.make_call()))


def test_what_changed_meanwhile_stops_it() -> None:
    call = f.make_call()
    officer = f.make_officer(call)
    readers = [f.make_reader(call) for _ in range(3)]
    file = f.make_file(call)
    draft = f.work_out(officer, call)
    file.filed_by_id = readers[0].id
    db.session.flush()
    with pytest.raises(Outdated):
        assigning.release(officer, f.the(call), draft.id)


def test_refusals_name_their_cause(client: FlaskClient) -> None:
    call = f.make_call()
    officer = sign_in(client, f.make_officer(call))
    f.make_reader(call, most=1)
    f.make_reader(call, languages=["fr"])
    file = f.make_file(call)
    draft = f.work_out(officer, call)
    assert draft.refused
    page = client.get(f"/en/console/funds/{call.slug}/reviewing/drafts/{draft.id}").text
    assert "There are not enough readers" in page
    assert f"Application {file.number} needs 2 readers and can have 1" in page
    assert "Give the files out" not in page
    answer = client.post(
        f"/en/console/funds/{call.slug}/reviewing/drafts/{draft.id}", data=form_fields(page) | {"go": "drop"}
    )
    assert answer.status_code == 303
    soft = f.work_out(officer, call, languages_hard=False)
    assert soft.refused is None
    assert soft.figures["without_language"] == 1


def test_a_reader_leaves_and_another_is_asked_for() -> None:
    """What was not handed in goes to somebody else; two who are far apart get a third; nobody reads a file twice."""
    call = f.make_call()
    officer = f.make_officer(call)
    first, second, third = (f.make_reader(call) for _ in range(3))
    apart, left = f.make_file(call), f.make_file(call)
    f.hand_in(f.give(apart, first), first, f.said(0, 0))
    f.hand_in(f.give(apart, second), second, f.said(3, 3))
    f.hand_in(f.give(left, second), second)
    f.give(left, first)
    seating.leave(officer, queries.member_of(call.id, first.id), is_away=True)  # type: ignore[arg-type]
    db.session.flush()
    assert assigning.waiting(call.id, 2, 25) == (1, 1)
    draft = f.work_out(officer, call)
    assigning.release(officer, f.the(call), draft.id)
    db.session.flush()
    assert {one.application_id for one in reviews(person_id=third.id)} == {apart.id, left.id}
    assert [one.extra for one in reviews(person_id=third.id, application_id=apart.id)] == [True]
    assert {one.state for one in reviews(person_id=first.id)} == {Standing.HANDED_IN, Standing.TAKEN_BACK}
    assert owed("reviewing.taken_back") == [{"call_id": str(call.id), "person_id": str(first.id), "number": 1}]


def test_the_officers_pages(client: FlaskClient) -> None:
    call = f.make_call()
    officer = sign_in(client, f.make_officer(call))
    base = f"/en/console/funds/{call.slug}/reviewing"
    newcomer = f.role(make_person(name="New Reader"), Role.FUND_REVIEWER, call)
    assert "New Reader" in client.get(f"{base}/readers").text
    page = client.get(f"{base}/readers/{newcomer.id}").text
    chosen = {"languages": "en", "region": "americas", "country": "PE", "most": "9", "fewest": "1"}
    for more in ({"fewest": "50", "most": "40"}, {"most": "-1", "fewest": "0"}):
        refused = client.post(f"{base}/readers/{newcomer.id}", data=form_fields(page) | chosen | more)
        assert refused.status_code == 422, more
        assert f'value="{more["most"]}"' in refused.text
    assert client.post(f"{base}/readers/{newcomer.id}", data=form_fields(page) | chosen).status_code == 303
    other = f.make_reader(call)
    for _ in range(3):
        f.make_file(call)
    page = client.get(base).text
    assert "New Reader" in page
    answer = client.post(f"{base}/assign", data=form_fields(page, "/assign"))
    assert answer.status_code == 303
    draft = queries.open_draft(call.id)
    assert draft is not None
    request = assigning.gather(f.the(call), languages_hard=True)
    assert request.panel is not None
    assigning.keep(call.id, draft.id, assigning.digest(request), asking.assigned(request.panel))
    db.session.flush()
    at = f"{base}/drafts/{draft.id}"
    page = client.get(at).text
    assert "Give the files out" in page
    assert client.post(at, data=form_fields(page) | {"go": "release"}).status_code == 303
    assert len(reviews(call_id=call.id)) == 6
    page = client.get(base).text
    assert client.post(f"{base}/remind", data=form_fields(page, "/remind")).status_code == 303
    assert len(owed("reviewing.reminded")) == 2
    with pytest.raises(NobodyToRemind):
        seating.remind(officer, f.the(call))
    page = client.get(f"{base}/readers/{other.id}").text
    assert client.post(f"{base}/readers/{other.id}/leave", data=form_fields(page, "/leave") | {"away": "yes"})
    assert db.session.query(PanelMember).filter_by(person_id=other.id).one().away_at is not None
    with pytest.raises(NotFound):
        seating.seat(officer, f.the(call), make_person().id, seating.Seating(["en"], None, None, 1, 0))


def test_scores_stand_beside_the_mean(client: FlaskClient) -> None:
    """Too few reviews: the mean alone, with the reason; a scoring never changes; the same scores are not kept twice."""
    call = f.make_call()
    officer = sign_in(client, f.make_officer(call))
    one, two = f.make_reader(call), f.make_reader(call)
    file, own = f.make_file(call), f.make_file(call, officer)
    for each in (one, two):
        f.hand_in(f.give(file, each), each)
        f.hand_in(f.give(own, each), each)
    due = scoring.due(call.id)
    assert due is not None
    kept = scoring.keep(call.id, due[1], asking.calibrated(due[0]))
    assert kept is not None
    assert kept.skipped == "too_few_reviews"
    assert scoring.due(call.id) is None
    page = client.get(f"/en/console/funds/{call.slug}/reviewing/scores").text
    assert "fewer than eight" in page
    assert f"Application {file.number}<" in page
    assert f"Application {own.number}<" not in page, "the officer's own file"
    answer = client.post(f"/en/console/funds/{call.slug}/reviewing/scores", data=form_fields(page))
    assert answer.status_code == 303
    assert owed("reviewing.calibrate")
    reading.recuse(one, reviews(person_id=one.id, application_id=file.id)[0].id, Conflict.FAMILY)
    db.session.flush()
    assert queries.calls_to_score() == [call.id]
    assert scoring.keep(call.id, due[1], asking.calibrated(due[0])) is None, "a score went meanwhile"
    with pytest.raises(Exception, match="never changes"), db.session.begin_nested():
        db.session.execute(kept.__table__.update().values(digest="other"))


def test_enough_reviews_are_calibrated(client: FlaskClient) -> None:
    call = f.make_call()
    sign_in(client, f.make_officer(call))
    readers = [f.make_reader(call) for _ in range(3)]
    for number in range(10):
        file = f.make_file(call)
        for place, each in enumerate(readers):
            f.hand_in(f.give(file, each), each, f.said((number + place) % 4, min(3, number // 3)))
    due = scoring.due(call.id)
    assert due is not None
    assert isinstance(due[0][0], Score)
    kept = scoring.keep(call.id, due[1], asking.calibrated(due[0]))
    assert kept is not None
    assert kept.skipped is None
    page = client.get(f"/en/console/funds/{call.slug}/reviewing/scores").text
    assert "How readers use the scale" in page
    assert readers[0].name in page


def test_out_of_scope_there_is_nothing(client: FlaskClient) -> None:
    call, other = f.make_call(), f.make_call()
    f.make_reader(call)
    file = f.make_file(call)
    draft = f.work_out(f.make_officer(call), call)
    paths = ["", "/readers", "/scores", f"/drafts/{draft.id}", f"/readers/{uuid.uuid4()}"]
    for who in (f.make_officer(other), f.make_reader(call), f.role(make_person(), Role.BOARD_MEMBER, call)):
        sign_in(client, who)
        for path in paths:
            assert client.get(f"/en/console/funds/{call.slug}/reviewing{path}").status_code == 404, path
        assert client.get(f"/en/console/funds/{other.slug}/reviewing/drafts/{draft.id}").status_code == 404
    assert file.state is State.ELIGIBLE
    stranger = make_person()
    sign_in(client, stranger)
    assert client.get("/en/reviews").status_code == 404
    admin = f.role(make_person(), Role.FUND_OFFICER, call)
    sign_in(client, admin)
    assert client.get("/en/reviews").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_statements(client: FlaskClient, statements: list[str], number: int) -> None:
    call = f.make_call(readers=1)
    officer = sign_in(client, f.make_officer(call))
    readers = [f.make_reader(call) for _ in range(number)]
    for _ in range(number):
        f.make_file(call)
        for each in readers:
            f.give(f.make_file(call), each)
    draft = f.work_out(officer, call)
    base = f"/en/console/funds/{call.slug}/reviewing"
    for path in ("", "/readers", f"/drafts/{draft.id}", "/scores"):
        client.get(base + path)
        statements.clear()
        assert client.get(base + path).status_code == 200
        assert len(statements) <= 13, (path, len(statements))
    statements.clear()
    assigning.release(officer, f.the(call), draft.id)
    db.session.flush()
    assert len(statements) <= 33, (number, len(statements))
    assert db.session.get_one(Person, officer.id)
    assert now() - timedelta(days=1) < draft.asked_at


def test_whoever_applied_neither_sees_nor_decides_who_reads(client: FlaskClient) -> None:
    call = f.make_call()
    colleague, officer = f.make_officer(call), f.make_officer(call)
    reader, other = f.make_reader(call), f.make_reader(call)
    f.make_file(call)
    draft = f.work_out(colleague, call)
    own = f.make_file(call, officer, state=State.SUBMITTED)
    the = f.the(call)
    known = seating.Seating(["en"], None, None, 5, 0)
    seated = queries.member_of(call.id, reader.id)
    assert seated is not None
    for deed in (
        lambda: assigning.ask(officer, the),
        lambda: assigning.release(officer, the, draft.id),
        lambda: assigning.drop(officer, the, draft.id),
        lambda: seating.seat(officer, the, other.id, known),
        lambda: seating.change(officer, seated, known, seen=seated.version),
        lambda: seating.leave(officer, seated, is_away=True),
    ):
        with pytest.raises(OwnFile):
            deed()
    url = f"/en/console/funds/{call.slug}/reviewing/drafts/{draft.id}"
    sign_in(client, officer)
    assert client.get(url).status_code == 403
    sign_in(client, colleague)
    assert client.get(url).status_code == 200
    own.state = State.WITHDRAWN
    db.session.flush()
    assigning.drop(officer, the, draft.id)


def test_a_draft_leaves_out_files_of_those_one_is_tied_to(client: FlaskClient) -> None:
    call = f.make_call()
    officer = f.make_officer(call)
    for _ in range(2):
        f.make_reader(call)
    file, tied = f.make_file(call), f.make_file(call)
    draft = f.work_out(officer, call)
    url = f"/en/console/funds/{call.slug}/reviewing/drafts/{draft.id}"
    sign_in(client, officer)
    assert f"{file.number}, {tied.number}" in client.get(url).text
    db.session.add(Tie(call_id=call.id, application_id=tied.id, person_id=officer.id, kind=Conflict.FAMILY))
    db.session.flush()
    page = client.get(url).text
    assert f"<small>{file.number}</small>" in page
    assert f"{file.number}, {tied.number}" not in page
