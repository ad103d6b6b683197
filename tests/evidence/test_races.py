"""Two reviewers at once, one mailbox in many windows, a comment shown and taken back: real threads, committed data."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventhub.commitments import queries as commitments
from eventhub.commitments import succeeding
from eventhub.commitments.models import Kin, Review, State, Verdict
from eventhub.evidence import assessing, commenting, queries, voices
from eventhub.evidence.models import Comment, Voice, Word
from eventhub.kit.db import db, unit_of_work
from eventhub.people.models import Person, Role
from eventhub.people.queries import grants_of
from tests.factories.commitments import new_address, published
from tests.factories.evidence import checked, make_comment, make_voice, sign
from tests.factories.people import make_person, make_staff
from tests.together import at_once

pytestmark = pytest.mark.lane


def test_of_two_reviewers_at_once_the_second_is_told(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        commitment = published()
        checked(commitment)
        commitment_id, seen = commitment.id, sign(commitments.record(commitment.id))
        people = [make_person().id for _number in range(3)]

    def finds(person_id: uuid.UUID) -> str:
        found = commitments.record(commitment_id, lock=True)
        assessing.assess(db.session.get_one(Person, person_id), found, Verdict.CONFIRMED, text="It is there", seen=seen)
        return "found"

    told = at_once(committed, [lambda one=one: finds(one) for one in people])
    assert (told["found"], told["Stale"]) == (1, 2)
    with committed.app_context():
        assert db.session.scalar(select(func.count()).select_from(Review)) == 1
        db.session.remove()


def test_one_mailbox_that_asks_in_many_windows_is_one_voice(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        commitment_id, email = published().id, new_address()

    def asks() -> str:
        voices.ask(commitments.record(commitment_id), email, "en")
        return "asked"

    assert at_once(committed, [asks, asks, asks])["asked"] == 3
    with committed.app_context():
        assert db.session.scalar(select(func.count()).select_from(Voice)) == 1
        db.session.remove()


def test_what_is_taken_back_while_it_is_shown_is_gone(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        commitment = published()
        voice = make_voice(commitment)
        comment_id, commitment_id = make_comment(commitment, voice=voice).id, commitment.id
        secret, moderator_id = voices.link_token(voice), make_person().id

    def shows() -> str:
        found = commitments.record(commitment_id, lock=True)
        commenting.show(db.session.get_one(Person, moderator_id), found, queries.one_comment(found, comment_id))
        return "shown"

    def takes_back() -> str:
        whose, found = voices.behind(secret, lock=True)
        commenting.take_back(whose, found, queries.one_comment(found, comment_id))
        return "taken back"

    told = at_once(committed, [shows, takes_back])
    assert told["taken back"] == 1
    with committed.app_context():
        made = db.session.get_one(Comment, comment_id)
        assert (made.standing, made.text, made.sealed) == (Word.TAKEN_BACK, "", None)
        db.session.remove()


def test_two_commitments_do_not_replace_one_another(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        first = published()
        second = published(first.event)
        keeper_id = make_staff(Role.ORGANISER, event_id=first.event_id).id
        ids, numbers = (first.id, second.id), (second.number, first.number)

    def replaces(number: int) -> str:
        keeper = db.session.get_one(Person, keeper_id)
        found = commitments.record(ids[number], lock=True)
        succeeding.replace(keeper, grants_of(keeper.id), found, [numbers[number]], Kin.REPLACED, "The other one")
        return "replaced"

    told = at_once(committed, [lambda: replaces(0), lambda: replaces(1)])
    assert told["replaced"] <= 1
    assert told["replaced"] + told["Stale"] + told["NoSuchCommitment"] == 2
    with committed.app_context():
        states = {commitments.record(one).state for one in ids}
        assert states in ({State.PUBLISHED}, {State.PUBLISHED, State.SUPERSEDED})
        db.session.remove()
