"""What becomes of readers' work when something happens to a file: a late letter, an applicant who leaves, a reader who
is erased."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventhub.funding import applying, own, vouching
from eventhub.funding import personal_data as of_applicants
from eventhub.funding.models import Application, Endorsement, State, Vouch, Voucher
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.kit.tokens import digest, new_salt
from eventhub.people import actions as people
from eventhub.people.models import Person
from eventhub.reviewing import personal_data, queries, reading
from eventhub.reviewing.models import Conflict, PanelMember, Review, Standing, Tie
from tests.factories import reviewing as f
from tests.factories.people import form_fields, make_organisation, make_person, sign_in

pytestmark = pytest.mark.usefixtures("database")

LETTER = "A letter came after your review"
MARK = "A letter came after the first review"


def asked(application: Application) -> Endorsement:
    """A nominator whose letter is awaited."""
    row = Endorsement(
        application_id=application.id,
        role=Voucher.NOMINATOR,
        name="A chair",
        email="chair@example.org",
        language="en",
        salt=new_salt(),
        token_hash=b"",
        letter_due=now() - timedelta(days=1),
    )
    db.session.add(row)
    row.token_hash = new_salt()
    db.session.flush()
    row.token_hash = digest(vouching.link_token(row))
    db.session.flush()
    return row


def owed(task: str) -> int:
    return db.session.scalar(select(func.count()).select_from(Promise).where(Promise.task == task)) or 0


def states(reviews: Sequence[Review]) -> list[Standing]:
    db.session.expire_all()
    return [db.session.get_one(Review, one.id).state for one in reviews]


def test_a_letter_after_scoring_is_marked_for_readers_and_desk_and_changes_no_score(client: FlaskClient) -> None:
    call = f.make_call()
    first, second = f.make_reader(call), f.make_reader(call)
    file = f.answer(f.make_file(call))
    done, waits = f.give(file, first), f.give(file, second)
    row = asked(file)
    points = f.hand_in(done, first).points
    said = vouching.answer(vouching.link_token(row), Vouch.CONFIRMED, "She speaks for many.")
    assert (said.late, said.after_scoring) == (True, True)
    assert db.session.get_one(Review, done.id).points == points
    sign_in(client, first)
    assert LETTER in client.get("/en/reviews").text
    assert MARK in client.get(f"/en/reviews/{done.id}").text
    sign_in(client, second)
    assert LETTER not in client.get("/en/reviews").text
    assert MARK in client.get(f"/en/reviews/{waits.id}").text
    sign_in(client, f.make_officer(call))
    record = client.get(f"/en/console/funds/{call.slug}/files/{file.id}").text
    assert MARK in record
    assert "She speaks for many." in record
    assert owed("reviewing.files_wait") == 0


@pytest.mark.parametrize("ends", ["abstains", "steps back", "none"])
def test_a_letter_is_marked_only_while_a_score_counts(ends: str) -> None:
    call = f.make_call()
    reader, file = f.make_reader(call), f.make_file(call)
    review = f.give(file, reader)
    if ends == "abstains":
        reading.abstain(reader, review.id)
    elif ends == "steps back":
        f.hand_in(review, reader)
        reading.recuse(reader, review.id, Conflict.FAMILY)
    assert vouching.answer(vouching.link_token(asked(file)), Vouch.CONFIRMED).after_scoring is False
    assert queries.came_after([file.id]) == {}


def test_a_letter_that_was_replaced_marks_nothing() -> None:
    call = f.make_call()
    reader, file = f.make_reader(call), f.make_file(call)
    f.hand_in(f.give(file, reader), reader)
    row = vouching.answer(vouching.link_token(asked(file)), Vouch.CONFIRMED)
    assert list(queries.came_after([file.id])) == [file.id]
    row.withdrawn_at = now()
    db.session.flush()
    assert queries.came_after([file.id]) == {}


def test_whoever_withdraws_while_files_are_read_takes_the_file_along(client: FlaskClient) -> None:
    call = f.make_call()
    first, second, third = (f.make_reader(call) for _ in range(3))
    file, other = f.answer(f.make_file(call)), f.make_file(call)
    reviews = [f.give(file, one) for one in (first, second, third)]
    f.hand_in(reviews[0], first)
    f.hand_in(f.give(other, first), first)
    half = reading.keep(second, reviews[1].id, f.said(), seen=reviews[1].version, window=reviews[1].id)
    assert half.words is not None
    before = len(queries.scores(call.id))
    person = db.session.get_one(Person, file.person_id)
    applying.withdraw(person, own.by_reference(str(file.reference), person, lock=True))
    assert states(reviews) == [Standing.VOIDED, Standing.TAKEN_BACK, Standing.TAKEN_BACK]
    assert db.session.get_one(Review, half.id).words is None
    assert db.session.get_one(Review, reviews[0].id).points is not None
    assert (before, len(queries.scores(call.id))) == (2, 1)
    assert owed("reviewing.calibrate") == 1
    assert {seat.load for seat in queries.panel(f.the(call)) if seat.member.person_id != first.id} == {0}
    sign_in(client, first)
    listed = client.get("/en/reviews").text
    assert f"Application {other.number}" in listed
    assert f"Application {file.number}" not in listed
    assert client.get(f"/en/reviews/{reviews[0].id}").status_code == 404


def test_whoever_withdraws_after_the_board_leaves_its_scores_as_they_are() -> None:
    call = f.make_call()
    reader, file = f.make_reader(call), f.make_file(call)
    review = f.hand_in(f.give(file, reader), reader)
    file.state = State.ACCEPTED
    db.session.flush()
    person = db.session.get_one(Person, file.person_id)
    applying.withdraw(person, own.by_reference(str(file.reference), person, lock=True))
    assert states([review]) == [Standing.HANDED_IN]


def test_an_erased_applicant_is_gone_for_readers_at_once_and_the_score_is_void(client: FlaskClient) -> None:
    call = f.make_call()
    first, second = f.make_reader(call), f.make_reader(call)
    file = f.answer(f.make_file(call))
    reviews = [f.give(file, first), f.give(file, second)]
    f.hand_in(reviews[0], first)
    people.erase(None, db.session.get_one(Person, file.person_id))
    for reader, review in zip((first, second), reviews, strict=True):
        sign_in(client, reader)
        assert client.get(f"/en/reviews/{review.id}").status_code == 404
        assert f"Application {file.number}" not in client.get("/en/reviews").text
    of_applicants.erase(file.person_id)
    assert states(reviews) == [Standing.VOIDED, Standing.TAKEN_BACK]
    assert db.session.get_one(Application, file.id).state is State.WITHDRAWN
    assert owed("reviewing.calibrate") == 1


def test_a_reader_s_copy_has_what_was_read_and_nothing_of_files_stepped_back_from(client: FlaskClient) -> None:
    call = f.make_call(title={"en": "The fund that is read"})
    reader, house = f.make_reader(call, region="americas", country="PE"), make_organisation(name="Quiet House")
    kept, hidden = f.make_file(call), f.make_file(call)
    f.hand_in(f.give(kept, reader), reader, f.said(words="My reason"))
    gone = f.hand_in(f.give(hidden, reader), reader, f.said(words="Never again"))
    reading.recuse(reader, gone.id, Conflict.FAMILY)
    db.session.add(Tie(call_id=call.id, person_id=reader.id, kind=Conflict.ORGANISATION, organisation_id=house.id))
    db.session.flush()
    sign_in(client, reader)
    page = client.get("/en/me/data").text
    copy = client.post("/en/me/data/copy", data=form_fields(page, "/me/data/copy"))
    told = copy.get_json()["read_for_the_fund"]
    assert [(one["country"], one["most"]) for one in told["panels"]] == [("PE", 40)]
    by_state = {one["state"]: one for one in told["reviews"]}
    assert by_state["handed_in"]["application"] == kept.number
    assert by_state["handed_in"]["reasons"]["need"] == "My reason for need"
    assert by_state["voided"].keys() == {"call", "state", "given", "ended"}
    assert {one["organisation"] for one in told["ties"]} == {None, "Quiet House"}
    for secret in ("Never again", "Amina", str(hidden.reference)):
        assert secret not in copy.text


def test_an_erased_reader_leaves_scores_without_a_name_and_files_to_others() -> None:
    call = f.make_call()
    reader, house = f.make_reader(call, region="americas", country="PE"), make_organisation()
    done, open_one, aside = (f.give(f.make_file(call), reader) for _ in range(3))
    f.hand_in(done, reader)
    reading.keep(reader, open_one.id, f.said(), seen=open_one.version, window=open_one.id)
    reading.recuse(reader, aside.id, Conflict.FAMILY)
    db.session.add(Tie(call_id=call.id, person_id=reader.id, kind=Conflict.ORGANISATION, organisation_id=house.id))
    db.session.flush()
    people.erase(None, reader)
    for _twice in range(2):
        assert personal_data.erase(reader.id) == 1
    assert states([done, open_one, aside]) == [Standing.HANDED_IN, Standing.TAKEN_BACK, Standing.RECUSED]
    assert db.session.get_one(Review, open_one.id).words is None
    seat = db.session.scalars(select(PanelMember).where(PanelMember.person_id == reader.id)).one()
    assert (seat.languages, seat.region, seat.country, seat.away_at is not None) == ([], None, None, True)
    kinds = list(db.session.scalars(select(Tie.organisation_id).where(Tie.person_id == reader.id)))
    assert kinds == [None]
    assert queries.names([reader.id]) == {reader.id: ""}
    assert personal_data.own_data(make_person()) == {"panels": [], "reviews": [], "ties": []}
