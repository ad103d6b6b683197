"""Promises: leased, counted before the attempt, kept only when the task says so."""

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from eventhub.kit import outbox
from eventhub.kit.clock import now as present
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import LEASE, LEASE_SPREAD, REOFFER, TRIES, Promise, Taken, promise
from tests.live import House

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONGEST_LEASE = LEASE + timedelta(seconds=LEASE_SPREAD + 1)


@pytest.fixture
def clock(database: None) -> Iterator[time_machine.Traveller]:
    """A clock that only we move."""
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved


def owe(task: str = "test.thing", **more: object) -> int:
    """A committed promise; its number."""
    with unit_of_work():
        promise(task, **more)  # type: ignore[arg-type]
    newest = db.session.query(Promise).order_by(Promise.id.desc()).first()
    assert newest is not None
    return newest.id


def offered() -> list[int]:
    """What the relay would publish now."""
    with unit_of_work():
        return [number for number, _ in outbox.offer_due()]


def taken(number: int) -> Taken:
    """Lease it, which must succeed."""
    with unit_of_work():
        found = outbox.take(number)
    assert found is not None
    return found


def row(number: int) -> Promise:
    """As it stands in the database."""
    db.session.expire_all()
    return db.session.get_one(Promise, number)


def test_published_is_not_kept(clock: time_machine.Traveller) -> None:
    number = owe()
    assert offered() == [number]
    assert offered() == []
    clock.shift(REOFFER - timedelta(seconds=1))
    assert offered() == []
    clock.shift(2)
    assert offered() == [number]
    assert row(number).kept_at is None
    assert row(number).tries == 0


def test_kept_only_when_the_task_says_so(clock: time_machine.Traveller) -> None:
    number = owe()
    mine = taken(number)
    assert row(number).kept_at is None
    with unit_of_work():
        assert outbox.keep(mine)
    assert row(number).kept_at == NOON
    clock.shift(timedelta(days=3))
    assert offered() == []
    with unit_of_work():
        assert outbox.take(number) is None
        assert not outbox.keep(mine)


def test_a_task_tells_what_it_was_given(clock: time_machine.Traveller) -> None:
    some = uuid.uuid4()
    mine = taken(owe("registration.accredited", registration_id=some, number=3))
    assert mine.task == "registration.accredited"
    assert mine.payload == {"registration_id": str(some), "number": 3}


def test_nothing_is_owed_when_the_cause_is_undone(clock: time_machine.Traveller) -> None:
    def fail() -> None:
        with unit_of_work():
            promise("test.thing")
            db.session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert db.session.query(Promise).count() == 0


def test_one_key_one_promise(clock: time_machine.Traveller) -> None:
    owe(key="reminder:1")
    with pytest.raises(IntegrityError), unit_of_work():
        promise("test.thing", key="reminder:1")
    assert db.session.query(Promise).count() == 1


def test_not_before_its_time(clock: time_machine.Traveller) -> None:
    number = owe(not_before=NOON + timedelta(days=30))
    assert offered() == []
    clock.shift(timedelta(days=30, seconds=-1))
    assert offered() == []
    clock.shift(1)
    assert offered() == [number]


def test_while_one_task_has_it_nobody_else_does(clock: time_machine.Traveller) -> None:
    number = owe()
    mine = taken(number)
    clock.shift(LEASE - timedelta(seconds=1))
    assert offered() == []
    with unit_of_work():
        assert outbox.take(number) is None
    clock.shift(LONGEST_LEASE - LEASE + timedelta(seconds=1))
    assert offered() == [number]
    second = taken(number)
    assert second.lease != mine.lease
    assert second.tries == 2


def test_a_lost_lease_decides_nothing(clock: time_machine.Traveller) -> None:
    number = owe()
    late = taken(number)
    clock.shift(LONGEST_LEASE)
    current = taken(number)
    with unit_of_work():
        assert not outbox.keep(late)
        outbox.put_off(late, "late")
        outbox.release(late, "late")
        outbox.park(late, "late")
    now = row(number)
    assert (now.kept_at, now.parked_at, now.problem, now.refusals, now.tries) == (None, None, None, 0, 2)
    with unit_of_work():
        assert outbox.keep(current)
        outbox.park(current, "after it was kept")
    assert row(number).parked_at is None


def test_tries_count_before_the_attempt(clock: time_machine.Traveller) -> None:
    """A task that takes its process along says nothing afterwards: the tries are counted all the same."""
    number = owe()
    for count in range(1, TRIES + 1):
        assert offered() == [number]
        assert taken(number).tries == count
        clock.shift(LONGEST_LEASE)
    assert offered() == [number]
    with unit_of_work():
        assert outbox.take(number) is None
    assert row(number).parked_at is not None
    clock.shift(timedelta(days=1))
    assert offered() == []


def test_leases_end_at_different_moments(clock: time_machine.Traveller) -> None:
    """What died with a poisonous neighbour must not meet it again at the same moment."""
    numbers = [owe() for _ in range(30)]
    for number in numbers:
        taken(number)
    ends = {row(number).leased_until for number in numbers}
    assert len(ends) == 30
    assert all(NOON + LEASE <= end <= NOON + LONGEST_LEASE for end in ends if end)


def test_a_failing_task_waits_longer_each_time_and_is_parked_at_the_last(clock: time_machine.Traveller) -> None:
    number = owe()
    waits = []
    for _ in range(TRIES):
        mine = taken(number)
        with unit_of_work():
            outbox.release(mine, "ValueError")
        waits.append((row(number).not_before - present()).total_seconds())
        clock.shift(timedelta(seconds=waits[-1] + REOFFER.total_seconds()))
    assert waits == [10, 20, 40, 80, 160, 320, 600, 600]
    assert row(number).parked_at is not None
    assert row(number).problem == "ValueError"
    assert [parked.id for parked in outbox.parked_promises()] == [number]
    assert outbox.parked_count() == 1


def refuse(number: int) -> timedelta:
    """The other side says "not now"; how long that puts it off."""
    mine = taken(number)
    with unit_of_work():
        outbox.put_off(mine, "SMTP 421")
    return row(number).not_before - present()


def test_refusals_cost_no_tries_and_end_after_72_hours(clock: time_machine.Traveller) -> None:
    number = owe()
    began = present()
    gaps = []
    while row(number).parked_at is None:
        gaps.append(refuse(number))
        clock.shift(gaps[-1])
    assert [gap // timedelta(minutes=1) for gap in gaps[:10]] == [1, 2, 5, 10, 20, 40, 60, 120, 240, 360]
    assert set(gaps[9:]) == {timedelta(hours=6)}
    tried_for = sum(gaps[:-1], timedelta())
    assert timedelta(hours=66) < tried_for <= timedelta(hours=72)
    assert present() - began == sum(gaps, timedelta())
    assert row(number).tries == 0
    assert row(number).refusals == len(gaps)


def test_a_reminder_made_weeks_ahead_gets_its_72_hours_too(clock: time_machine.Traveller) -> None:
    number = owe(not_before=NOON + timedelta(days=30))
    clock.shift(timedelta(days=30))
    refuse(number)
    assert row(number).parked_at is None


def test_a_person_can_have_a_parked_promise_tried_again(clock: time_machine.Traveller) -> None:
    number = owe()
    mine = taken(number)
    with unit_of_work():
        outbox.park(mine, "SMTP 550")
    assert offered() == []
    with unit_of_work():
        outbox.retry(row(number))
    assert outbox.parked_count() == 0
    assert offered() == [number]
    assert taken(number).tries == 1


def test_offers_that_could_not_be_published_come_back_soon(clock: time_machine.Traveller) -> None:
    number = owe()
    assert offered() == [number]
    with unit_of_work():
        outbox.withdraw_offers([number])
    clock.shift(3)
    assert offered() == [number]
    assert row(number).tries == 0


def test_the_oldest_come_first_and_never_more_than_asked(clock: time_machine.Traveller) -> None:
    numbers = [owe() for _ in range(5)]
    urgent = owe(not_before=NOON - timedelta(hours=1))
    with unit_of_work():
        assert outbox.offer_due(3) == [(number, "test.thing") for number in (*numbers[:2], urgent)]
    assert offered() == numbers[2:]


@settings(max_examples=40, deadline=None)
@given(moves=st.lists(st.sampled_from(["take", "keep", "put_off", "release", "park", "retry", "wait"]), max_size=40))
def test_whatever_happens_in_whatever_order(app: object, moves: list[str]) -> None:
    """Never kept and parked at once, never kept twice, tries between 0 and 8, and nothing kept comes back."""
    with pure_database(app), time_machine.travel(NOON, tick=False) as clock:
        number, leases, kept = owe(), [], 0
        for move in moves:
            with unit_of_work():
                if move == "take" and (found := outbox.take(number)):
                    assert not kept
                    leases.append(found)
                elif move == "keep" and leases:
                    kept += outbox.keep(leases[-1])
                elif move in {"put_off", "release", "park"} and leases:
                    getattr(outbox, move)(leases[-1], "why")
                elif move == "retry" and row(number).parked_at:
                    outbox.retry(row(number))
            if move == "wait":
                clock.shift(LONGEST_LEASE)
            now = row(number)
            assert 0 <= now.tries <= TRIES
            assert kept == (now.kept_at is not None) <= 1
            assert not (now.kept_at and now.parked_at)
            assert not (kept and offered())


class pure_database:  # noqa: N801 (used like a function)
    """The ``database`` fixture for each example."""

    def __init__(self, app: object) -> None:
        self.app = app

    def __enter__(self) -> None:
        self.context = self.app.app_context()  # type: ignore[attr-defined]
        self.context.push()
        self.engine = db.engine
        self.connection = self.engine.connect()
        self.outer = self.connection.begin()
        db.engines[None] = self.connection  # type: ignore[index]

    def __exit__(self, *_: object) -> None:
        db.session.remove()
        self.outer.rollback()
        self.connection.close()
        db.engines[None] = self.engine  # type: ignore[index]
        self.context.pop()


@pytest.mark.lane
def test_relays_at_the_same_time_never_claim_the_same_row(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        with house.work():
            for number in range(600):
                promise("test.thing", number=number)
        claimed: list[list[int]] = [[] for _ in range(6)]
        start = threading.Barrier(6)

        def relay(mine: list[int]) -> None:
            start.wait()
            while True:
                with house.work():
                    batch = outbox.offer_due(20)
                    assert len(batch) <= 20
                if not batch:
                    return
                mine += [number for number, _ in batch]

        threads = [threading.Thread(target=relay, args=(mine,)) for mine in claimed]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        together = [number for mine in claimed for number in mine]
        assert len(together) == len(set(together)) == 600
        assert sum(1 for mine in claimed if mine) > 1, "only one relay got anything: this shows nothing"


@pytest.mark.lane
def test_tasks_at_the_same_time_never_lease_the_same_row(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        with house.work():
            promise("test.thing")
        [(number,)] = house.query("SELECT id FROM promise")
        assert isinstance(number, int)
        for round_number in range(1, 6):
            got: list[Taken] = []
            start = threading.Barrier(8)

            def task(found: list[Taken] = got, start: threading.Barrier = start, number: int = number) -> None:
                start.wait()
                with house.work():
                    mine = outbox.take(number)
                if mine:
                    found.append(mine)

            threads = [threading.Thread(target=task) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(got) == 1
            assert got[0].tries == round_number
            house.query("UPDATE promise SET leased_until = now() - interval '1 second' RETURNING id")
