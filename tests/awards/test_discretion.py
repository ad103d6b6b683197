"""What lists and histories of grants do not tell: names of the discreet, notes of the desk, unreleased decisions."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import queries, replacing, reporting
from eventhub.funding import desk, exporting
from eventhub.funding.models import State
from eventhub.kit import audit
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from eventhub.registration import disclosure
from tests.awards import scene
from tests.factories.awards import Money, make_application, make_award, make_fund
from tests.factories.funding_desk import fund_officer
from tests.factories.people import make_person, sign_in


@pytest.fixture
def fund(client: FlaskClient) -> Money:
    """A call with an envelope, and somebody of each role."""
    return make_fund()


@pytest.mark.parametrize("role", [Role.FUND_OFFICER, Role.APPROVER, Role.FINANCE])
def test_a_discreet_person_without_an_alias_is_a_reference_in_lists(
    client: FlaskClient, fund: Money, role: Role
) -> None:
    award = make_award(fund, State.ACCEPTED, person=make_person(name="Legal Name", discreet=True))
    reference = str(award.application.reference)
    sign_in(client, fund_officer(fund.call, role))
    page = client.get(f"/en/console/funds/{fund.call.slug}/grants").text
    assert reference in page
    assert "Legal Name" not in page


def test_a_discreet_person_without_an_alias_is_a_reference_in_the_desk_s_file_and_on_the_nominator_s_page(
    client: FlaskClient, fund: Money
) -> None:
    award, row = scene.nominated(fund, "chair@example.org")
    other = replacing.candidates(award)[0]
    other.person.name, other.person.discreet = "Legal Name", True
    db.session.flush()
    reference, slug = str(other.reference), fund.call.slug
    page = client.get(f"/en/replace/{replacing.link(row)}").text
    assert reference in page
    assert "Legal Name" not in page
    place = desk.desk_of(slug)
    _header, rows = exporting.table(place, desk.Filters(chip="all"), "en")
    assert [row[2] for row in rows].count(reference) == 1
    assert "Legal Name" not in str(rows)


def test_notes_of_the_desk_are_not_told_beside_a_grant(client: FlaskClient, fund: Money) -> None:
    award = make_award(fund, State.ACCEPTED)
    about = {"actor": fund.officer, "scope_id": fund.call.id}
    audit.record("funding.note", award.application, text="For colleagues alone", **about)
    audit.record("funding.revealed", award.application, text="Why it was opened", **about)
    audit.record("awards.visa_needed", award, text="The embassy asks", **about)
    db.session.flush()
    sign_in(client, fund_officer(fund.call, Role.FINANCE))
    page = client.get(f"/en/console/funds/{fund.call.slug}/grants/{award.id}").text
    assert "For colleagues alone" not in page
    assert "Why it was opened" not in page
    assert "The embassy asks" in page


def test_a_nominator_names_nobody_whose_nomination_was_not_confirmed_or_who_was_not_told(fund: Money) -> None:
    award, row = scene.nominated(fund, "chair@example.org")
    told = replacing.candidates(award)
    house = award.application.nominated_by_id
    unconfirmed = make_application(fund, State.RESERVE, nominated_by_id=house)
    elsewhere = make_application(fund, State.RESERVE, nominated_by_id=house)
    scene.confirmed(elsewhere, "friend@example.net")
    staged = make_application(fund, State.RESERVE, nominated_by_id=house, outcome_seen=State.UNDER_REVIEW)
    scene.confirmed(staged)
    assert [one.id for one in replacing.candidates(award)] == [one.id for one in told]
    for one in (unconfirmed, elsewhere, staged):
        with pytest.raises(NotFound):
            replacing.name(replacing.link(row), one.id)


def test_many_reports_opened_within_an_hour_are_reported(fund: Money) -> None:
    award = scene.came_home(fund)
    report = queries.report_of(award.id)
    assert report is not None
    said = {key: "Much" for key, _words, _needed in reporting.QUESTIONS}
    reporting.file(award.application.person, award, report, said)
    alarms = select(Promise).where(Promise.task == "registration.many_reads")
    for _ in range(disclosure.READS_AN_HOUR):
        reporting.read_report(fund.officer, award, report, reason="To look")
    assert not db.session.scalars(alarms).all()
    reporting.read_report(fund.officer, award, report, reason="To look")
    assert len(db.session.scalars(alarms).all()) == 1
