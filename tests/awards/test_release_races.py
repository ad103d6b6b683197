"""Two officers at one button, an applicant who leaves meanwhile, and two workers at one instant: told once."""

import uuid
from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from eventhub.awards import awarding, releasing, staging
from eventhub.awards.models import Award
from eventhub.awards.release_models import Release
from eventhub.funding import applying, own
from eventhub.funding.models import Application, Call, State
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from tests.factories.releasing import make_decided, make_officer, make_staged, release
from tests.together import at_once

pytestmark = pytest.mark.lane


def letters() -> Counter[str]:
    rows = select(Promise.payload).where(Promise.task.in_(["awards.offered", "awards.decided"]))
    return Counter(str(one.get("award_id") or one.get("application_id")) for one in db.session.scalars(rows))


def test_two_officers_release_once_with_one_set_of_letters(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        scene = make_staged(12, 4)
        call_id, officers = scene.call.id, [scene.officer.id, make_officer(scene.call).id]
        stamp = releasing.stamp_of(releasing.staged(call_id))

    def releasing_as(who: uuid.UUID) -> str:
        person, call = db.session.get_one(Person, who), db.session.get_one(Call, call_id)
        releasing.release(person, call, stamp=stamp)
        return "released"

    ended = at_once(committed, [lambda who=who: releasing_as(who) for who in officers * 2])
    assert ended == {"released": 1, "NothingStaged": 3}
    with committed.app_context():
        assert len(db.session.scalars(select(Release)).all()) == 1
        assert len(letters()) == 12
        assert set(letters().values()) == {1}


def test_two_officers_set_a_release_and_one_of_them_stops_it(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        scene = make_staged()
        call_id, who = scene.call.id, scene.officer.id
        made = release(scene, at=now() + timedelta(seconds=1)).id

    def due() -> str:
        return "told" if releasing.release_due(made) else "nothing"

    def stopping() -> str:
        releasing.stop(db.session.get_one(Person, who), db.session.get_one(Call, call_id))
        return "stopped"

    ended = at_once(committed, [due, stopping, due])
    assert ended in ({"told": 1, "nothing": 1, "NotSet": 1}, {"stopped": 1, "nothing": 2})
    with committed.app_context():
        assert set(letters().values()) <= {1}
        assert len(letters()) == (6 if ended["told"] else 0)


def test_somebody_withdraws_while_everything_is_released(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        scene = make_staged(8, 2)
        call_id, officer = scene.call.id, scene.officer.id
        leaver = next(one for one in scene.files if one.state is State.APPROVED)
        one_id, person_id, reference = leaver.id, leaver.person_id, str(leaver.reference)
        stamp = releasing.stamp_of(releasing.staged(call_id))

    def releasing_all() -> str:
        person, call = db.session.get_one(Person, officer), db.session.get_one(Call, call_id)
        releasing.release(person, call, stamp=stamp)
        return "released"

    def leaving() -> str:
        person = db.session.get_one(Person, person_id)
        applying.withdraw(person, own.by_reference(reference, person, lock=True))
        return "left"

    ended = at_once(committed, [releasing_all, leaving])
    with committed.app_context(), unit_of_work():
        awarding.free_left()
        one = db.session.get_one(Application, one_id)
        award = db.session.scalars(select(Award).where(Award.application_id == one_id)).one()
        if ended["left"]:
            assert one.state is State.WITHDRAWN
            assert award.reserved + award.committed == 0
            assert not ended["released"]
            assert not letters()
        else:
            assert ended["released"] == 1
            assert award.committed == award.amount


def test_a_slate_is_staged_once_by_two_workers(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        slate_id = make_decided().slate.id

    def staging_it() -> str:
        row = staging.stage(slate_id)
        return "staged" if row and row.done_at else "not"

    assert at_once(committed, [staging_it] * 3) == {"staged": 3}
    with committed.app_context():
        assert len(db.session.scalars(select(Award)).all()) == 2
