"""What somebody was told stays told until the next release: a reason that vanished would tell of what is staged."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import awarding, explaining, letters, personal_data, queries, releasing, staging
from eventhub.awards.models import Award, Proposal
from eventhub.awards.release_models import Decision
from eventhub.funding import thread
from eventhub.funding.models import Application, State
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.registration.reference import new_reference
from eventhub.selecting import actions
from eventhub.selecting import queries as boards
from tests.factories.people import sign_in
from tests.factories.releasing import Decided, make_staged, release
from tests.factories.selecting import make_member, make_slate, meet, reading
from tests.programme.console import text_of

pytestmark = pytest.mark.usefixtures("database")


def told_a_reserve() -> tuple[Decided, Application]:
    """A release that told somebody of a place in reserve, in plain words too."""
    scene = make_staged(8, 2)
    place = next(one for one in scene.files if one.state is State.RESERVE)
    row = releasing.one_staged(scene.call.id, place.id)
    releasing.say(scene.officer, row, reason="reserve", words="Next in line", version=1)
    release(scene)
    return scene, place


def known(application: Application) -> tuple[object, ...]:
    """All that the own page, the copy of all data and the thread say of a decision."""
    told = releasing.decision_told(application)
    person = db.session.get_one(Person, application.person_id)
    copy = [(one["reason"], one["words"], one["told"]) for one in personal_data.decisions(person)]
    return (
        told.reason_told if told else None,
        releasing.words_told(application),
        copy,
        thread.may_write(application),
        (application.outcome_seen or application.state),
    )


def confirm_next(scene: Decided) -> Application:
    awarding.answer_held(None, db.session.scalars(queries.whole()).all()[0], accepts=False)
    proposal = queries.proposal(db.session.scalars(select(Proposal.id)).one(), lock=True)
    return awarding.confirm(scene.officer, proposal)


def test_a_reserve_who_was_confirmed_and_approved_reads_what_was_told() -> None:
    scene, place = told_a_reserve()
    before = known(place)
    assert before[0] == "reserve"
    assert before[3]
    assert confirm_next(scene) is place
    assert known(place) == before
    staging.approve_confirmed(scene.approver, scene.call, reading(scene.call).rules, [place.id])
    assert known(place) == before
    assert releasing.one_staged(scene.call.id, place.id).decision.reason == "selected"
    assert releasing.one_staged(scene.call.id, place.id).words is None
    release(scene)
    told = releasing.decision_told(place)
    assert told is not None
    assert (told.reason_told, told.told_reason, told.told_words, place.state) == ("selected", None, None, State.OFFERED)


def test_a_letter_that_is_on_its_way_says_what_was_told() -> None:
    scene, place = told_a_reserve()
    confirm_next(scene)
    found = queries.application_told(place.id)
    assert found is not None
    letter = letters.decided(found, found.person, found.call, "reserve", releasing.words_told(found))
    assert letter is not None
    mail = letters.preview(letter)
    assert "reserve list" in mail.subject
    assert "Next in line" in mail.text


def test_the_own_page_is_the_same_before_and_after_a_reserve_is_confirmed(client: FlaskClient) -> None:
    scene, place = told_a_reserve()
    place.reference = new_reference(scene.call.code)
    db.session.flush()
    sign_in(client, db.session.get_one(Person, place.person_id))
    where = f"/en/me/applications/{place.reference}"
    before = text_of(client.get(where)), text_of(client.get(f"{where}/questions"))
    assert "Next in line" in before[0]
    confirm_next(scene)
    assert (text_of(client.get(where)), text_of(client.get(f"{where}/questions"))) == before


def second_slate(scene: Decided) -> None:
    """The board recommends anew, since somebody has declined; another approver approves, and it is staged."""
    awarding.answer_held(None, db.session.scalars(queries.whole()).all()[0], accepts=False)
    meeting = boards.open_board(scene.call.id)
    if meeting is not None:
        actions.close_board(scene.member, meeting)
    members = make_member(scene.call), make_member(scene.call)
    board = meet(scene.call, *members)
    slate = make_slate(board, members[0])
    actions.recommend(members[0], reading(scene.call), board, slate.number)


def test_a_second_slate_leaves_everybody_what_was_told() -> None:
    scene, _place = told_a_reserve()
    others = [one for one in scene.files if one.state in releasing.CHOICES]
    before = {one.id: known(one) for one in others}
    second_slate(scene)
    db.session.expire_all()
    assert {one.id: known(one) for one in others} == before
    assert {one.outcome_seen for one in others} != {None}


def test_words_that_were_told_are_not_lost_when_others_are_staged_for_a_later_release() -> None:
    scene, place = told_a_reserve()
    before = known(place)
    place.state, place.outcome_seen = State.NOT_RECOMMENDED, State.RESERVE
    db.session.flush()
    explaining.note_reasons(scene.call.id, [place], frozenset())
    row = releasing.one_staged(scene.call.id, place.id)
    assert (row.decision.reason, row.words) == ("below_line", None)
    releasing.say(scene.officer, row, reason="budget", words="No money is left", version=row.decision.version)
    explaining.note_reasons(scene.call.id, [place], frozenset())
    assert known(place) == before
    assert releasing.one_staged(scene.call.id, place.id).words == "No money is left"
    place.state = State.WITHDRAWN
    db.session.flush()
    assert [one.id for one in releasing.gone(scene.call.id)] == [place.id]


def test_an_officer_who_writes_before_the_staging_does_not_write_over_what_was_told() -> None:
    scene, place = told_a_reserve()
    before = known(place)
    place.state, place.outcome_seen = State.NOT_RECOMMENDED, State.RESERVE
    db.session.flush()
    row = releasing.one_staged(scene.call.id, place.id)
    releasing.say(scene.officer, row, reason="other", words="Another word", version=row.decision.version)
    assert known(place) == before


def test_who_stays_in_reserve_after_a_second_slate_keeps_the_reason() -> None:
    scene, place = told_a_reserve()
    before = known(place)
    explaining.note_reasons(scene.call.id, [place], frozenset())
    assert known(place) == before
    assert db.session.scalars(select(Decision).where(Decision.application_id == place.id)).one().told_reason is None
    assert not db.session.scalars(select(Award).where(Award.application_id == place.id)).all()


def test_an_erasure_takes_what_was_told_too() -> None:
    scene, place = told_a_reserve()
    confirm_next(scene)
    staging.approve_confirmed(scene.approver, scene.call, reading(scene.call).rules, [place.id])
    personal_data.erase(db.session.get_one(Person, place.person_id))
    row = db.session.scalars(select(Decision).where(Decision.application_id == place.id)).one()
    db.session.refresh(row)
    assert (row.words, row.told_words) == (None, None)
