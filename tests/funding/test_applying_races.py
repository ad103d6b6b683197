"""Double sending, two nominees of one organization, numbers without gaps, a letter while its link is replaced."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventhub.funding import applying, own, vouching
from eventhub.funding.models import Application, Call, Endorsement, State, Vouch, Voucher
from eventhub.funding.vouching import Named
from eventhub.kit.db import db, unit_of_work
from eventhub.people.models import Person
from tests.factories.funding import ANSWERS, an_open_call, begin, held
from tests.factories.people import make_person
from tests.together import at_once

pytestmark = pytest.mark.lane


def send(slug: str, person_id: uuid.UUID) -> str:
    person = db.session.get_one(Person, person_id)
    return applying.submit(person, own.intake(slug, person, lock=True)).state.value


def test_pressing_twice_sends_once(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        call, person = an_open_call(), make_person()
        begin(call, person)
        slug, person_id = call.slug, person.id
    told = at_once(committed, [lambda: send(slug, person_id)] * 6)
    assert told == {"submitted": 1, "AlreadyApplied": 5}
    with committed.app_context():
        assert db.session.scalar(select(Call.numbers_given)) == 1
        db.session.remove()


def test_beginning_in_many_windows_makes_one_draft(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        slug, person_id = an_open_call().slug, make_person().id

    def begins() -> str:
        person = db.session.get_one(Person, person_id)
        begun = applying.start_draft(person, person, own.intake_alone(slug, person))
        applying.save_page(person, begun, {"residence": "KE"})
        return "begun"

    assert at_once(committed, [begins] * 5) == {"begun": 5}
    with committed.app_context():
        assert db.session.scalar(select(func.count()).select_from(Application)) == 1
        db.session.remove()


def test_of_many_nominees_at_once_as_many_pass_as_may_and_numbers_have_no_gaps(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        call = an_open_call()
        people = [make_person() for _one in range(12)]
        for place, person in enumerate(people):
            # Half of them by one organization that each writes in words of their own, the others by one each.
            name = ("Pastoralist Women Forum", "PASTORALIST women  forum")[place % 4 // 2] if place % 2 else f"N{place}"
            begin(call, person, ANSWERS | {"nominating_organisation": {"name": name}})
        slug, ids = call.slug, [person.id for person in people]
    told = at_once(committed, [lambda one=one: send(slug, one) for one in ids])  # type: ignore[misc]
    assert told == {"submitted": 8, "IsBarred": 4}
    with committed.app_context():
        numbers = db.session.scalars(select(Application.number).where(Application.number.is_not(None))).all()
        assert sorted(numbers) == list(range(1, 9))
        assert db.session.scalar(select(Call.numbers_given)) == 8
        drafts = select(Application).where(Application.state == State.DRAFT)
        assert all(one.reference is None for one in db.session.scalars(drafts))
        db.session.remove()


def test_a_link_is_answered_once_and_a_replaced_one_never(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        call, person = an_open_call(changed={"vouching": {"nominator": True}}), make_person()
        begin(call, person)
        who = Named((Voucher.NOMINATOR, 0), "Asha", f"a{uuid.uuid4().hex[:8]}@example.org", "en")
        row = vouching.name(person, held(call, person), who)
        slug, person_id, secret = call.slug, person.id, vouching.link_token(row)

    def says(outcome: Vouch) -> str:
        return str(vouching.answer(secret, outcome).outcome)

    def replaces() -> str:
        me = db.session.get_one(Person, person_id)
        other = Named((Voucher.NOMINATOR, 0), "Omar", f"o{uuid.uuid4().hex[:8]}@example.org", "en")
        vouching.name(me, own.intake(slug, me, lock=True), other)
        return "replaced"

    deeds = [replaces, *(lambda one=one: says(one) for one in (Vouch.CONFIRMED, Vouch.DECLINED, Vouch.CONFIRMED))]
    told = at_once(committed, deeds)  # type: ignore[arg-type]
    assert sum(told[one] for one in ("confirmed", "declined", "LinkClosed", "replaced", "Answered")) == 4
    assert told["confirmed"] + told["declined"] <= 1
    with committed.app_context():
        standing = db.session.scalars(select(Endorsement).where(Endorsement.withdrawn_at.is_(None))).all()
        assert len(standing) == 1
        assert not told["confirmed"] or (standing[0].name, standing[0].outcome) == ("Asha", Vouch.CONFIRMED)
        db.session.remove()
