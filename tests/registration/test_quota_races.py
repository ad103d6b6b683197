"""Quotas under load: real threads on a committed database. No category is oversold, nobody waits beside free places."""

import uuid
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventhub.kit.db import db, unit_of_work
from eventhub.people.models import Person
from eventhub.registration import actions, deciding, queries, seats
from eventhub.registration.models import Registration, RegistrationCategory, RegistrationSetup, State
from tests import servers
from tests.factories.people import make_person
from tests.factories.registration import FOR_CATEGORIES, make_dialogue, make_forum, make_registration, take_category
from tests.registration.test_races import each_at_once, people

pytestmark = pytest.mark.lane

STATE, NGO, GROUP = "member_state", "ngo_ecosoc", "minority_representative"
QUOTAS = {STATE: 5, NGO: 8}


def with_quotas(capacity: int | None, **given: object) -> str:
    event = make_dialogue(data=FOR_CATEGORIES, capacity=capacity, **given)
    for code in (STATE, NGO, GROUP):
        take_category(event, code, quota=QUOTAS.get(code))
    return event.slug


def category_of(ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """A third of them each."""
    return {one: (STATE, NGO, GROUP)[number % 3] for number, one in enumerate(ids)}


def registering(slug: str, wanted: dict[uuid.UUID, str]) -> Callable[[uuid.UUID], str]:
    def work(person_id: uuid.UUID) -> str:
        person = db.session.get_one(Person, person_id)
        values = {"category": wanted[person_id], "display_name": "A"}
        made = actions.register_now(person, person, queries.intake(slug, person), values)
        return f"{made.category} {made.state.value}"

    return work


def held(app: Flask) -> tuple[Counter[str], dict[str, int], int, int]:
    """Registrations with a seat by category, what the rows of categories count, and both for the event."""
    with app.app_context():
        rows = select(Registration.category, func.count()).where(Registration.has_seat).group_by(Registration.category)
        seated = Counter({row[0]: row[1] for row in db.session.execute(rows)})
        counted = {row.code: row.seats_taken for row in db.session.scalars(select(RegistrationCategory))}
        event = db.session.scalars(select(RegistrationSetup.seats_taken)).one()
        db.session.remove()
    return seated, counted, event, seated.total()


def agree(app: Flask) -> Counter[str]:
    """The seated by category, once every count says the same and no quota is passed."""
    seated, counted, event, total = held(app)
    assert {code: seated[code] for code in counted} == counted
    assert event == total
    assert all(seated[code] <= quota for code, quota in QUOTAS.items())
    return seated


@pytest.mark.parametrize("capacity", [None, 100, 15])
def test_forty_at_once_never_pass_a_quota(committed: Flask, capacity: int | None) -> None:
    slug, ids = people(committed, lambda: with_quotas(capacity))
    ended = each_at_once(committed, registering(slug, category_of(ids)), ids)
    seated = agree(committed)
    assert ended.total() == len(ids)
    assert not [told for told in ended if told.split()[-1] not in {"accredited", "waitlisted"}]
    if capacity == 15:
        assert seated.total() == 15
    else:
        assert seated == {STATE: 5, NGO: 8, GROUP: 13}


def test_withdrawals_and_requests_at_once_leave_no_place_of_a_category_empty(committed: Flask) -> None:
    slug, ids = people(committed, lambda: with_quotas(None), 60)
    wanted = category_of(ids)
    first = ids[:30]
    each_at_once(committed, registering(slug, wanted), first)
    assert agree(committed) == {STATE: 5, NGO: 8, GROUP: 10}

    def either(person_id: uuid.UUID) -> str:
        if person_id not in first:
            return registering(slug, wanted)(person_id)
        person = db.session.get_one(Person, person_id)
        return actions.withdraw(person, queries.intake(slug, person, lock=True, seats=True)).state.value

    ended = each_at_once(committed, either, ids, served=24)
    assert ended["withdrawn"] == 30
    # All who came first are gone: of each category as many of the others have a place, or an offer, as its quota holds.
    assert agree(committed) == {STATE: 5, NGO: 8, GROUP: 10}
    with committed.app_context():
        waiting = Counter(
            db.session.scalars(select(Registration.category).where(Registration.state == State.WAITLISTED))
        )
        db.session.remove()
    assert waiting == {STATE: 5, NGO: 2}


def test_changes_of_category_beside_decisions(committed: Flask) -> None:
    """People move between full categories while others register and withdraw: nobody waits in a circle."""
    slug, ids = people(committed, lambda: with_quotas(None), 36)
    wanted = category_of(ids)
    each_at_once(committed, registering(slug, wanted), ids[:24])

    def either(person_id: uuid.UUID) -> str:
        if person_id not in ids[:24]:
            return registering(slug, wanted)(person_id)
        person = db.session.get_one(Person, person_id)
        found = queries.intake(slug, person, lock=True, seats=True)
        other = {STATE: NGO, NGO: STATE, GROUP: STATE}[wanted[person_id]]
        return actions.amend(person, found, {"category": other}).state.value

    ended = each_at_once(committed, either, ids, served=24)
    assert set(ended) <= {"accredited", "waitlisted", "offered", "QuotaFull"} | {
        f"{code} {state}" for code in (STATE, NGO, GROUP) for state in ("accredited", "waitlisted")
    }
    seated = agree(committed)
    with committed.app_context():
        waiting = set(db.session.scalars(select(Registration.category).where(Registration.state == State.WAITLISTED)))
        db.session.remove()
    # Who still waits is of a category that is full: nobody waits beside a free place.
    assert all(seated[code or ""] == QUOTAS[code or ""] for code in waiting)


def test_officers_deciding_at_once_keep_to_the_quota(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        event = make_forum(data=FOR_CATEGORIES)
        take_category(event, STATE, quota=5)
        rows = [make_registration(event, category=STATE).id for _ in range(30)]
        officer = make_person().id

    def accredit(registration_id: uuid.UUID) -> str:
        one = db.session.get_one(Registration, registration_id)
        deciding.decide(db.session.get_one(Person, officer), [one], State.ACCREDITED, "complete")
        return "accredited"

    assert each_at_once(committed, accredit, rows) == {"accredited": 5, "QuotaFull": 25}
    assert agree(committed) == {STATE: 5}


def test_without_the_look_and_the_check_the_same_run_passes_the_quota(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it would show."""
    slug, ids = people(committed, lambda: with_quotas(None))
    with committed.app_context():
        name = str(db.engine.url.database)
    check = "ALTER TABLE registration_category DROP CONSTRAINT ck_registration_category_seats_within_quota"
    servers.run_sql(servers.sql.SQL(check), name)
    monkeypatch.setattr(actions, "take_seat", lambda event_id, _category: seats.take_seat(event_id))
    each_at_once(committed, registering(slug, category_of(ids)), ids)
    seated, _counted, _event, _total = held(committed)
    assert seated[STATE] > QUOTAS[STATE]
