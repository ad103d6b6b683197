"""Merging organizations while people register, amend and merge: nothing is lost, nothing points to what is gone."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from eventhub.delegations import actions as delegations
from eventhub.delegations.models import Delegation
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.people import affiliations, merging
from eventhub.people.models import Affiliation, Organisation, Person
from eventhub.registration import actions, queries
from eventhub.registration.actions import register_now
from eventhub.registration.models import Registration
from tests.factories.delegations import make_delegation
from tests.factories.people import make_organisation, make_person
from tests.factories.registration import ANSWERS, make_forum
from tests.together import at_once

pytestmark = pytest.mark.lane
CROWD = 12


def test_two_administrators_merge_a_pair_from_either_side(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        one, other = (make_organisation(name=f"House {side}").id for side in "ab")
        admins = [make_person().id for _ in range(2)]

    def merging_into(kept: uuid.UUID, gone: uuid.UUID, admin: uuid.UUID) -> str:
        merging.merge(db.session.get_one(Person, admin), kept, [gone], "One")
        return "merged"

    ended = at_once(
        committed,
        [lambda: merging_into(one, other, admins[0]), lambda: merging_into(other, one, admins[1])],
    )
    assert ended["merged"] == 1
    assert set(ended) <= {"merged", "Busy", "Gone"}
    with committed.app_context():
        names = select(func.count()).select_from(Organisation).where(Organisation.id.in_([one, other]))
        assert db.session.scalar(names) == 1
        db.session.remove()


def test_people_register_for_an_organisation_while_it_is_merged(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        slug = make_forum().slug
        kept = make_organisation(name="Horn Voices", confirmed_at=now()).id
        gone = make_organisation(name="Horn Voices Association", confirmed_at=now()).id
        people = [make_person().id for _ in range(CROWD)]
        for person_id in people[:4]:
            affiliations.affiliate(person_id, "Horn Voices Association")
        admin = make_person().id

    def registering(person_id: uuid.UUID) -> str:
        person = db.session.get_one(Person, person_id)
        register_now(person, person, queries.intake(slug, person), ANSWERS)
        return "registered"

    def merged() -> str:
        merging.merge(db.session.get_one(Person, admin), kept, [gone], "One")
        return "merged"

    deeds = [lambda person_id=person_id: registering(person_id) for person_id in people]
    ended = at_once(committed, [*deeds[:6], merged, *deeds[6:]])
    assert ended["registered"] == CROWD
    if not ended["merged"]:  # somebody was at it: nothing was changed, and the next press does it
        assert ended["Busy"] == 1
        assert at_once(committed, [merged])["merged"] == 1
    with committed.app_context():
        mine = Registration.person_id.in_(people)
        assert set(db.session.scalars(select(Registration.organisation_id).where(mine))) == {kept}
        ties = select(Affiliation.organisation_id).where(Affiliation.person_id.in_(people))
        assert set(db.session.scalars(ties)) == {kept}
        assert db.session.get(Organisation, gone) is None
        db.session.remove()


def test_people_change_their_organisation_and_focal_points_nominate_while_it_is_merged(committed: Flask) -> None:
    """Whoever amends holds a registration and wants an organization: nobody waits in a circle."""
    with committed.app_context(), unit_of_work():
        event = make_forum()
        slug = event.slug
        kept = make_organisation(name="Horn Voices", confirmed_at=now()).id
        gone = make_organisation(name="Horn Voices Association", confirmed_at=now()).id
        persons = [make_person() for _ in range(CROWD)]
        for person in persons:
            register_now(person, person, queries.intake(slug, person), ANSWERS)
        here, there = (make_delegation(event, make_person(), name=name) for name in ("Here", "There"))
        here.organisation_id, there.organisation_id = gone, kept
        people, focal, delegation = [person.id for person in persons], here.focal_id, here.id
        admin = make_person().id

    def amending(person_id: uuid.UUID, name: str) -> str:
        person = db.session.get_one(Person, person_id)
        intake = queries.intake(slug, person, lock=True, seats=True)
        actions.amend(person, intake, {"organisation": {"name": name}})
        return "amended"

    def merged() -> str:
        merging.merge(db.session.get_one(Person, admin), kept, [gone], "One")
        return "merged"

    def nominating() -> str:
        mine = db.session.get(Delegation, delegation)
        if mine is None:
            return "was merged"
        row = delegations.Nomination(0, "Amina", None)
        try:
            delegations.nominate(db.session.get_one(Person, focal), mine, [row], "en")
        except NoResultFound:  # merged while it waited
            return "was merged"
        return "nominated"

    names = ("Horn Voices", "Horn Voices Association", "Another house")
    deeds = [
        lambda person_id=person_id, name=names[number % 3]: amending(person_id, name)
        for number, person_id in enumerate(people)
    ]
    ended = at_once(committed, [*deeds[:6], merged, nominating, *deeds[6:]])
    assert ended["amended"] == CROWD
    if not ended["merged"]:
        assert ended["Busy"] == 1
        assert at_once(committed, [merged])["merged"] == 1
    with committed.app_context():
        mine = Registration.person_id.in_(people)
        assert gone not in set(db.session.scalars(select(Registration.organisation_id).where(mine)))
        one = db.session.scalars(select(Delegation)).one()
        assert (one.organisation_id, one.places_taken) == (kept, ended["nominated"])
        db.session.remove()
