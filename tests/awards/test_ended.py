"""Whoever loses a grant by somebody else's hand is told, and whoever gave it up is not written to about it."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import awarding, letters, personal_data, queries, replacing, travelling
from eventhub.awards.models import Award
from eventhub.funding import own, thread
from eventhub.funding.models import State
from eventhub.funding.moves import move
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from tests.awards.scene import nominated
from tests.factories.awards import make_application, make_award, make_fund
from tests.factories.people import make_person, sign_in
from tests.programme.console import text_of

pytestmark = pytest.mark.usefixtures("database")


def owed() -> list[str]:
    """The awards whose people a letter of an end is owed to."""
    rows = select(Promise.payload["award_id"].astext).where(Promise.task == "awards.ended")
    return list(db.session.scalars(rows))


def letter(award: Award) -> str:
    found = letters.about("ended", queries.award(award.id))
    assert found is not None
    shown = letters.preview(found)
    return f"{shown.subject}\n{shown.text}"


@pytest.mark.parametrize("visa", [False, True])
def test_a_press_of_the_nominator_is_told_to_whom_it_takes_the_grant_from(client: FlaskClient, visa: bool) -> None:
    fund = make_fund()
    award, row = nominated(fund, "chair@example.org")
    if visa:
        travelling.visa_needed(fund.officer, award)
    other = replacing.candidates(award)[0]
    replacing.name(replacing.link(row), other.id)
    replacing.name(replacing.link(row), other.id)
    assert owed() == [str(award.id)]
    text = letter(award)
    assert "Your grant has ended" in text
    assert "named somebody else" in text
    assert "buy and book nothing more" in text
    sign_in(client, award.application.person)
    for where in ("/en/me", f"/en/me/grants/{award.application.reference}"):
        page = text_of(client.get(where))
        assert "The grant has ended" in page
        assert "You have withdrawn" not in page


@pytest.mark.parametrize("deed", [awarding.cancel, awarding.withdraw])
def test_what_an_officer_ends_is_told(deed: Callable[..., Award]) -> None:
    fund = make_fund()
    award = make_award(fund, State.ACCEPTED)
    deed(fund.officer, award, text="Words for colleagues")
    assert owed() == [str(award.id)]
    assert "Words for colleagues" not in letter(award)
    assert ("The fund has ended" in letter(award)) == (deed is awarding.cancel)
    assert "/questions" in letter(award)
    assert thread.may_write(award.application)


def test_an_officer_who_notes_a_no_to_an_offer_leaves_a_letter_too() -> None:
    fund = make_fund()
    award = make_award(fund)
    awarding.withdraw(fund.officer, award)
    assert owed() == [str(award.id)]
    assert "Your grant has ended. A registration for the event stays" in letter(award)


def test_a_visa_refused_for_good_is_told() -> None:
    fund = make_fund()
    award = make_award(fund, State.ACCEPTED)
    award.application.state = State.VISA_REFUSED
    db.session.flush()
    travelling.cancelled_by_refusal(fund.officer, award)
    assert owed() == [str(award.id)]


def test_whoever_gave_it_up_or_was_never_offered_it_is_not_written_to() -> None:
    fund = make_fund()
    declined, withdrawn, erased = make_award(fund), make_award(fund, State.ACCEPTED), make_award(fund, State.ACCEPTED)
    awarding.answer(awarding.link(declined), accepts=False)
    awarding.withdraw(withdrawn.application.person, withdrawn)
    personal_data.erase(erased.application.person)
    never = make_award(fund, State.APPROVED)
    awarding.withdraw(fund.officer, never)
    gone = make_award(fund, State.APPROVED)
    move(gone.application, State.WITHDRAWN, actor=gone.application.person)
    assert awarding.free_left() == 1
    assert owed() == []
    assert own.may_withdraw(make_application(fund, State.RESERVE))


def test_a_discreet_person_reads_that_there_is_news_and_no_more() -> None:
    fund = make_fund()
    award = make_award(fund, State.ACCEPTED, person=make_person(discreet=True))
    awarding.cancel(fund.officer, award)
    text = letter(award)
    assert "There is news for you" in text
    assert "rant" not in text
