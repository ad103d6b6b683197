"""Letters of grants in six languages, what they say to whom, and their preview."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from eventhub.awards import awarding, letters, queries, replacing, reporting
from eventhub.awards.letters import Kind
from eventhub.funding import thread
from eventhub.funding.models import State
from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES, reason_text
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from tests.awards import scene
from tests.factories.awards import make_application, make_award, make_fund
from tests.factories.people import make_person

pytestmark = pytest.mark.usefixtures("database")
KINDS: tuple[Kind, ...] = (
    *("offered", "accepted", "lapsed", "ended", "visa_help"),
    *("report_due", "report_reminder", "report_overdue", "thanks"),
)


def said(letter: letters.Letter | None) -> str:
    """All that stands in a letter."""
    assert letter is not None
    shown = letters.preview(letter)
    return "\n".join([shown.subject, shown.text])


@pytest.mark.parametrize("kind", KINDS)
def test_each_letter_speaks_six_languages(kind: Kind) -> None:
    award = scene.came_home(make_fund())
    report = queries.report_of(award.id)
    texts = []
    for language in LANGUAGES:
        award.application.person.language = language
        texts.append(said(letters.about(kind, award, report)))
    assert len(set(texts)) == 6
    subjects = [text.partition("\n")[0] for text in texts]
    assert len(set(subjects)) == 6


def test_an_offer_says_how_much_until_when_and_where_to_press() -> None:
    award = make_award(make_fund())
    text = said(letters.about("offered", award))
    assert "USD\xa01,200" in text
    assert f"/awaited/{awarding.link(award)}" in text
    assert "no account" in text
    award.application.person.asks_second_step = True
    text = said(letters.about("offered", award))
    assert "/awaited/" not in text
    assert "no account" not in text


@pytest.mark.parametrize("state", [State.RESERVE, State.NOT_RECOMMENDED])
def test_a_decision_gives_its_coded_reason_in_safe_words(state: State) -> None:
    application = make_application(make_fund(), state)
    fund = application.call_id
    person = make_person(language="fr")
    reason = "reserve" if state is State.RESERVE else "below_line"
    text = said(letters.decided(application, person, queries.call(fund), reason))
    assert " ".join(reason_text("funding", reason, "fr").split()) in " ".join(text.split())


@pytest.mark.parametrize("state", [State.RESERVE, State.NOT_RECOMMENDED])
def test_whoever_was_told_may_ask_where_the_letter_says(state: State) -> None:
    person, fund = make_person(), make_fund()
    one = make_application(fund, state, person=person)
    text = said(letters.decided(one, person, queries.call(one.call_id), "below_line"))
    assert f"/me/applications/{one.reference}/questions" in text
    assert thread.may_write(one)
    assert not thread.may_write(make_application(fund, state, outcome_seen=State.UNDER_REVIEW))


def test_decisions_are_told_in_the_same_hour_and_seen_then() -> None:
    fund = make_fund()
    ones = [make_application(fund, State.NOT_RECOMMENDED, outcome_seen=State.UNDER_REVIEW) for _ in range(3)]
    moment = now() + timedelta(hours=2)
    awarding.tell(ones, "below_line", at=moment)
    rows = list(db.session.scalars(select(Promise).where(Promise.task == "awards.decided")))
    assert {row.not_before for row in rows} == {moment}
    assert len(rows) == 3
    assert {one.outcome_seen for one in ones} == {None}


def test_nobody_without_an_address_is_written_to() -> None:
    award = make_award(make_fund())
    award.application.person.email = None
    assert letters.about("offered", award) is None


def test_a_nominators_letter_names_nobody() -> None:
    fund = make_fund()
    award, row = scene.nominated(fund, "chair@example.org", person=make_person(name="Amina Yusuf"))
    text = said(letters.replace(row, award.application.call))
    assert "Amina" not in text
    assert replacing.link(row) in text


def test_the_ten_questions_are_ten() -> None:
    assert len(reporting.QUESTIONS) == 10
