"""Once for each person, and nothing lost: sent twice, at once, while the clock runs, after a crash between steps."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventhub.evaluations import actions, answering, counting, keeping, queries
from eventhub.evaluations.actions import Begun
from eventhub.evaluations.answering import LinkOver
from eventhub.evaluations.models import Answer, Evaluation, Invitation, Waiting
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from tests.factories.evaluations import aged, attended, event_of_yesterday, opened, secrets_of, set_up
from tests.together import at_once


def number_of(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.lane
def test_one_link_pressed_at_eight_places_at_once_is_kept_once(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        secret = secrets_of(opened(6))[0]

    def press() -> str:
        return str(answering.answer(secret, {"overall": 4}, "en"))

    assert at_once(committed, [press] * 8) == {"True": 1, "False": 7}
    with committed.app_context():
        assert number_of(Waiting) == 1
        db.session.remove()


@pytest.mark.lane
def test_answers_while_the_clock_marks_and_moves_are_kept_once_each(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        secrets = secrets_of(opened(24))

    def press(secret: str) -> str:
        answering.answer(secret, {"overall": 4}, "en")
        return "kept"

    def mark() -> str:
        counting.mark_due(now())
        return "ran"

    def take() -> str:
        counting.take_due(now())
        return "ran"

    for some in (secrets[:12], secrets[12:], secrets):
        deeds = [lambda one=one: press(one) for one in some]
        at_once(committed, [*deeds, mark, take, mark, take], served=8)
    with committed.test_request_context(), unit_of_work():
        found = db.session.scalars(select(Evaluation)).one()
        counting.mark_due(now())
        counting.take_due(now())
        assert found.answered + number_of(Waiting) == 24
        assert number_of(Answer) == found.answered
        marked = select(func.count()).select_from(Invitation).where(Invitation.answered_on.is_not(None))
        assert db.session.scalar(marked) == found.answered


@pytest.mark.lane
def test_a_clock_that_runs_twice_at_once_asks_reminds_and_closes_once(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event = event_of_yesterday()
        attended(event, 6)
        evaluation_id = set_up(event).id
    assert at_once(committed, [lambda: str(actions.open_due(now()))] * 4) == {"1": 1, "0": 3}
    with committed.test_request_context(), unit_of_work():
        aged(db.session.get_one(Evaluation, evaluation_id), 8)
    at_once(committed, [lambda: str(actions.remind_due(now()))] * 4)
    with committed.test_request_context(), unit_of_work():
        promised = select(Promise.task, func.count()).where(Promise.task.like("evaluations.%")).group_by(Promise.task)
        assert dict(db.session.execute(promised).all()) == {"evaluations.asked": 6, "evaluations.reminded": 6}  # type: ignore[arg-type]


@pytest.mark.usefixtures("database")
class TestInSteps:
    """Without other processes."""

    def test_a_crash_after_the_mark_loses_and_doubles_nothing(self) -> None:
        made = opened(10)
        secrets = secrets_of(made)
        for secret in secrets:
            assert answering.answer(secret, {"overall": 4}, "en")
        assert counting.mark_due(now()) == 5
        assert [answering.answer(secret, {"overall": 1}, "en") for secret in secrets] == [False] * 10
        assert counting.mark_due(now()) == 0
        assert counting.take_due(now()) == 5
        assert counting.take_due(now()) == 0
        assert [answering.answer(secret, {"overall": 1}, "en") for secret in secrets] == [False] * 10
        assert {one.value for one in db.session.scalars(select(Answer))} == {4}

    def test_nine_wait_and_fifteen_leave_five(self) -> None:
        made = opened(20)
        secrets = secrets_of(made)
        for number, secret in enumerate(secrets[:15], 1):
            answering.answer(secret, {"overall": 3}, "en")
            if number == 9:
                assert counting.mark_due(now()) == counting.take_due(now()) == 0
        assert counting.mark_due(now()) == counting.take_due(now()) == 10
        assert queries.waiting_number(made.id) == 5

    def test_fewer_than_five_are_never_opened(self) -> None:
        made = opened(8)
        for secret in secrets_of(made)[:4]:
            answering.answer(secret, {"missing": "A bell"}, "en")
        aged(made, 14)
        assert counting.mark_due(now()) == 4
        assert counting.take_due(now()) == 4
        assert number_of(Waiting) == number_of(Answer) == 0
        assert actions.close_due(now()) == 1

    def test_a_person_who_is_erased_meanwhile_takes_the_invitation_along_and_leaves_the_answer(self) -> None:
        made = opened(7)
        secrets = secrets_of(made)
        for secret in secrets:
            answering.answer(secret, {"overall": 5}, "en")
        person_id = db.session.scalars(select(Invitation.person_id)).first()
        assert person_id is not None
        keeping.erase(person_id)
        aged(made, 14)
        assert counting.mark_due(now()) == 6
        assert counting.take_due(now()) == 7
        assert number_of(Invitation) == 6
        assert number_of(Answer) == 7
        assert keeping.own_data(db.session.get_one(Person, person_id)) == []

    def test_the_end_comes_where_the_event_is(self) -> None:
        made = opened(6)
        secret = secrets_of(made)[0]
        aged(made, 14)
        with pytest.raises(LinkOver):
            answering.answer(secret, {"overall": 5}, "en")

    def test_once_its_days_are_over_they_stay(self) -> None:
        event = event_of_yesterday()
        made = opened(6, event)
        aged(made, 14)
        made = db.session.get_one(Evaluation, made.id)
        later = now().date() + actions.LASTS
        with pytest.raises(Begun):
            set_up(event, opens_on=made.opens_on, closes_on=later, version=made.lock)

    def test_days_missed_are_made_up_and_four_people_are_not_asked(self) -> None:
        event = event_of_yesterday()
        attended(event, 4)
        late = set_up(event)
        aged(late, 3)
        assert actions.open_due(now()) == 0
        attended(event, 1)
        assert actions.open_due(now()) == 1
        db.session.expire_all()
        assert db.session.get_one(Evaluation, late.id).asked == 5

    def test_who_was_asked_is_forgotten_after_a_year(self) -> None:
        made = opened(5)
        aged(made, 14)
        assert actions.close_due(now()) == 1
        actions.forget_due(now())
        assert number_of(Invitation) == 5
        actions.forget_due(now() + actions.KEPT + actions.OPENS_AFTER)
        assert number_of(Invitation) == 0
