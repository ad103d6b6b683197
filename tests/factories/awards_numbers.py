"""A call at its end: people in all cells, some selected, some who came, envelopes with money, reports."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from eventhub.awards import queries, reporting, travelling
from eventhub.awards.models import Award
from eventhub.funding.models import Application, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.sealed import SealKey, place, seal
from eventhub.people.models import Person, Role, RoleGrant, ScopeKind
from eventhub.programme.models import Event
from tests.factories.awards import Money, make_application, make_award, make_fund
from tests.factories.people import make_person

REGIONS = ("africa_middle_east", "americas", "asia_pacific", "europe_central_asia")
GENDERS = ("woman", "man", "woman", "man", "woman", None)
AGES = ("25_34", "35_49", "50_64")
TARGETS = [
    {"id": "women", "dimension": "gender", "cell": "woman", "bound": "least", "value": 50, "unit": "percent"},
    {"id": "africa", "dimension": "region", "cell": "africa_middle_east", "bound": "least", "value": 3},
    {"id": "first", "dimension": "first_time", "cell": "yes", "bound": "least", "value": 5},
    {"id": "dalit", "dimension": "minority", "cell": "linguistic", "bound": "least", "value": 2},
]


def traits(application: Application, *cells: str) -> None:
    """Seal the cells of somebody."""
    person = db.session.get_one(Person, application.person_id)
    key = db.session.get_one(SealKey, person.seal_key_id)
    application.traits = seal(key, place("fund_application", "traits", application.id), json.dumps(cells))
    db.session.flush()


def cells_of(number: int) -> tuple[dict[str, Any], list[str]]:
    """Open values and sealed cells of the so manieth person."""
    gender = GENDERS[number % len(GENDERS)]
    sealed = [f"age:{AGES[number % 3]}", f"disability:{'yes' if number % 9 == 0 else 'no'}"]
    if gender:
        sealed.append(f"gender:{gender}")
    return {"region": REGIONS[number % 4], "first_time": number % 3 != 0}, sealed


def apply(fund: Money, numbers: Sequence[int], state: State = State.INELIGIBLE, **given: Any) -> list[Application]:
    """People in cells by their numbers."""
    made = []
    for number in numbers:
        values, sealed = cells_of(number)
        one = make_application(fund, state, **(values | given))
        traits(one, *sealed)
        made.append(one)
    return made


def give(fund: Money, numbers: Sequence[int], state: State = State.ACCEPTED) -> list[Award]:
    """Awards of people in cells by their numbers."""
    made = []
    for number in numbers:
        values, sealed = cells_of(number)
        award = make_award(fund, state, amount=120_000, **values)
        traits(award.application, *sealed)
        made.append(award)
    return made


def come_home(fund: Money, awards: Sequence[Award], filed: int = 0) -> None:
    """They travelled; so many reports are filed, every second with an answer about what was hard."""
    today = now().date()
    for number, award in enumerate(awards):
        back = today - timedelta(days=2)
        travelling.ticketed(fund.officer, award, travels_on=back - timedelta(days=7), returns_on=back)
        report = travelling.travelled(fund.officer, award, ended_on=back, report_days=30)
        if number < filed:
            said = {key: "Much" for key, _words, needed in reporting.QUESTIONS if needed}
            said |= {"obstacles": "The visa"} if number % 2 else {}
            person = db.session.get_one(Person, award.application.person_id)
            reporting.file(person, queries.award(award.id, lock=True), report, said)


def make_history(event: Event | None = None, **given: Any) -> Money:
    """48 applied, 30 of them were eligible, 18 selected, 12 came, 9 reported."""
    fund = make_fund(4_000_000, event=event, **({"balance": TARGETS} | given))
    apply(fund, range(18))
    apply(fund, range(18, 30), State.NOT_RECOMMENDED)
    awards = give(fund, range(30, 48))
    come_home(fund, awards[:12], filed=9)
    db.session.flush()
    return fund


def overseer(fund: Money, role: Role = Role.FUND_OFFICER) -> Person:
    """Somebody with a role over the call."""
    person = make_person(name=f"A {role.value}")
    db.session.add(
        RoleGrant(person_id=person.id, role=role, scope_kind=ScopeKind.CALL, scope_id=fund.call.id, granted_at=now())
    )
    db.session.flush()
    return person
