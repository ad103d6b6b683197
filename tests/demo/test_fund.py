"""The demo's fund: what is planned is always the same, and what is loaded can be worked with at once."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from eventhub.awards.models import Award, AwardLine, Payment, TravelReport
from eventhub.awards.money_models import FundEnvelope
from eventhub.demo import fund_plan, load
from eventhub.demo.cast import CAST, address_of
from eventhub.demo.crowd import SEED
from eventhub.demo.names import people
from eventhub.demo.organisations import organisations
from eventhub.funding import debts, duplicates
from eventhub.funding.allowance import CostKind
from eventhub.funding.models import Application, Call, Debt, Endorsement, Owed, Stand, State, Vouch
from eventhub.funding.rules import Support
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person, Role, RoleGrant
from eventhub.reviewing.models import Conflict, Gate, PanelMember, Review, Scoring, Standing
from eventhub.reviewing.queries import call_by_id
from eventhub.selecting import asking, inputs, queries, running
from eventhub.selecting.models import Board, Kind, Slate
from tests.factories.people import sign_in

pytestmark = pytest.mark.together
PEOPLE, HOUSES = people(SEED), organisations()
THIS_YEAR = fund_plan.this_year(PEOPLE, HOUSES)
LAST_YEAR = fund_plan.last_year(PEOPLE, HOUSES)
EARLY = {
    *(State.DRAFT, State.SUBMITTED, State.INFO_REQUESTED, State.ELIGIBLE, State.INELIGIBLE),
    *(State.UNDER_REVIEW, State.WITHDRAWN),
}
ENDED = {
    *(State.CLOSED, State.REPORT_OVERDUE, State.DECLINED_BY_APPLICANT, State.LAPSED, State.CANCELLED),
    *(State.NOT_RECOMMENDED, State.INELIGIBLE, State.EXPIRED),
}


def test_the_same_plan_twice() -> None:
    assert fund_plan.this_year(PEOPLE, HOUSES) == THIS_YEAR
    assert fund_plan.last_year(PEOPLE, HOUSES) == LAST_YEAR
    assert [fund_plan.marks(3, 5, 0.4), fund_plan.marks(3, 6, 0.4)] == [
        fund_plan.marks(3, reader, 0.4) for reader in (5, 6)
    ]


def test_240_files_in_every_state() -> None:
    assert Counter(one.state for one in THIS_YEAR) == dict(fund_plan.THIS_YEAR)
    assert len(THIS_YEAR) == fund_plan.APPLICATIONS == sum(number for _state, number in fund_plan.THIS_YEAR)
    assert {one.state for one in THIS_YEAR} == EARLY
    assert {one.state for one in LAST_YEAR} == ENDED


def test_applicants_are_of_all_sorts() -> None:
    known = [PEOPLE[one.person] for one in THIS_YEAR if isinstance(one.person, int)]
    regions = Counter(fund_plan.region_of(one.residence) for one in known)
    assert len(regions) == 4
    assert min(regions.values()) > 40
    assert {one.language for one in known} == {"en", "fr", "es", "ar", "zh", "ru"}
    assert {one.gender for one in THIS_YEAR} >= {"woman", "man", "another", "prefer_not_to_say", None}
    assert {one.first_time for one in THIS_YEAR} == {True, False}
    assert {one.disability for one in THIS_YEAR} >= {"yes", "no", "prefer_not_to_say", None}
    assert {one.support for one in THIS_YEAR} == set(Support)
    assert any(one.born is None for one in THIS_YEAR)
    assert sum(one.discreet for one in known) > 5
    assert sum(bool(one.alias) for one in known) > 10
    assert any(" " not in one.badge_name for one in known)
    assert any(one.twin_of is not None for one in THIS_YEAR)


def test_nobody_applies_again_too_soon_and_no_organization_nominates_too_many() -> None:
    assert {one.person for one in THIS_YEAR}.isdisjoint(one.person for one in LAST_YEAR)
    owing = {HOUSES[one.nominator].name for one in LAST_YEAR if one.state is State.REPORT_OVERDUE}
    not_counted = debts.NOT_COUNTED
    counted = [one for one in THIS_YEAR if one.state not in not_counted]
    nominees = Counter(HOUSES[one.nominator].name for one in counted)
    assert max(nominees.values()) <= fund_plan.MOST_NOMINEES
    assert owing.isdisjoint(nominees)


@pytest.fixture(scope="module")
def demo(app: Flask) -> Iterator[Flask]:
    """The whole demo, loaded once for this module in a transaction that is undone."""
    with app.app_context():
        engine = db.engine
        with engine.connect() as connection:
            outer = connection.begin()
            db.engines[None] = connection  # type: ignore[index]
            try:
                load.load_demo()
                yield app
            finally:
                db.session.remove()
                outer.rollback()
                db.engines[None] = engine  # type: ignore[index]


@pytest.fixture
def call(demo: Flask) -> Call:
    """This year's call."""
    db.session.expire_all()
    return db.session.scalars(select(Call).order_by(Call.closes_at.desc()).limit(1)).one()


def counted(call: Call) -> dict[State, int]:
    rows = select(Application.state, func.count()).where(Application.call_id == call.id).group_by(Application.state)
    return {row.state: row[1] for row in db.session.execute(rows)}


def test_what_is_loaded_is_what_is_planned(call: Call) -> None:
    assert counted(call) == dict(fund_plan.THIS_YEAR)
    past = db.session.scalars(select(Call).where(Call.id != call.id)).one()
    assert counted(past) == dict(fund_plan.LAST_YEAR)
    assert {call.stand, past.stand} == {Stand.OPEN}
    assert past.closes_at < now() < call.closes_at
    given = db.session.scalars(select(Application.number).where(Application.call_id == call.id))
    numbers = sorted(number for number in given if number is not None)
    assert numbers == list(range(1, call.numbers_given + 1))


def test_twelve_readers_have_read_enough_to_be_calibrated(call: Call) -> None:
    assert db.session.scalar(select(func.count()).select_from(PanelMember)) == fund_plan.READERS
    scoring = db.session.scalars(select(Scoring)).one()
    assert scoring.skipped is None
    assert len(scoring.files) == dict(fund_plan.THIS_YEAR)[State.UNDER_REVIEW]
    assert min(one["reviews"] for one in scoring.reviewers) >= 8
    biases = sorted(one["bias"] for one in scoring.reviewers)
    assert biases[0] < -5 < 5 < biases[-1]
    states = set(db.session.scalars(select(Review.state)))
    assert states == set(Standing) - {Standing.TAKEN_BACK}
    assert db.session.scalars(select(Gate).where(Gate.declared_at.is_(None))).one()
    kinds = set(db.session.scalars(text("SELECT kind FROM fund_tie")))
    assert kinds >= {Conflict.FAMILY, Conflict.ORGANISATION}


def test_vouchers_are_outstanding_and_pairs_wait(call: Call) -> None:
    outcomes = set(db.session.scalars(select(Endorsement.outcome)))
    assert outcomes == {None, Vouch.CONFIRMED, Vouch.DECLINED}
    assert db.session.scalar(select(func.count()).where(Endorsement.after_scoring)) == 2
    officer = person("fund_officer")
    twins = {one.person for one in THIS_YEAR if one.twin_of is not None}
    assert len(duplicates.waiting(call.id, officer.id)) >= len(twins) == 2


def test_the_board_meets_and_its_slate_is_proven_and_bound(call: Call) -> None:
    board = db.session.scalars(select(Board)).one()
    chair = person("chair")
    assert board.chair_id == chair.id
    assert len(queries.present(board.id)) == board.quorum
    run = running.ask(chair, board, Kind.SOLVE)
    db.session.flush()
    work = running.take_up(run.id)
    assert work is not None
    running.keep(work, asking.answer(work.verb, **work.request))
    made = db.session.get_one(Slate, run.slate_id)
    chosen = [one for one in made.people if one["chosen"]]
    assert made.proven
    assert sum(not one["beyond"] for one in chosen) == 40
    assert sum(one["cost"] for one in chosen) <= 12_000_000
    ruled = [row for row in made.balance if row["least"] is not None]
    assert all(row["chosen"] is None or row["chosen"] >= row["least"] for row in ruled)
    assert any(row["chosen"] == row["least"] for row in ruled)
    ranks = sorted(one["rank"] for one in chosen)
    assert any(later - rank > 1 for rank, later in pairwise(ranks))
    problem = inputs.gather(call_by_id(call.id), chair).problem
    assert problem.size() == 40


def test_last_years_two_debts_bar_two_people_and_their_organizations(call: Call) -> None:
    owed = list(db.session.scalars(select(Debt).where(Debt.kind == Owed.REPORT)))
    late = set(db.session.scalars(select(Application.id).where(Application.state == State.REPORT_OVERDUE)))
    assert len(late) == 2
    assert Counter(one.application_id for one in owed) == dict.fromkeys(late, 2)
    limits, moment = call_by_id(call.id).rules.limits, now()
    for one in owed:
        if one.person_id is not None:
            assert debts.Bar.OWN_REPORT in {bar.why for bar in debts.of_person(one.person_id, call, limits, moment)}
        else:
            assert one.organisation_id is not None
            found = debts.of_organisation(one.organisation_id, limits, moment)
            assert {bar.why for bar in found} == {debts.Bar.THEIR_REPORT}
    assert person("traveller").id in {one.person_id for one in owed}
    assert db.session.scalars(select(Debt).where(Debt.kind == Owed.DEBARRED)).one().until is not None


def test_last_years_money_was_paid_by_two_and_adds_up(call: Call) -> None:
    found = db.session.scalars(select(FundEnvelope).where(FundEnvelope.call_id != call.id))
    envelopes = {one.key: one for one in found}
    main, access = envelopes["main"], envelopes["access"]
    paid = db.session.scalar(select(func.sum(Payment.amount)))
    assert main.paid + access.paid == paid == db.session.scalar(select(func.sum(Award.paid)))
    assert main.reserved == access.reserved == 0
    assert 0 < main.committed < main.budget - main.paid
    supported = select(AwardLine.award_id).where(AwardLine.kind == CostKind.ACCESSIBILITY)
    of_its_own = select(Award.id).where(Award.envelope_id == access.id)
    assert set(db.session.scalars(supported)) == set(db.session.scalars(of_its_own))
    assert access.paid > 0
    filed = select(func.count()).select_from(TravelReport)
    assert db.session.scalar(filed.where(TravelReport.filed_at.is_not(None))) == dict(fund_plan.LAST_YEAR)[State.CLOSED]
    assert db.session.scalar(filed.where(TravelReport.filed_at.is_(None))) == 2


def test_nobody_is_written_to_about_what_was_before(call: Call) -> None:
    tasks = set(db.session.scalars(select(Promise.task)))
    # What another test of this module asked the solver is none of the demo's.
    ours = {"funding", "reviewing", "selecting", "awards"}
    assert {one for one in tasks if one.partition(".")[0] in ours} <= {"selecting.run"}


def test_all_roles_of_the_fund_can_be_signed_in_as(call: Call) -> None:
    wanted = {Role.FUND_OFFICER, Role.FUND_REVIEWER, Role.BOARD_MEMBER, Role.APPROVER, Role.FINANCE}
    assert wanted <= {role for member in CAST for role in member.roles}
    members = db.session.scalar(select(func.count()).where(RoleGrant.role == Role.BOARD_MEMBER))
    assert members == call_by_id(call.id).rules.board.members


PAGES = (
    ("fund_officer", "files?chip=all"),
    ("fund_officer", "duplicates"),
    ("fund_officer", "numbers"),
    ("fund_officer", "reviewing"),
    ("fund_officer", "reviewing/scores"),
    ("chair", "board"),
)


@pytest.mark.parametrize(("who", "page"), PAGES)
@pytest.mark.parametrize("lang", ["en", "ar"])
def test_pages_of_staff_open(call: Call, demo: Flask, who: str, page: str, lang: str) -> None:
    assert signed_in(demo, who).get(f"/{lang}/console/funds/{call.slug}/{page}").status_code == 200


@pytest.mark.parametrize("who", ["participant", "discreet", "traveller", "newcomer"])
def test_own_pages_open(call: Call, demo: Flask, who: str) -> None:
    client = signed_in(demo, who)
    assert client.get("/fr/me").status_code == 200
    assert client.get(f"/fr/funds/{call.slug}").status_code == 200


def person(key: str) -> Person:
    return db.session.scalars(select(Person).where(Person.email == address_of(key))).one()


def signed_in(app: Flask, who: str) -> FlaskClient:
    client = app.test_client()
    sign_in(client, person(who))
    return client
