"""The demo's rounds: finished ones and an open one that carry the reports, and boards with something on them."""

from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventhub.commitments.models import Report
from eventhub.demo.commitments import make_commitments
from eventhub.demo.rounds import make_rounds
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role, RoleGrant
from eventhub.programme.models import Event
from eventhub.rounds import access, asking, board, comparing, moving, opening, silence
from eventhub.rounds.models import Ended, Part, Round, RoundAnswer, RoundItem, RoundLink, RoundPart, Standing
from eventhub.rounds.moving import Move
from eventhub.rounds.silence import Asked, Quiet
from tests.factories.people import make_person, make_staff
from tests.factories.programme import make_event, make_series

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def dialogues(app: Flask) -> list[Event]:
    """Last year's dialogues with their rounds."""
    series, today = make_series(), now().date()
    model = make_event(series, first_day=today - timedelta(days=42), last_day=today - timedelta(days=42))
    forum = make_event(first_day=today - timedelta(days=360), last_day=today - timedelta(days=359))
    found = make_commitments(model, today, make_person(), forum)
    make_rounds(found, today, make_person())
    db.session.flush()
    db.session.expire_all()
    return found


def grants() -> list[RoleGrant]:
    staff = make_staff(Role.ADMIN)
    return list(db.session.scalars(select(RoleGrant).where(RoleGrant.person_id == staff.id)))


def test_the_organizer_looks_after_the_boards_of_these_dialogues(dialogues: list[Event]) -> None:
    given = list(db.session.scalars(select(RoleGrant)))
    assert all(access.may_keep(given, event) for event in dialogues)
    assert not access.may_keep(given, make_event())


def test_finished_rounds_and_an_open_one_with_the_reports_that_exist(dialogues: list[Event]) -> None:
    rounds = Counter((one.event_id, one.closed_at is None) for one in db.session.scalars(select(Round)))
    assert [(rounds[one.id, False], rounds[one.id, True]) for one in dialogues] == [(2, 1), (2, 0), (2, 0)]
    ids = [one.id for one in dialogues]
    closed = [one for one in comparing.answers_of(ids, public=True) if one.step == 6]
    (line,) = moving.lines(closed)
    assert (line.asked, line.says[moving.SILENT]) == (240, 53)
    said = select(func.count()).where(RoundAnswer.standing == Standing.SAID)
    assert db.session.scalar(said) == db.session.scalar(select(func.count(Report.id)))
    (step,) = [one for one in moving.steps(comparing.answers_of(ids)) if one.after == 6]
    assert all(len(step.moves[one]) > 10 for one in (Move.UP, Move.FELL_SILENT, Move.STILL_SILENT))


def test_the_boards_have_something_on_them(dialogues: list[Event]) -> None:
    found = db.session.scalars(select(Round).where(Round.closed_at.is_(None))).one()
    figures = board.counts(found.id)
    assert figures.asked == 80
    assert 40 <= figures.answered <= 70
    assert min(figures.bounced, figures.to_call, figures.without_mailbox, figures.differing) > 0
    links, orphans = board.call_list(found)
    assert links
    assert orphans
    held = grants()
    numbers = silence.counts(held, Asked())
    assert all(numbers[one] > 0 for one in Quiet)
    assert silence.page_of(held, Asked(), 1)
    lent = select(func.count()).where(RoundPart.part == Part.DELEGATE)
    assert (db.session.scalar(lent) or 0) > 0
    assert db.session.scalar(select(func.count()).where(RoundLink.ended == Ended.BOUNCED))


def test_the_clock_makes_no_round_twice_and_writes_to_nobody_about_the_past(dialogues: list[Event]) -> None:
    number = db.session.scalar(select(func.count()).select_from(RoundItem))
    assert db.session.scalars(select(Promise).where(Promise.task.like("rounds.%"))).all() == []
    moment = now()
    assert (opening.close_due(moment), opening.open_due(moment)) == (0, 0)
    assert asking.remind_due(moment) == 0
    assert db.session.scalar(select(func.count()).select_from(RoundItem)) == number
