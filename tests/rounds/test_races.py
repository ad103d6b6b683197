"""The clock run twice at once, two people who answer at once, many invitations: real threads, committed data."""

import uuid
from time import monotonic

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventhub.commitments import queries as commitments
from eventhub.commitments import succeeding
from eventhub.commitments.capturing import MadeBy
from eventhub.commitments.models import Commitment, Says
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from eventhub.rounds import answering, asking, board, opening, queries
from eventhub.rounds.answering import Said, Seen
from eventhub.rounds.models import Ended, Round, RoundAnswer, RoundLink
from tests.factories.commitments import new_address
from tests.factories.people import make_person
from tests.factories.rounds import aged, event_of_months_ago, followed, item_of, multiply, opened, secret
from tests.together import at_once

pytestmark = pytest.mark.lane
MANY = 10_000


def test_a_clock_that_runs_twice_at_once_makes_a_round_and_its_reminders_once(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event = event_of_months_ago()
        followed(event)

    def opens() -> str:
        return f"{opening.open_due(now())}"

    told = at_once(committed, [opens] * 4)
    assert told == {"1": 1, "0": 3}
    with committed.test_request_context(), unit_of_work():
        aged(db.session.scalars(select(Round)).one(), 5)

    def reminds() -> str:
        return f"{asking.remind_due(now())}"

    assert at_once(committed, [reminds] * 4) == {"1": 1, "0": 3}
    with committed.app_context():
        assert db.session.scalar(select(func.count(Promise.id)).where(Promise.task.like("rounds.%"))) == 2
        db.session.remove()


def test_two_who_answer_at_once_are_both_kept_the_lead_counts_and_a_stale_page_is_told(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event, lead, other = event_of_months_ago(), new_address(), new_address()
        made = followed(event, lead, other, joint=True)
        opened(event)
        asking.ask_next(make_person(), board.item_of(item_of(made).id))
        item_id, commitment_id = item_of(made).id, made.id
        first, second = secret(lead), secret(other)

    def leads() -> str:
        answering.answer(first, item_id, Said(Says.IN_PROGRESS, text="Forty"), seen=1)
        return "answered"

    def others() -> str:
        answering.answer(second, item_id, Said(Says.FULFILLED, text="All"), seen=1)
        return "answered"

    def same() -> str:
        answering.unchanged(second, {item_id: Seen(1, Says.PLANNING)})
        return "answered"

    assert at_once(committed, [leads, others, same, leads]) == {"answered": 3, "Stale": 1}
    with committed.app_context():
        assert db.session.get_one(Commitment, commitment_id).said is Says.IN_PROGRESS
        answers = queries.answers_of([item_id])[item_id]
        assert len(answers) == 3
        assert queries.differs(answers)
        db.session.remove()


def test_an_answer_and_not_me_at_once_are_one_of_the_two(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event, box = event_of_months_ago(), new_address()
        made = followed(event, box)
        opened(event)
        key, item_id = secret(box), item_of(made).id

    def answers() -> str:
        answering.answer(key, item_id, Said(Says.PLANNING), seen=1)
        return "answered"

    def refuses() -> str:
        asking.refuse(key)
        return "refused"

    told = at_once(committed, [answers, refuses, refuses, answers])
    assert told["refused"] == 1
    assert told["answered"] + told["LinkOver"] == 3
    with committed.app_context():
        assert db.session.scalar(select(func.count(RoundAnswer.id))) == told["answered"]
        db.session.remove()


def test_whoever_is_succeeded_while_answering_answers_before_or_not_at_all(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event, box, after = event_of_months_ago(), new_address(), new_address()
        made = followed(event, box)
        opened(event)
        key, item_id, commitment_id = secret(box), item_of(made).id, made.id
        keeper_id = make_person().id

    def answers() -> str:
        answering.answer(key, item_id, Said(Says.FULFILLED), seen=1)
        return "answered"

    def succeeds() -> str:
        held = commitments.record(commitment_id, lock=True)
        to = MadeBy("Ministry of Schools", "government", "KE")
        maker = held.makers[0]
        succeeding.hand_over(db.session.get_one(Person, keeper_id), held, maker.id, to, "New", email=after)
        return "succeeded"

    def goes_on() -> str:
        asking.left_due()
        return "went on"

    told = at_once(committed, [answers, succeeds, answers, goes_on])
    assert (told["succeeded"], told["went on"]) == (1, 1)
    assert told["answered"] + told["NotAsked"] + told["LinkOver"] == 2
    told = at_once(committed, [goes_on, goes_on, answers])
    assert told["NotAsked"] + told["LinkOver"] == 1
    with committed.app_context():
        ended = select(RoundLink.ended).where(RoundLink.email == box)
        assert db.session.scalar(ended) is Ended.REVOKED
        db.session.remove()


def test_ten_thousand_invitations_are_owed_in_ten_seconds_and_those_that_came_back_go_on(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event = event_of_months_ago()
        made = followed(event, f"maker-{uuid.uuid4().hex}@example.org")
        multiply(made, MANY)
    with committed.test_request_context():
        began = monotonic()
        with unit_of_work():
            assert opening.open_due(now()) == 1
        took = monotonic() - began
        assert db.session.scalar(select(func.count(RoundLink.id))) == MANY + 1
        owed = select(func.count(Promise.key.distinct())).where(Promise.task == "rounds.asked")
        assert db.session.scalar(owed) == MANY + 1
        assert took < 10, took
        with unit_of_work():
            aged(db.session.scalars(select(Round)).one(), 5)
            began = monotonic()
            assert asking.remind_due(now()) == MANY + 1
            assert monotonic() - began < 10
        db.session.remove()
