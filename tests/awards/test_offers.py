"""Offers that may not be made or answered any more, and those that reach nobody by mail."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import awarding, queries
from eventhub.awards.awarding import PlaceTaken
from eventhub.awards.considering import Debarred, NotConsidered
from eventhub.awards.models import Award, Outcome, Proposal
from eventhub.funding.models import Application, Debt, Owed, State
from eventhub.kit.audit import AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from tests.factories.awards import Money, make_award, make_fund, make_reserves
from tests.factories.funding_desk import fund_officer
from tests.factories.people import form_fields, make_organisation, make_person, sign_in

pytestmark = pytest.mark.usefixtures("database")


def debar(application: Application, **whose: object) -> None:
    """Somebody is debarred: the person, unless told whose."""
    who = whose or {"person_id": application.person_id}
    db.session.add(
        Debt(
            kind=Owed.DEBARRED,
            application_id=application.id,
            since=now(),
            note="Two agreed",
            made_by_id=make_person().id,
            **who,
        )
    )
    db.session.flush()


def lapsed(fund: Money) -> tuple[Award, Proposal]:
    """An offer nobody answered, and the reserve who is proposed for its place."""
    award = make_award(fund)
    make_reserves(fund, [None])
    awarding.lapse_due(now() + timedelta(days=30))
    proposal = db.session.query(Proposal).filter_by(freed_award_id=award.id).one()
    return award, queries.proposal(proposal.id, lock=True)


def test_the_link_in_a_former_mailbox_neither_shows_nor_answers() -> None:
    fund = make_fund(limits={"months_between_grants": 0})
    award = make_award(fund)
    accepted = make_award(make_fund(), State.ACCEPTED, person=award.application.person)
    before, answered = awarding.link(award), awarding.link(accepted)
    mails = select(Promise).where(Promise.task == "awards.offered", Promise.payload["award_id"].astext == str(award.id))
    sent = len(list(db.session.scalars(mails)))
    assert awarding.renew_links(award.application.person_id) == 1
    for secret in (before, answered):
        with pytest.raises(NotFound):
            queries.behind(secret)
        with pytest.raises(NotFound):
            awarding.answer(secret, accepts=True)
    assert len(list(db.session.scalars(mails))) == sent + 1
    assert awarding.answer(awarding.link(award), accepts=True).outcome is Outcome.ACCEPTED


def test_a_lapsed_offer_is_not_made_again_once_its_place_went_to_a_reserve() -> None:
    fund = make_fund()
    award, proposal = lapsed(fund)
    awarding.confirm(fund.officer, proposal)
    with pytest.raises(PlaceTaken):
        awarding.offer_all(fund.officer, [award], accept_days=7)
    assert award.application.state is State.LAPSED
    assert award.committed == 0


def test_offered_again_it_takes_its_place_back_from_whoever_was_only_proposed() -> None:
    fund = make_fund()
    award, proposal = lapsed(fund)
    awarding.offer_all(fund.officer, [award], accept_days=7)
    db.session.refresh(proposal)
    assert proposal.dropped_at is not None
    assert proposal.decided_by_id == fund.officer.id
    assert award.application.state is State.OFFERED


@pytest.mark.parametrize("by_nominator", [False, True])
def test_whoever_is_debarred_after_the_approval_is_neither_offered_nor_accepts(by_nominator: bool) -> None:
    fund, organisation = make_fund(), make_organisation()
    award = make_award(fund, State.APPROVED, nominated_by_id=organisation.id)
    offer = make_award(fund, nominated_by_id=organisation.id)
    for one in (award, offer):
        debar(one.application, **({"organisation_id": organisation.id} if by_nominator else {}))
    with pytest.raises(NotConsidered) as refused:
        awarding.offer_all(fund.officer, [award], accept_days=7)
    assert award.application.reference in str(refused.value.message)
    assert award.application.state is State.APPROVED
    with pytest.raises(Debarred):
        awarding.answer(awarding.link(offer), accepts=True)
    assert offer.application.state is State.OFFERED
    assert awarding.answer(awarding.link(offer), accepts=False).outcome is Outcome.DECLINED


def test_an_officer_notes_the_yes_of_whoever_has_no_mailbox(client: FlaskClient) -> None:
    fund = make_fund()
    award = make_award(fund, person=make_person(email=None))
    sign_in(client, fund_officer(fund.call, Role.FUND_OFFICER))
    url = f"/en/console/funds/{fund.call.slug}/grants/{award.id}"
    page = client.get(url).text
    assert "No letter reaches this person" in page
    assert "No email address" in client.get(f"/en/console/funds/{fund.call.slug}/grants").text
    fields = form_fields(page, "/accept")
    assert client.post(f"{url}/accept", data=fields | {"how": ""}).status_code == 422
    assert queries.award(award.id).outcome is None
    done = client.post(f"{url}/accept", data=form_fields(client.get(url).text, "/accept") | {"how": "On the telephone"})
    assert done.status_code == 303
    found = queries.award(award.id)
    assert found.outcome is Outcome.ACCEPTED
    assert found.application.state is State.ACCEPTED
    assert "On the telephone" in list(db.session.scalars(select(AuditText.text)))
