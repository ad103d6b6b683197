"""A reader's files: what is there and what is not, the gate, keeping and handing in, stepping back."""

import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.funding.models import Application, State
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.outbox import Promise
from eventhub.people.affiliations import affiliate
from eventhub.people.models import Affiliation, Person, Role, RoleGrant, WebSession
from eventhub.reviewing import asking, queries, reading, scoring
from eventhub.reviewing.models import Conflict, Review, Standing, Tie
from eventhub.reviewing.reading import OtherWindow, ReadingOver, Said
from eventhub.selecting.queries import aside
from tests.factories import reviewing as f
from tests.factories.people import form_fields, make_organisation, make_person, sign_in

pytestmark = pytest.mark.usefixtures("database")


def sent(client: FlaskClient, address: str, **fields: str):  # type: ignore[no-untyped-def]
    page = client.get(address)
    assert page.status_code == 200, page.status_code
    return client.post(address, data=form_fields(page.text, None) | fields)


def test_a_file_is_read_and_handed_in(client: FlaskClient) -> None:
    call = f.make_call()
    reader = sign_in(client, f.make_reader(call))
    review = f.give(f.answer(f.make_file(call)), reader)
    listed = client.get("/en/reviews").text
    assert "Not begun" in listed
    page = client.get(f"/en/reviews/{review.id}").text
    assert "I teach the evening class" in page
    for hidden in ("Amina", "amina-secret", "Sealed words", "For the desk alone", "REF-"):
        assert hidden not in page, hidden
    answer = sent(client, f"/en/reviews/{review.id}", **f.typed(go="hand_in"))
    assert answer.status_code == 303
    found = db.session.get_one(Review, review.id)
    assert found.state is Standing.HANDED_IN
    assert found.points == pytest.approx(40 * 2 / 3 + 60)
    assert b"A reason" not in (found.words or b"")
    done = client.get(f"/en/reviews/{review.id}").text
    assert "A reason for voice" in done
    assert "textarea" not in done


def test_a_discreet_person_without_an_alias_stays_a_reference_in_a_file_that_is_not_masked(client: FlaskClient) -> None:
    call = f.make_call(masking="named")
    reader = sign_in(client, f.make_reader(call))
    review = f.give(f.answer(f.make_file(call)), reader)
    file = db.session.get_one(Application, review.application_id)
    person = db.session.get_one(Person, file.person_id)
    person.name, person.discreet = "Legal Name", True
    db.session.flush()
    assert "Legal Name" not in client.get(f"/en/reviews/{review.id}").text
    person.discreet = False
    db.session.flush()
    assert "Legal Name" in client.get(f"/en/reviews/{review.id}").text


def test_what_lacks_is_said_and_nothing_typed_is_lost(client: FlaskClient) -> None:
    call = f.make_call()
    reader = sign_in(client, f.make_reader(call))
    review = f.give(f.make_file(call), reader)
    answer = sent(client, f"/en/reviews/{review.id}", go="hand_in", mark_need="1", why_voice="Only this")
    assert answer.status_code == 422
    assert "Only this" in answer.text
    kept = reading.said(queries.own_review(reader.id, review.id))
    assert (kept.marks, kept.words) == ({"need": 1}, {"voice": "Only this"})
    assert "Only this" in client.get(f"/en/reviews/{review.id}").text
    wrong = sent(client, f"/en/reviews/{review.id}", go="keep", mark_need="7")
    assert wrong.status_code == 422
    assert db.session.get_one(Review, review.id).marks == {"need": 1}


def test_scores_only_on_anchors() -> None:
    call = f.make_call()
    reader = f.make_reader(call)
    review = f.give(f.make_file(call), reader)
    with pytest.raises(reading.NoAnchor):
        reading.keep(reader, review.id, Said({"need": 9}), seen=1, window=uuid.uuid4())
    with pytest.raises(reading.NoAnchor):
        reading.keep(reader, review.id, Said({"made_up": 1}), seen=1, window=uuid.uuid4())


def test_two_tabs() -> None:
    """The second window is told; the first goes on; whoever presses again in the knowledge of it wins."""
    call = f.make_call()
    reader = f.make_reader(call)
    review = f.give(f.make_file(call), reader)
    first, second = uuid.uuid4(), uuid.uuid4()
    start = review.version
    reading.keep(reader, review.id, Said(words={"need": "one"}), seen=start, window=first)
    db.session.flush()
    reading.keep(reader, review.id, Said(words={"need": "one more"}), seen=start, window=first)
    db.session.flush()
    with pytest.raises(OtherWindow):
        reading.keep(reader, review.id, Said(words={"need": "two"}), seen=start, window=second)
    now_seen = db.session.get_one(Review, review.id).version
    reading.keep(reader, review.id, Said(words={"need": "two"}), seen=now_seen, window=second)
    db.session.flush()
    with pytest.raises(OtherWindow):
        reading.hand_in(reader, review.id, f.said(), seen=start, window=first)


def test_another_window_keeps_what_was_typed_on_the_page(client: FlaskClient) -> None:
    call = f.make_call()
    reader = sign_in(client, f.make_reader(call))
    review = f.give(f.make_file(call), reader)
    address = f"/en/reviews/{review.id}"
    old = form_fields(client.get(address).text)
    assert sent(client, address, go="keep", why_need="In the new window").status_code == 303
    late = client.post(address, data=old | {"go": "keep", "why_need": "In the old window"})
    assert late.status_code == 422
    assert "In the old window" in late.text
    again = client.post(address, data=form_fields(late.text) | {"go": "keep", "why_need": "In the old window"})
    assert again.status_code == 303
    assert reading.said(queries.own_review(reader.id, review.id)).words == {"need": "In the old window"}
    kept = client.post(f"{address}/keep", data=form_fields(client.get(address).text) | {"why_need": "Typed"})
    assert kept.status_code == 204
    stale = client.post(f"{address}/keep", data=old | {"why_need": "Stale", "form_key": str(uuid.uuid4())})
    assert stale.status_code == 409


def test_a_window_that_comes_after_the_review_was_handed_in_shows_what_counts(client: FlaskClient) -> None:
    call = f.make_call()
    reader = sign_in(client, f.make_reader(call))
    review = f.give(f.make_file(call), reader)
    address = f"/en/reviews/{review.id}"
    old = form_fields(client.get(address).text)
    sent(client, address, **f.typed(go="hand_in"))
    late = client.post(address, data=old | {"go": "keep", "why_need": "In the old window", "mark_need": "0"})
    assert late.status_code == 422
    assert "This review cannot be changed any more." in late.text
    lost, _, rest = late.text.partition("What you typed in this window was not kept")[2].partition("<section")
    assert "In the old window" in lost
    assert "In the old window" not in rest
    assert "A reason for need" in rest


def test_abstaining_is_no_zero(client: FlaskClient) -> None:
    call = f.make_call()
    reader = sign_in(client, f.make_reader(call))
    review = f.give(f.make_file(call), reader)
    address = f"/en/reviews/{review.id}"
    asked = sent(client, address, go="abstain", why_need="Half a thought")
    assert asked.location.endswith("/abstain")
    found = db.session.get_one(Review, review.id)
    assert found.state is Standing.BEGUN, "asked once more before it is done"
    assert reading.said(queries.own_review(reader.id, review.id)).words == {"need": "Half a thought"}
    assert sent(client, f"{address}/abstain").status_code == 303
    found = db.session.get_one(Review, review.id)
    assert (found.state, found.points) == (Standing.ABSTAINED, None)
    assert client.get(f"{address}/abstain").status_code == 303, "it is over"
    assert [one.points for one in queries.scores(call.id)] == [None]


def test_a_review_that_is_handed_in_leads_to_the_next_file(client: FlaskClient) -> None:
    call = f.make_call()
    reader = sign_in(client, f.make_reader(call))
    files = [f.make_file(call) for _ in range(3)]
    numbers, reviews = [one.number for one in files], [f.give(one, reader) for one in files]
    middle = reviews[1]
    sent(client, f"/en/reviews/{middle.id}", **f.typed(go="hand_in"))
    page = client.get(f"/en/reviews/{middle.id}").text
    assert f"Next: application {numbers[2]}" in page
    assert f"/en/reviews/{reviews[2].id}" in page
    assert "1 of 3 done" in page
    sent(client, f"/en/reviews/{reviews[2].id}", **f.typed(go="hand_in"))
    assert f"Next: application {numbers[0]}" in client.get(f"/en/reviews/{reviews[2].id}").text, "from the start again"
    sent(client, f"/en/reviews/{reviews[0].id}", **f.typed(go="hand_in"))
    assert "Next: application" not in client.get(f"/en/reviews/{reviews[0].id}").text
    points = db.session.get_one(Review, middle.id).points
    assert f"{points:.0f} of 100 points" in client.get("/en/reviews").text, "own points stand in the list"


def test_others_words_stay_hidden_until_ones_own_are_in(client: FlaskClient) -> None:
    call = f.make_call()
    me, other = f.make_reader(call), f.make_reader(call)
    file = f.make_file(call)
    mine, theirs = f.give(file, me), f.give(file, other)
    f.hand_in(theirs, other, f.said(0, 1, "Their words"))
    sign_in(client, me)
    for address in ("/en/reviews", f"/en/reviews/{mine.id}"):
        assert "Their words" not in client.get(address).text
    assert sent(client, f"/en/reviews/{mine.id}/abstain").status_code == 303
    assert "Their words" not in client.get(f"/en/reviews/{mine.id}").text, "an abstention is no review"
    third = f.make_reader(call)
    last = f.give(file, third)
    sign_in(client, third)
    sent(client, f"/en/reviews/{last.id}", **f.typed(go="hand_in"))
    page = client.get(f"/en/reviews/{last.id}").text
    assert "Their words for need" in page
    assert other.name not in page


def test_what_is_not_given_does_not_exist(client: FlaskClient, statements: list[str]) -> None:
    """Somebody else's file, one behind its gate, one taken away, one of a call without the role: the same answer."""
    call = f.make_call()
    reader, other = f.make_reader(call), f.make_reader(call)
    theirs, shut = f.give(f.make_file(call), other), f.give(f.make_file(call), reader, is_open=False)
    gone, withdrawn = f.give(f.make_file(call), reader), f.give(f.make_file(call), reader)
    gone.state = Standing.TAKEN_BACK
    queries.own_review(reader.id, withdrawn.id).application.state = State.WITHDRAWN
    conflicted = f.give(f.make_file(call), reader)
    house = make_organisation()
    queries.own_review(reader.id, conflicted.id).application.organisation_id = house.id
    db.session.add(Affiliation(person_id=reader.id, organisation_id=house.id))
    mine = f.give(f.make_file(call), reader)
    db.session.flush()
    sign_in(client, reader)

    def asked(review_id: uuid.UUID, end: str) -> tuple[int, str, int]:
        statements.clear()
        answer = client.get(f"/en/reviews/{review_id}{end}")
        return answer.status_code, answer.text.replace(str(review_id), ""), len(statements)

    asked(theirs.id, "")
    for end in ("", "/step-back"):
        nothing = asked(uuid.uuid4(), end)
        assert nothing[0] == 404
        for one in (theirs, shut, gone, withdrawn, conflicted):
            assert asked(one.id, end) == nothing, one.state
    listed = client.get("/en/reviews").text
    assert str(mine.id) in listed
    assert not any(str(one.id) in listed for one in (theirs, shut, gone, withdrawn, conflicted))
    db.session.query(RoleGrant).filter_by(person_id=reader.id).delete()
    f.role(db.session.get_one(Person, reader.id), Role.FUND_REVIEWER, f.make_call())
    assert client.get(f"/en/reviews/{mine.id}").status_code == 404
    assert str(mine.id) not in client.get("/en/reviews").text


def test_whoever_works_at_the_desk_does_not_read(client: FlaskClient) -> None:
    """Names stand at the desk: who got its role later loses the files, and nobody of the desk joins a panel."""
    call = f.make_call()
    reader = sign_in(client, f.make_reader(call))
    review = f.give(f.answer(f.make_file(call)), reader)
    assert client.get(f"/en/reviews/{review.id}").status_code == 200
    f.role(reader, Role.FUND_OFFICER, call)
    joins = f.role(f.role(make_person(), Role.FUND_REVIEWER, call), Role.FUND_OFFICER, call)
    for end in ("", "/step-back"):
        assert client.get(f"/en/reviews/{review.id}{end}").status_code == 404
    assert str(review.id) not in client.get("/en/reviews").text
    assert joins.id not in {one.id for one in queries.could_join(f.the(call))}
    assert [one.is_away for one in queries.panel(f.the(call))] == [True]


@pytest.mark.parametrize(
    "kind",
    [
        *("own", "filed", "organisation", "nominated", "ended", "long_ago", "namesake"),
        *("vouched", "account", "nationality"),
    ],
)
def test_derived_ties(kind: str) -> None:
    from datetime import timedelta  # noqa: PLC0415

    from eventhub.funding.models import Endorsement, Voucher  # noqa: PLC0415
    from eventhub.reviewing import ties  # noqa: PLC0415

    call = f.make_call(nationality_conflicts=kind == "nationality")
    reader = f.make_reader(call, make_person(nationality="KE"))
    applicant = make_person(nationality="KE")
    file, free = f.make_file(call, applicant, nationality="KE"), f.make_file(call, nationality="FR")
    house = make_organisation()
    today = now().date()
    if kind == "own":
        file.person_id = reader.id
    elif kind == "filed":
        file.filed_by_id = reader.id
    elif kind in {"organisation", "nominated", "ended", "long_ago"}:
        ended = {"ended": today - timedelta(days=700), "long_ago": today - timedelta(days=800)}.get(kind)
        db.session.add(Affiliation(person_id=reader.id, organisation_id=house.id, until=ended))
        file.organisation_id, file.nominated_by_id = (None, house.id) if kind == "nominated" else (house.id, None)
    elif kind == "namesake":
        affiliate(reader.id, "HÓRN voices")
        file.organisation_id = make_organisation(name="Horn Voices").id
    elif kind == "vouched":
        at = {"salt": b"", "token_hash": uuid.uuid4().bytes, "letter_due": now()}
        db.session.add(
            Endorsement(
                application_id=file.id, role=Voucher.REFEREE, name="R", email=str(reader.email), language="en", **at
            )
        )
    elif kind == "account":
        applicant.managed_by_id = reader.id
    db.session.flush()
    found = ties.conflicts([f.the(call)], [reader.id])
    assert not any(pair[0] == free.id for pair in found)
    assert (len(found) == 1) is (kind != "long_ago"), found


def test_the_gate(client: FlaskClient) -> None:
    """It names organizations and countries and nobody; what has a tie goes, the rest opens."""
    call = f.make_call(masking="named")
    reader = sign_in(client, f.make_reader(call))
    house = make_organisation(name="Horn Voices")
    first = f.give(f.make_file(call, organisation_id=house.id, origin="KE"), reader, is_open=False)
    gate = db.session.get_one(Review, first.id).gate_id
    from eventhub.reviewing.models import Gate  # noqa: PLC0415

    whole = db.session.get_one(Gate, gate)
    second = f.give(f.make_file(call, origin="FR"), reader, gate=whole)
    third = f.give(f.make_file(call, origin="PE"), reader, gate=whole)
    page = client.get(f"/en/reviews/gates/{gate}").text
    assert "Horn Voices" in page
    assert "Kenya" in page
    assert "Amina" not in page
    family = f"tie_{second.id.hex}"
    answer = sent(client, f"/en/reviews/gates/{gate}", tied_organisations=house.id.hex, **{family: "family"})
    assert answer.status_code == 303
    states = [db.session.get_one(Review, one.id).state for one in (first, second, third)]
    assert states == [Standing.RECUSED, Standing.RECUSED, Standing.ASSIGNED]
    assert client.get(f"/en/reviews/{third.id}").status_code == 200
    assert client.get(f"/en/reviews/{first.id}").status_code == 404
    kinds = set(db.session.scalars(select(Tie.kind)))
    assert kinds == {Conflict.ORGANISATION, Conflict.FAMILY}
    assert client.get(f"/en/reviews/gates/{uuid.uuid4()}").status_code == 404
    ties = client.get("/en/reviews/ties").text
    assert "Horn Voices" in ties


def test_the_gate_of_masked_files_tells_of_none_by_itself(client: FlaskClient) -> None:
    """The addresses of the reviews would say whose organization is whose; a nationality stands beside no file."""
    call, named = f.make_call(), f.make_call(masking="named")
    house = make_organisation(name="Horn Voices")
    gates = []
    for one in (call, named):
        reader = f.make_reader(one)
        review = f.give(
            f.make_file(one, organisation_id=house.id, origin="KE", nationality="PE"), reader, is_open=False
        )
        gates.append((reader, review.id, db.session.get_one(Review, review.id).gate_id))
    reader, review_id, gate = gates[0]
    sign_in(client, reader)
    page = client.get(f"/en/reviews/gates/{gate}").text
    assert page.count("Horn Voices") == 1
    assert review_id.hex not in page
    assert "Peru" in page
    posted = {f"tie_{review_id.hex}": "family", "tied_organisations": house.id.hex}
    assert sent(client, f"/en/reviews/gates/{gate}", **posted).status_code == 303
    assert db.session.get_one(Review, review_id).state is Standing.RECUSED
    assert set(db.session.scalars(select(Tie.kind))) == {Conflict.ORGANISATION}
    reader, review_id, gate = gates[1]
    sign_in(client, reader)
    page = client.get(f"/en/reviews/gates/{gate}").text
    assert page.count("Horn Voices") == 2
    assert page.count("Peru") == 1, "among the countries, not beside the file"
    assert page.count("Kenya") == 2


def test_stepping_back_after_a_score(client: FlaskClient) -> None:
    """The score is void and stays; the file is gone; it is minuted, and all scores are reckoned anew."""
    call = f.make_call()
    reader = sign_in(client, f.make_reader(call))
    review = f.give(f.make_file(call), reader)
    f.hand_in(review, reader)
    assert "becomes void" in client.get(f"/en/reviews/{review.id}/step-back").text
    assert sent(client, f"/en/reviews/{review.id}/step-back", kind="co_author").status_code == 303
    found = db.session.get_one(Review, review.id)
    assert found.state is Standing.VOIDED
    assert found.points
    assert queries.scores(call.id) == []
    assert client.get(f"/en/reviews/{review.id}").status_code == 404
    assert db.session.scalars(select(AuditEntry.verb).where(AuditEntry.verb == "reviewing.score_voided")).all()
    assert db.session.scalars(select(Promise.id).where(Promise.task == "reviewing.calibrate")).all()


def test_what_is_handed_in_or_decided_stays() -> None:
    call = f.make_call()
    reader = f.make_reader(call)
    review = f.give(f.make_file(call), reader)
    f.hand_in(review, reader)
    with pytest.raises(ReadingOver):
        f.hand_in(review, reader)
    other = f.give(f.make_file(call), reader)
    queries.own_review(reader.id, other.id).application.state = State.RECOMMENDED
    db.session.flush()
    with pytest.raises(ReadingOver):
        reading.keep(reader, other.id, f.said(), seen=other.version, window=uuid.uuid4())
    with pytest.raises(ReadingOver):
        reading.recuse(reader, other.id, Conflict.FAMILY)
    with pytest.raises(NotFound):
        reading.recuse(reader, other.id, Conflict.OWN_FILE)
    assert scoring.due(call.id) is not None


@pytest.mark.parametrize("number", [1, 3])
def test_statements(client: FlaskClient, statements: list[str], number: int) -> None:
    reader = make_person(name="Reader")
    for _ in range(number):
        call = f.make_call()
        f.make_reader(call, reader)
        for _file in range(number):
            one = f.give(f.answer(f.make_file(call)), reader)
    sign_in(client, reader)
    client.get("/en/reviews")
    statements.clear()
    assert client.get("/en/reviews").status_code == 200
    assert len(statements) <= 10, len(statements)
    client.get(f"/en/reviews/{one.id}")
    statements.clear()
    assert client.get(f"/en/reviews/{one.id}").status_code == 200
    assert len(statements) <= 14, len(statements)


def test_a_session_that_dies_half_way_loses_nothing(client: FlaskClient) -> None:
    call = f.make_call()
    reader = sign_in(client, f.make_reader(call))
    review = f.give(f.make_file(call), reader)
    address = f"/en/reviews/{review.id}"
    page = client.get(address)
    db.session.query(WebSession).filter_by(person_id=reader.id).update({"revoked_at": now()})
    db.session.flush()
    half = form_fields(page.text) | {"go": "keep", "why_need": "Half a reason"}
    answer = client.post(address, data=half, headers={"Sec-Fetch-Site": "same-origin"})
    assert "/sign-in" in answer.location
    sign_in(client, reader)
    assert "Half a reason" in client.get(address).text


def test_the_first_page_of_staff_says_what_waits_and_nothing_of_a_file_that_ties_forbid(client: FlaskClient) -> None:
    call = f.make_call()
    reader = sign_in(client, f.make_reader(call))
    f.give(f.make_file(call), reader)
    f.give(f.make_file(call), reader, is_open=False)
    forbidden = f.make_file(call)
    f.give(forbidden, reader)
    db.session.add(Tie(call_id=call.id, person_id=reader.id, kind=Conflict.FAMILY, application_id=forbidden.id))
    db.session.flush()
    page = client.get("/en/console").text
    assert "Files to read" in page
    assert "2 wait" in page
    assert "1 new file waits" in page


def test_the_first_page_of_staff_says_nothing_when_all_is_handed_in(client: FlaskClient) -> None:
    call = f.make_call()
    reader = sign_in(client, f.make_reader(call))
    f.hand_in(f.give(f.make_file(call), reader), reader)
    assert 'href="/en/reviews"' in client.get("/en/console").text
    assert "reading-t" not in client.get("/en/console").text


def test_a_tie_to_one_file_stays_and_a_board_remembers_the_others(client: FlaskClient) -> None:
    """Whoever stepped back from a file does not have it back by saying otherwise."""
    call, house = f.make_call(), make_organisation(name="Horn Voices")
    reader = f.make_reader(call)
    near, theirs = f.make_file(call), f.make_file(call, organisation_id=house.id)
    reading.recuse(reader, f.give(near, reader).id, Conflict.FAMILY)
    db.session.add(
        Tie(
            id=uuid.uuid4(),
            call_id=call.id,
            person_id=reader.id,
            kind=Conflict.ORGANISATION,
            organisation_id=house.id,
        )
    )
    db.session.flush()
    family, colleagues = (
        db.session.scalars(select(Tie).where(Tie.kind == kind)).one()
        for kind in (Conflict.FAMILY, Conflict.ORGANISATION)
    )
    sign_in(client, reader)
    page = client.get("/en/reviews/ties").text
    assert str(family.id) not in page
    fields = form_fields(page, None) | {"tie": str(family.id)}
    assert "so the tie stays" in client.post("/en/reviews/ties", data=fields).text
    with pytest.raises(reading.TieStays):
        reading.withdraw_tie(reader, family.id)
    assert family.withdrawn_at is None
    reading.withdraw_tie(reader, colleagues.id)
    assert aside(f.the(call), [reader.id]) == {reader.id: {near.id, theirs.id}}


def test_stepping_back_without_a_score_asks_for_no_scoring() -> None:
    call = f.make_call()
    file = f.make_file(call)
    first, second = f.make_reader(call), f.make_reader(call)
    given = f.give(file, first)
    f.hand_in(given, first)
    assert queries.calls_to_score() == [call.id]
    found = scoring.due(call.id)
    assert found is not None
    assert scoring.keep(call.id, found[1], asking.calibrated(found[0])) is not None
    assert queries.calls_to_score() == []
    reading.recuse(second, f.give(file, second).id, Conflict.FAMILY)
    assert queries.calls_to_score() == []
    reading.recuse(first, given.id, Conflict.FAMILY)
    assert queries.calls_to_score() == [call.id]


def test_files_that_were_decided_on_wait_for_nobody(client: FlaskClient) -> None:
    call = f.make_call()
    reader = sign_in(client, f.make_reader(call))
    review = f.give(f.answer(f.make_file(call)), reader)
    shut = f.make_file(call)
    f.give(shut, reader, is_open=False)
    for one in (review.application_id, shut.id):
        file = db.session.get_one(Application, one)
        assert "Files to read" in client.get("/en/console").text
        file.state = State.RESERVE
        file.outcome_seen = State.UNDER_REVIEW
        db.session.flush()
    today = client.get("/en/console").text
    assert "Files to read" not in today
    listed = client.get("/en/reviews").text
    assert "nothing more to read" in listed
    assert "Please read by" not in listed
    assert "Review closed" in listed
    page = client.get(f"/en/reviews/{review.id}").text
    assert "This file is decided on" in page
    assert "I recognise this person" not in page
    assert queries.waiting_of(reader.id, call.id) == 0
