"""A call with money: envelopes, applications that are recommended or in reserve, and the people around them."""

import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from eventhub.awards import awarding, ledger, queries
from eventhub.awards.awarding import Cost, Grant
from eventhub.awards.models import Award, ReservePlace
from eventhub.awards.money_models import FundEnvelope
from eventhub.funding import rules
from eventhub.funding.allowance import CostKind, Payee
from eventhub.funding.models import Application, Call, CallRules, FundKind, Stand, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from tests.factories.people import make_person

NUMBERS = itertools.count(1)

RULES: dict[str, Any] = {
    "reviewing": {
        "rubric": [
            {
                "id": "voice",
                "title": {"en": "Voice"},
                "question": {"en": "Voice?"},
                "weight": 100,
                "anchors": [{"points": 0, "text": {"en": "None"}}, {"points": 5, "text": {"en": "All"}}],
            }
        ]
    },
    "costs": {"lines": ["economy_return_ticket", "dsa"], "usual_fare": 100_000, "dsa": 30_000, "dsa_days": 4},
    "envelopes": [{"id": "main", "title": {"en": "Voluntary fund"}, "amount": 1_000_000}],
    "limits": {"months_between_grants": 0},
}
"""One person may stand for many: two grants close to each other are a matter of ``test_one_each.py``."""


@dataclass
class Money:
    """A call with one envelope, and its people: who signed the slate, approver, officer, and two of finance."""

    call: Call
    envelope: FundEnvelope
    board: Person = field(default_factory=make_person)
    approver: Person = field(default_factory=make_person)
    officer: Person = field(default_factory=make_person)
    finance: Person = field(default_factory=make_person)
    second: Person = field(default_factory=make_person)


def make_fund(budget: int = 1_000_000, *, over_commit: int = 100, event: Event | None = None, **given: Any) -> Money:
    """A call that is open, with its envelope and its people. ``given``: other rules, by their part."""
    number = next(NUMBERS)
    envelopes = [{"id": "main", "title": {"en": "Voluntary fund"}, "amount": budget}]
    data = RULES | {"envelopes": envelopes, "over_commit": over_commit} | given
    call = Call(
        id=uuid.uuid4(),
        slug=f"awards-{number}-{uuid.uuid4().hex[:6]}",
        code=f"AW{number}",
        kind=FundKind.TRAVEL,
        stand=Stand.OPEN,
        event_id=event.id if event else None,
        title={"en": "Travel fund", "fr": "Fonds de voyage", "ar": "صندوق السفر"},
        time_zone="Europe/Zurich",
        opens_at=now() - timedelta(days=90),
        closes_at=now() - timedelta(days=30),
        rules=data,
        lottery_seal=b"",
        lottery_commitment="0" * 64,
    )
    db.session.add(call)
    db.session.flush()
    standing = rules.read(data)
    agreed = CallRules(
        call_id=call.id, number=1, rules=rules.to_json(standing), digest=rules.digest(standing), agreed_at=now()
    )
    db.session.add(agreed)
    envelope = next(one for one in ledger.open_envelopes(None, call, standing) if one.key == "main")
    return Money(call, envelope)


def make_application(fund: Money, state: State = State.RECOMMENDED, **given: Any) -> Application:
    """An application of that call, in a state."""
    number = next(NUMBERS)
    values: dict[str, Any] = {"number": number, "reference": f"{fund.call.code}-{number}", "submitted_at": now()}
    person = given.pop("person", None) or make_person()
    row = Application(id=uuid.uuid4(), call_id=fund.call.id, person_id=person.id, state=state, **(values | given))
    db.session.add(row)
    db.session.flush()
    return row


def grant_for(fund: Money, application: Application, amount: int = 120_000, **given: Any) -> Grant:
    """A grant of a ticket for a third of it, and the allowance."""
    ticket = amount // 3
    costs = [Cost(CostKind.TICKET, ticket, Payee.SUPPLIER), Cost(CostKind.DSA, amount - ticket)]
    return Grant(application, fund.envelope.id, costs, **given)


def approve(fund: Money, application: Application, amount: int = 120_000, **given: Any) -> Award:
    """An approved award, read as actions read it."""
    made = awarding.approve_all(
        fund.approver, fund.call, [grant_for(fund, application, amount, **given)], recommended_by=fund.board.id
    )
    return queries.award(made[0].id)


def make_award(fund: Money, state: State = State.OFFERED, amount: int = 120_000, **given: Any) -> Award:
    """An award that is approved, offered, lapsed or accepted."""
    award = approve(fund, make_application(fund, **given), amount)
    if state is not State.APPROVED:
        at = now() - timedelta(days=30) if state is State.LAPSED else None
        awarding.offer_all(fund.officer, [award], accept_days=7, at=at)
    if state is State.LAPSED:
        awarding.lapse_due(now())
    if state is State.ACCEPTED:
        awarding.answer(awarding.link(award), accepts=True)
    return queries.award(award.id, lock=True)


def make_reserves(fund: Money, cells: Sequence[str | None]) -> list[Application]:
    """Reserves in their order."""
    made = [make_application(fund, State.RESERVE) for _ in cells]
    places = [
        ReservePlace(
            call_id=fund.call.id,
            application_id=one.id,
            recommended_by_id=fund.board.id,
            cell=cell,
            place=number,
            amount=100_000,
        )
        for number, (one, cell) in enumerate(zip(made, cells, strict=True), 1)
    ]
    awarding.line_up(fund.call, places)
    return made
