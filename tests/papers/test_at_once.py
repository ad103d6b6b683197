"""While a batch with photographs is made nothing is locked, its lease is held, and who hides is not on it; and nobody
gets more papers by asking for all of them at once.
"""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select, update

from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.files import StoredFile, read
from eventhub.kit.i18n import LANGUAGES
from eventhub.kit.outbox import Promise
from eventhub.papers import actions
from eventhub.papers.models import BadgeName, Kind, Layout, PaperOrder
from eventhub.people import actions as people
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.registration.access import Sight
from eventhub.registration.models import Registration
from tests import servers
from tests.factories.people import make_person, make_staff
from tests.factories.registration import make_forum
from tests.papers.making import read as text_of
from tests.papers.scene import accredited, make_stage
from tests.papers.test_rules import asked, pictured, rule
from tests.together import at_once

pytestmark = pytest.mark.lane

Work = Callable[[], Any]


@pytest.fixture
def worker(committed: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The worker's tasks, on data that are committed."""
    monkeypatch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
    task = import_module("workers.papers")
    monkeypatch.setattr(task, "flask_app", committed)
    return task


def batch(app: Flask) -> tuple[int, uuid.UUID]:
    """An order for two badges with photographs: its promise, and Amina."""
    with app.app_context(), unit_of_work():
        event = make_forum(data=asked("desk"))
        pictured(event, "Amina", "Sokha")
        rule(event, BadgeName.PUBLIC, photos=True)
        staff = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
        actions.order_badges(staff, event, Sight.BADGES, "en", layout=Layout.A6, filters={}, reason="The desk opens.")
        amina = db.session.scalars(select(Person.id).where(Person.name == "Amina")).one()
        db.session.flush()
        return newest(), amina


def newest() -> int:
    """The promise of a paper that was made last."""
    rows = select(Promise.id).where(Promise.task == "papers.make").order_by(Promise.id.desc())
    return db.session.scalars(rows.limit(1)).one()


def in_a_thread(app: Flask, work: Work) -> None:
    """Do it on a connection of its own, and see it through."""
    failed: list[Exception] = []

    def run() -> None:
        with app.app_context():
            try:
                with unit_of_work():
                    work()
            except Exception as error:
                failed.append(error)
            finally:
                db.session.remove()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert not failed, failed


def while_drawn(monkeypatch: pytest.MonkeyPatch, work: Work) -> None:
    """Do it once, as the first photograph is opened."""
    done: list[bool] = []
    real = Image.open

    def opened(*given: Any, **named: Any) -> Any:
        if not done:
            done.append(True)
            work()
        return real(*given, **named)

    monkeypatch.setattr(Image, "open", opened)


def order_in(app: Flask) -> tuple[PaperOrder, str]:
    """The order, and what its file says."""
    with app.app_context():
        order = db.session.scalars(select(PaperOrder)).one()
        text = text_of(read(db.session.get_one(StoredFile, order.file_id))) if order.file_id else ""
        db.session.remove()
        return order, text


@pytest.mark.parametrize("follows", [True, False])
def test_who_hides_while_photographs_are_drawn_waits_for_nothing_and_is_not_on_the_batch(
    committed: Flask, worker: Any, monkeypatch: pytest.MonkeyPatch, follows: bool
) -> None:
    """Whether or not the task that tells papers of it was quicker than the printer."""
    promise_id, amina = batch(committed)

    def hide() -> None:
        people.choose_alias(db.session.get_one(Person, amina), "Blue Heron")
        if follows:
            assert actions.follow(amina) == 1

    while_drawn(monkeypatch, partial(in_a_thread, committed, hide))
    worker.make(promise_id)
    order, _text = order_in(committed)
    assert order.made_at is None, "what was printed bears a name that is hidden"
    with committed.app_context():
        again = newest()
        db.session.remove()
    worker.make(again)
    order, text = order_in(committed)
    assert order.number == 2
    assert "Heron" in text
    assert "Amina" not in text


def test_who_registers_meanwhile_holds_up_no_batch(
    committed: Flask, worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise_id, _amina = batch(committed)

    def another() -> None:
        accredited(db.session.scalars(select(Event)).one(), make_person(name="Grace"))

    while_drawn(monkeypatch, partial(in_a_thread, committed, another))
    worker.make(promise_id)
    order, text = order_in(committed)
    assert order.number == 2
    assert "Grace" not in text


def test_the_lease_is_held_while_photographs_are_drawn(
    committed: Flask, worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time was over but for a moment: with the first photograph it is held anew."""
    promise_id, _amina = batch(committed)
    monkeypatch.setattr(worker, "HOLD", 0.0)
    seen: list[bool] = []

    def soon_over() -> None:
        almost = now() + timedelta(seconds=1)
        db.session.execute(update(Promise).where(Promise.id == promise_id).values(leased_until=almost))

    real = worker.making.print_out

    def printed(manuscript: Any) -> bytes:
        row = db.session.get_one(Promise, promise_id)
        seen.append(row.leased_until is not None and row.leased_until > now() + timedelta(seconds=50))
        db.session.rollback()
        return bytes(real(manuscript))

    while_drawn(monkeypatch, partial(in_a_thread, committed, soon_over))
    monkeypatch.setattr(worker.making, "print_out", printed)
    worker.make(promise_id)
    assert seen == [True]
    assert order_in(committed)[0].number == 2


def test_whoever_lost_the_lease_stops(committed: Flask, worker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    promise_id, _amina = batch(committed)
    monkeypatch.setattr(worker, "HOLD", 0.0)

    def taken_over() -> None:
        db.session.execute(update(Promise).where(Promise.id == promise_id).values(lease=uuid.uuid4()))

    while_drawn(monkeypatch, partial(in_a_thread, committed, taken_over))
    worker.make(promise_id)
    assert order_in(committed)[0].made_at is None
    with committed.app_context():
        row = db.session.get_one(Promise, promise_id)
        assert (row.kept_at, row.problem) == (None, None), "whoever has the lease decides"
        db.session.remove()


def ordering(registration_id: uuid.UUID, kind: Kind, language: str, public_name: bool) -> str:
    """Ask for one paper."""
    registration = db.session.get_one(Registration, registration_id)
    person, event = (
        db.session.get_one(Person, registration.person_id),
        db.session.get_one(Event, registration.event_id),
    )
    return actions.order_own(person, registration, event, kind, language, public_name=public_name).kind.value


@pytest.mark.parametrize("alike", [True, False])
def test_eight_papers_at_once_though_all_are_asked_for_at_the_same_moment(committed: Flask, alike: bool) -> None:
    """Twenty-four that differ: eight are made. Twenty-four times the same: one is."""
    with committed.app_context(), unit_of_work():
        registration_id = accredited(make_stage()).id
    kinds = (Kind.CONFIRMATION, Kind.VISA_LETTER)
    wanted = [(kind, language, shown) for kind in kinds for language in LANGUAGES for shown in (True, False)]
    if alike:
        wanted = [wanted[0]] * len(wanted)
    ended = at_once(committed, [partial(ordering, registration_id, *one) for one in wanted])
    with committed.app_context():
        orders = db.session.query(PaperOrder).count()
        db.session.remove()
    assert orders == (1 if alike else actions.AT_ONCE)
    assert ended.get("TooManyAtOnce", 0) == (0 if alike else len(wanted) - actions.AT_ONCE)
