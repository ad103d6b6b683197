"""Two officers at one button, an applicant who leaves meanwhile, and two workers at one instant: told once."""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module

import pytest
from flask import Flask
from sqlalchemy import select

from eventhub.awards import awarding, ledger, queries, releasing, staging
from eventhub.awards.models import Award
from eventhub.awards.release_models import Release
from eventhub.funding import applying, own
from eventhub.funding.models import Application, Call, State
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from tests import servers
from tests.factories.releasing import make_decided, make_officer, make_staged, release
from tests.factories.selecting import COST, make_approver
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


@pytest.mark.parametrize("more", [-1, 1])
def test_amounts_change_while_everything_is_released(committed: Flask, more: int) -> None:
    with committed.app_context(), unit_of_work():
        scene = make_staged(8, 2)
        call_id, officer, approver = scene.call.id, scene.officer.id, make_approver(scene.call).id
        envelope = queries.envelopes(call_id)[0]
        ledger.change_budget(scene.officer, envelope, 10 * COST, reason="by_hand")
        ids = list(db.session.scalars(select(Award.id)))
        stamp = releasing.stamp_of(releasing.staged(call_id))

    def releasing_all() -> str:
        person, call = db.session.get_one(Person, officer), db.session.get_one(Call, call_id)
        releasing.release(person, call, stamp=stamp)
        return "released"

    def pricing(which: uuid.UUID) -> str:
        person, award = db.session.get_one(Person, approver), queries.award(which, lock=True)
        line = queries.lines([award.id])[0]
        awarding.reprice(person, award, {line.kind: (line.approved or 0) + more}, may_raise=True)
        return "priced"

    ended = at_once(committed, [releasing_all, *(lambda one=one: pricing(one) for one in ids * 2)])
    assert set(ended) <= {"released", "priced", "ChangedSince", "NotPossible"}
    assert ended["released"] + ended["ChangedSince"] == 1
    with committed.app_context():
        for award in queries.awards(ids):
            held = award.committed if ended["released"] else award.reserved
            assert held == award.amount
            assert award.reserved + award.committed == award.amount


def test_words_are_written_while_everything_is_released(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        scene = make_staged(8, 2)
        call_id, officer = scene.call.id, scene.officer.id
        one_id = next(one.id for one in scene.files if one.state is State.RESERVE)
        made = release(scene, at=now() + timedelta(seconds=1)).id

    def due() -> str:
        row = releasing.release_due(made)
        return "told" if row and row.done_at else "failed"

    def writing() -> str:
        row = releasing.one_staged(call_id, one_id)
        person = db.session.get_one(Person, officer)
        releasing.say(person, row, reason="reserve", words="Unseen", version=row.decision.version)
        return "written"

    ended = at_once(committed, [due, writing])
    assert ended in ({"told": 1, "NotFound": 1}, {"failed": 1, "written": 1})
    with committed.app_context():
        assert bool(letters()) is bool(ended["told"])


def test_a_slate_is_staged_once_by_two_workers(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        slate_id = make_decided().slate.id

    def staging_it() -> str:
        row = staging.stage(slate_id)
        return "staged" if row and row.done_at else "not"

    assert at_once(committed, [staging_it] * 3) == {"staged": 3}
    with committed.app_context():
        assert len(db.session.scalars(select(Award)).all()) == 2


def test_the_workers_own_tasks_stage_and_release(committed: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    # Importing the workers reads the environment; their own app is not used.
    monkeypatch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
    tasks = import_module("workers.awards")
    monkeypatch.setattr(import_module("workers.app"), "flask_app", committed)

    def work(task: str, run: Callable[[int], None]) -> None:
        with committed.app_context():
            due = list(db.session.scalars(select(Promise.id).where(Promise.task == task, Promise.kept_at.is_(None))))
            db.session.remove()
        assert due
        for one in due * 2:
            run(one)

    with committed.app_context(), unit_of_work():
        scene = make_decided(8, 2)
        call_id, who = scene.call.id, scene.officer.id
    work("selecting.approved", tasks.slate_approved)
    with committed.app_context(), unit_of_work():
        rows = releasing.staged(call_id)
        assert len(rows) == 8
        person, call = db.session.get_one(Person, who), db.session.get_one(Call, call_id)
        releasing.release(person, call, stamp=releasing.stamp_of(rows), at=now() + timedelta(seconds=30))
    work("awards.release", tasks.release)
    with committed.app_context():
        assert len(letters()) == 8
        assert set(letters().values()) == {1}
        assert db.session.scalars(select(Release)).one().told == 8
