"""Whoever speaks for the maker reads what the secretariat did to a commitment in the maker's name, and why."""

import uuid
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from eventhub.commitments import capturing, confirming, letters, queries, succeeding, verifying
from eventhub.commitments.capturing import MadeBy
from eventhub.commitments.models import Commitment, Kin, Why
from eventhub.commitments.telling import News
from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES
from eventhub.kit.db import db
from eventhub.kit.i18n import show_date
from eventhub.kit.mail import Letter, render
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from eventhub.people.queries import grants_of
from tests.factories.commitments import described, make_commitment, new_address, past_event, published
from tests.factories.people import make_person, make_staff, sign_in

pytestmark = pytest.mark.usefixtures("database")
WHY = "The school year begins later there."


def owed() -> list[dict[str, Any]]:
    rows = select(Promise.payload).where(Promise.task == "commitments.told").order_by(Promise.id)
    return list(db.session.scalars(rows))


def told(payload: dict[str, Any]) -> Letter | None:
    """The mail of a promise, as a worker makes it."""
    ids = (uuid.UUID(payload["commitment_id"]), uuid.UUID(payload["contact_id"]))
    former = uuid.UUID(payload["former_id"]) if "former_id" in payload else None
    return letters.told(*ids, News(payload["news"]), payload["number"], former)


def do(news: News, commitment: Commitment) -> None:
    staff = make_staff(Role.ORGANISER, event_id=commitment.event_id)
    if news is News.AMENDED:
        words = replace(capturing.words_of(commitment.words), due_on=date(2031, 3, 4))
        capturing.amend(staff, commitment, words, reason=WHY)
    elif news is News.MAKERS:
        joint = [MadeBy(one.name, one.kind, one.country) for one in commitment.makers]
        described(commitment, makers=[*joint, MadeBy("Foundation", "donor_foundation")])
        db.session.execute(delete(Promise))
        found = queries.record(commitment.id)
        succeeding.leave(staff, found, found.makers[1].id, WHY)
    elif news is News.SUCCEEDED:
        (maker,) = commitment.makers
        succeeding.hand_over(staff, commitment, maker.id, MadeBy("Ministry of Tomorrow", "government"), WHY)
    elif news is News.REPLACED:
        after = published(commitment.event)
        succeeding.replace(staff, grants_of(staff.id), commitment, [after.number], Kin.MERGED, WHY)
    elif news in {News.CLOSED, News.REOPENED}:
        verifying.close(staff, commitment, reason=WHY)
        if news is News.REOPENED:
            db.session.execute(delete(Promise))
            verifying.publish(staff, commitment)
    else:
        verifying.withdraw(staff, commitment, Why.MAKER, reason=WHY)
    db.session.flush()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("news", News)
def test_the_first_mailbox_reads_what_was_done_and_why(client: FlaskClient, news: News, lang: str) -> None:
    commitment = published(past_event())
    commitment.contacts[0].language = lang
    before = commitment.words.due_on
    do(news, commitment)
    (payload,) = owed()
    assert payload["news"] == news.value
    letter = told(payload)
    assert letter is not None
    assert letter.to == commitment.contacts[0].email
    mail = render(letter, "<1@example.org>", now())
    assert commitment.words.wording in mail.text
    assert (WHY in mail.text) is (news is not News.REOPENED)
    page = client.get(f"/{lang}/commitments/{commitment.reference}")
    assert page.status_code == 200
    assert f"/{lang}/commitments/{commitment.reference}" in mail.text
    if news is News.AMENDED:
        assert "2031" in mail.text
        assert before is not None
        assert show_date(before, lang) in mail.text
        assert WHY in page.text


def test_everybody_reads_who_changed_the_words_and_that_the_maker_did_not_confirm_them(client: FlaskClient) -> None:
    commitment = published(past_event())
    do(News.AMENDED, commitment)
    page = client.get(f"/en/commitments/{commitment.reference}").text
    assert "The words were changed · by the secretariat, not confirmed by the maker" in page


def test_a_change_that_was_changed_again_is_told_once() -> None:
    commitment = published(past_event())
    do(News.AMENDED, commitment)
    words = replace(capturing.words_of(commitment.words), due_on=date(2031, 5, 6))
    capturing.amend(make_staff(Role.ADMIN), commitment, words, reason="Later still")
    assert [told(one) is not None for one in owed()] == [False, True]


def test_what_was_opened_again_meanwhile_is_not_told_as_closed_and_what_was_closed_again_not_as_open() -> None:
    commitment, staff = published(past_event()), make_staff(Role.ADMIN)
    verifying.close(staff, commitment, reason=WHY)
    verifying.publish(staff, commitment)
    assert [told(one) is not None for one in owed()] == [False, True]
    verifying.close(staff, commitment, reason=WHY)
    assert [told(one) is not None for one in owed()] == [True, False, True]


def test_who_confirmed_the_words_is_told_and_not_who_never_answered() -> None:
    made = make_commitment(past_event(), email=new_address())
    second = new_address()
    capturing.add_contact(make_person(), made, second, name="", language="en")
    confirming.ask(make_person(), made)
    with time_machine.travel(now() + timedelta(days=8), tick=False):
        confirming.follow_links(now())
        asking = queries.open_asking(made)
        assert asking is not None
        confirming.confirm(confirming.link_token(asking), seen=1)
        keeper = make_person()
        verifying.verify(keeper, queries.record(made.id))
        verifying.publish(keeper, queries.record(made.id))
        do(News.AMENDED, queries.record(made.id))
    assert [letter.to for one in owed() if (letter := told(one))] == [second]


def test_other_makers_are_told_and_a_successor_also_where_the_words_changed_since() -> None:
    commitment = published(past_event())
    described(commitment, makers=[MadeBy("Quite Another Ministry", "government")])
    assert [one["news"] for one in owed()] == ["makers"]
    letter = told(owed()[0])
    assert letter is not None
    assert "Quite Another Ministry" in render(letter, "<1@example.org>", now()).text
    described(queries.record(commitment.id), themes=["education"])
    assert len(owed()) == 1
    do(News.SUCCEEDED, queries.record(commitment.id))
    do(News.AMENDED, queries.record(commitment.id))
    assert [told(one) is not None for one in owed()] == [True, True, True]


def test_a_discreet_speaker_finds_it_on_a_page_of_their_own(client: FlaskClient) -> None:
    commitment = published(past_event(), title="Mother-tongue classes")
    person = make_person(email=commitment.contacts[0].email, discreet=True)
    do(News.CLOSED, queries.record(commitment.id))
    letter = told(owed()[0])
    assert letter is not None
    mail = render(letter, "<1@example.org>", now()).text
    assert "Sign in to read it" in mail
    assert "asks for your word" not in mail
    sign_in(client, person)
    page = client.get("/en/me").text
    assert "Commitments you speak for" in page
    assert f"/en/commitments/{commitment.reference}" in page
    sign_in(client, make_person())
    assert "Commitments you speak for" not in client.get("/en/me").text


def test_nobody_is_told_of_drafts_of_own_changes_and_of_what_is_hidden_for_safety() -> None:
    draft = make_commitment(past_event())
    words = replace(capturing.words_of(draft.words), due_on=date(2031, 3, 4))
    capturing.amend(make_staff(Role.ADMIN), draft, words)
    own = published(past_event())
    changed = replace(capturing.words_of(own.words), due_on=date(2031, 3, 4))
    capturing.amend(None, own, changed, reason=WHY, by_maker=True)
    unsafe, later = published(past_event()), published(past_event())
    verifying.withdraw(make_staff(Role.ADMIN), unsafe, Why.SAFETY, reason="They were threatened")
    assert owed() == []
    do(News.AMENDED, later)
    verifying.hold(make_staff(Role.ADMIN), queries.record(later.id))
    assert [told(one) for one in owed()] == [None]


def test_what_was_changed_while_it_was_hidden_is_told_when_it_is_public_again() -> None:
    commitment, staff = published(past_event()), make_staff(Role.ADMIN)
    verifying.hold(staff, commitment)
    verifying.publish(staff, commitment)
    assert owed() == []
    verifying.hold(staff, commitment)
    do(News.AMENDED, commitment)
    assert owed() == []
    verifying.publish(staff, queries.record(commitment.id))
    assert [(one["news"], told(one) is not None) for one in owed()] == [("amended", True)]


def test_two_makers_succeeded_on_one_day_have_each_their_own_reason() -> None:
    commitment = published(past_event())
    staff = make_staff(Role.ORGANISER, event_id=commitment.event_id)
    for name, reason in (("Ministry of Today", "The office was renamed."), ("Ministry of Tomorrow", "A new law.")):
        (maker,) = commitment.makers
        succeeding.hand_over(staff, commitment, maker.id, MadeBy(name, "government"), reason)
    quotes = [letter.context["quote"] for payload in owed() if (letter := told(payload)) is not None]
    assert quotes == ["The office was renamed.", "A new law."]
