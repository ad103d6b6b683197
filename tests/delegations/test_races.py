"""Two tabs, two focal points, two browsers at once: real threads on a committed database. The quota is never passed."""

import threading
import uuid

import pytest
from flask import Flask
from sqlalchemy import select

from eventhub.delegations import actions, filling, merging, queries
from eventhub.delegations.actions import Nomination
from eventhub.delegations.models import Delegation, Kind, Nominee
from eventhub.kit.db import db, unit_of_work
from eventhub.people.models import Person
from eventhub.registration.models import Registration
from tests.factories.delegations import arrived, make_delegation, nominate
from tests.factories.people import make_person
from tests.factories.registration import make_forum
from tests.registration.test_cancelling_races import alone, until_somebody_waits
from tests.together import at_once

pytestmark = pytest.mark.lane


def scene(app: Flask, quota: int | None) -> tuple[uuid.UUID, uuid.UUID, str]:
    """A delegation with its focal point, committed."""
    with app.test_request_context(), unit_of_work():
        event, focal = make_forum(), make_person()
        delegation = make_delegation(event, focal, quota=quota)
        return delegation.id, focal.id, event.slug


def taken(app: Flask, delegation_id: uuid.UUID) -> tuple[int, int]:
    """What the delegation counts, and how many delegates there are."""
    with app.app_context():
        there = select(Nominee).where(Nominee.delegation_id == delegation_id, Nominee.left_at.is_(None))
        found = db.session.get_one(Delegation, delegation_id).places_taken, len(db.session.scalars(there).all())
        db.session.remove()
    return found


def test_twenty_tabs_never_pass_the_quota(committed: Flask) -> None:
    delegation_id, focal_id, _slug = scene(committed, 7)

    def tab(number: int) -> str:
        rows = [Nomination(row, f"Person {number}-{row}", None) for row in range(2)]
        focal, delegation = db.session.get_one(Person, focal_id), db.session.get_one(Delegation, delegation_id)
        return str(len(actions.nominate(focal, delegation, rows, "en")))

    told = at_once(committed, [lambda number=number: tab(number) for number in range(20)])  # type: ignore[misc]
    assert told == {"2": 3, "RowWrong": 17}
    assert taken(committed, delegation_id) == (6, 6)


def test_the_constraint_holds_where_no_action_looks(committed: Flask) -> None:
    delegation_id, focal_id, _slug = scene(committed, 1)

    def past_the_actions(number: int) -> str:
        focal, delegation = db.session.get_one(Person, focal_id), db.session.get_one(Delegation, delegation_id)
        actions._nominee(focal, delegation, Nomination(0, f"Person {number}", None), "en")
        db.session.flush()
        return "in"

    told = at_once(committed, [lambda number=number: past_the_actions(number) for number in range(6)])  # type: ignore[misc]
    assert told == {"in": 1, "QuotaReached": 5}
    assert taken(committed, delegation_id) == (1, 1)


def test_replacing_twice_at_once_replaces_once(committed: Flask) -> None:
    delegation_id, focal_id, slug = scene(committed, 1)
    with committed.test_request_context(), unit_of_work():
        delegation = db.session.get_one(Delegation, delegation_id)
        nominee, registration = arrived(delegation, queries.event_of(slug), "Amina")
        nominee_id, registration_id = nominee.id, registration.id

    def tab(name: str) -> str:
        focal, delegation = db.session.get_one(Person, focal_id), db.session.get_one(Delegation, delegation_id)
        row = queries.nominee_of(delegation_id, nominee_id)
        actions.replace(focal, delegation, row, Nomination(0, name, None), "en")
        return "replaced"

    told = at_once(committed, [lambda name=name: tab(name) for name in ("Grace", "Olga", "Wei")])  # type: ignore[misc]
    assert told == {"replaced": 1, "Left": 2}
    assert taken(committed, delegation_id) == (1, 1)
    with committed.app_context():
        assert db.session.get_one(Registration, registration_id).state.value == "withdrawn"
        db.session.remove()


def test_a_link_opened_in_many_browsers_is_one_persons(committed: Flask) -> None:
    delegation_id, _focal_id, slug = scene(committed, None)
    with committed.test_request_context(), unit_of_work():
        delegation = db.session.get_one(Delegation, delegation_id)
        (nominee,) = nominate(delegation, "Amina")
        filling.take_up(db.session.get_one(Person, delegation.focal_id), delegation, queries.event_of(slug), nominee)
        people, secret = [make_person().id for _number in range(6)], actions.nominee_token(nominee)

    def browser(person_id: uuid.UUID) -> str:
        filling.claim(db.session.get_one(Person, person_id), secret)
        return "taken"

    told = at_once(committed, [lambda one=one: browser(one) for one in people])  # type: ignore[misc]
    assert told == {"taken": 1, "LinkClosed": 5}
    with committed.app_context():
        registration = db.session.scalars(select(Registration)).one()
        assert registration.person_id in people
        db.session.remove()


def test_claiming_and_replacing_at_once_end_one_way_or_the_other(committed: Flask) -> None:
    delegation_id, focal_id, _slug = scene(committed, 3)
    with committed.test_request_context(), unit_of_work():
        delegation = db.session.get_one(Delegation, delegation_id)
        made = nominate(delegation, "Amina", "Grace", "Olga")
        secrets = [(one.id, actions.nominee_token(one), make_person().id) for one in made]

    def claims(secret: str, person_id: uuid.UUID) -> str:
        filling.claim(db.session.get_one(Person, person_id), secret)
        return "claimed"

    def replaces(nominee_id: uuid.UUID) -> str:
        focal, delegation = db.session.get_one(Person, focal_id), db.session.get_one(Delegation, delegation_id)
        actions.replace(focal, delegation, queries.nominee_of(delegation_id, nominee_id), None, "en")
        return "replaced"

    deeds = [
        deed
        for one, secret, who in secrets
        for deed in (lambda secret=secret, who=who: claims(secret, who), lambda one=one: replaces(one))
    ]
    told = at_once(committed, deeds)  # type: ignore[arg-type]
    assert told["replaced"] == 3
    assert told["claimed"] + told["LinkClosed"] == 3
    assert taken(committed, delegation_id) == (0, 0)
    with committed.app_context():
        # Whoever came first and was replaced then holds a draft of the own, tied to no delegation.
        assert all(one.delegation_id is None for one in db.session.scalars(select(Registration)))
        db.session.remove()


def test_two_focal_points_accept_at_once_and_one_is_it(committed: Flask) -> None:
    delegation_id, _focal_id, _slug = scene(committed, None)
    with committed.test_request_context(), unit_of_work():
        delegation = db.session.get_one(Delegation, delegation_id)
        invitation = actions.invite_focal_point(make_person(), delegation, "new@example.org", "en")
        secret, people = actions.focal_token(invitation), [make_person().id for _number in range(4)]

    def accepts(person_id: uuid.UUID) -> str:
        actions.accept_focal_point(db.session.get_one(Person, person_id), secret)
        return "accepted"

    assert at_once(committed, [lambda one=one: accepts(one) for one in people]) == {"accepted": 1, "LinkClosed": 3}  # type: ignore[misc]


def two_delegations(app: Flask) -> tuple[dict[str, uuid.UUID], uuid.UUID]:
    """Two delegations of one event with a focal point each, committed; by their names."""
    with app.test_request_context(), unit_of_work():
        event, focal = make_forum(), make_person()
        made = {name: make_delegation(event, focal, name=name).id for name in ("Alpha", "Beta")}
        return made, focal.id


def test_two_who_merge_the_same_pair_and_one_who_nominates_break_nothing(committed: Flask) -> None:
    made, focal_id = two_delegations(committed)

    def merge(name: str, into: str) -> str:
        merging.move_to(make_person(), db.session.get_one(Delegation, made[name]), into)
        return "merged"

    def nominates() -> str:
        focal, delegation = db.session.get_one(Person, focal_id), db.session.get_one(Delegation, made["Alpha"])
        actions.nominate(focal, delegation, [Nomination(0, "Late", None)], "en")
        return "nominated"

    told = at_once(committed, [lambda: merge("Alpha", "Beta"), lambda: merge("Beta", "Alpha"), nominates])
    # One who comes when the other has ended merges nothing: what was Beta's then bears the name of Alpha.
    assert told["merged"] in {1, 2}
    assert told["merged"] + told["NotFound"] + told["nominated"] == 3
    with committed.app_context():
        assert len(db.session.scalars(select(Delegation)).all()) == 1
        db.session.remove()


def test_nobody_is_added_beside_somebody_who_was_replaced(committed: Flask) -> None:
    delegation_id, focal_id, _slug = scene(committed, None)
    with committed.test_request_context(), unit_of_work():
        (chief,) = nominate(db.session.get_one(Delegation, delegation_id), "Chief")
        chief_id = chief.id
    with committed.test_request_context():
        focal, delegation = db.session.get_one(Person, focal_id), db.session.get_one(Delegation, delegation_id)
        row, guard = queries.nominee_of(delegation_id, chief_id), Nomination(0, "Guard", None)
        other = threading.Thread(target=_replaced, args=(committed, delegation_id, focal_id, chief_id))
        other.start()
        other.join()
        with pytest.raises(actions.Left), unit_of_work():
            actions.add_beside(focal, delegation, row.nominee, guard, "en", Kind.GUARD)
        db.session.remove()
    with committed.app_context():
        assert [one.name for one in db.session.scalars(select(Nominee))] == ["Chief"]
        db.session.remove()


def _replaced(app: Flask, delegation_id: uuid.UUID, focal_id: uuid.UUID, nominee_id: uuid.UUID) -> None:
    with app.test_request_context():
        with unit_of_work():
            focal, delegation = db.session.get_one(Person, focal_id), db.session.get_one(Delegation, delegation_id)
            actions.replace(focal, delegation, queries.nominee_of(delegation_id, nominee_id), None, "en")
        db.session.remove()


def test_a_link_that_is_opened_while_two_become_one_stays_open(committed: Flask) -> None:
    made, _focal_id = two_delegations(committed)
    with committed.test_request_context(), unit_of_work():
        (nominee,) = nominate(db.session.get_one(Delegation, made["Alpha"]), "Amina")
        secret, person_id = actions.nominee_token(nominee), make_person().id

    def claims() -> str:
        with unit_of_work():
            filling.claim(db.session.get_one(Person, person_id), secret)
            return "claimed"

    with committed.test_request_context():
        with unit_of_work():
            merging.move_to(make_person(), db.session.get_one(Delegation, made["Alpha"]), "Beta")
            late, got = alone(committed, claims)
            watcher, _waiting = alone(committed, until_somebody_waits)
            watcher.join()
        db.session.remove()
    late.join()
    assert got == ["claimed"]
    with committed.app_context():
        registration = db.session.scalars(select(Registration)).one()
        assert (registration.person_id, registration.delegation_id) == (person_id, made["Beta"])
        db.session.remove()
