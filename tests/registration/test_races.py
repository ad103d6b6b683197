"""Seats under load: many people at once on a committed database, and a control run that must oversell.

Forty threads press at the same moment. With the guard every seat is given once and to one person; with the guard taken
out (a read, then a write, and no CHECK) the same run gives away more than there are, which proves that it would show.
"""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import bindparam, func, select, update

from eventhub.kit.db import db, table_of, unit_of_work
from eventhub.people.models import Person
from eventhub.questionnaires import answers
from eventhub.questionnaires.forms import AnswerForm
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration import actions, deciding, queries, seats
from eventhub.registration import at_once as whole
from eventhub.registration.models import Registration, RegistrationSetup, State
from tests import servers
from tests.factories.people import make_person, sign_in
from tests.factories.registration import make_dialogue, make_forum, make_registration
from tests.registration.test_windows import as_drawn
from tests.together import at_once, together

pytestmark = pytest.mark.lane

PEOPLE = 40


def people(app: Flask, make: Callable[[], str], number: int = PEOPLE) -> tuple[str, list[uuid.UUID]]:
    with app.app_context(), unit_of_work():
        slug = make()
        ids = [make_person().id for _ in range(number)]
    return slug, ids


def each_at_once(
    app: Flask, work: Callable[[uuid.UUID], str], ids: Sequence[uuid.UUID], *, served: int | None = None
) -> Counter[str]:
    """Everybody does the same at the same moment."""
    return at_once(app, [partial(work, person_id) for person_id in ids], served=served)


def register(slug: str) -> Callable[[uuid.UUID], str]:
    def work(person_id: uuid.UUID) -> str:
        person = db.session.get_one(Person, person_id)
        found = queries.intake(slug, person)
        return actions.register_now(person, person, found, {"display_name": "A"}).state.value

    return work


def counted(app: Flask, slug: str) -> tuple[int, int]:
    """Seats in the event's row, and registrations that hold one."""
    with app.app_context():
        event, setup = db.session.execute(
            select(Registration.event_id, RegistrationSetup.seats_taken)
            .join(RegistrationSetup, RegistrationSetup.event_id == Registration.event_id)
            .limit(1)
        ).one()
        held = db.session.scalar(
            select(func.count()).where(Registration.event_id == event, Registration.has_seat.is_(True))
        )
        db.session.remove()
        return setup, held or 0


@pytest.mark.parametrize("waiting_list", [True, False])
def test_every_seat_is_given_once(committed: Flask, waiting_list: bool) -> None:
    slug, ids = people(committed, lambda: make_dialogue(capacity=10, waiting_list=waiting_list).slug)
    ended = each_at_once(committed, register(slug), ids)
    rest = State.WAITLISTED.value if waiting_list else "EventFull"
    assert ended == {State.ACCREDITED.value: 10, rest: PEOPLE - 10}
    assert counted(committed, slug) == (10, 10)


def test_without_the_guard_the_same_run_oversells(committed: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    # All of them stand between reading and writing at once, so no more than the pool has connections.
    slug, ids = people(committed, lambda: make_dialogue(capacity=10).slug, number=30)
    with committed.app_context():
        name = str(db.engine.url.database)
    check = "ALTER TABLE registration_setup DROP CONSTRAINT ck_registration_setup_seats_within_capacity"
    servers.run_sql(servers.sql.SQL(check), name)
    read = threading.Barrier(len(ids))

    def naive(event_id: uuid.UUID) -> bool:
        setup = select(RegistrationSetup.capacity, RegistrationSetup.seats_taken)
        row = db.session.execute(setup.where(RegistrationSetup.event_id == event_id)).one()
        read.wait(30)
        if row.seats_taken >= row.capacity:
            return False
        statement = update(RegistrationSetup).where(RegistrationSetup.event_id == event_id)
        db.session.execute(
            statement.values(seats_taken=RegistrationSetup.seats_taken + 1).execution_options(synchronize_session=False)
        )
        return True

    monkeypatch.setattr(whole, "states_of", lambda _registration, _intake: [])
    monkeypatch.setattr(seats, "_take_one", naive)
    ended = each_at_once(committed, register(slug), ids)
    assert ended[State.ACCREDITED.value] > 10
    assert counted(committed, slug)[1] > 10


def test_without_the_guard_in_the_one_statement_it_oversells_too(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug, ids = people(committed, lambda: make_dialogue(capacity=10).slug)
    with committed.app_context():
        name = str(db.engine.url.database)
    check = "ALTER TABLE registration_setup DROP CONSTRAINT ck_registration_setup_seats_within_capacity"
    servers.run_sql(servers.sql.SQL(check), name)
    setup = table_of(RegistrationSetup)
    naive = update(setup).where(setup.c.event_id == bindparam("this_event"))
    naive = naive.values(seats_taken=setup.c.seats_taken + 1).returning(setup.c.capacity, setup.c.seats_taken)
    monkeypatch.setattr(whole, "WITH_ANSWERS", whole.statement(naive, *whole.TABLES_WITH_ANSWERS))
    assert each_at_once(committed, register(slug), ids) == {State.ACCREDITED.value: PEOPLE}
    assert counted(committed, slug) == (PEOPLE, PEOPLE)


def test_one_person_pressing_forty_times_registers_once(committed: Flask) -> None:
    slug, ids = people(committed, lambda: make_dialogue(capacity=10).slug, 1)
    ended = each_at_once(committed, register(slug), ids * 20)
    assert ended == {State.ACCREDITED.value: 1, "AlreadyRegistered": 19}
    assert counted(committed, slug) == (1, 1)


def test_withdrawing_and_registering_at_once_leaves_no_seat_empty(committed: Flask) -> None:
    """Whoever is put on the list while a seat becomes free is not forgotten there."""
    slug, ids = people(committed, lambda: make_dialogue(capacity=20).slug)
    first, second = ids[:20], ids[20:]
    assert each_at_once(committed, register(slug), first) == {State.ACCREDITED.value: 20}

    def either(person_id: uuid.UUID) -> str:
        person = db.session.get_one(Person, person_id)
        if person_id in first:
            return actions.withdraw(person, queries.intake(slug, person, lock=True, seats=True)).state.value
        return register(slug)(person_id)

    ended = each_at_once(committed, either, ids)
    assert ended[State.WITHDRAWN.value] == 20
    with committed.app_context():
        states = Counter(db.session.scalars(select(Registration.state)))
        db.session.remove()
    assert states[State.WITHDRAWN] == 20
    # Who came when a place was free has it, who came before is offered one; nobody waits beside a free place.
    assert states[State.ACCREDITED] + states[State.OFFERED] == 20
    assert len(second) == 20
    assert counted(committed, slug) == (20, 20)


def test_officers_deciding_at_once_never_oversell(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        event = make_forum(capacity=10, data=None)
        rows = [make_registration(event).id for _ in range(PEOPLE)]
        officer = make_person().id
        slug = event.slug

    def accredit(registration_id: uuid.UUID) -> str:
        registration = db.session.get_one(Registration, registration_id)
        deciding.decide(db.session.get_one(Person, officer), [registration], State.ACCREDITED, "complete")
        return "accredited"

    ended = each_at_once(committed, accredit, rows)
    assert ended == {"accredited": 10, "NotEnoughSeats": PEOPLE - 10}
    assert counted(committed, slug) == (10, 10)


def test_two_windows_of_one_person_keep_what_both_typed(committed: Flask) -> None:
    """Each types into another question, all press at once, from the first moment on: nothing is lost, nobody fails."""
    slug, ids = people(committed, lambda: make_forum().slug, 1)
    typed = [{"q_legal_name": "Amina"}, {"q_nationality": "KE"}]
    for _ in range(5):
        with committed.app_context(), unit_of_work():
            mine = select(Registration).where(Registration.person_id == ids[0])
            for one in db.session.scalars(mine):
                db.session.delete(one)
        assert pressed_at_once(committed, slug, ids[0], typed) == Counter({204: 2})
        assert answers_of(committed, ids[0]) == {"legal_name": "Amina", "nationality": "KE"}


def test_of_windows_that_change_the_same_answer_one_is_kept_and_the_others_are_told(committed: Flask) -> None:
    slug, ids = people(committed, lambda: make_forum().slug, 1)
    for turn in range(3):
        typed = [{"q_legal_name": f"Window {number} of {turn}"} for number in range(8)]
        ended = pressed_at_once(committed, slug, ids[0], typed)
        assert ended == Counter({204: 1, 409: 7})


def test_without_the_guard_windows_take_back_each_others_answers(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the last one wins over all others, and nobody is told."""
    monkeypatch.setattr(AnswerForm, "settle", lambda form, _answers, _key: form.values())
    slug, ids = people(committed, lambda: make_forum().slug, 1)
    typed = [{"q_legal_name": "Amina"}, {"q_nationality": "KE"}]
    assert pressed_at_once(committed, slug, ids[0], typed) == Counter({204: 2})
    assert len(answers_of(committed, ids[0])) == 1


def pressed_at_once(app: Flask, slug: str, person_id: uuid.UUID, typed: list[dict[str, str]]) -> Counter[int]:
    """So many windows opened one after the other, each with something else typed, and kept at the same moment."""
    app.config["WTF_CSRF_ENABLED"] = False
    url = f"/en/events/{slug}/register/p2"
    windows = []
    for more in typed:
        client = app.test_client()
        with app.app_context(), unit_of_work():
            sign_in(client, db.session.get_one(Person, person_id))
        windows.append((client, as_drawn(client.get(url).text) | more))

    def press(client: FlaskClient, data: dict[str, str]) -> int:
        return client.post(f"{url}/draft", data=data).status_code

    told = together([partial(press, *window) for window in windows])
    return Counter(one if isinstance(one, int) else -1 for one in told)


def answers_of(app: Flask, person_id: uuid.UUID) -> dict[str, object]:
    """What is kept of a person."""
    with app.app_context():
        registration = db.session.scalars(select(Registration).where(Registration.person_id == person_id)).one()
        found = answers.load(db.session.get_one(AnswerSet, registration.answer_set_id))
        db.session.remove()
        return found
