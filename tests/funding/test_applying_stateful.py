"""A machine that begins, answers, names, vouches, refuses, sends, is asked for more, completes, withdraws, moves the
deadline and lets time pass at random: no application moves otherwise than the table says, numbers have no gaps and are
never given twice, no organization has more nominees than it may, and whoever was sent had no gap.
"""

import contextlib
import uuid
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from eventhub.funding import applying, debts, vouching
from eventhub.funding.models import MOVES, Application, Call, Endorsement, State, Vouch, Voucher
from eventhub.funding.moves import move
from eventhub.funding.vouching import Named
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.people.models import Person
from tests.factories.funding import ANSWERS, an_open_call, begin, held
from tests.factories.people import make_person

pytestmark = pytest.mark.usefixtures("database")
WHO = st.integers(0, 2)
SENT: list[int] = []
HOUSES = ("Pastoralist Women Forum", "PASTORALIST women forum", "Herders of the North")


class Applying(RuleBasedStateMachine):
    """Three people, two organizations that one of them spells otherwise, one call."""

    @initialize()
    def begin(self) -> None:
        self.savepoint = db.session.begin_nested()
        self.clock = time_machine.travel(now(), tick=False)
        self.clock.start()
        limits = {"nominees_per_organisation": 1, "months_between_grants": 0}
        call = an_open_call(changed={"vouching": {"nominator": True}, "limits": limits})
        self.call_id = call.id
        self.people = [make_person().id for _one in range(3)]
        for who, house in enumerate(HOUSES[:2]):
            self.fills(who, house)

    def teardown(self) -> None:
        if hasattr(self, "clock"):
            self.clock.stop()
            self.savepoint.rollback()

    @property
    def call(self) -> Call:
        return db.session.get_one(Call, self.call_id)

    def person(self, who: int) -> Person:
        return db.session.get_one(Person, self.people[who])

    def one(self, who: int) -> Application | None:
        return held(self.call, self.person(who)).application

    @contextlib.contextmanager
    def trying(self):  # type: ignore[no-untyped-def]
        """What is refused leaves nothing behind."""
        with contextlib.suppress(DomainError), db.session.begin_nested():
            yield
            db.session.flush()

    @rule(who=WHO, house=st.sampled_from(HOUSES), whole=st.booleans())
    def answers(self, who: int, house: str, whole: bool) -> None:
        if whole:
            self.fills(who, house)
        else:
            with self.trying():
                begin(self.call, self.person(who), {"residence": "KE"})

    def fills(self, who: int, house: str) -> None:
        with self.trying():
            begin(self.call, self.person(who), ANSWERS | {"nominating_organisation": {"name": house}})
        self.names(who)

    @rule(who=WHO)
    def names_another(self, who: int) -> None:
        self.names(who)

    def names(self, who: int) -> None:
        with self.trying():
            named = Named((Voucher.NOMINATOR, 0), "Asha", f"a{uuid.uuid4().hex[:9]}@example.org", "en")
            vouching.name(self.person(who), held(self.call, self.person(who)), named)

    @rule(who=WHO, outcome=st.sampled_from([Vouch.CONFIRMED, Vouch.DECLINED, None]))
    def is_vouched(self, who: int, outcome: Vouch | None) -> None:
        one = self.one(who)
        rows = select(Endorsement).where(Endorsement.application_id == (one.id if one else None))
        for row in db.session.scalars(rows).all():
            with self.trying():
                if outcome:
                    vouching.answer(vouching.link_token(row), outcome)
                else:
                    vouching.refuse(vouching.link_token(row))

    @rule(who=WHO, house=st.sampled_from(HOUSES), hurries=st.booleans())
    def sends(self, who: int, house: str, hurries: bool) -> None:
        if not hurries or self.one(who) is None:
            self.fills(who, house)
        with self.trying():
            found = held(self.call, self.person(who))
            gaps = applying.missing(found)
            applying.submit(self.person(who), found)
            assert not gaps
            SENT.append(who)

    @rule(who=WHO, step=st.sampled_from([State.INFO_REQUESTED, State.ELIGIBLE, State.INELIGIBLE]))
    def is_decided(self, who: int, step: State) -> None:
        one = self.one(who)
        if one is not None:
            with self.trying():
                move(one, step, actor=None)

    @rule(who=WHO)
    def completes(self, who: int) -> None:
        with self.trying():
            applying.send_again(self.person(who), held(self.call, self.person(who)))

    @rule(who=WHO)
    def withdraws(self, who: int) -> None:
        with self.trying():
            applying.withdraw(self.person(who), held(self.call, self.person(who)))

    @rule(hours=st.sampled_from([1, 12, 40]))
    def time_passes(self, hours: int) -> None:
        self.clock.stop()
        self.clock = time_machine.travel(now() + timedelta(hours=hours), tick=False)
        self.clock.start()
        applying.remind_drafts(now())
        vouching.to_remind(now())
        applying.expire_drafts(now())

    @rule()
    def is_extended(self) -> None:
        self.call.closes_at = now() + timedelta(days=2)
        db.session.flush()

    @invariant()
    def numbers_have_no_gaps(self) -> None:
        if hasattr(self, "call_id"):
            db.session.expire_all()
            rows = select(Application.number).where(Application.number.is_not(None))
            assert sorted(db.session.scalars(rows)) == list(range(1, self.call.numbers_given + 1))

    @invariant()
    def no_organization_has_more_nominees_than_it_may(self) -> None:
        if hasattr(self, "call_id"):
            for one in db.session.scalars(select(Application).where(Application.state.not_in(debts.NOT_COUNTED))).all():
                # Ineligible ones free their place, and the desk may take them up again: it never does here.
                if one.nominated_by_id:
                    assert debts.nominees(one.call_id, one.nominated_by_id, one.id) == 0

    @invariant()
    def moves_are_those_of_the_table(self) -> None:
        if not hasattr(self, "call_id"):
            return
        states = {one.value for one in State}
        path: dict[object, State] = {}
        for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all():
            name = entry.verb.removeprefix("funding.")
            if entry.subject_kind != "fund_application" or name not in states:
                continue
            target = State(name)
            assert entry.subject_id not in path or target in MOVES[path[entry.subject_id]]
            path[entry.subject_id] = target
        for one in db.session.scalars(select(Application)).all():
            assert path[one.id] is one.state


def test_whatever_happens_the_rules_hold(app: Flask) -> None:
    checks = settings(max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    with app.test_request_context():
        run_state_machine_as_test(Applying, settings=checks)
    assert len(SENT) > 3, "the machine proves nothing: it hardly ever sends"
